"""The commands of the risk stage, run as a user would: what they print and write, and how they refuse."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.place import City
from sispamkota.review.risk_places import risk_geo, risk_table
from sispamkota.risk import RiskMap, score

CAMPS = ("wahyu", "heri cahyono", "moch. anton", "paslon", "suara_1", "calon")


CLASSES = {"kurang_rawan": 1182, "rawan": 0, "sangat_rawan": 0, "khusus": 6}


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("risk") / "map"
    result = run("risk", "map", "-o", folder, "--json", "--xlsx", "--lang", "en")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_map__writes_the_page_its_table_and_its_areas(made):
    folder, told = made
    assert {path.name for path in folder.iterdir()} >= {
        "map.html", "places.csv", "areas.geojson", "hazards.csv", "why.csv", "basis.json", "manifest.json",
    }  # fmt: skip
    table = pd.read_csv(folder / "places.csv", dtype={"place": str})
    assert len(table[table["kind"] == "trouble"]) == 57
    assert len(told["places"]) == len(table)
    assert told["basis"]["as_of"] == "2024-11-26"
    assert (table["low_per_day"] <= table["per_day"]).all()
    assert (table["per_day"] <= table["high_per_day"]).all()


def test_map__the_areas_say_what_the_table_says(made):
    folder, _ = made
    riskmap, city = RiskMap.load(folder), City.load("malang")
    areas = json.loads((folder / "areas.geojson").read_text(encoding="utf-8"))
    assert len(areas["features"]) == len(risk_geo(riskmap, city)["features"]) == 57
    table = risk_table(riskmap, city)
    trouble = table[table["kind"] == "trouble"].set_index("place")["per_day"]
    for feature in areas["features"]:
        assert feature["properties"]["per_day"] == pytest.approx(trouble[feature["id"]])
        assert feature["properties"]["guessed_border"]
    kinds = table[~table["kind"].isin(["trouble", "medical", "accident", "fire"])].groupby("place")["per_day"].sum()
    pd.testing.assert_series_equal(kinds.sort_index(), trouble.sort_index(), check_names=False)
    csv = pd.read_csv(folder / "places.csv", dtype={"place": str})
    assert len(csv) == len(table)
    book = pd.read_excel(folder / "places.xlsx", sheet_name=None, dtype={"place": str}, engine="openpyxl")
    assert [len(sheet) for sheet in book.values()][:2] == [len(csv), 57]
    pd.testing.assert_frame_equal(next(iter(book.values())), csv, check_dtype=False)


def test_map__names_no_camp(made):
    folder, _ = made
    for path in folder.iterdir():
        if path.suffix == ".xlsx":
            continue  # holds what places.csv and the page hold
        text = path.read_text(encoding="utf-8").casefold()
        assert not [camp for camp in CAMPS if camp in text], path.name


def test_map__can_be_rehearsed(made, tmp_path):
    folder, _ = made
    scenario = tmp_path / "s.yaml"
    scenario.write_text(
        "extends: kpu-bawaslu\ntitle_id: x\ntitle_en: x\nstart: 2024-11-27T13:00\nsource: t\nquality: assumed\n"
        f"hazards: [{folder}]\n",
        encoding="utf-8",
    )
    result = run("rehearse", scenario, "-n", 20, "-o", tmp_path / "out", "--json", "--lang", "en")
    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)["manifest"]
    assert hashlib.sha256((folder / "hazards.csv").read_bytes()).hexdigest() in json.dumps(manifest)


def test_map__all_faults_at_once():
    result = run("risk", "map", "--city", "malangg", "--day", "tomorrow")
    assert isinstance(result.exception, InputError)
    text = str(result.exception)
    assert "malangg" in text
    assert "YYYY-MM-DD" in text


def test_score__says_that_malang_has_too_few_incidents(monkeypatch):
    """Scored once, told in both languages."""
    real, found = score.score_history, []

    def once(*args, **options):
        found.append(found[0] if found else real(*args, **options))
        return found[-1]

    monkeypatch.setattr(score, "score_history", once)
    for lang, said in (("id", "Data tidak cukup"), ("en", "Not enough data")):
        result = run("risk", "score", "--horizon", 180, "--lang", lang)
        assert result.exit_code == 1
        assert said in result.output
    assert len(found) == 2


def test_contagion__says_that_malang_has_too_few_incidents():
    result = run("risk", "contagion", "--lang", "id")
    assert result.exit_code == 1
    assert "Data tidak cukup" in result.output


def test_tps__sets_the_ratings_side_by_side():
    told = json.loads(run("risk", "tps", "--json").stdout)
    assert len(told["tps"]) == 1188
    assert [(row["class"], row["tps"]) for row in told["counts"]] == list(CLASSES.items())
    assert len(told["disagreements"]) == 3
    assert "Bawaslu" in run("risk", "tps", "--lang", "id").output


def test_rivalry__does_not_know_what_is_published_later():
    early = json.loads(run("risk", "rivalry", "--as-of", "2024-11-26", "--json").stdout)["table"]
    late = json.loads(run("risk", "rivalry", "--as-of", "2025-01-01", "--json").stdout)["table"]
    assert not [row for row in early if row["contest"] == "pilwali-2024"]
    assert [row for row in late if row["contest"] == "pilwali-2024"]
    assert not [name for name in late[0] if any(camp in name for camp in CAMPS)]


def test_update__moves_what_was_reported_and_says_by_what(made, tmp_path):
    folder, _ = made
    reports = tmp_path / "r.csv"
    reports.write_text(
        "id,tanggal,jam,jenis,kode_kel,sumber\nR1,2024-11-27,14:10,perusakan,35.73.01.1007,HT\n"
        "R2,2024-11-27,14:20,unjuk rasa damai,35.73.01.1007,HT\nR3,2024-11-27,18:20,perusakan,35.73.01.1007,HT\n",
        encoding="utf-8",
    )
    window = ("--from", "2024-11-27T13:00", "--to", "2024-11-27T16:00")
    result = run("risk", "update", folder, reports, *window, "-o", tmp_path / "after", "--json")
    assert result.exit_code == 0, result.output
    trail = pd.DataFrame(json.loads(result.stdout)["trail"])
    hit = trail[trail["reports"] != ""]
    assert set(hit["reports"]) == {"R1"}  # not the peaceful one, and not the one after the window
    assert hit["events"].sum() == pytest.approx(1.0)
    after = RiskMap.load(tmp_path / "after")
    assert after.basis["as_of"] == "2024-11-27T16:00"
    assert after.basis["reports"] == 1
    assert {**after.basis, "as_of": ""} == {
        **RiskMap.load(folder).basis, "as_of": "", "reports": 1, "updates": [["2024-11-27T13:00", "2024-11-27T16:00"]],
    }  # fmt: skip
    quiet = trail[(trail["kinds"] == "clash") & (trail["places"] == 57)].iloc[0]
    assert quiet["per_day_after"] < quiet["per_day_before"]


def test_update__neither_twice_nor_another_day_nor_onto_itself(made, tmp_path):
    folder, _ = made
    window = ("--from", "2024-11-27T13:00", "--to", "2024-11-27T16:00")
    assert run("risk", "update", folder, reported(tmp_path), *window, "-o", tmp_path / "a").exit_code == 0
    for source, first, last, out, said in (
        (tmp_path / "a", "2024-11-27T15:00", "2024-11-27T18:00", "b", "not yet in the map"),
        (folder, "2024-11-28T13:00", "2024-11-28T16:00", "b", "hours of 2024-11-27"),
        (tmp_path / "a", "2024-11-27T17:00", "2024-11-27T18:00", "a", "not the map itself"),
    ):
        hours = ("--from", first, "--to", last)
        result = run("risk", "update", source, reported(tmp_path), *hours, "-o", tmp_path / out)
        assert said in str(result.exception) + result.output
        assert not (tmp_path / "b").exists()
    assert (tmp_path / "a" / "trail.csv").exists()


def test_update__silence_of_ambulances_says_nothing_unless_they_report_too(made, tmp_path):
    """A list of disturbances leaves the ordinary day alone; three hours at tension 3 expect nine hours' trouble."""
    folder, _ = made
    kinds = {}
    for name, more in (("no", ()), ("yes", ("--ordinary",))):
        window = ("--from", "2024-11-27T13:00", "--to", "2024-11-27T16:00")
        result = run("risk", "update", folder, reported(tmp_path), *window, *more, "-o", tmp_path / name, "--json")
        trail = pd.DataFrame(json.loads(result.stdout)["trail"])
        kinds[name] = set(trail["kinds"])
        clash = trail[(trail["kinds"] == "clash") & (trail["places"] == 57)].iloc[0]
        table = RiskMap.load(folder).table
        common = table[(table["kind"] == "clash") & (table["draw"] == clash["draw"])]
        rate = common["rate_per_h"].sum() / (1 if (common["hour"] == -1).all() else 24)
        assert clash["expected"] == pytest.approx(3 * 3.0 * rate, rel=0.1)
    assert "medical" not in kinds["no"]
    assert "medical" in kinds["yes"]


