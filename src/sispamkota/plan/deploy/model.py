"""The model of a deployment, as on the blackboard (docs/explanation/deploy.md has it in symbols).

x[g,c]   crews of group g that make choice c = (post, task, pattern)         integer
p[m]     persons that term m of a surrogate counts: of harm, of the ballots  ≤ cap
t        persons spared in all, and the share of rehearsals in which ballots are spared   ≤ base
w[i,j]   station i is watched by a pair at post j;  u[i] by none             0 … 1
a[k,j,s] a disruption in zone k is answered by a patrol at j in shift s;  b[k,s] by none
h[j]     Linmas missing for the stations that post j holds
g[k,e,s] zone k is without help e within its standard in shift s
l[m]     persons missing of a layer near a place where a crowd may turn
f[d,c]   share of demand d that is answered from class c of posts;  z[d] none 0 … 1
q[…,e]   crews of two skills that a window's demands of ability e take
n[m]     persons that guard m has less than is asked for                     ≤ asked - least

Eight objectives, one after the other: standards of help, harm, layers near crowds, ballots, votes, uncovered risk,
lateness, movement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..harm import counted, counts_sent, counts_there
from ..solver import Draft, Problem, Row
from .ground import Demand, Ground, Layer, Stations, Term

__all__ = ["COUNTED", "HELD", "LEVELS", "SAMPLED", "SPARED", "Level", "Model", "Picks", "write_model"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
LEVELS = ("standards", "harm", "layers", "ballots", "votes", "uncovered", "late", "movement")
# The rows by which a level is counted; all others are doctrine and hold on every level.
COUNTED = {
    "standards": ("standard", "station", "pattern", "linmas"),
    "harm": ("harm",),
    "layers": ("layer",),
    "ballots": ("ballots",),
    "votes": ("station", "pattern", "linmas", "answer", "patrol"),
    "uncovered": ("demand", "free"),
    "late": ("demand", "free", "calls"),
    "movement": (),
}
HELD = ("standards", "harm", "layers", "ballots")  # levels that are held as found
SAMPLED = ("uncovered", "late")
SPARED = ("harm", "ballots")  # levels that are a base less what is spared
RESERVED = ("reserve", "bko")  # tasks of people who are kept back
IN_SIGHT = ("guard", "mobile")  # tasks of people whom a crowd sees
HOUR = 3600.0
Skills = tuple[tuple[str, float], ...]  # abilities, each with its amount for one of the first


@dataclass(frozen=True, eq=False)
class Level:
    """Hold one objective: its cost of every column, and what does not depend on them."""

    name: str
    cost: F8
    offset: float = 0.0


@dataclass(frozen=True, eq=False)
class Picks:
    """Hold the columns x: of each its group, choice, post, pattern; `task` by name."""

    column: I8
    group: I8
    choice: I8
    post: I8
    pattern: I8
    task: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Model:
    """Hold the problem, its objectives in their order, the columns x and w."""

    problem: Problem
    levels: tuple[Level, ...]
    picks: Picks
    watch: I8


class _Board:
    """Stand in front of the blackboard: what is written so far, and what it costs."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.draft = ground, Draft()
        self.costs: dict[str, list[tuple[I8, F8]]] = {name: [] for name in LEVELS}
        self.picks = _picks(ground, self.draft)
        self.on = ground.on[self.picks.pattern]  # (columns x, shifts)
        self.watch = np.zeros(0, np.int64)
        self.offsets = dict.fromkeys(LEVELS, 0.0) | {"harm": ground.base, "ballots": ground.ballots_base}

    def supply(self, ability: str) -> F8:
        """Give what one crew of each column x gives of an ability."""
        each = np.array([crews.supply.get(ability, 0.0) for crews in self.ground.crews])
        return each[self.picks.group]

    def cost(self, level: str, columns: I8, worth: F8) -> None:
        """Add to an objective."""
        self.costs[level].append((columns, worth))


def write_model(ground: Ground) -> Model:
    """Write the model down."""
    board = _Board(ground)
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
    _risk(board)
    _calls(board)
    moves = np.concatenate([crews.move for crews in ground.crews])
    board.cost("movement", board.picks.column, moves / HOUR)
    problem = board.draft.problem()
    levels = []
    for name in LEVELS:
        cost = np.zeros(len(problem.cost))
        for columns, worth in board.costs[name]:
            np.add.at(cost, columns, worth)
        levels.append(Level(name, cost, board.offsets[name]))
    return Model(problem, tuple(levels), board.picks, board.watch)


