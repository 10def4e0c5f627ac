import pytest
from hypothesis import given
from hypothesis import strategies as st

from parts.page import bare
from sispamkota import store
from sispamkota.errors import InputError
from sispamkota.force import CAPABILITIES, VEHICLES, Force, read_doctrine
from sispamkota.force.doctrine import doctrine
from sispamkota.inputs import DATA

MALANG = (DATA / "forces" / "malang-500.yaml").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path):
    def write(text, name="force.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults_of(path):
    with pytest.raises(InputError) as caught:
        Force.load(path)
    return caught.value.faults


def small(*units, total):
    rows = "\n".join(f"  - {{{unit}}}" for unit in units)
    return f"""kind: force
version: 1
name: small
title: Small
total: {total}
on: 2024-06-12
source: S1
quality: assumed
units:
{rows}
"""


# --- malang-500 -------------------------------------------------------------------------------------------------------


def test_malang__five_hundred_people_of_every_agency():
    force = Force.load("malang-500")
    assert force.people == sum(unit.people for unit in force.units) == 500
    assert {unit.agency for unit in force.units} == set(doctrine().agencies)
    assert len({unit.id for unit in force.units}) == len(force.units)


def test_malang__can_do_all_that_the_exercise_asks():
    """Every capability is there; TPS pattern police are not: no vote is held in the exercise."""
    force = Force.load("malang-500")
    assert {each for unit in force.units for each in unit.capabilities} == set(CAPABILITIES)
    assert {unit.vehicle for unit in force.units} <= set(VEHICLES)
    assert {unit.level for unit in force.units} == {-1, 0, 1, 2}
    assert all(("crowd" in unit.capabilities) == (unit.level >= 0) for unit in force.units)


def test_malang__the_split_is_stated_as_assumed():
    (assumption,) = Force.load("malang-500").assumptions
    assert (assumption.key, assumption.tag, assumption.count) == ("force.split", "assumed", 40)
    assert "500" in assumption.id
    assert "500" in assumption.en


def test_assumptions__none_where_the_split_is_official(written):
    force = Force.load(written(MALANG.replace("quality: assumed", "quality: official")))
    assert force.assumptions == ()


# --- the fault ------------------------------------------------------------------------------------------------


def test_load__501_people_in_a_force_of_500_is_one_fault(written):
    text = MALANG.replace("{id: linmas-4, kind: linmas, people: 10}", "{id: linmas-4, kind: linmas, people: 11}")
    (fault,) = faults_of(written(text))
    line = text.splitlines().index("total: 500") + 1
    assert fault.where.endswith(f"force.yaml:{line}")
    assert fault.got == "501 people in a force of 500"
    assert fault.remedy == "Take 1 out of the units, or state total: 501."


def test_load__499_people_say_how_many_to_add(written):
    text = MALANG.replace("{id: linmas-4, kind: linmas, people: 10}", "{id: linmas-4, kind: linmas, people: 9}")
    (fault,) = faults_of(written(text))
    assert fault.remedy == "Add 1 to the units, or state total: 499."


@given(st.integers(1, 2000))
def test_load__any_total_but_the_sum_is_refused(total):
    """500 passes; every other total is the same single fault."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "force.yaml")
        path.write_text(MALANG.replace("total: 500", f"total: {total}"), encoding="utf-8")
        if total == 500:
            assert Force.load(path).people == 500
        else:
            assert [fault.field for fault in faults_of(path)] == ["total"]


# --- units ------------------------------------------------------------------------------------------------------------


def test_load__what_is_left_out_comes_from_the_kind(written):
    force = Force.load(
        written(small("id: a, kind: phh_brimob", "id: b, kind: ambulans, vehicle: car, readiness: 0.8", total=103))
    )
    first, second = force.units
    assert (first.people, first.vehicle, first.level, first.capabilities) == (100, "truck", 2, ("crowd", "guard"))
    assert (first.agency, first.armed, first.home, first.readiness) == ("brimob", True, None, 1.0)
    assert (second.vehicle, second.readiness, second.armed) == ("car", 0.8, False)
    assert first.where.endswith(":10")


def test_load__all_faults_at_once_with_lines_and_remedies(written):
    text = small(
        "id: a, kind: dalmas_awl",
        "id: b, kind: dalmas_awal, people: 12",
        "id: b, kind: dalmas_awal",
        "id: c, kind: patroli, vehicle: boat",
        total=60,
    )
    faults = faults_of(written(text))
    assert [(fault.where.rsplit(":", 1)[1], fault.field) for fault in faults] == [("13", "units[3].vehicle")]
    faults = faults_of(written(text.replace(", vehicle: boat", "")))
    assert [(fault.where.rsplit(":", 1)[1], fault.field, fault.remedy) for fault in faults] == [
        ("10", "units[0].kind", 'did you mean "dalmas_awal"?'),
        ("11", "units[1].people", "Split or join units to that size."),
        ("12", "units[2].id", "Give each unit its own id."),
    ]


@pytest.mark.parametrize(("people", "fine"), [(19, False), (20, True), (40, True), (41, False)])
def test_load__a_platoon_has_twenty_to_forty(written, people, fine):
    path = written(small(f"id: a, kind: dalmas_awal, people: {people}", total=people))
    if fine:
        assert Force.load(path).people == people
    else:
        assert [fault.field for fault in faults_of(path)] == ["units[0].people"]


@pytest.mark.parametrize("readiness", ["0", "1.1", "-0.5", "'1'"])
def test_load__readiness_is_a_share(written, readiness):
    path = written(small(f"id: a, kind: ambulans, readiness: {readiness}", total=3))
    assert [fault.field for fault in faults_of(path)] == ["units[0].readiness"]


@pytest.mark.parametrize("name", ["Budi Santoso", "a b", "A", "", "-a", "a" * 61])
def test_load__ids_are_short_slugs_and_no_names_of_people(written, name):
    path = written(small(f"id: '{name}', kind: ambulans", total=3))
    assert [fault.field for fault in faults_of(path)] == ["units[0].id"]


def test_load__unknown_name_of_a_force():
    (fault,) = faults_of("malang-50")
    assert fault.remedy == 'Did you mean "malang-500"?'


def test_load__own_doctrine_brings_its_own_kinds_and_sizes(written):
    own = written(
        """kind: doctrine
version: 1
agencies:
  pmi: {id: PMI, en: Red Cross, duty_id: a, duty_en: b, armed: false, source: x, tag: official}
unit_kinds:
  pmi_kru: {id: a, en: b, agency: pmi, capabilities: [ambulance], level: -1, vehicle: ambulance, people: 5, low: 4,
            high: 6, source: x, tag: official}
""",
        "own.yaml",
    )
    path = written(small("id: a, kind: pmi_kru", "id: b, kind: patroli", total=15))
    assert [unit.agency for unit in Force.load(path, own=read_doctrine(own)).units] == ["pmi", "polri"]
    assert [fault.field for fault in faults_of(path)] == ["units[0].kind"]


# --- the value --------------------------------------------------------------------------------------------------------


def test_force__save_and_load_give_an_equal_value(tmp_path):
    force = Force.load("malang-500")
    force.save(tmp_path / "out")
    assert store.load(tmp_path / "out") == force
    assert Force.load(tmp_path / "out") == force


def test_force__yaml_round_trip_keeps_every_unit(written):
    force = Force.load(written(small("id: a, kind: phh_brimob", "id: b, kind: ambulans, readiness: 0.5", total=103)))
    assert Force.load(written(force.to_yaml(), "again.yaml")) == force


def test_force__prints_the_same_rows_twice():
    force = Force.load("malang-500")
    text, html = str(force), force._repr_html_()
    known = {"National police": "200", "Mobile brigade of the police": "100", "Community protection officers": "40"}
    for agency, people in known.items():
        assert any(line.startswith(agency) and line.split()[-1] == people for line in text.splitlines())
        assert f"<td>{agency}</td>" in bare(html)
    assert "500 people in 40 units (assumed" in text


def test_force__table_and_lookup():
    force = Force.load("malang-500")
    table = force.to_table()
    assert len(table) == 40
    assert table["people"].sum() == 500
    assert force.unit("phh-brimob").people == 100
    with pytest.raises(KeyError, match='did you mean "phh-brimob"'):
        force.unit("phh-brimobb")


def test_force__plot_shows_every_agency():
    import matplotlib as mpl

    mpl.use("Agg")
    axes = Force.load("malang-500").plot()
    assert len(axes.patches) == 8
    assert sum(bar.get_width() for bar in axes.patches) == 500
    mpl.pyplot.close(axes.figure)


def test_force__manifest_names_its_file():
    assert list(Force.load("malang-500").manifest.inputs) == ["force"]
