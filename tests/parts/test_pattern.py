"""The pattern of TPS: the figures of Malang, the ways of counting, every source beside the used one, a roster's gap."""

import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from parts.small_city import small_city
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.force import Force, read_doctrine
from sispamkota.force.doctrine import doctrine
from sispamkota.force.norms import find_norms, norm_sources
from sispamkota.force.pattern import own_ratios, pairs_for, tps_pattern
from sispamkota.place import City
from sispamkota.risk.tps import Observations, classify_tps

VOTE = date(2024, 11, 27)
OWN = """kind: doctrine
version: 1
norms:
  tps.police_ratio:
    unit: TPS per 2 police
    id: x
    en: x
    values: [{value: 10, source: our city, tag: reported}]
  tps.linmas:
    unit: persons per TPS
    id: x
    en: x
    values: [{value: 3, source: our city, tag: reported}]
unit_kinds:
  polisi_air:
    {id: Satpolair, en: Water police, agency: polri, capabilities: [rescue], level: -1, vehicle: car, people: 8, low: 4,
     high: 12, source: our city, tag: reported}
"""


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture(scope="module")
def classes(malang):
    return classify_tps(malang, Observations.none(), on=VOTE)


@pytest.fixture(scope="module")
def found(malang, classes):
    return tps_pattern(malang, classes, force=Force.load("malang-pilkada"))


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], env={"LC_ALL": "en_US.UTF-8"})


# --- Malang, 27 November 2024 -----------------------------------------------------------------------------------------


def test_malang__198_police_and_2364_or_2376_linmas(found):
    assert found.name == "2-12-24"
    assert found.police(pattern="one") == 198
    assert (found.linmas_people(khusus=False), found.linmas_people()) == (2364, 2376)


def test_malang__the_difference_from_those_deployed(found):
    rows = found.people
    left = {(row.agency, row.people, row.pattern): row.left for row in rows[rows["basis"] == "published"].itertuples()}
    assert left["polri", 557, "one"] == 359
    assert (left["linmas", 2360, "regular"], left["linmas", 2360, "all"]) == (-4, -16)
    assert (left["linmas", 2364, "regular"], left["linmas", 2364, "all"]) == (0, -12)


def test_malang__each_way_of_counting(found):
    """By hand: 1,188 / 12 = 99; with six khusus by themselves ⌈1,182 / 12⌉ + 6 = 105; the parts round up."""
    kelurahan = found.areas[found.areas["level"] == "kelurahan"]
    up = sum(math.ceil(n / 12) for n in kelurahan["tps"])
    assert found.police(pattern="one", counted_by="kelurahan") == 2 * up == 250
    assert found.police() == 210
    assert found.police(counted_by="kecamatan") == 2 * (21 + 5 + 12 + 24 + 24 + 1 + 20) == 214
    assert found.police(counted_by="kelurahan") == 262


def test_malang__sums_of_the_levels_agree(found):
    areas = found.areas.set_index("level")
    for column in (
        "tps",
        "kurang_rawan",
        "rawan",
        "sangat_rawan",
        "khusus",
        "linmas",
        "linmas_regular",
        "police_kelurahan",
    ):
        sums = [int(areas.loc[[level], column].sum()) for level in ("city", "kecamatan", "kelurahan")]
        assert len(set(sums)) == 1, column
    kelurahan = areas.loc[["kelurahan"]]
    assert (kelurahan["police"] == kelurahan["police_kelurahan"]).all()


def test_malang__every_source_is_shown_with_what_it_would_take(found):
    rows = found.others[found.others["class"] == "kurang_rawan"]
    taken = dict(zip(rows["value"], rows["police"], strict=True))
    assert taken == {12: 198, 10: 238, 8: 296, 4: 592, 16: 148}
    assert rows["used"].tolist() == [True, *[False] * 5]
    assert set(rows["source"]) == {"S9", "S14", "S15", "S15, S16", "S16", "S17"}


def test_malang__the_roster_has_198_for_tps(found):
    rows = found.people[found.people["basis"] == "roster"]
    meant = rows[(rows["who"] == "polisi_tps") & (rows["pattern"] == "one")].iloc[0]
    assert (meant["people"], meant["needed"], meant["left"]) == (198, 198, 0)


# --- classes, ratios, own norms ---------------------------------------------------------------------------------------


@given(st.integers(0, 2000), st.integers(1, 40))
def test_pairs__enough_and_not_one_more(tps, ratio):
    pairs = pairs_for(tps, float(ratio))
    assert pairs * ratio >= tps
    assert (pairs - 1) * ratio < tps or pairs == 0


