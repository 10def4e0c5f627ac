"""Looking ahead from a room: its present is taken out at once, and played on apart from it as long as that takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import EngineError, Fault, InputError
from sispamkota.kernels import layout as at
from sispamkota.rehearsal.ahead import AHEAD, REACHED, Branches, Futures, branches_of, play_ahead
from sispamkota.rehearsal.compare import chance_of_gaps, marked_by_holm, mean_t
from sispamkota.rehearsal.intervals import wilson
from sispamkota.rehearsal.measures import SCALES
from sispamkota.rehearsal.policy import AllowGas, AskToLeave, CallReinforcement, HoldCommand, Send
from sispamkota.schema import Assumption, quantity
from sispamkota.words import LANGUAGES

from .checks import setup_of
from .forecast import BASE, Fan, Forecast, Row
from .forecast_file import forecast_figures
from .log import ExerciseLog
from .options import OPTIONS, Ground, moves_of
from .reported import Laid, present_of_reports
from .rests import rest
from .room import Room, replay
from .setup import Setup

__all__ = ["USUAL", "Asked", "Standing", "asked_of", "forecast", "look_ahead", "standing_of", "stood", "warm_ahead"]

Floats = NDArray[np.float64]
CHANCES = ("breached", "ballots_lost")
VOTES = ("tps_closed_s", "voters_kept_people")
FIRST = 1 << 20  # numbers the branches of one seed apart from those of the next
_ALWAYS = ("command", "script", "truth", "memory")  # what each forecast of an exercise rests on
OWN_UNITS = {"calls_waiting": "calls", "call_wait_s": "min"}  # the engine's own list of measures has no word for them


@dataclass(frozen=True)
class Asked:
    """Say what is asked for: minutes ahead, futures to play (0: as many as usual), the seed of their luck."""

    minutes: int = 60
    replicates: int = 0
    seed: int = 1

    def checked(self) -> Asked:
        """Fill in how many futures are usual; raises InputError for what cannot be played."""
        figures, faults = forecast_figures(), list[Fault]()
        n = self.replicates or figures.replicates.value
        most, least = figures.minutes.high, figures.replicates.low
        if not 0 <= self.minutes <= most:
            remedy = "Ask for less; what comes later is a rehearsal's work."
            faults.append(Fault("forecast", "minutes", f"0 to {most}", str(self.minutes), remedy))
        if not least <= n <= figures.replicates.high:
            expected = f"{least} to {figures.replicates.high}"
            faults.append(Fault("forecast", "replicates", expected, str(n), "Choose a number in the range."))
        if not 0 <= self.seed < 2**31:
            faults.append(Fault("forecast", "seed", "0 to 2**31 - 1", str(self.seed), "Choose a number in the range."))
        if faults:
            raise InputError(faults)
        return replace(self, replicates=n)


USUAL = Asked()


@dataclass(frozen=True, eq=False)
class Standing:
    """Hold all that a forecast needs of a room, apart from it: the room may go on meanwhile, or be in another process.

    `about` is the forecast without what is played; `until` in seconds of the world in which it is played.
    """

    about: Forecast
    recipe: Branches | Laid
    until: float
    ground: Ground
    crowds: tuple[str, ...]
    votes: bool
    places: Mapping[str, str]


def standing_of(room: Room, asked: Asked) -> Standing:
    """Take the present out of a room, which does not change; raises InputError for what cannot be asked.

    An exercise is branched where it stands, and ends with its scenario; an operation is laid into a world of its own,
    as it is reported.
    """
    asked = asked.checked()
    setup, operation, names = room.setup, room.board.operation, room.setup.names
    recipe: Branches | Laid
    if operation is None:
        recipe, rests, start = branches_of(room.world, first=asked.seed * FIRST), _assumed(room, asked), room.now
        until = min(start + 60.0 * asked.minutes, max(start, room.horizon))
    else:
        recipe, names, rests = present_of_reports(room, seed=asked.seed, minutes=asked.minutes)
        start, until = 0.0, 60.0 * asked.minutes
    tables = recipe.tables
    closing = np.flatnonzero(tables.kind["effect"] == at.CLOSES_TPS)
    about = Forecast(
        title={lang: setup.title(lang) for lang in LANGUAGES},
        mode=setup.file.mode,
        at=room.now,
        records=len(room.records),
        minutes=(until - start) / 60.0,
        replicates=asked.replicates,
        seed=asked.seed,
        options=OPTIONS,
        moves={},
        rows=(),
        fans=(),
        assumptions=rests,
        digest=room.digest(),
        places={},
    )
    ground = Ground(names.places, names.units, frozenset(room.board.blocked))
    votes = bool(np.isin(tables.hazard_t["kind"], closing).any())
    return Standing(about, recipe, until, ground, names.crowds, votes, _names_of(setup))


@cache
def _names_of(setup: Setup) -> Mapping[str, str]:
    """Give the name of each place of a setup."""
    return {ref: str(setup.city.find(ref).name) for ref in setup.names.places}


def forecast(room: Room, asked: Asked, *, tick: Callable[[], None] = lambda: None) -> Forecast:
    """Look ahead from a room's present; a function of the room's records, its time and what is asked alone.

    `tick` is called after each future of each option. Raises InputError for what cannot be asked, EngineError where no
    future could be played.
    """
    return look_ahead(standing_of(room, asked), tick=tick)


def look_ahead(standing: Standing, *, tick: Callable[[], None] = lambda: None) -> Forecast:
    """Play what was taken out of a room under every option; raises EngineError where no future could be played."""
    about, figures, present = standing.about, forecast_figures(), standing.recipe.present()
    moves = moves_of(present, standing.ground)
    played = {
        option: play_ahead(
            present,
            standing.until,
            about.replicates,
            orders=[move.order for move in moves[option]],
            steps=figures.steps.value,
            tick=tick,
        )
        for option in OPTIONS
    }
    good = np.array([not any(reasons) for reasons in zip(*(each.reasons for each in played.values()), strict=True)])
    if not good.any():
        raise EngineError(f"no future could be played; the first said: {played[BASE].reasons[0]}")
    shown, left_out = _shown(played, good, figures.places.value)
    rows = tuple(_marked([*_city_rows(standing, played, good), *_place_rows(standing, played, good, shown)]))
    refs = {row.place for row in rows} | {move.place for each in moves.values() for move in each}
    return replace(
        about,
        moves=moves,
        rows=rows,
        places={ref: standing.places[ref] for ref in sorted(refs - {""})},
        fans=tuple(_fans(standing, played, good, shown)),
        failed=int((~good).sum()),
        left_out=left_out,
    )


def asked_of(
    log: ExerciseLog,
    moment: int | None,
    *,
    minutes: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
) -> Asked:
    """Say what is asked for at a moment of a log; what is not given is as usual, or as that forecast was asked for.

    Raises InputError for what cannot be played.
    """
    told = _told(log, moment) or {}
    if minutes is None:
        minutes = int(told.get("minutes", USUAL.minutes))
    if seed is None:
        seed = int(told.get("seed", USUAL.seed))
    return Asked(minutes, replicates or int(told.get("replicates", 0)), seed).checked()


def stood(log: ExerciseLog, moment: int | None) -> Room:
    """Fold a log to where it stood after its first `moment` records (None: all of them).

    Where the next record notes a forecast, the room stands where that one looked ahead from: it is told again. Raises
    InputError for a moment that the log does not have, StoreError where its world is another one here.
    """
    n = len(log.records) if moment is None else moment
    if n > len(log.records):
        expected, remedy = f"0 to {len(log.records)}", "Choose a moment of this log."
        raise InputError([Fault("--at", "records", expected, str(n), remedy)])
    told = _told(log, moment)
    if told is None:
        return replay(setup_of(log), log.records[:n], checked=True)
    return replay(setup_of(log), log.records[: told["records"]], until=told["moment"] / 1000.0, checked=True)


def _told(log: ExerciseLog, moment: int | None) -> Mapping[str, Any] | None:
    """Give the forecast that a record of a log notes, if it says from where it looked."""
    if moment is None or moment >= len(log.records):
        return None
    action = log.records[moment].action
    known = action.get("do") == "forecast" and action.get("records") is not None and action.get("moment") is not None
    return action if known else None


def warm_ahead(setup: Setup) -> None:
    """Compile what looking ahead needs: none of it may keep a live room waiting."""
    room = Room(setup)
    if setup.real:
        free = dict.fromkeys(("igd_free", "igd_waiting"), 0)
        room.do({"do": "hospital.update", "hospital": setup.names.hospitals[0], **free}, seat="hospital", t=0, at="")
    standing = standing_of(room, Asked(minutes=1, replicates=forecast_figures().replicates.low))
    look_ahead(standing)
    world, crowd = standing.recipe.present().world, 0
    for order in (Send(0, 0, 0), AskToLeave(crowd), CallReinforcement(), AllowGas(crowd), HoldCommand(crowd)):
        with suppress(EngineError):  # refused or not: it is compiled
            world.order(order)
    world.survey(0, 0)


# --- what it rests on -------------------------------------------------------------------------------------------------


def _assumed(room: Room, asked: Asked) -> tuple[Assumption, ...]:
    """State what a forecast of an exercise rests on."""
    held = int(room.world.state.world[0].desks)
    units = sum(1 for unit in room.setup.spec.units if (held >> unit.desk) & 1)
    left = (room.horizon - room.now) / 60.0
    ends = [rest("end", count=max(0, round(left)))] if left < asked.minutes else []
    engine = [each for each in room.setup.setting.assumptions if each.key == "engine.parameters"]
    return (rest("desks", count=units), *(rest(name) for name in _ALWAYS), *ends, *engine)


# --- from futures to rows ---------------------------------------------------------------------------------------------


def _city_rows(standing: Standing, played: Mapping[str, Futures], good: NDArray[np.bool_]) -> Iterator[Row]:
    """Give the measures of the whole city; of the vote only where the scenario, or a future, has something of it."""
    base = played[BASE].rows[good]
    for i, name in enumerate(AHEAD):
        if name in VOTES and not standing.votes and not any(played[each].rows[good, i].any() for each in OPTIONS):
            continue
        unit = OWN_UNITS.get(name) or ("share" if name in CHANCES else quantity(name).display_unit)
        scale = SCALES.get(unit, 1.0)
        for option in OPTIONS:
            yield _row((option, name, "", unit), played[option].rows[good, i] / scale, base[:, i] / scale)


def _place_rows(
    standing: Standing, played: Mapping[str, Futures], good: NDArray[np.bool_], shown: list[int]
) -> Iterator[Row]:
    """Give the chance that each place shown reaches kuning, and merah."""
    for k in shown:
        for s, stage in enumerate(REACHED):
            base = played[BASE].reached[good, k, s]
            for option in OPTIONS:
                yield _row((option, stage, standing.crowds[k], "share"), played[option].reached[good, k, s], base)


def _row(about: tuple[str, str, str, str], values: Floats, base: Floats) -> Row:
    """Put one measure under one option into a row; values and base [future], NaN where a future has none."""
    option, _, _, unit = about
    there = values[~np.isnan(values)]
    if unit == "share":
        share = wilson(float(there.mean()), len(there))
        row = Row(*about, len(there), None, None, None, share.value, share.low, share.high)
    elif len(there):
        mean, low, high = mean_t(there)
        p05, median, p95 = (float(x) for x in np.quantile(there, (0.05, 0.5, 0.95), method="inverted_cdf"))
        row = Row(*about, len(there), median, p05, p95, mean, *(_known(low), _known(high)))
    else:
        row = Row(*about, 0, None, None, None, None, None, None)
    gap = (values - base)[~(np.isnan(values) | np.isnan(base))]
    if option == BASE or len(gap) < 2:
        return row
    mean, low, high = mean_t(gap)
    return replace(row, difference=mean, difference_low=low, difference_high=high, p=chance_of_gaps(gap))


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _marked(rows: list[Row]) -> Iterator[Row]:
    """Mark the differences that are sure among all that are shown."""
    tested = [row for row in rows if row.p is not None]
    sure = {id(row) for row, mark in zip(tested, marked_by_holm([row.p or 0.0 for row in tested]), strict=True) if mark}
    for row in rows:
        yield replace(row, sure=id(row) in sure)


def _shown(played: Mapping[str, Futures], good: NDArray[np.bool_], most: int) -> tuple[list[int], int]:
    """Choose the places to show: where people are or will be, the likeliest of a stage first; count the others."""
    chance = np.max([each.reached[good].mean(axis=0) for each in played.values()], axis=0)
    people = played[BASE].peak[good].max(axis=0)
    there = [k for k in range(len(people)) if people[k] > 0 or chance[k].any()]
    there.sort(key=lambda k: (-chance[k, 1], -chance[k, 0], -int(people[k]), k))
    return there[:most], len(there[most:])


def _fans(
    standing: Standing, played: Mapping[str, Futures], good: NDArray[np.bool_], shown: list[int]
) -> Iterator[Fan]:
    """Give how many are violent at the places shown as time goes on."""
    for k in shown:
        for option in OPTIONS:
            each = played[option]
            low, middle, high = np.quantile(each.violent[good, :, k], (0.05, 0.5, 0.95), axis=0, method="inverted_cdf")
            minutes = tuple(float(t) for t in (each.times - each.times[0]) / 60.0)
            yield Fan(option, standing.crowds[k], minutes, *(tuple(line.tolist()) for line in (low, middle, high)))
