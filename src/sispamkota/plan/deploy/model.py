"""The model of a deployment, as on the blackboard (docs/explanation/deploy.md has it in symbols).

x[g,c]   crews of group g that make choice c = (post, task, pattern)         integer
p[m]     persons that term m of a surrogate counts: of harm, of the ballots  ≤ cap
t        persons spared in all, and how far the index of the ballots falls   ≤ base
w[i,j]   station i is watched by a pair at post j;  u[i] by none             0 … 1
a[k,j,s] a disruption in zone k is answered by a patrol at j in shift s;  b[k,s] by none
h[j]     Linmas missing for the stations that post j holds
g[k,e,s] zone k is without help e within its standard in shift s
l[m]     persons missing of a layer near a place where a crowd may turn
n[m]     persons that guard m has less than is asked for                     ≤ asked - least

Nine objectives, one after the other: standards of help, short guards, harm, layers near crowds, ballots, votes,
uncovered risk, lateness, movement. What answers sampled calls (f, z, q, v) is in `calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..harm import counted, counts_sent, counts_there
from ..solver import Problem, Row
from .board import HOUR, LEVELS, Board, Level, Picks
from .calls import write_calls, write_risk
from .ground import Ground, Layer, Stations, Term

__all__ = ["COUNTED", "HELD", "LEVELS", "SAMPLED", "SPARED", "Level", "Model", "Picks", "write_model"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
# The rows by which a level is counted; all others are doctrine and hold on every level.
COUNTED = {
    "standards": ("standard", "station", "pattern", "linmas"),
    "guards": (),
    "harm": ("harm",),
    "layers": ("layer",),
    "ballots": ("ballots",),
    "votes": ("station", "pattern", "linmas", "answer", "patrol"),
    "uncovered": ("demand", "free"),
    "late": ("demand", "free", "calls"),
    "movement": (),
}
HELD = ("standards", "guards", "harm", "layers", "ballots")  # levels that are held as found
SAMPLED = ("uncovered", "late")
SPARED = ("harm", "ballots")  # levels that are a base less what is spared
RESERVED = ("reserve", "bko")  # tasks of people who are kept back
IN_SIGHT = ("guard", "mobile")  # tasks of people whom a crowd sees


@dataclass(frozen=True, eq=False)
class Model:
    """Hold the problem, its objectives in their order, the columns x and w."""

    problem: Problem
    levels: tuple[Level, ...]
    picks: Picks
    watch: I8


def write_model(ground: Ground) -> Model:
    """Write the model down."""
    board = Board(ground)
    _doctrine(board)
    _talks(board)
    _standards(board)
    _spared(board, "harm", ground.terms)
    _layers(board)
    _spared(board, "ballots", ground.ballots)
    if ground.stations is not None:
        _pairs(board, ground.stations)
        _patrols(board, ground.stations)
        _linmas(board, ground.stations)
    write_risk(board)
    write_calls(board)
    moves = np.concatenate([crews.move for crews in ground.crews])
    board.cost("movement", board.picks.column, moves / HOUR)
    return Model(board.draft.problem(), board.levels(), board.picks, board.watch)


def _doctrine(board: Board) -> None:
    """Hold what posts can take, what guards they need, what is kept in reserve; in every shift."""
    ground, picks, draft = board.ground, board.picks, board.draft
    people = np.array([crews.people for crews in ground.crews], float)[picks.group]
    pool = np.array([crews.pool for crews in ground.crews])[picks.group]
    kept = np.isin(picks.task, RESERVED)
    inside = (board.supply("pair") == 0) & (board.supply("linmas") == 0)  # those are at their stations, not at the post
    for j, ref in enumerate(ground.posts):
        here = picks.post == j
        possible = float(sum(crews.people * len(crews.ids) for crews in ground.crews))
        for s in range(ground.shifts) if ground.capacity[j] < possible else ():
            used = here & inside & board.on[:, s]
            if used.any():
                row = Row("capacity", ref, "people", bends=True)
                draft.hold((picks.column[used], people[used]), row=row, upper=float(ground.capacity[j]))
    _guards(board)
    for s in range(ground.shifts) if ground.reserve > 0 else ():
        used = pool & board.on[:, s]
        row = Row("reserve", thing="people", bends=True)
        draft.hold((picks.column[used], people[used] * (kept[used] - ground.reserve)), row=row, lower=0.0)
    if ground.kept > 0:
        least = ground.kept * float(sum(crews.people * len(crews.ids) for crews in ground.crews))
        draft.hold((picks.column[kept], people[kept]), row=Row("reserve", thing="people", bends=True), lower=least)


def _guards(board: Board) -> None:
    """n[m] + Σ persons who guard there ≥ what is asked for; what lacks, down to the least, is a level of its own."""
    picks, draft = board.picks, board.draft
    for need in board.ground.needs:
        gives = board.supply(need.ability) * ((picks.post == need.post) & (picks.task == "guard"))
        lacks = draft.add("n", 1, upper=max(need.amount - need.floor, 0.0))
        board.cost("guards", lacks, np.array([1.0 / need.amount]))
        for s in need.shifts:
            used = (gives > 0) & board.on[:, s]
            row = Row("guard", board.ground.posts[need.post], need.ability, bends=True)
            draft.hold((picks.column[used], gives[used]), (lacks, 1.0), row=row, lower=need.amount)


def _talks(board: Board) -> None:
    """x[guards in sight of j] ≤ crews · Σ x[negotiators at j on duty then], where doctrine wants talks before guards.

    At every hour that the guards are on duty; who is kept back talks to nobody.
    """
    ground, picks = board.ground, board.picks
    if ground.talks is None:
        return
    level = np.array([crews.level for crews in ground.crews])[picks.group]
    shown = (board.supply("guard") > 0) & (board.supply("dialogue") == 0) & np.isin(picks.task, IN_SIGHT)
    many = np.array([len(crews.ids) for crews in ground.crews], float)[picks.group]
    talks = (board.supply("dialogue") > 0) & ~np.isin(picks.task, RESERVED)
    on = (ground.on if ground.hours is None else ground.hours)[picks.pattern]
    for column in np.flatnonzero(shown & ground.talks[picks.post, level + 1]):
        here = talks & (picks.post == picks.post[column])
        for there in np.unique((here[:, None] & on)[:, on[column]].T, axis=0):
            terms = ((picks.column[column], 1.0), (picks.column[there], -many[column]))
            row = Row("talks", ground.posts[picks.post[column]], "dialogue")
            board.draft.hold(*terms, row=row, upper=0.0)


def _standards(board: Board) -> None:
    """g[k,e,s] + Σ x[who is in time in zone k and on duty all of s] ≥ 1; the fewest g, over all shifts."""
    ground, picks = board.ground, board.picks
    whole = (ground.on if ground.whole is None else ground.whole)[picks.pattern]
    for standard in ground.standards:
        able = (board.supply(standard.ability) > 0) & (picks.task != "bko")
        met = {name: standard.met(times) for name, times in ground.times.items()}
        vehicle = [ground.crews[g].vehicle for g in picks.group]
        reach = np.array([met[v][j] for v, j in zip(vehicle, picks.post, strict=True)])  # (columns x, zones)
        for s in range(ground.shifts):
            there = reach & (able & whole[:, s])[:, None]
            _, zone, count = np.unique(np.packbits(there, axis=0), axis=1, return_index=True, return_counts=True)
            lacks = board.draft.add(f"g[{standard.ability},{s}]", len(zone), upper=1.0)
            for column, used in zip(lacks, there[:, zone].T, strict=True):
                terms = ((column, 1.0), (picks.column[used], 1.0))
                board.draft.hold(*terms, row=Row("standard", thing=standard.ability), lower=1.0)
            board.cost("standards", lacks, count.astype(np.float64))


def _layers(board: Board) -> None:
    """l[m] + Σ persons of the ability who are there, or are there in time ≥ what the place asks for when it turns."""
    if not board.ground.layers:
        return
    lacks = board.draft.add("l", len(board.ground.layers), upper=[layer.amount for layer in board.ground.layers])
    for column, layer in zip(lacks, board.ground.layers, strict=True):
        gives = board.supply(layer.ability) * _in_time(board, layer)
        used = gives > 0
        terms = ((column, 1.0), (board.picks.column[used], gives[used]))
        board.draft.hold(*terms, row=Row("layer", board.ground.posts[layer.post], layer.ability), lower=layer.amount)
    board.cost("layers", lacks, np.ones(len(lacks)))


def _spared(board: Board, level: str, terms: Sequence[Term]) -> None:
    """p[m] ≤ Σ persons of the ability who are there, or are there in time; t ≤ Σ spared[m] p[m], t ≤ the level's base.

    Persons are counted as the surrogate counts them (`plan.harm.counted`). Nobody is spared whom nothing harms, and no
    ballot that nothing threatens.
    """
    picks = board.picks
    if not terms:
        return
    columns = board.draft.add("p", len(terms), upper=[term.cap for term in terms])
    for column, term in zip(columns, terms, strict=True):
        each = np.array([counted(term.ability, crews.people, crews.supply) for crews in board.ground.crews])
        gives = each[picks.group] * _in_time(board, term)
        used = gives > 0
        board.draft.hold((column, 1.0), (picks.column[used], -gives[used]), row=Row(level), upper=0.0)
    total = board.draft.add("t", 1, upper=max(board.offsets[level], 0.0))
    spared = np.array([term.spared for term in terms])
    board.draft.hold((total, 1.0), (columns, -spared), row=Row(level), upper=0.0)
    board.cost(level, total, np.array([-1.0]))


def _in_time(board: Board, term: Term | Layer) -> NDArray[np.bool_]:
    """Tell which columns x count: those who stand there, and those who may be sent and come in time; none of BKO."""
    ground, picks = board.ground, board.picks
    seconds = np.zeros(len(picks.column))
    for g, crews in enumerate(ground.crews):
        mine = picks.group == g
        seconds[mine] = crews.turnout + ground.ways[crews.vehicle][picks.post[mine], term.post]
    may_go, may_stay = (
        np.array([rule(str(task), term.ability) for task in picks.task], bool) for rule in (counts_sent, counts_there)
    )
    sent = may_go & (seconds <= term.within) & (term.within > 0)
    on = board.on[:, term.shift] if term.on is None else np.array(term.on)[picks.pattern]
    return np.asarray(((picks.post == term.post) & may_stay | sent) & on)


def _pairs(board: Board, stations: Stations) -> None:
    """Σ_j w[i,j] + u[i] = 1; Σ_i load[i] w[i,j] ≤ pairs at j. Patterns 2:1 … 2:16 are the loads."""
    draft, picks = board.draft, board.picks
    n, k = stations.near.shape
    flat = draft.add("w", n * k, upper=1.0, integer=False)
    draft.bounds[-1][2][:] = np.repeat(_whole(stations.load), k)
    watch = flat.reshape(n, k)
    alone = draft.add("u", n, upper=1.0, integer=bool(len(stations.work) and stations.work.any()))
    draft.hold_each(np.column_stack([watch, alone]), np.ones(k + 1), row=Row("station"), lower=1.0, upper=1.0)
    pairs = board.supply("pair") * board.on[:, int(np.argmax(stations.shares))]
    for j, ref in enumerate(board.ground.posts):
        watches, able = stations.near == j, (pairs > 0) & (picks.post == j)
        if watches.any():
            loads = np.broadcast_to(stations.load[:, None], (n, k))[watches]
            terms = ((watch[watches], loads), (picks.column[able], -pairs[able]))
            draft.hold(*terms, row=Row("pattern", ref, "pair"), upper=0.0)
    if k:
        board.cost("standards", alone, np.ones(n))
    part = float(stations.shares @ stations.guarded)
    board.cost("votes", flat, (stations.weight[:, None] * stations.seconds).ravel() * part / HOUR)
    board.watch = np.append(flat, alone)


def _whole(load: F8) -> NDArray[np.bool_]:
    """Tell which stations need whole numbers: where loads are multiples of the least, those of the least do not.

    Once the others are whole, what is left is a transportation problem, whose corners are whole. Patrols that are busy
    with one disruption at a time couple its stations: then those that no pair watches are whole by themselves.
    """
    least = load.min(initial=1.0)
    plain = bool(np.allclose(load / least, np.round(load / least)))
    return np.asarray((load > least * (1 + 1e-9)) if plain else np.ones(len(load), bool))


def _patrols(board: Board, stations: Stations) -> None:
    """Σ_j a[k,j,s] + b[k,s] = share of zone k's voters whose stations no pair watches then; a ≤ a patrol is there.

    Σ_k work[k] a[k,j,s] ≤ patrols at j: a patrol answers one disruption after the other. Hours in which no pair is on
    duty at any station are not weighed here: patrols are posted by the risk of all.
    """
    ground, picks, draft = board.ground, board.picks, board.draft
    n = len(stations.weight)
    alone, zones = board.watch[-n:], np.unique(stations.zone)
    work = np.zeros(int(zones.max(initial=-1)) + 1)
    np.add.at(work, stations.zone, stations.work if len(stations.work) else np.zeros(n))
    gives = (board.supply("patrol") > 0) & (board.supply("pair") == 0) & np.isin(picks.task, ("mobile", "standby"))
    vehicles = sorted({ground.crews[g].vehicle for g in np.unique(picks.group[gives])})
    turnout = max((ground.crews[g].turnout for g in np.unique(picks.group[gives])), default=0.0)
    on_days = np.flatnonzero(stations.shares > 0)
    most = max(ground.most_answers // max(len(zones) * len(on_days), 1), 1)
    for s in on_days:
        open_at = [np.flatnonzero(gives & board.on[:, s] & (picks.post == j)) for j in range(len(ground.posts))]
        some = [j for j, used in enumerate(open_at) if len(used)]
        opened = draft.add(f"o[{s}]", len(some), upper=1.0)
        asks: list[list[tuple[int, float]]] = [[] for _ in some]
        for o, j in zip(opened, some, strict=True):
            draft.hold((o, 1.0), (picks.column[open_at[j]], -1.0), row=Row("patrol"), upper=0.0)
        for zone in zones:
            here = np.flatnonzero(stations.zone == zone)
            weight = float(stations.weight[here].sum())
            seconds = np.array([turnout + max(ground.times[v][j, zone] for v in vehicles) for j in some])
            use = _nearest(seconds, stations.alone, most)
            answered, never = draft.add(f"a[{zone},{s}]", len(use), upper=1.0), draft.add(f"b[{zone},{s}]", 1)
            share = stations.weight[here] / weight if weight > 0 else np.zeros(len(here))
            guarded = float(stations.guarded[s])
            terms = ((answered, 1.0), (never, 1.0), (alone[here], -share * guarded))
            draft.hold(*terms, row=Row("answer"), lower=0.0, upper=0.0)
            both = np.column_stack([answered, opened[use]])
            draft.hold_each(both, np.array([1.0, -1.0]), row=Row("patrol"), upper=0.0)
            for column, o in zip(answered, use, strict=True) if work[zone] > 0 else ():
                asks[o].append((int(column), float(work[zone])))
            worth = weight * float(stations.shares[s]) / HOUR
            board.cost("votes", answered, np.asarray(worth * seconds[use], np.float64))
            farther = min(float(np.delete(seconds, use).min(initial=np.inf)), stations.alone)
            board.cost("votes", never, np.array([worth * farther]), told=np.array([worth * stations.alone]))
        for busy, j in zip(asks, some, strict=True):
            if busy:
                columns, loads = zip(*busy, strict=True)
                draft.hold((columns, loads), (picks.column[open_at[j]], -1.0), row=Row("patrol"), upper=0.0)


def _nearest(seconds: F8, alone: float, most: int) -> I8:
    """Give the posts from which a disruption is answered before it fades: so many of the nearest, in their order."""
    use = np.flatnonzero(seconds < alone)
    return np.sort(use[np.argsort(seconds[use], kind="stable")[:most]])


def _linmas(board: Board, stations: Stations) -> None:
    """Persons at post j + h[j] ≥ persons that its stations need; a station that lacks them stays alone."""
    picks = board.picks
    gives = board.supply("linmas") * board.on[:, int(np.argmax(stations.shares))]
    for j in np.unique(stations.holder):
        here, able = stations.holder == j, (gives > 0) & (picks.post == j)
        need = stations.hold * float(here.sum())
        missing = board.draft.add(f"h[{j}]", 1, upper=need)
        row = Row("linmas", board.ground.posts[j], "people")
        board.draft.hold((missing, 1.0), (picks.column[able], gives[able]), row=row, lower=need)
        board.cost("standards", missing, np.array([1.0 / stations.hold]))
        worth = float(stations.weight[here].mean()) / stations.hold * stations.alone / HOUR
        board.cost("votes", missing, np.array([worth]))
