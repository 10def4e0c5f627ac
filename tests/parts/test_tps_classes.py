"""Classes of TPS by the rules of the day, with reasons, beside what authorities said."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parts.small_city import small_city
from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.place import City
from sispamkota.risk.rules import CLASSES, class_rule, index_class, read_classes, statements_of
from sispamkota.risk.tps import (
    DISAGREEMENTS,
    OBSERVATIONS,
    TPS_CLASS_COLUMNS,
    Observations,
    class_rows,
    classify_tps,
    disagreement_rows,
    read_observations,
)

CITY = small_city(placed="assumed: synthetic")
DAY = date(2024, 11, 27)
SAID = {"on": DAY, "source": "patroli", "day": date(2024, 11, 20)}


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "amatan.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def seen(*rows):
    told = [
        (place, "tps" if "/" in place else "kelurahan", name, met, "patroli", day) for place, name, met, day in rows
    ]
    return Observations(pd.DataFrame(told, columns=list(OBSERVATIONS)))


def class_of(place, *rows, city=CITY, **options):
    table = classify_tps(city, seen(*rows), on=DAY, **options).to_table().set_index("tps")
    return table.loc[place]


# --- the rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [("conflict_potential", "rawan"), ("militant_base", "rawan"), ("far", "rawan"), ("hard_to_reach", "sangat_rawan"),
     ("conflict_history", "sangat_rawan"), ("boundary", "sangat_rawan"), ("mixed_bases", "sangat_rawan")],
)  # fmt: skip
def test_class__one_criterion_and_its_reason(criterion, expected):
    row = class_of("11.01.1001/001", ("11.01.1001/001", criterion, True, "2024-11-20"))
    assert (row["class"], row["reasons"], row["basis"], row["sources"]) == (expected, criterion, "observed", "patroli")
    other = class_of("11.01.1001/002", ("11.01.1001/001", criterion, True, "2024-11-20"))
    assert (other["class"], other["reasons"], other["basis"]) == ("kurang_rawan", "", "default")


def test_class__the_gravest_of_several_with_all_reasons():
    rows = [("11.01.1001/001", name, True, "2024-11-20") for name in ("far", "boundary", "conflict_potential")]
    row = class_of("11.01.1001/001", *rows)
    assert row["class"] == "sangat_rawan"
    assert row["reasons"] == "conflict_potential; far; boundary"


def test_class__of_two_parts_only_where_both_are_met():
    one = ("11.01.1001/001", "dense", True, "2024-11-20")
    assert class_of("11.01.1001/001", one)["class"] == "kurang_rawan"
    row = class_of("11.01.1001/001", one, ("11.01.1001/001", "near_full", True, "2024-11-20"))
    assert (row["class"], row["reasons"]) == ("rawan", "dense_full")


def test_class__voters_near_the_limit_only_by_a_register_of_the_users_own():
    """580 of 600 voters; synthetic voters are their mean and tell nothing of a TPS."""
    dense = ("11.01.1001/001", "dense", True, "2024-11-20")
    assert class_of("11.01.1001/001", dense, city=small_city(placed=""))["class"] == "rawan"
    assert class_of("11.01.1001/001", dense, city=small_city(placed="", voters=400.0))["class"] == "kurang_rawan"
    assert class_of("11.01.1001/001", dense, city=small_city(placed="assumed: synthetic"))["class"] == "kurang_rawan"


def test_class__special_by_the_register_whatever_is_seen():
    row = class_of("11.02.1001/003", ("11.02.1001/003", "boundary", True, "2024-11-20"))
    assert (row["class"], row["class_high"], row["basis"]) == ("khusus", "khusus", "register")


@pytest.mark.parametrize("criterion", ["kpps_protest", "heterogeneous"])
def test_class__peaceful_protest_and_who_lives_there_are_noted_and_do_not_count(criterion):
    row = class_of("11.01.1001/001", ("11.01.1001/001", criterion, True, "2024-11-20"))
    assert (row["class"], row["reasons"], row["noted"]) == ("kurang_rawan", "", criterion)


def test_class__of_a_kelurahan_holds_for_its_tps_unless_one_says_otherwise():
    rows = [("11.01.1001", "boundary", True, "2024-11-20"), ("11.01.1001/002", "boundary", False, "2024-11-20")]
    table = classify_tps(CITY, seen(*rows), on=DAY).to_table().set_index("tps")["class"]
    assert table["11.01.1001/001"] == "sangat_rawan"
    assert table["11.01.1001/002"] == "kurang_rawan"
    assert table["11.01.1002/001"] == "kurang_rawan"


def test_unknown__is_not_no():
    """Without an observation a TPS may be of any class; with all of them answered it is of one."""
    assert class_of("11.01.1001/001")[["class", "class_high"]].to_list() == ["kurang_rawan", "sangat_rawan"]
    names = class_rule(DAY).entered()
    rows = [("11.01.1001/001", name, False, "2024-11-20") for name in names]
    row = class_of("11.01.1001/001", *rows)
    assert row[["class", "class_high", "unknown"]].to_list() == ["kurang_rawan", "kurang_rawan", 0]
    grave = [name for name, each in class_rule(DAY).criteria.items() if each.grave == "sangat_rawan" and each.counts]
    row = class_of("11.01.1001/001", *[("11.01.1001/001", name, False, "2024-11-20") for name in grave])
    assert row[["class", "class_high"]].to_list() == ["kurang_rawan", "rawan"]


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(class_rule(DAY).entered())), st.booleans()), st.data())
def test_unknown__what_is_learnt_stays_between_class_and_gravest(known, data):
    place = "11.01.1001/001"
    before = class_of(place, *[(place, name, met, "2024-11-20") for name, met in known.items()])
    rest = {name: data.draw(st.booleans()) for name in class_rule(DAY).entered() if name not in known}
    after = class_of(place, *[(place, name, met, "2024-11-20") for name, met in (known | rest).items()])
    low, now, high = (CLASSES.index(each) for each in (before["class"], after["class"], before["class_high"]))
    assert low <= now <= high


def test_days__an_observation_after_the_day_does_not_enter():
    rows = [("11.01.1001/001", "boundary", True, "2024-11-28")]
    assert class_of("11.01.1001/001", *rows)["class"] == "kurang_rawan"
    later = classify_tps(CITY, seen(*rows), on=date(2024, 11, 28)).to_table().set_index("tps")
    assert later.loc["11.01.1001/001", "class"] == "sangat_rawan"


def test_days__before_the_rule_there_is_no_class():
    with pytest.raises(InputError, match="polda-lampung-2024"):
        classify_tps(CITY, Observations.none(), on=date(2023, 12, 31))


def test_rules__of_the_users_own(tmp_path):
    """The user may count what we do not, by a file."""
    text = (DATA / "risk" / "tps_classes.yaml").read_text(encoding="utf-8").replace("counts: false", "counts: true")
    (tmp_path / "aturan.yaml").write_text(text, encoding="utf-8")
    own = read_classes(path=tmp_path / "aturan.yaml")
    row = class_of("11.01.1001/001", ("11.01.1001/001", "kpps_protest", True, "2024-11-20"), rules=own)
    assert row["class"] == "rawan"
    (tmp_path / "rusak.yaml").write_text(text.replace("class: rawan", "class: gawat"), encoding="utf-8")
    with pytest.raises(InputError, match="gawat"):
        read_classes(path=tmp_path / "rusak.yaml")


# --- scores -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "level", "score", "expected"),
    [("ikp-2024", "province", 14.74, "rendah"), ("ikp-2024", "province", 68.5, "tinggi"),
     ("ikp-2024", "city", 64.007, "tinggi"), ("ikp-2024", "city", 49.33, "tinggi"),
     ("ikp-2024", "city", 49.324, "sedang"),
     ("ikp-2024", "city", 13.47, "sedang"), ("ikp-2024", "city", 13.46, None), ("ikp-2024", "city", 3.0, "rendah"),
     ("ipkp-2024", "city", 67.55, "sangat rawan"), ("ipkp-2024", "city", 67.33, "sangat rawan"),
     ("ipkp-2024", "city", 56.4, "rawan"), ("ipkp-2024", "city", 12.0, "kurang rawan")],
)  # fmt: skip
def test_scores__have_the_class_that_is_reported(index, level, score, expected):
    found = index_class(index, score, level=level, on=DAY)
    assert (found.name if found else None) == expected


def test_scores__of_nothing_known_are_refused():
    with pytest.raises(InputError, match="an index with classes"):
        index_class("ikp-2024", 50.0, level="city", on=date(2021, 1, 1))
    with pytest.raises(InputError, match="from 0 to 100"):
        index_class("ikp-2024", 101.0, level="city", on=DAY)


# --- what users enter -------------------------------------------------------------------------------------------------


def test_observations__wide_with_the_words_of_the_police(written):
    path = written(
        "Kelurahan;Kecamatan;TPS;Potensi konflik;Sulit dijangkau;Nama Petugas;Keterangan\n"
        "Kenanga;;1;ya;;Rahasiawati;pendukung\nKenanga;;;;Tidak;Rahasiawati;\n"
    )
    found = read_observations(path, CITY, **SAID)
    assert found.to_table().to_numpy().tolist() == [
        ["11.02.1001/001", "tps", "conflict_potential", True, "patroli", "2024-11-20"],
        ["11.02.1001", "kelurahan", "hard_to_reach", False, "patroli", "2024-11-20"],
    ]
    assert found.personal == {"Nama Petugas": 2}
    assert found.dropped == ("Keterangan",)
    assert "Rahasiawati" not in str(found.to_table().to_csv())


def test_observations__long_and_every_fault_at_once(written):
    path = written(
        "kode,tps,kriteria,nilai,sumber,tanggal\n11.01.1001,1,boundary,ya,a,2024-11-01\n11.01,,boundary,ya,a,2024-11-01\n"
        "11.01.1001,2,boundary,mungkin,a,2024-11-01\n11.01.1001,3,basis calon,ya,a,2024-11-01\n11.01.1002,,far,ya,,\n"
    )
    with pytest.raises(InputError) as caught:
        read_observations(path, CITY, on=DAY)
    assert [(fault.where.rsplit(":", 1)[-1], fault.field) for fault in caught.value.faults] == [
        ("5", "indikator"), ("3", "kelurahan"), ("4", "boundary"), ("6", "source"), ("6", "date"),
    ]  # fmt: skip


def test_observations__have_no_column_for_a_camp():
    assert [
        name for name in (*OBSERVATIONS, *TPS_CLASS_COLUMNS, *DISAGREEMENTS) if "camp" in name or "calon" in name
    ] == []


# --- side by side -----------------------------------------------------------------------------------------------------


def test_malang__every_tps_has_a_class_and_six_are_special(malang):
    classes = classify_tps(malang, Observations.none(), on=DAY)
    assert list(classes.to_table().columns) == list(TPS_CLASS_COLUMNS)
    assert classes.counts.set_index("class")["tps"].to_dict() == {
        "kurang_rawan": 1182, "rawan": 0, "sangat_rawan": 0, "khusus": 6,
    }  # fmt: skip
    assert classes.counts.set_index("class")["possible"].to_dict()["sangat_rawan"] == 1182
    assert [each.count for each in classes.assumptions] == [1182]
    assert len(class_rows(classes, lang="id")[2]) == 4


def test_malang__bawaslu_and_police_stand_side_by_side(malang):
    """Bawaslu: high (26 Aug); police: all 1,188 kurang rawan (26 Nov); 375 to 1,188 TPS have one of its indicators."""
    classes = classify_tps(malang, Observations.none(), on=DAY)
    rows = classes.disagreements.set_index(["one", "other"])
    first = rows.loc[("bawaslu-2024-08", "police-2024-11")]
    assert (first["one_says"], first["other_says"]) == ("high", "low")
    counted = rows.loc[("bawaslu-tps-2024-11", "police-2024-11")]
    assert (counted["tps_low"], counted["tps_high"]) == (375, 1188)
    own = rows.loc[("own", "police-2024-11")]
    assert (own["tps_low"], own["tps_high"]) == (6, 6)
    assert len(rows) == 3
    for lang in ("id", "en"):
        title, header, shown = disagreement_rows(classes, lang=lang)
        assert title.startswith("3 ")
        assert all(len(row) == len(header) for row in shown)
        assert any("S11" in row[-1] for row in shown)


def test_malang__own_observations_disagree_with_whom_they_do(malang):
    place = malang.tps.loc[~malang.tps["khusus"], "id"].iloc[0]
    classes = classify_tps(malang, seen((place, "boundary", True, "2024-11-20")), on=DAY)
    rows = classes.disagreements
    own = rows[rows["one"] == "own"].set_index("about")
    assert own.loc["class", ["other", "tps_low", "tps_high"]].to_list() == ["police-2024-11", 7, 1188]
    assert "concern" not in own.index  # the gravest seen is high, as Bawaslu's
    mild = classify_tps(malang, seen((place, "boundary", False, "2024-11-20")), on=DAY).disagreements
    told = mild[(mild["one"] == "own") & (mild["about"] == "concern")]
    assert told[["one_says", "other", "other_says"]].to_numpy().tolist() == [["low", "bawaslu-2024-08", "high"]]


def test_malang__nothing_said_later_enters(malang):
    before = classify_tps(malang, Observations.none(), on=date(2024, 11, 22))
    assert [each.name for each in before.statements if each.date] == ["bawaslu-2024-08"]
    assert len(before.disagreements) == 0
    between = classify_tps(malang, Observations.none(), on=date(2024, 11, 25))
    assert [each.name for each in between.statements if each.date] == ["bawaslu-2024-08", "bawaslu-tps-2024-11"]


def test_malang__what_was_not_found_says_so():
    texts = {each.name: each.says.id for each in statements_of("malang", on=DAY) if each.date is None}
    assert set(texts) == {"ikp-2024", "ipkp-2024"}
    assert all("tidak tersedia" in text for text in texts.values())
    assert statements_of("kecil", on=DAY) == ()
