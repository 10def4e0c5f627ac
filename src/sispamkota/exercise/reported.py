"""The present of an operation as a world: what people reported, laid over the plan for all that nobody reported.

The world starts now, at the right hour of the day. Every future of it draws the parameters that nobody knows from their
ranges, so its intervals hold that doubt too. What was not reported is said, and how old each report is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sispamkota.errors import EngineError
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import CROWD_MEASURES, MEASURES
from sispamkota.kernels.present import fill_beds, stand_at
from sispamkota.plan.answers import answers
from sispamkota.rehearsal.ahead import Present, look_from_now
from sispamkota.rehearsal.happenings import CAPABILITIES, STAGES
from sispamkota.rehearsal.hazards import thinning
from sispamkota.rehearsal.places import distances_of
from sispamkota.rehearsal.policy import AllowGas, AskToLeave, CallReinforcement, CapForce, Send
from sispamkota.rehearsal.setting import doubt_of
from sispamkota.rehearsal.specs import CrowdSpec, HospitalSpec, InjectSpec, KindSpec, UnitSpec, WorldSpec
from sispamkota.rehearsal.story import Names
from sispamkota.rehearsal.tables import Tables, build_tables, order_kinds
from sispamkota.rehearsal.world import World
from sispamkota.schema import Assumption

from .board import Board
from .operation import Operation
from .rests import Rests
from .room import Room
from .setup import Setup

__all__ = ["WAS", "Laid", "Reported", "present_of_reports"]

WAS = "/reported"  # ends the name of a kind of incident that is known already, with those whom it has hurt
PATIENT = "evacuation"
UNREST = "unrest"
OF_FIRES = ("office-fire", "neighbour-fire")  # belong to a crowd's own course; reported, they are a fire
OUT = ("resting", "off")
MOST_HURT = 60  # of one incident, that are carried from now on
_KEPT = (at.ARRIVE_RATE, at.SET_TENSION, at.CLOSE_STREETS, at.OPEN_STREETS)  # what a plan knows of the hours to come
_BEDS = (("igd_free", at.BAY), ("icu_free", at.ICU), ("ward_free", at.WARD))


@dataclass(frozen=True, eq=False)
class Reported:
    """Hold an operation where a forecast begins: `now` in seconds since its start."""

    setup: Setup
    board: Board
    operation: Operation
    now: float
    rests: Rests


def present_of_reports(room: Room, *, seed: int, minutes: float) -> tuple[Laid, Names, tuple[Assumption, ...]]:
    """Lay what an operation's people reported into a world; give how, its names, and what it rests on.

    Future n is replicate n of `seed`.
    """
    operation, now = room.board.operation, room.now
    if operation is None:
        raise EngineError("this room is an exercise: branch it")
    report = Reported(room.setup, room.board, operation, now, Rests(room.setup, now))
    spec = _spec_of(report, minutes)
    names = Names(
        places=room.setup.names.places,
        crowds=tuple(crowd.place for crowd in spec.crowds),
        units=tuple(unit.id for unit in spec.units),
        kinds=tuple(kind.id for kind in order_kinds(spec)),
        injects=tuple(inject.id for inject in spec.injects),
        hospitals=tuple(hospital.id for hospital in spec.hospitals),
    )
    laid = Laid(
        tables=build_tables(spec),
        seed=seed,
        desks=tuple(sorted({unit.desk for unit in spec.units})),
        beds=tuple(_beds(report, names)),
        decided=tuple(_decided(report, place) for place in names.crowds),
        sent=tuple(_sent(report, names)),
        reinforced=operation.reinforced is not None,
        people=tuple(sum(crowd.peaceful) + sum(crowd.violent) for crowd in spec.crowds),
    )
    return laid, names, report.rests.all()


# --- the world's description ------------------------------------------------------------------------------------------


def _spec_of(report: Reported, minutes: float) -> WorldSpec:
    """Describe the world as it is reported now."""
    setup = report.setup
    spec = setup.spec
    hour = setup.scenario.file.start.hour + setup.scenario.file.start.minute / 60.0 + report.now / 3600.0
    crowds = _crowds(report)
    return replace(
        spec,
        parameters={**spec.parameters, "start_hour": hour % 24.0},
        crowds=crowds,
        units=list(_units(report)),
        kinds=[*spec.kinds, *(_known(kind) for kind in order_kinds(spec) if kind.model == at.PLAIN)],
        hospitals=[_hospital(report, each) for each in spec.hospitals],
        injects=[*_announced(report), *_open_incidents(report), *_disrupted(report)],
        **doubt_of(setup.scenario),
        every=thinning(list(spec.hazards), 60.0 * max(minutes, 1.0)),
        distance=distances_of(setup.city, [setup.city.find(crowd.place) for crowd in crowds]),
    )


def _known(kind: KindSpec) -> KindSpec:
    """Give a kind of incident that is understood already, and whose patients are counted one by one."""
    return replace(kind, id=kind.id + WAS, call=0.0, patients=0)


def _crowds(report: Reported) -> list[CrowdSpec]:
    """Put people where they were reported; where nobody reported, as many as the plan expects by now."""
    setup, told = report.setup, report.operation.crowds
    crowds = list(setup.spec.crowds)
    planned = {crowd.place: _expected(report, crowd) for crowd in crowds if crowd.place not in told}
    crowds = [replace(crowd, peaceful=planned[crowd.place]) if crowd.place in planned else crowd for crowd in crowds]
    report.rests.planned({place: sum(people) for place, people in planned.items()})
    need = tuple({CAPABILITIES[name]: n for name, n in answers()["office"][stage].items()} for stage in STAGES)
    known = {crowd.place for crowd in crowds}
    crowds += [CrowdSpec(place=place, need=need) for place in told if place not in known]
    return [_peopled(report, crowd) if crowd.place in told else crowd for crowd in crowds]


def _peopled(report: Reported, crowd: CrowdSpec) -> CrowdSpec:
    """Put the people of a report at a place; of one camp, for reports do not tell camps."""
    row = report.operation.crowds[crowd.place]
    violent = row["violent"] or 0
    report.rests.crowd(crowd.place, row)
    return replace(crowd, peaceful=(row["people"] - violent, 0), violent=(violent, 0))


def _expected(report: Reported, crowd: CrowdSpec) -> tuple[int, int]:
    """Give how many the plan expects at a place by now, by camp: who came, less who left at the usual rate."""
    leave, there = report.setup.spec.parameters["leave_rate"], [0, 0]
    for camp in range(at.CAMPS):
        people, since, rate, rates = 0.0, 0.0, 0.0, dict[str, float]()
        for edge in _waves(report, crowd.place, camp):
            people, since = _flowed(people, rate, leave, edge.time - since), edge.time
            rates[edge.gathering] = edge.amount * edge.share
            rate = sum(rates.values())
        there[camp] = round(_flowed(people, rate, leave, report.now - since))
    return there[0], there[1]


def _waves(report: Reported, place: str, camp: int) -> list[InjectSpec]:
    """Give the planned changes of arrivals at a place up to now, in their order."""
    rows = [each for each in report.setup.spec.injects if each.action == at.ARRIVE_RATE and each.place == place]
    return sorted((each for each in rows if each.camp == camp and each.time <= report.now), key=lambda each: each.time)


def _flowed(people: float, rate: float, leave: float, seconds: float) -> float:
    """Return how many are there when people come at a rate and each leaves at another: dN/dt = rate - leave N."""
    if leave <= 0.0:
        return people + rate * seconds
    level = rate / leave
    return level + (people - level) * float(np.exp(-leave * seconds))


def _announced(report: Reported) -> Iterator[InjectSpec]:
    """Keep of the plan what is announced: arrivals to come, phases and closures; those under way begin at once.

    Where people were reported who do not become more, arrivals that are under way are over.
    """
    now, told = report.now, report.operation.crowds
    under_way = dict[tuple[Any, ...], InjectSpec]()
    for each in sorted(report.setup.spec.injects, key=lambda each: each.time):
        if each.action not in _KEPT:
            continue
        if each.watch is not None or each.time > now:
            yield replace(each, time=each.time - now)
        elif each.action == at.ARRIVE_RATE:
            under_way[each.gathering, each.camp] = each
        elif each.action == at.SET_TENSION:
            under_way["tension",] = each
        else:
            under_way["streets", each.amount] = each
    for each in under_way.values():
        over = each.action == at.ARRIVE_RATE and (
            each.share == 0.0 or (each.place in told and told[each.place]["trend"] != "growing")
        )
        if not over and each.action != at.OPEN_STREETS:
            yield replace(each, time=0.0)


def _open_incidents(report: Reported) -> Iterator[InjectSpec]:
    """Let each open incident that was reported be there at once, and those who wait hurt at it."""
    kinds = {kind.id: kind for kind in order_kinds(report.setup.spec)}
    for n, row in report.operation.open_incidents().items():
        kind = "fire" if row["kind"] in OF_FIRES else row["kind"]
        played = kind in kinds and kinds[kind].model == at.PLAIN
        report.rests.incident(n, row, _how(report, row, kind, played=played))
        if played:
            yield InjectSpec(_incident_name(n), at.MAKE_INCIDENT, row["place"], time=0.0, kind=kind + WAS)
        usual = kinds[kind].patients if kind in kinds else 0
        hurt = usual if row["injured"] is None else row["injured"]
        waiting = 0 if row["state"] == "handled" else min(hurt, MOST_HURT)
        report.rests.hurt(n, row["injured"], usual, waiting)
        for i in range(waiting):
            yield InjectSpec(f"hurt/{n}/{i}", at.MAKE_INCIDENT, row["place"], time=0.0, kind=PATIENT)


def _how(report: Reported, row: Mapping[str, Any], kind: str, *, played: bool) -> str:
    """Say whether an incident is played; violence is that of a crowd whose people somebody reported."""
    if kind == UNREST:
        return "incident" if row["place"] in report.operation.crowds else "unrest_untold"
    return "incident" if played or kind == PATIENT else "incident_untold"


def _incident_name(n: int) -> str:
    return f"reported/{n}"


def _disrupted(report: Reported) -> Iterator[InjectSpec]:
    """Let each TPS that is reported disrupted be closed, but for those whose incident was reported as such too."""
    named = [row["place"] for row in report.operation.open_incidents().values() if row["kind"] == "tps-disruption"]
    found = list[str]()
    for code, row in report.operation.tps.items():
        place = _kelurahan(report, code)
        if row["state"] != "disrupted" or place is None:
            continue
        if place in named:
            named.remove(place)
            continue
        found.append(code)
        yield InjectSpec(f"tps/{code}", at.MAKE_INCIDENT, place, time=0.0, kind="tps-disruption" + WAS)
    report.rests.tps(report.operation.tps, len(report.setup.tps), found)


def _kelurahan(report: Reported, code: str) -> str | None:
    """Give the place of a TPS's kelurahan, if the world has it."""
    ref = report.setup.city.find(code.partition("/")[0]).ref
    return ref if ref in report.setup.names.places else None