def _picks(ground: Ground, draft: Draft) -> Picks:
    """x[g,c], and that every crew has exactly one post: Σ_c x[g,c] = crews of g."""
    group, choice, post, pattern, task = list[int](), list[int](), list[int](), list[int](), list[str]()
    columns = []
    for g, crews in enumerate(ground.crews):
        n, many = len(crews.choices), len(crews.ids)
        columns.append(draft.add(f"x[{g}]", n, upper=many, integer=True))
        draft.hold((columns[-1], 1.0), row=Row("one post", thing=crews.ids[0]), lower=many, upper=many)
        group += [g] * n
        choice += range(n)
        post += [each.post for each in crews.choices]
        pattern += [each.pattern for each in crews.choices]
        task += [each.task for each in crews.choices]
    return Picks(
        column=np.concatenate(columns),
        group=np.array(group, np.int64),
        choice=np.array(choice, np.int64),
        post=np.array(post, np.int64),
        pattern=np.array(pattern, np.int64),
        task=np.array(task, "U8"),
    )


def _doctrine(board: _Board) -> None:
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


def _guards(board: _Board) -> None:
    """n[m] + Σ persons who guard there ≥ what is asked for; what lacks, down to the least, is doctrine not met."""
    picks, draft = board.picks, board.draft
    for need in board.ground.needs:
        gives = board.supply(need.ability) * ((picks.post == need.post) & (picks.task == "guard"))
        lacks = draft.add("n", 1, upper=max(need.amount - need.floor, 0.0))
        board.cost("standards", lacks, np.array([1.0 / need.amount]))
        for s in need.shifts:
            used = (gives > 0) & board.on[:, s]
            row = Row("guard", board.ground.posts[need.post], need.ability, bends=True)
            draft.hold((picks.column[used], gives[used]), (lacks, 1.0), row=row, lower=need.amount)


def _talks(board: _Board) -> None:
    """x[guards in sight of j] ≤ crews · Σ x[negotiators at j], where doctrine wants talks before guards."""
    ground, picks = board.ground, board.picks
    if ground.talks is None:
        return
    level = np.array([crews.level for crews in ground.crews])[picks.group]
    shown = (board.supply("guard") > 0) & (board.supply("dialogue") == 0) & np.isin(picks.task, IN_SIGHT)
    many = np.array([len(crews.ids) for crews in ground.crews], float)[picks.group]
    for j in range(len(ground.posts)):
        talks = picks.column[(picks.post == j) & (board.supply("dialogue") > 0)]
        for column in np.flatnonzero(shown & (picks.post == j) & ground.talks[j, level + 1]):
            terms = ((picks.column[column], 1.0), (talks, -many[column]))
            board.draft.hold(*terms, row=Row("talks", ground.posts[j], "dialogue"), upper=0.0)


def _standards(board: _Board) -> None:
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
            kinds, count = np.unique(there, axis=1, return_counts=True)
            lacks = board.draft.add(f"g[{standard.ability},{s}]", kinds.shape[1], upper=1.0)
            for column, used in zip(lacks, kinds.T, strict=True):
                terms = ((column, 1.0), (picks.column[used], 1.0))
                board.draft.hold(*terms, row=Row("standard", thing=standard.ability), lower=1.0)
            board.cost("standards", lacks, count.astype(np.float64))


def _layers(board: _Board) -> None:
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


def _spared(board: _Board, level: str, terms: Sequence[Term]) -> None:
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


def _in_time(board: _Board, term: Term | Layer) -> NDArray[np.bool_]:
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


