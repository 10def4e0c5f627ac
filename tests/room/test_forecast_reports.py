"""A forecast in an operation: the present is what people reported, and what they did not report is said."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sispamkota.exercise import Room, Setup, load_exercise, make_setup
from sispamkota.exercise.lookahead import Asked, forecast
from sispamkota.exercise.reported import WAS, present_of_reports
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.ahead import AHEAD, REACHED, play_ahead

MINUTE = 60_000
NOON, AFTERNOON = 12 * 60, 15 * 60
HARM = AHEAD.index("harm_people")


@pytest.fixture(scope="module")
def setup() -> Setup:
    return make_setup(load_exercise("operasi-malang"))


@pytest.fixture(scope="module")
def dinoyo(setup: Setup) -> str:
    return setup.city.find("dinoyo").ref


class Desks:
    """An operation whose reports a test writes; times are minutes of its day."""

    def __init__(self, setup: Setup) -> None:
        self.room = Room(setup)

    def do(self, seat: str, minute: float, do: str, **fields):
        return self.room.do({"do": do, **fields}, seat=seat, t=round(minute * MINUTE), at="")

    def crowd(self, place: str, people: int, violent: int | None, *, minute: float, trend: str = "steady") -> None:
        self.do("field", minute, "crowd.report", place=place, people=people, violent=violent, trend=trend)

    def look(self, minute: float, minutes: int = 60, replicates: int = 100):
        self.room.advance(60.0 * minute)
        return forecast(self.room, Asked(minutes, replicates))

    def present(self, minute: float, minutes: int = 60):
        self.room.advance(60.0 * minute)
        laid, names, rests = present_of_reports(self.room, seed=1, minutes=minutes)
        return laid.present(), names, rests


# --- crowds -----------------------------------------------------------------------------------------------------------


def test_crowd__reported_empty_is_near_quiet(setup: Setup) -> None:
    """By 18 the plan expects people at the KPU; nobody is there, and none more are said to come."""
    empty, planned = Desks(setup), Desks(setup)
    empty.crowd("kpu", 0, 0, minute=18 * 60 - 1, trend="steady")
    (quiet, names, _), (full, _, _) = empty.present(18 * 60), planned.present(18 * 60)
    k = names.crowds.index("kpu")
    assert full.people[k] > 100
    played = play_ahead(quiet, 3600.0, 200)
    assert played.peak[:, k].max() == 0.0
    assert played.reached[:, k].sum() == 0.0
    assert not any(played.reasons)


def test_crowd__more_who_are_violent_bring_no_less_harm(setup: Setup, dinoyo: str) -> None:
    """Mean harm and the chance of merah do not fall, on one luck, by more than three of their standard errors."""
    harm, merah = list[np.ndarray](), list[np.ndarray]()
    for violent in (0, 15, 60, 200):
        desks = Desks(setup)
        desks.crowd(dinoyo, 600, violent, minute=AFTERNOON - 2)
        present, names, _ = desks.present(AFTERNOON)
        played = play_ahead(present, 3600.0, 200)
        harm.append(played.rows[:, HARM])
        merah.append(played.reached[:, names.crowds.index(dinoyo), REACHED.index("merah")])
    for rises in (harm, merah):
        for less, more in pairwise(rises):
            gap = more - less
            assert gap.mean() >= -3.0 * gap.std(ddof=1) / np.sqrt(len(gap))
    assert harm[3].mean() > harm[0].mean() + 5.0
    assert merah[3].mean() > 0.5 > 0.1 > merah[0].mean()


def test_crowd__stands_at_the_stage_of_its_numbers_and_as_it_was_decided(setup: Setup, dinoyo: str) -> None:
    desks = Desks(setup)
    desks.crowd(dinoyo, 600, 40, minute=AFTERNOON - 9)
    desks.crowd("kpu", 400, 0, minute=AFTERNOON - 8)
    desks.do("polresta", AFTERNOON - 7, "command.hand_over", place=dinoyo)
    desks.do("polresta", AFTERNOON - 6, "command.cap_force", place=dinoyo, step=2, why="tenang")
    desks.do("dialogue", AFTERNOON - 5, "order.ask_to_leave", place=dinoyo)
    present, names, _ = desks.present(AFTERNOON)
    present.begin(0)
    k, kpu = names.crowds.index(dinoyo), names.crowds.index("kpu")
    crowd = present.world.state.crowd[k]
    assert (int(crowd.stage), int(crowd.control), int(crowd.cap), int(crowd.asked)) == (at.KUNING, 1, 2, 1)
    assert (int(crowd["S"].sum()), int(crowd["I"].sum())) == (560, 40)
    assert (int(present.stage[k]), int(present.stage[kpu])) == (at.KUNING, at.HIJAU)
    need = present.world.state.incident[int(crowd.incident)]["need"]
    assert need[at.CROWD_0] > 0, "who leads may call for what kuning asks for"
    assert int(present.world.state.crowd[kpu].cap) == setup.file.force_free


def test_crowd__where_nobody_reported_is_as_the_plan_expects(setup: Setup, dinoyo: str) -> None:
    """Half of 220 come evenly in the first quarter of the count and leave at the usual rate: summed in small steps."""
    minute = 13 * 60 + 60
    present, names, rests = Desks(setup).present(minute)
    leave, people = setup.spec.parameters["leave_rate"], 0.0
    span = setup.scenario.timeline["hitung"]
    quarter = (span[1] - span[0]) / 4.0
    for _ in range(int(60 * minute - span[0])):
        people += 220.0 * 0.5 / quarter - leave * people
    assert present.people[names.crowds.index(dinoyo)] == pytest.approx(people, abs=1.0)
    assert "forecast.crowds_planned" in {each.key for each in rests}


def test_crowd__a_place_that_the_plan_does_not_know_is_played_too(setup: Setup) -> None:
    desks, place = Desks(setup), setup.names.hospitals[0]
    desks.crowd(place, 300, 30, minute=AFTERNOON - 3)
    told = desks.look(AFTERNOON)
    assert told.find("kuning", place=place).mean > 0.5
    assert told.failed == 0


# --- units and incidents ----------------------------------------------------------------------------------------------


def _patrols(setup: Setup) -> list[str]:
    able = [unit for unit in setup.spec.units if at.PATROL in unit.caps and setup.agencies[unit.id] == "polri"]
    return [unit.id for unit in able if unit.task == at.TASK_MOBILE][:3]


def test_incident__its_units_have_their_orders_and_no_other_is_sent(setup: Setup, dinoyo: str) -> None:
    desks, (there, coming, free) = Desks(setup), _patrols(setup)
    n = desks.do("field", AFTERNOON - 9, "incident.report", place=dinoyo, kind="vandalism", text="kaca pecah").n
    alone = desks.do("field", AFTERNOON - 8, "incident.report", place="kpu", kind="vandalism", text="pagar").n
    for unit in (there, coming):
        desks.do("polresta", AFTERNOON - 7, "order.send", unit=unit, incident=n, capability="patrol")
    desks.do("polresta", AFTERNOON - 3, "unit.report", unit=there, state="at_scene")
    present, names, _ = desks.present(AFTERNOON)
    present.begin(0)
    world = present.world
    rows = {int(world.state.incident[row].place): row for row in world.open_incidents()}
    kinds = {row: names.kinds[int(world.state.incident[row].kind)] for row in world.open_incidents()}
    reported = [row for row, kind in kinds.items() if kind == "vandalism" + WAS]
    assert len(reported) == 2
    own, other = (
        next(row for row in reported if names.places[int(world.state.incident[row].place)] == place)
        for place in (dinoyo, "kpu")
    )
    unit = {name: world.state.unit[names.units.index(name)] for name in (there, coming, free)}
    assert (int(unit[there].state), int(unit[there].incident)) == (at.SCENE, own)
    assert (int(unit[coming].state), int(unit[coming].incident)) == (at.TRAVEL, own)
    assert int(unit[free].incident) == -1
    assert world.state.incident["there"][own][at.PATROL] > 0
    assert not world.state.incident["sent"][other].any()
    assert (n, alone) == (0, 1)
    assert rows
    desks.look(AFTERNOON)


def test_units__at_rest_are_out_and_one_that_moved_stands_where_it_was_reported(setup: Setup, dinoyo: str) -> None:
    desks, (rests, moved, silent) = Desks(setup), _patrols(setup)
    desks.do("polresta", AFTERNOON - 9, "unit.report", unit=rests, state="resting")
    desks.do("polresta", AFTERNOON - 8, "unit.report", unit=moved, state="standby", place=dinoyo)
    present, names, told = desks.present(AFTERNOON)
    present.begin(0)
    assert rests not in names.units
    row = names.units.index(moved)
    assert names.places[int(present.world.state.unit[row].place)] == dinoyo
    home = next(unit.home for unit in setup.spec.units if unit.id == silent)
    assert names.places[int(present.world.state.unit[names.units.index(silent)].place)] == home
    units = next(each for each in told if each.key == "forecast.units")
    posts = len(setup.spec.units) - 2 - sum(unit.task == at.TASK_BKO for unit in setup.spec.units)
    assert units.count == 2
    assert str(posts) in units.en


def test_hospital__has_the_beds_that_it_reported_and_all_are_accounted_for(setup: Setup) -> None:
    desks, name = Desks(setup), setup.names.hospitals[0]
    desks.do("hospital", AFTERNOON - 4, "hospital.update", hospital=name, igd_free=0, igd_waiting=4, ward_free=500)
    present, names, _ = desks.present(AFTERNOON)
    for n in range(3):
        present.begin(n)
        hospital = present.world.state.hospital[names.hospitals.index(name)]
        assert (int(hospital["free"][at.BAY]), int(hospital["free"][at.WARD])) == (0, 500)
        w = present.world.state.world[0]
        assert int(w.bays) == int(present.world.state.hospital["free"][:, at.BAY].sum()) == int(w.bays_low)
        present.world.advance(3600.0)
        present.world.balance()


def test_tps__disrupted_costs_votes_within_voting_hours_only(setup: Setup) -> None:
    code = min(setup.tps)
    lost = dict[int, float]()
    for minute in (11 * 60, AFTERNOON):
        ours, other = Desks(setup), Desks(setup)
        ours.do("kpu", minute - 2, "tps.report", tps=code, state="disrupted")
        lost[minute] = ours.look(minute).find("tps_closed_s").mean - other.look(minute).find("tps_closed_s").mean
    assert lost[11 * 60] > 10.0
    assert lost[AFTERNOON] == 0.0


def test_hurt__who_waits_for_help_fills_hospitals_and_is_not_counted_as_harm_to_come(setup: Setup) -> None:
    """Twenty who wait at an open incident take ambulances and bays; all of them were hurt before."""
    ours, other = Desks(setup), Desks(setup)
    ours.do("field", 600, "incident.report", place="kpu", kind="accident", text="tabrakan", injured=20)
    with_them, without = ours.look(603), other.look(603)
    gap = with_them.find("hospital_peak_share").mean - without.find("hospital_peak_share").mean
    assert gap > 1.0
    assert with_them.find("harm_people").mean == pytest.approx(without.find("harm_people").mean, abs=0.5)


# --- time, doubt, and what is said -----------------------------------------------------------------------------------


def test_hour__is_that_of_the_wall(setup: Setup) -> None:
    present, _, _ = Desks(setup).present(AFTERNOON + 30)
    assert float(present.world.tables.param["start_hour"][0]) == pytest.approx(15.5)
    later, _, _ = Desks(setup).present(25 * 60)
    assert float(later.world.tables.param["start_hour"][0]) == pytest.approx(1.0)


def test_doubt__each_future_draws_what_nobody_knows(setup: Setup) -> None:
    present, _, _ = Desks(setup).present(NOON)
    drawn = set[float]()
    for n in range(5):
        present.begin(n)
        drawn.add(float(present.world.state.param["beta"][0]))
    assert len(drawn) == 5


def test_said__old_reports_and_what_was_not_told(setup: Setup, dinoyo: str) -> None:
    desks = Desks(setup)
    desks.crowd("kpu", 500, None, minute=AFTERNOON - setup.file.old_min - 5, trend="growing")
    desks.crowd(dinoyo, 80, 2, minute=AFTERNOON - 5)
    desks.do("field", AFTERNOON - 4, "incident.report", place=dinoyo, kind="other", text="asap")
    told = {each.key: each for each in desks.look(AFTERNOON, 10).assumptions}
    assert told["forecast.old"].count == 1
    assert "KPU" in told["forecast.old"].en
    assert f"({setup.file.old_min + 5:.0f} min)" in told["forecast.old"].en
    assert "not told" in told["forecast.crowd_untold"].en
    assert {"forecast.growing", "forecast.incident_untold", "forecast.beds", "forecast.tps", "forecast.bko"} <= set(
        told
    )


def test_said__what_was_reported_and_is_not_played(setup: Setup, dinoyo: str) -> None:
    """Nothing is left out in silence: a queue, the hurt beyond what is carried, violence nobody counted, idle units."""
    desks, unit = Desks(setup), next(name for name in setup.names.units if setup.agencies[name] == "polri")
    hospital = setup.names.hospitals[0]
    desks.do("hospital", 590, "hospital.update", hospital=hospital, igd_free=0, igd_waiting=23)
    many = desks.do("field", 591, "incident.report", place="kpu", kind="accident", text="tabrakan", injured=200).n
    unknown = desks.do("field", 592, "incident.report", place="bawaslu", kind="accident", text="tabrakan").n
    unrest = desks.do("field", 593, "incident.report", place=dinoyo, kind="unrest", text="lempar batu").n
    other = desks.do("field", 594, "incident.report", place="kpu", kind="other", text="pohon tumbang").n
    done = desks.do("field", 595, "incident.report", place="kpu", kind="accident", text="tabrakan", injured=3).n
    desks.do("polresta", 596, "order.send", unit=unit, incident=other, capability=min(setup.can(unit)))
    desks.do("polresta", 596, "incident.update", incident=done, state="handled", text="ditolong")
    _, _, rests = desks.present(600)
    said = [(each.key.removeprefix("forecast."), each.count, each.en) for each in rests]
    kinds = {kind.id: kind.patients for kind in setup.spec.kinds}
    for key, count, number in (
        ("queued", 23, ""), ("hurt_most", 60, f"Incident {many}: of 200"), ("unrest_untold", 0, f"Incident {unrest} "),
        ("hurt_untold", kinds["accident"], f"Incident {unknown}:"), ("incident_untold", 0, f"Incident {other} "),
        ("units_free", 1, f"incident {other} "), ("hurt_handled", 3, f"Incident {done}:"),
    ):  # fmt: skip
        assert any(k == key and n == count and number in text for k, n, text in said), (key, said)
    desks.crowd(dinoyo, 90, 12, minute=598)
    _, _, rests = desks.present(600)
    assert "forecast.unrest_untold" not in {each.key for each in rests}


def test_room__of_an_operation_is_left_as_it_is(setup: Setup, dinoyo: str) -> None:
    desks = Desks(setup)
    desks.crowd(dinoyo, 300, 20, minute=AFTERNOON - 5)
    desks.room.advance(60.0 * AFTERNOON)
    before, start = desks.room.digest(), desks.room.world.now
    first = desks.look(AFTERNOON, 20)
    assert (desks.room.digest(), desks.room.world.now) == (before, start)
    assert first.to_dict() == desks.look(AFTERNOON, 20).to_dict()
    assert first.digest == before
