"""The plan of a compound: how it is read, what is found in it, how it is drawn, and the command."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from parts.plans import OFFICE, as_geojson, plan
from sispamkota.errors import Faults, InputError
from sispamkota.place.compound import Compound, SiteFile, read_compound
from sispamkota.place.compound_check import check_compound, fruin_level, space_rows
from sispamkota.place.compound_draw import write_compound
from sispamkota.place.compound_figures import compound_figures


@pytest.fixture(scope="module")
def office():
    return Compound.load("office-generic")


def changed(office, **fields):
    """The office with some fields of its plan replaced, checked as a file is."""
    data = yaml.safe_load(OFFICE.read_text(encoding="utf-8")) | fields
    return replace(office, plan=SiteFile.model_validate_json(json.dumps(data)))


def keys(compound, *, severity="fault"):
    return {each.key for each in check_compound(compound) if each.severity == severity}


def test_office__is_named_as_what_it_is_and_has_no_fault(office):
    assert [each.key for each in check_compound(office)] == ["site_one_way"]
    assert office.assumptions[0].tag == "assumed"
    assert "bukan denah sebenarnya" in office.assumptions[0].id
    assert "not the real floor plan" in office.assumptions[0].en


def test_spaces__are_told_by_ground_level_and_minutes(office):
    row = space_rows(office)[0]
    assert row["m2"] == pytest.approx(62 * 11.5)
    assert row["level"] == "D" == fruin_level(row["m2"] / 1200)
    assert row["out_m"] == pytest.approx(38)
    starts = {30.0: 16, 28.0: 16, 21.0: 6}  # m to walk, m of way: people pass from when the nearest can be there
    seconds = (1200 / 1.37 + sum(far / 1.34 * wide for far, wide in starts.items())) / 38
    assert row["minutes"] == pytest.approx(seconds / 60, rel=1e-2)
    seconds = (1200 / 1.37 + 28.0 / 1.34 * 16 + 21.0 / 1.34 * 6) / 22
    assert row["minutes_blocked"] == pytest.approx(seconds / 60, rel=2e-2)


@pytest.mark.parametrize(
    ("m2", "level"), [(2.0, "A"), (1.0, "B"), (0.7, "C"), (0.5, "D"), (0.2, "E"), (0.19, "E"), (0.1, "F")]
)
def test_levels__are_fruins(m2, level):
    assert fruin_level(m2) == level


def _space(**what):
    return [{**plan()["spaces"][0], **what}]


def box(x0, y0, x1, y1):
    return {"name": "x", "ring": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]}


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("site_dense", {"spaces": _space(people=4000)}),
        ("site_slow", {"spaces": _space(people=9000, out=["gerbang orang"])}),
        ("site_narrow", {"exits": [*plan()["exits"][:3], {"name": "gang belakang", "points": [[110, 77], [110, 76]]}]}),
        ("site_blocked", {"obstacles": [box(118.5, 0.5, 119.5, 15.3)]}),
        ("site_access", {"obstacles": [box(88, 60, 89, 62)]}),
        ("site_turn", {"stands": [{"name": "e", "vehicle": "engine", "way": [[110, 81], [87, 81], [87, 76]]}]}),
        ("site_in_way", {"stands": [{"name": "e", "vehicle": "engine", "way": [[120, 8], [50, 8]]}]}),
        ("site_cut_off", {"fences": [{"name": f"x{x}", "points": [[x, 76], [x, 86]]} for x in (100, 105)]}),
    ],
)
def test_findings__each_is_found_where_it_is(office, key, fields):
    found = keys(changed(office, **fields))
    assert key in found
    assert key not in keys(office)


def test_findings__a_dead_end_is_a_note(office):
    """Without its front gates the yard has the rear lane only, and its far ground is farther off than 30 m."""
    only_rear = changed(office, gates=plan()["gates"][2:])
    assert "site_dead_end" in keys(only_rear, severity="note")
    assert "site_dead_end" not in keys(office, severity="note")


def test_findings__the_widest_exit_blocked_is_a_note(office):
    people = int(1.37 * 30 * 60 * compound_figures().clear_minutes[0])
    large = changed(office, spaces=_space(people=people, ring=plan()["ground"]))
    assert "site_one_blocked" in keys(large, severity="note")


def test_findings__say_themselves_in_both_languages(office):
    for each in check_compound(changed(office, spaces=_space(people=9000, out=["gerbang orang"]))):
        for lang in ("id", "en"):
            assert "{" not in each.line(lang)


@pytest.mark.parametrize("degrees", [False, True])
def test_geojson__is_the_same_plan(office, tmp_path, degrees):
    read = Compound.load(as_geojson(tmp_path / "kantor.geojson", degrees=degrees))
    assert [each.key for each in check_compound(read)] == ["site_one_way"]
    mine, theirs = space_rows(office)[0], space_rows(read)[0]
    assert theirs["m2"] == pytest.approx(mine["m2"], rel=2e-3)
    assert theirs["out_m"] == pytest.approx(mine["out_m"], rel=2e-3)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ground": [[0, 0], [10, 10], [10, 0], [0, 10]]}, "a ring that does not cross itself"),
        ({"exits": [{"name": "x", "points": [[0, 0], [0, 0.1]]}]}, "0.5 m or more"),
        ({"doors": [{"name": "jalan barat", "points": [[58, 44], [60, 44]]}]}, "each name once"),
        ({"spaces": _space(out=["jalan"])}, "the name of an exit or a gate"),
        ({"front": [[300, 300], [310, 300]]}, "points on the ground"),
        ({"exits": []}, "Tuple should have at least"),
        ({"tower": 1}, "a known key"),
    ],
)
def test_files__a_slip_is_told_with_its_line(tmp_path, change, expected):
    path = tmp_path / "kantor.yaml"
    path.write_text(yaml.safe_dump(plan() | change), encoding="utf-8")
    faults = Faults()
    assert read_compound(path, faults) is None
    assert any(each.expected.startswith(expected) for each in faults), list(faults)
    assert all(str(path) in each.where for each in faults)


@pytest.mark.parametrize("text", ["", "[]", '{"type": "FeatureCollection", "features": []}', "{nonsense"])
def test_files__no_geojson_is_one_clear_error(tmp_path, text):
    path = tmp_path / "x.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        Compound.load(path)


@pytest.mark.parametrize(
    "feature",
    [
        {"properties": {"part": "tower"}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"properties": {"part": "ground"}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"properties": {"part": "ground"}, "geometry": {"type": "Polygon", "coordinates": [3]}},
        {"properties": {"part": "exit"}, "geometry": {"type": "LineString", "coordinates": [["a", 2], [3, 4]]}},
    ],
)
def test_files__a_feature_that_is_no_part_is_told(tmp_path, feature):
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", **feature}]}))
    with pytest.raises(InputError) as told:
        Compound.load(path)
    assert "(feature 1)" in str(told.value)


@pytest.mark.parametrize("end", [".svg", ".png", ".pdf", ".html"])
def test_drawing__is_written_and_the_same_twice(office, tmp_path, end):
    findings = check_compound(office)
    pages = [tmp_path / f"{n}{end}" for n in (1, 2)]
    for page in pages:
        write_compound(office, page, findings, lang="id")
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert pages[0].stat().st_size > 5000


def test_drawing__is_at_one_to_five_hundred(office, tmp_path):
    """Ten metres of the bar are 20 mm, 56.7 points, in the SVG."""
    from sispamkota.place.compound_draw import draw_compound

    axes = draw_compound(office, lang="id")
    axes.figure.canvas.draw()
    a, b = axes.transData.transform([[0, 0], [10, 0]])
    assert (b[0] - a[0]) / axes.figure.dpi * 25.4 == pytest.approx(20.0, rel=0.06)


def _run(*words):
    command = [sys.executable, "-m", "sispamkota", "place", "site", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command__ends_with_1_on_a_fault_2_on_bad_input_and_0_on_notes(tmp_path):
    bad = tmp_path / "sesak.yaml"
    bad.write_text(yaml.safe_dump(plan() | {"spaces": _space(people=4000)}), encoding="utf-8")
    fine = _run("--json")
    assert fine.returncode == 0
    told = json.loads(fine.stdout)
    assert [each["key"] for each in told["findings"]] == ["site_one_way"]
    assert told["assumptions"][0]["key"] == "site_plan"
    crowded = _run(str(bad), "--lang", "en")
    assert crowded.returncode == 1
    assert "4,000 people on 713.0 m²: level F" in crowded.stdout
    assert _run("nowhere", "--lang", "en").returncode == 2
    out = tmp_path / "x.docx"
    assert _run("-o", str(out)).returncode == 2
    assert not out.exists()