def _units(report: Reported) -> Iterator[UnitSpec]:
    """Put units where they were reported; those at rest are left out, those not reported stand at their posts."""
    told, out = report.operation.units, list[str]()
    for unit in report.setup.spec.units:
        row = told.get(unit.id)
        if row is None:
            yield unit
        elif row["state"] in OUT:
            out.append(unit.id)
        else:
            yield _placed(unit, row)
    bko = [unit.id for unit in report.setup.spec.units if unit.task == at.TASK_BKO and unit.id not in told]
    report.rests.units(told, [unit.id for unit in report.setup.spec.units], out, bko)


def _placed(unit: UnitSpec, row: Mapping[str, Any]) -> UnitSpec:
    """Put a unit on duty where it was reported: it is in the city, whatever its roster says, and need not turn out."""
    task = at.TASK_MOBILE if unit.task == at.TASK_BKO else unit.task
    moving = row["state"] in ("moving", "returning")
    turnout = 0.0 if moving else unit.turnout
    return replace(unit, home=row["place"] or unit.home, task=task, duty=None, turnout=turnout)


def _hospital(report: Reported, hospital: HospitalSpec) -> HospitalSpec:
    """Give a hospital at least the beds that were reported free."""
    row = report.board.hospitals.get(hospital.id)
    report.rests.hospital(hospital.id, row)
    if row is None:
        return hospital
    beds = list(hospital.beds)
    for name, bed in _BEDS:
        beds[bed] = max(beds[bed], row[name] or 0)
    return replace(hospital, beds=(beds[0], beds[1], beds[2], beds[3]))