def _pairs(board: _Board, stations: Stations) -> None:
    """Σ_j w[i,j] + u[i] = 1; Σ_i load[i] w[i,j] ≤ pairs at j. Patterns 2:1 … 2:16 are the loads."""
    draft, picks = board.draft, board.picks
    n, k = stations.near.shape
    flat = draft.add("w", n * k, upper=1.0, integer=False)
    draft.bounds[-1][2][:] = np.repeat(_whole(stations.load), k)
    watch = flat.reshape(n, k)
    alone = draft.add("u", n, upper=1.0)
    for i in range(n):
        draft.hold((watch[i], 1.0), (alone[i], 1.0), row=Row("station"), lower=1.0, upper=1.0)
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

    Once the others are whole, what is left is a transportation problem, whose corners are whole.
    """
    least = load.min(initial=1.0)
    plain = bool(np.allclose(load / least, np.round(load / least)))
    return np.asarray((load > least * (1 + 1e-9)) if plain else np.ones(len(load), bool))


def _patrols(board: _Board, stations: Stations) -> None:
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
    for s in np.flatnonzero(stations.shares > 0):
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
            use = seconds < stations.alone
            answered, never = draft.add(f"a[{zone},{s}]", int(use.sum()), upper=1.0), draft.add(f"b[{zone},{s}]", 1)
            share = stations.weight[here] / weight if weight > 0 else np.zeros(len(here))
            guarded = float(stations.guarded[s])
            terms = ((answered, 1.0), (never, 1.0), (alone[here], -share * guarded))
            draft.hold(*terms, row=Row("answer"), lower=0.0, upper=0.0)
            for column, o in zip(answered, np.flatnonzero(use), strict=True):
                draft.hold((column, 1.0), (opened[o], -1.0), row=Row("patrol"), upper=0.0)
                if work[zone] > 0:
                    asks[o].append((int(column), float(work[zone])))
            worth = weight * float(stations.shares[s]) / HOUR
            board.cost("votes", answered, np.asarray(worth * seconds[use], np.float64))
            board.cost("votes", never, np.array([worth * stations.alone]))
        for busy, j in zip(asks, some, strict=True):
            if busy:
                columns, loads = zip(*busy, strict=True)
                draft.hold((columns, loads), (picks.column[open_at[j]], -1.0), row=Row("patrol"), upper=0.0)


def _linmas(board: _Board, stations: Stations) -> None:
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


def _risk(board: _Board) -> None:
    """Σ_c f[d,c] + z[d] = 1; Σ_d amount[d] f[d,c] ≤ what is free in class c: who answers one call misses at the next.

    Posts that answer every demand of a window in time, or equally late, are one class c: lateness counts in whole
    steps, rounded up. That is exact, and far smaller than a column a post. A crew of several skills does one job at
    once: of a window it lends itself to one ability or another, Σ_e q[e] ≤ crews.
    """
    pools, windows = _pools(board), dict[int, dict[str, list[Demand]]]()
    for demand in board.ground.demands:
        windows.setdefault(demand.window, {}).setdefault(demand.ability, []).append(demand)
    for asked in windows.values():
        here = pools[next(iter(asked.values()))[0].shift]
        kinds, classes = dict[str, F8](), dict[str, dict[int, int]]()
        for ability, demands in asked.items():
            posts = np.unique([j for key, at in here.items() if ability in dict(key) for j in at]).astype(np.int64)
            kinds[ability], member = np.unique(_lateness(board, demands, posts), axis=1, return_inverse=True)
            classes[ability] = dict(zip(posts.tolist(), member.ravel().tolist(), strict=True))
        free = _lent(board, here, classes)
        for ability, demands in asked.items():
            shares = [_answer(board, demand, steps) for demand, steps in zip(demands, kinds[ability], strict=True)]
            for c in range(kinds[ability].shape[1]):
                taken = ([share[c] for share in shares], [demand.amount for demand in demands])
                columns, gives = zip(*free[ability, c], strict=True)
                board.draft.hold(taken, (columns, -np.array(gives)), row=Row("free"), upper=0.0)


def _answer(board: _Board, demand: Demand, steps: F8) -> I8:
    """Add the columns f and z of a demand, by how late each class of posts answers it."""
    reached = np.isfinite(steps)
    share, none = board.draft.add("f", len(steps), upper=reached.astype(float)), board.draft.add("z", 1)
    board.draft.hold((share, 1.0), (none, 1.0), row=Row("demand"), lower=1.0, upper=1.0)
    after: F8 = np.where(reached, steps, 0.0).astype(np.float64)
    board.cost("uncovered", none, np.array([demand.weight]))
    board.cost("uncovered", share, np.where(after > 0, demand.weight, 0.0))
    board.cost("late", none, np.array([demand.weight * board.ground.worst / HOUR]))
    board.cost("late", share, np.asarray(demand.weight * after / HOUR, np.float64))
    return share


def _lent(
    board: _Board, here: Mapping[Skills, Mapping[int, int]], classes: Mapping[str, Mapping[int, int]]
) -> dict[tuple[str, int], list[tuple[int, float]]]:
    """Give by ability and class the columns of what is free there, with what one gives of it.

    `here`: the columns y by skills and post; `classes`: of each ability that a window asks for, the class of each post.
    """
    free: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for key, at in here.items():
        able = [(ability, ratio) for ability, ratio in key if ability in classes]
        groups: dict[tuple[int, ...], list[int]] = {}
        for j, column in at.items() if able else ():
            groups.setdefault(tuple(classes[ability][j] for ability, _ in able), []).append(column)
        for member, columns in groups.items():
            if len(able) == 1:
                free.setdefault((able[0][0], member[0]), []).extend((column, able[0][1]) for column in columns)
                continue
            lent = board.draft.add("q", len(able))
            board.draft.hold((lent, 1.0), (columns, -1.0), row=Row("free"), upper=0.0)
            for column, (ability, ratio), c in zip(lent, able, member, strict=True):
                free.setdefault((ability, c), []).append((int(column), ratio))
    return free


def _lateness(board: _Board, demands: Sequence[Demand], posts: I8) -> F8:
    """Give how late the slowest crew of the ability is, from each post, (demands, posts) s in whole steps."""
    ground, ability = board.ground, demands[0].ability
    able = [crews for crews in ground.crews if crews.supply.get(ability, 0.0) > 0 and "pair" not in crews.supply]
    late = np.zeros((len(demands), len(posts)))
    for i, demand in enumerate(demands) if len(posts) else ():
        seconds = np.max([crews.turnout + ground.times[crews.vehicle][posts, demand.zone] for crews in able], axis=0)
        late[i] = np.ceil(np.maximum(seconds - demand.standard, 0.0) / ground.step) * ground.step
    return np.where(late < ground.worst, late, np.inf)


def _calls(board: _Board) -> None:
    """v[k] ≤ squads of Linmas at zone k's post: calls of a zone that has one are understood sooner."""
    ground, picks = board.ground, board.picks
    weight = np.zeros(len(ground.watched))
    for demand in ground.demands if len(weight) else ():
        weight[demand.zone] += demand.weight
    gives = board.supply("squad") > 0
    for zone in np.flatnonzero(weight > 0) if ground.saves > 0 and gives.any() else ():
        able = gives & (picks.post == ground.watched[zone])
        seen = board.draft.add(f"v[{zone}]", 1, upper=1.0)
        board.draft.hold((seen, 1.0), (picks.column[able], -1.0), row=Row("calls"), upper=0.0)
        board.cost("late", seen, np.array([-weight[zone] * ground.saves / HOUR]))
        board.offsets["late"] += float(weight[zone] * ground.saves / HOUR)