def test_pattern__each_class_is_counted_by_itself():
    """Four kelurahan of three TPS, one of them khusus; one TPS rawan, one sangat rawan: 1 + 1 + 1 + 1 pairs."""
    city = small_city()
    seen = Observations.none().table
    classes = classify_tps(city, Observations(seen), on=VOTE)
    table = classes.table
    table.loc[0, "class"], table.loc[3, "class"] = "rawan", "sangat_rawan"
    found = tps_pattern(city, classes)
    whole = found.areas.iloc[0]
    assert [int(whole[name]) for name in ("kurang_rawan", "rawan", "sangat_rawan", "khusus")] == [9, 1, 1, 1]
    assert (int(whole["pairs"]), found.police(), found.police(pattern="one")) == (4, 8, 2)
    assert found.police(counted_by="kelurahan") == 2 * (2 + 2 + 2 + 1)
    assert not len(found.people)


def test_pattern__ratios_that_are_chosen_go_first(malang, classes):
    found = tps_pattern(malang, classes, ratios={"kurang_rawan": 16})
    assert found.police(pattern="one") == 2 * math.ceil(1188 / 16)
    assert found.name == "2-16-32"
    first = found.others.iloc[0]
    assert (first["value"], first["used"], first["tag"]) == (16, True, "assumed")
    assert any(each.key == "tps.police_ratio" for each in found.assumptions)
    with pytest.raises(InputError) as caught:
        own_ratios({"gawat": 2.0, "rawan": 0.5})
    assert [fault.field for fault in caught.value.faults] == ["class", "rawan"]


def test_pattern__a_citys_own_norms_go_before_ours(malang, classes, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    own = read_doctrine(path, beside=doctrine())
    found = tps_pattern(malang, classes, own=own)
    assert (found.name, found.police(pattern="one"), found.linmas_people()) == ("2-10-30", 238, 3564)
    assert own.unit_kinds["polisi_air"].agency == "polri"
    with pytest.raises(InputError, match="agency"):
        read_doctrine(path)


# --- norms ------------------------------------------------------------------------------------------------------------


def test_norms__one_a_group_or_all():
    assert list(find_norms("tps.linmas", on=VOTE)) == ["tps.linmas"]
    assert len(find_norms("tps.police_ratio", on=VOTE)) == 4
    assert set(find_norms("duty", on=VOTE)) == {"duty.max_s", "duty.rest_s"}
    rows = norm_sources(find_norms("malang.linmas_people", on=VOTE))
    assert [(row["value"], row["used"], row["differs"]) for row in rows] == [(2360, True, True), (2364, False, True)]
    assert "police.response_s" not in find_norms(None, on=VOTE)
    with pytest.raises(InputError, match="no value on 2024-11-27"):
        find_norms("police.response_s", on=VOTE)
    with pytest.raises(InputError, match=r'[Dd]id you mean "tps\.linmas"'):
        find_norms("tps.linmass", on=VOTE)


# --- the commands -----------------------------------------------------------------------------------------------------


def test_command__tps_tells_all_and_writes_tables(tmp_path):
    words = (
        "force",
        "tps",
        "--force",
        "malang-pilkada",
        "--lang",
        "id",
        "--rounds",
        tmp_path / "r.csv",
        "-o",
        tmp_path / "p.csv",
    )
    answer = run(*words)
    assert answer.exit_code == 0, answer.output
    for text in ("198", "2.376", "2.364", "359", "-16", "Kota Malang", "putaran"):
        assert text in answer.stdout
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 1189
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 1 + 1 + 5 + 57


def test_command__tps_as_json():
    answer = run("force", "tps", "--json", "--ratio", "rawan=4")
    told = json.loads(answer.stdout)
    assert told["pattern"] == "2-12-24"
    assert {"areas", "counts", "others", "people", "assumptions", "ratios"} <= set(told)
    assert told["ratios"]["rawan"]["value"] == 4


def test_command__tps_lists_all_faults():
    answer = run("force", "tps", "--ratio", "rawan", "--by", "rt", "--on", "besok", "--within", "rt")
    assert {fault.where for fault in answer.exception.faults} == {"--ratio", "--by", "--on", "--within"}


def test_command__norms_as_table_and_json(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    answer = run("force", "norms", "tps.police_ratio", "--doctrine", path, "--lang", "en")
    assert "our city (your own)" in answer.stdout
    assert answer.stdout.count("→") == 1 + 4  # the title explains it
    rows = json.loads(run("force", "norms", "--json").stdout)["norms"]
    assert len(rows) > 60
    assert all(row["source"] for row in rows)


def test_command__show_and_check_take_a_doctrine(tmp_path):
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    text = """kind: force
version: 1
name: air
title: Air
total: 8
on: 2024-11-27
source: ours
quality: assumed
units: [{id: a, kind: polisi_air}]
"""
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    assert isinstance(run("force", "check", tmp_path / "f.yaml").exception, InputError)
    assert run("force", "check", tmp_path / "f.yaml", "--doctrine", tmp_path / "own.yaml").exit_code == 0
    assert "8" in run("force", "show", tmp_path / "f.yaml", "--doctrine", tmp_path / "own.yaml").stdout