# --- the beginning of a future ----------------------------------------------------------------------------------------


def _beds(report: Reported, names: Names) -> Iterator[tuple[int, int, int]]:
    """Give the beds that were reported free: hospital, kind of bed, how many."""
    for name, row in report.board.hospitals.items():
        for field, bed in _BEDS:
            if row[field] is not None:
                yield names.hospitals.index(name), int(bed), int(row[field])


def _decided(report: Reported, place: str) -> tuple[int, int, int, bool, bool]:
    """Give who leads at a place, its line, its cap on force, whether gas is allowed and people were asked to leave."""
    row = report.operation.command(place, free=report.setup.file.force_free)
    return int(row["control"]), int(row["line"]), int(row["cap"]), bool(row["gas"]), row["asked"] is not None


def _sent(report: Reported, names: Names) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Give which units have which orders: the row of an inject, or of a crowd (the other is -1), and of the units."""
    unit = {name: n for n, name in enumerate(names.units)}
    for n, row in report.operation.open_incidents().items():
        crowd = names.crowds.index(row["place"]) if row["kind"] == UNREST and row["place"] in names.crowds else -1
        name = _incident_name(n)
        inject = names.injects.index(name) if crowd < 0 and name in names.injects else -1
        yield inject, crowd, tuple(unit[each] for each in row["units"] if each in unit)


@dataclass(frozen=True, eq=False)
class Laid:
    """Hold what futures of a reported present are made of, which may be sent to another process.

    `beds`: hospital, kind, how many are free. `decided`, of each crowd: control, line, cap, gas, asked to leave.
    `sent`: inject or crowd, and the units that have its orders. `people` counts those at each crowd.
    """

    tables: Tables
    seed: int
    desks: tuple[int, ...]
    beds: tuple[tuple[int, int, int], ...]
    decided: tuple[tuple[int, int, int, bool, bool], ...]
    sent: tuple[tuple[int, int, tuple[int, ...]], ...]
    reinforced: bool
    people: tuple[int, ...]

    def present(self) -> Present:
        """Make the present in a world of its own; raises EngineError for a unit where no road leads."""
        world = World(self.tables)

        def begin(n: int) -> None:
            """Begin the n-th future: replicate n as it was reported; the policy then has all desks.

            Until the orders that were given stand, nobody decides: what waits is not answered anew by the forecast.
            """
            world.reset(seed=self.seed, replicate=n)
            world.take_desks(*self.desks)
            for hospital, bed, free in self.beds:
                fill_beds(world.state.world[0], hospital, bed, free)
            world.advance(0.0)
            for crowd, decided in enumerate(self.decided):
                _command(world, crowd, decided)
            self._assign(world)
            world.advance(0.0)
            world.state.world[0].desks = 0
            look_from_now(world)

        begin(0)
        stage = np.asarray(world.state.crowd["stage"]).copy()
        nothing = np.zeros(len(MEASURES)), np.zeros((len(self.people), len(CROWD_MEASURES)))
        return Present(world, begin, 0.0, *nothing, stage, np.array(self.people, np.int64))

    def _assign(self, world: World) -> None:
        """Give the units the orders that they have: those at the scene are there, those on the way set out now."""
        rows = {int(world.state.incident[i].who): i for i in world.open_incidents()}
        for inject, crowd, units in self.sent:
            found = int(world.state.crowd[crowd].incident) if crowd >= 0 else -1
            if inject >= 0:
                found = rows.get(int(self.tables.inject_t["who"][inject]), -1)
            for unit in units if found >= 0 else ():
                _send(world, unit, found)
        if self.reinforced:
            with suppress(EngineError):
                world.order(CallReinforcement())


def _command(world: World, crowd: int, decided: tuple[int, int, int, bool, bool]) -> None:
    """Set who leads at a place, its line, and how far force may go; whether people were asked to leave."""
    control, line, cap, gas, asked = decided
    stand_at(world.state.world[0], crowd, control, line)
    world.order(CapForce(crowd, cap))
    for wanted, order in ((gas, AllowGas(crowd)), (asked, AskToLeave(crowd))):
        if wanted:
            with suppress(EngineError):
                world.order(order)


def _send(world: World, unit: int, incident: int) -> None:
    """Send a unit for what the incident lacks most; one for which it does not ask stays where it is."""
    state = world.state.incident[incident]
    lacks = [(int(state["need"][cap] - state["sent"][cap]), cap) for cap in range(at.CAPS) if state["need"][cap] > 0]
    for _, capability in sorted(lacks, reverse=True):
        try:
            world.order(Send(unit, incident, capability))
        except EngineError:
            continue
        return