def test_update__a_report_without_a_place_is_named(made, tmp_path):
    folder, _ = made
    path = tmp_path / "lost.csv"
    path.write_text("id,tanggal,jam,jenis,kode_kel,sumber\nX7,2024-11-27,14:10,tawuran,,HT\n", encoding="utf-8")
    window = ("--from", "2024-11-27T13:00", "--to", "2024-11-27T16:00")
    result = run("risk", "update", folder, path, *window, "-o", tmp_path / "after", "--json")
    assert json.loads(result.stdout)["nowhere"] == ["X7"]


def reported(folder):
    path = folder / "reports.csv"
    head = "id,tanggal,jam,jenis,kode_kel,sumber\n"
    path.write_text(head + "R1,2024-11-27,14:10,perusakan,35.73.01.1007,HT\n", encoding="utf-8")
    return path


def test_map__keeps_strangers_files_and_writes_all_or_nothing(made, tmp_path, monkeypatch):
    folder, _ = made
    mine = tmp_path / "map"
    RiskMap.load(folder).save(mine)
    (mine / "rahasia.docx").write_text("theirs", encoding="utf-8")
    result = run("risk", "map", "-o", mine)
    assert "rahasia.docx" in str(result.exception) + result.output
    assert (mine / "rahasia.docx").exists()
    (mine / "rahasia.docx").unlink()
    before = {path.name for path in mine.iterdir()}

    def stopped(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("sispamkota.review.risk_page.write_risk_page", stopped)
    run("risk", "map", "-o", mine)
    assert {path.name for path in mine.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["map"]


def test_map__of_a_city_of_ones_own_borrows_the_ordinary_day_and_says_so(tmp_path):
    replace(City.load("malang"), name="kita").save(tmp_path / "kita")
    result = run("risk", "map", "--city", tmp_path / "kita", "-o", tmp_path / "map", "--json")
    assert result.exit_code == 0, result.output + str(result.exception)
    told = json.loads(result.stdout)
    assert told["basis"]["history"] == ""
    assert "risk.no_history" in {each["key"] for each in told["assumptions"]}
    assert "risk.borrowed_background" in {each["key"] for each in told["assumptions"]}
    assert {"medical", "clash"} <= {row["kind"] for row in told["places"]}


@pytest.mark.parametrize("text", ["", "kode_kel,satu,dua\n", "\x00\x01\x02"])
def test_results__of_an_empty_or_broken_file_give_one_clear_error(tmp_path, text):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    result = run("risk", "rivalry", tmp_path / "x.csv")
    assert isinstance(result.exception, InputError)
    assert "x.csv" in str(result.exception)


def test_map__before_any_rule_of_classes_held_is_still_a_map(tmp_path):
    result = run("risk", "map", "--day", "2023-06-01", "-o", tmp_path / "map", "--json")
    assert result.exit_code == 0, result.output + str(result.exception)


def test_hours__add_up_to_the_day(made):
    folder, _ = made
    hours = pd.read_csv(folder / "hours.csv", dtype={"place": str}).groupby(["place", "kind"])["mean"].sum()
    places = pd.read_csv(folder / "places.csv", dtype={"place": str})
    day = places[places["kind"] != "trouble"].set_index(["place", "kind"])["per_day"]
    pd.testing.assert_series_equal(hours.sort_index(), day.sort_index(), check_names=False, rtol=1e-6)


def test_update__an_end_before_the_start_is_refused(made, tmp_path):
    folder, _ = made
    window = ("--from", "2024-11-27T16:00", "--to", "2024-11-27T13:00")
    result = run("risk", "update", folder, "malang", *window, "-o", tmp_path / "no")
    assert "after 2024-11-27T16:00" in str(result.exception) + result.output
    assert not (tmp_path / "no").exists()


OWN = """kind: indicators
version: 1
name: sendiri
id: Indeks sendiri
en: Our own index
organisation: us
source: us
tag: estimated
indicators:
  a: {id: A, en: A, unit: "1"}
  b: {id: B, en: B, unit: "1", direction: down}
"""


def test_rank__tells_the_range_over_all_weightings(tmp_path):
    """One place is worse by a, the other by b (less of it is more risk): each can be first, by weights alone."""
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    table = tmp_path / "i.csv"
    head, rows = "kode_kel,indikator,nilai,sumber,tanggal\n", []
    for kode, a, b in (("35.73.01.1001", 3, 9), ("35.73.01.1002", 1, 2), ("35.73.01.1003", 0, 10)):
        rows += [f"{kode},sendiri.a,{a},us,2024-01-01\n", f"{kode},sendiri.b,{b},us,2024-01-01\n"]
    table.write_text(head + "".join(rows), encoding="utf-8")
    result = run("risk", "rank", table, "--index", tmp_path / "own.yaml", "--json")
    assert result.exit_code == 0, result.output + str(result.exception)
    found = {row["place"]: row for row in json.loads(result.stdout)["rows"]}
    assert [(found[f"35.73.01.100{i}"]["best"], found[f"35.73.01.100{i}"]["worst"]) for i in (1, 2, 3)] == [
        (1, 2), (1, 2), (3, 3),
    ]  # fmt: skip
    unknown = run("risk", "rank", table)
    assert "sendiri.a" in unknown.output + str(unknown.exception)


CONTEST = """kind: contest
version: 1
name: pilbup
day: 2024-11-27
published: {published}
source: KPU
file: hasil.csv
choices: [satu, dua]
"""


def contest(folder, *, published="2024-12-04", votes=((60, 40), (10, 90))):
    rows = [f"35.73.01.100{i},{a},{b}\n" for i, (a, b) in enumerate(votes, 1)]
    (folder / "hasil.csv").write_text("kode_kel,satu,dua\n" + "".join(rows), encoding="utf-8")
    (folder / "pilbup.yaml").write_text(CONTEST.format(published=published), encoding="utf-8")
    return folder / "pilbup.yaml"


def test_results__of_a_file_described_beside_it(tmp_path):
    """Closeness 1 - 0.2 and 1 - 0.8; the same where the two choices change places."""
    found = []
    for name, votes in (("a", ((60, 40), (10, 90))), ("b", ((40, 60), (90, 10)))):
        (tmp_path / name).mkdir()
        told = json.loads(run("risk", "rivalry", contest(tmp_path / name, votes=votes), "--json").stdout)["table"]
        found.append([row["closeness"] for row in told if row["contest"] == "pilbup" and row["level"] == "kelurahan"])
    assert found[0] == pytest.approx([0.8, 0.2])
    assert found[0] == found[1]


def test_results__published_later_do_not_enter_a_map(tmp_path):
    file = contest(tmp_path)
    early = run("risk", "map", "--results", file, "-o", tmp_path / "map", "--json")
    assert "kelurahan" in early.output + str(early.exception)  # on the eve no contest by kelurahan was known
    assert not (tmp_path / "map").exists()
    late = run(
        "risk",
        "map",
        "--results",
        file,
        "--as-of",
        "2024-12-31",
        "--day",
        "2025-01-10",
        "-o",
        tmp_path / "map",
        "--json",
    )
    assert late.exit_code == 0, late.output
    assert json.loads(late.stdout)["basis"]["indicators"] == ["rivalry.closeness", "rivalry.mixing"]


def test_results__a_broken_description_tells_all_its_faults(tmp_path):
    (tmp_path / "x.yaml").write_text(
        "kind: contest\nversion: 1\nday: never\nnam: x\nfile: hasil.csv\n", encoding="utf-8"
    )
    result = run("risk", "rivalry", tmp_path / "x.yaml")
    said = result.output + str(result.exception)
    for word in ("day", "published", "source", "nam"):
        assert word in said


@pytest.mark.parametrize("command", ["rank", "tps --observations"])
def test_faults__of_a_table_come_once_and_name_no_option_that_there_is_not(command, tmp_path):
    table = tmp_path / "t.csv"
    wide = "kelurahan,kelurahan,kpps_away,dptb" if command == "rank" else "kelurahan,kelurahan,far,dense"
    table.write_text(f"{wide}\nKauman,Kauman,3,x\n")
    ended = CliRunner().invoke(app, ["risk", *command.split(), str(table)])
    assert isinstance(ended.exception, InputError)
    faults = ended.exception.faults
    assert len(set(faults)) == len(faults)
    assert not [fault for fault in faults if "--map" in fault.remedy]
    assert [fault for fault in faults if fault.remedy == "Rename all but the one that is meant."]
