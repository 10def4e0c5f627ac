"""Templates: each passes its own check as it is, in both languages, and says the same in both."""

import csv
import re
from datetime import date

import pytest
from typer.testing import CliRunner

from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.exchange.templates import TABLE_KINDS, TEMPLATES, new_file, template
from sispamkota.force import Force, read_doctrine
from sispamkota.force.doctrine import doctrine
from sispamkota.force.roster import read_roster
from sispamkota.inputs import DATA, read_yaml
from sispamkota.place import City, build_city
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario
from sispamkota.risk.calendar import calendar
from sispamkota.risk.rules import class_rule
from sispamkota.risk.tps import read_observations

ENDING = {"roster": ".xlsx"} | dict.fromkeys(TABLE_KINDS, ".csv")


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


def checked(kind, path, city):
    """Read a file as its own check does."""
    if kind == "roster":
        return read_roster(path, on="2024-11-27")
    if kind == "plan":
        return Plan.load(path, city=city)
    if kind == "doctrine":
        return read_doctrine(path, beside=doctrine())
    if kind == "observations":
        return read_observations(path, city, on=date(2024, 11, 27))
    if kind in ("areas", "venues"):
        tables = {each: path.with_name(f"{each}.csv") for each in ("areas", "venues")}
        for each, file in tables.items():
            if not file.exists():
                new_file(each, file, lang="id")
        return build_city(**tables, out=path.with_name("baru"))
    return {"force": Force.load, "scenario": Scenario.load, "calendar": lambda file: calendar(path=file)}[kind](path)


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("kind", TEMPLATES)
def test_template__passes_its_own_check(kind, lang, tmp_path, malang):
    path = tmp_path / f"new{ENDING.get(kind, '.yaml')}"
    answer = CliRunner().invoke(app, ["new", kind, "-o", str(path), "--lang", lang])
    assert answer.exit_code == 0, answer.output
    assert checked(kind, path, malang) is not None


@pytest.mark.parametrize("kind", sorted(set(TEMPLATES) - {"roster", *TABLE_KINDS}))
def test_template__says_the_same_in_both_languages(kind, tmp_path):
    texts = {}
    for lang in ("id", "en"):
        path = tmp_path / f"{lang}.yaml"
        path.write_text(template(kind, lang=lang), encoding="utf-8")
        texts[lang] = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*#(id|en) ", texts[lang], re.MULTILINE)
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", texts[lang])[1]
        assert schema == (DATA / "schema" / f"{kind}.json").as_posix()
    assert read_yaml(tmp_path / "id.yaml").data == read_yaml(tmp_path / "en.yaml").data
    assert texts["id"] != texts["en"]
    raw = (DATA / "templates" / f"{kind}.yaml").read_text(encoding="utf-8")
    comments = [re.findall(rf"^\s*#{lang} ", raw, re.MULTILINE) for lang in texts]
    assert len(comments[0]) == len(comments[1])


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_template__a_table_has_the_same_rows_in_both_languages(kind):
    texts = [template(kind, lang=lang).splitlines() for lang in ("id", "en")]
    assert texts[0][0] != texts[1][0]
    assert texts[0][1:] == texts[1][1:]


def test_template__observations_have_every_criterion_and_are_read_as_written(tmp_path, malang):
    path = tmp_path / "o.csv"
    new_file("observations", path, lang="id")
    head, *rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()[2:]))
    known = set(class_rule(date(2024, 11, 27)).entered())
    assert set(head) == known | {"kode", "kelurahan", "tps", "sumber", "tanggal"}
    written = {(row[0], row[2], name): row[head.index(name)] for row in rows for name in known if row[head.index(name)]}
    table = read_observations(path, malang, on=date(2024, 11, 27)).table
    assert len(table) == len(written) == 7
    read = {
        (place.partition("/")[0], place.partition("/")[2].lstrip("0"), thing): met
        for place, _, thing, met, *_ in table.itertuples(index=False)
    }
    assert read == {key: text == "ya" for key, text in written.items()}


def test_template__a_city_from_nothing_reads_back(tmp_path):
    for kind in ("areas", "venues"):
        new_file(kind, tmp_path / f"{kind}.csv", lang="en")
    built = build_city(areas=tmp_path / "areas.csv", venues=tmp_path / "venues.csv", out=tmp_path / "city")
    again = City.load(tmp_path / "city")
    for city in (built, again):
        assert list(city.kelurahan["nama"]) == ["Hulu", "Hilir", "Pasar"]
        assert int(city.kelurahan["voters"].sum()) == 18_600
        assert len(city.tps) == 33
        assert {"kpu", "bawaslu", "polresta", "damkar", "rs_umum"} <= set(city.venues["kind"])


def test_template__a_plan_for_a_force_of_ones_own(tmp_path, malang):
    new_file("force", tmp_path / "f.yaml", lang="id")
    (tmp_path / "plans").mkdir()
    new_file("plan", tmp_path / "plans" / "p.yaml", lang="id", force=str(tmp_path / "f.yaml"))
    assert 'force: "../f.yaml"' in (tmp_path / "plans" / "p.yaml").read_text(encoding="utf-8")
    plan = Plan.load(tmp_path / "plans" / "p.yaml", city=malang)
    assert [post.at for post in plan.posts] == ["polresta"] * 4 + ["kodim"]


def test_template__a_roster_is_that_of_the_force(tmp_path):
    new_file("roster", tmp_path / "r.xlsx", lang="id")
    assert read_roster(tmp_path / "r.xlsx", on="2024-11-27").force == Force.load(DATA / "templates" / "force.yaml")


def test_template__what_is_there_is_not_touched(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="which is there"):
        new_file("force", path, lang="id")
    assert path.read_text(encoding="utf-8") == "mine"
    for kind, name in (("roster", "r.yaml"), ("force", "f.xlsx"), ("robot", "r.yaml")):
        with pytest.raises(InputError):
            new_file(kind, tmp_path / name, lang="id")