def _pools(board: _Board) -> list[dict[Skills, dict[int, int]]]:
    """y[skills,s,j]: crews that may be sent, at a post in a shift; pairs keep to their stations.

    Crews whose abilities stand in the same ratio are one pool, counted in what they give of their first.
    """
    picks, draft = board.picks, board.draft
    sent = np.isin(picks.task, ("mobile", "standby")) & (board.supply("pair") == 0)
    asked = sorted({demand.ability for demand in board.ground.demands})
    sizes: dict[Skills, F8] = {}
    for g, crews in enumerate(board.ground.crews):
        gives = [(ability, crews.supply[ability]) for ability in asked if crews.supply.get(ability, 0.0) > 0]
        if gives:
            key = tuple((ability, amount / gives[0][1]) for ability, amount in gives)
            sizes.setdefault(key, np.zeros(len(board.ground.crews)))[g] = gives[0][1]
    out: list[dict[Skills, dict[int, int]]] = [{} for _ in range(board.ground.shifts)]
    for key, size in sizes.items():
        gives_now = size[picks.group] * sent
        for s in range(board.ground.shifts):
            for j in np.unique(picks.post[(gives_now > 0) & board.on[:, s]]):
                used = (gives_now > 0) & board.on[:, s] & (picks.post == j)
                column = draft.add(f"y[{key[0][0]},{s},{j}]", 1)
                terms = ((column, 1.0), (picks.column[used], -gives_now[used]))
                draft.hold(*terms, row=Row("free"), lower=0.0, upper=0.0)
                out[s].setdefault(key, {})[int(j)] = int(column[0])
    return out
