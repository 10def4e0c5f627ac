"""The sampled calls of the model: who answers which, from where, how late; and calls that are understood sooner.

f[d,c]   share of demand d that is answered from class c of posts;  z[d] none, or one too far to be weighed    0 … 1
q[…,e]   crews of two skills that a window's demands of ability e take
v[k]     a squad of Linmas stands at zone k's post
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..solver import Row
from .board import HOUR, Board
from .ground import Demand

__all__ = ["write_calls", "write_risk"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Skills = tuple[tuple[str, float], ...]  # abilities, each with its amount for one of the first


@dataclass(frozen=True, eq=False)
class _Asked:
    """Hold what a window asks for of one ability: demands, the posts that may answer, how late, (demands, posts) s."""

    demands: tuple[Demand, ...]
    posts: I8
    late: F8

    def within(self, reach: float) -> _Asked:
        """Give the same with posts left out that are later than that."""
        return replace(self, late=np.where(self.late <= reach, self.late, np.inf))

    def classes(self) -> tuple[F8, I8]:
        """Give how late each class of posts answers, (demands, classes), and the class of each post, (posts,)."""
        kinds, member = np.unique(self.late, axis=1, return_inverse=True)
        return kinds, member.ravel()


def write_risk(board: Board) -> None:
    """Σ_c f[d,c] + z[d] = 1; Σ_d amount[d] f[d,c] ≤ what is free in class c: who answers one call misses at the next.

    Posts that answer every demand of a window in time, or equally late, are one class c: lateness counts in whole
    steps, rounded up. That is exact, and far smaller than a column a post. A crew of several skills does one job at
    once: of a window it lends itself to one ability or another, Σ_e q[e] ≤ crews.

    In a large city posts that are later than a reach are not classes: z stands for their answers too. It costs no less
    than it says in `cost`, the lateness of the first post left out, and no more than `told`, that nobody comes.
    """
    pools, windows = _pools(board), dict[int, dict[str, list[Demand]]]()
    for demand in board.ground.demands:
        windows.setdefault(demand.window, {}).setdefault(demand.ability, []).append(demand)
    whole = list[tuple[dict[Skills, dict[int, int]], dict[str, _Asked]]]()
    for asked in windows.values():
        here = pools[next(iter(asked.values()))[0].shift]
        able = {each: sorted({j for key, at in here.items() if each in dict(key) for j in at}) for each in asked}
        whole.append(
            (here, {each: _asked(board, some, np.array(able[each], np.int64)) for each, some in asked.items()})
        )
    reach = _reach(board, [each for _, kinds in whole for each in kinds.values()])
    for here, kinds in whole:
        _write_window(board, here, kinds, reach)


def _write_window(
    board: Board, here: Mapping[Skills, Mapping[int, int]], asked: Mapping[str, _Asked], reach: float
) -> None:
    """Write the rows of one window; `here` as in _lent."""
    kinds = {ability: each.within(reach).classes() for ability, each in asked.items()}
    member = {
        ability: dict(zip(each.posts.tolist(), kinds[ability][1].tolist(), strict=True))
        for ability, each in asked.items()
    }
    free = _lent(board, here, member)
    for ability, each in asked.items():
        after = kinds[ability][0]
        farther = np.where(each.late > reach, each.late, np.inf).min(axis=1, initial=board.ground.worst)
        taken: list[list[tuple[int, float]]] = [[] for _ in range(after.shape[1])]
        for demand, steps, least in zip(each.demands, after, farther.tolist(), strict=True):
            for column, c in zip(*_answer(board, demand, steps, least), strict=True):
                taken[c].append((column, demand.amount))
        for c, some in enumerate(taken):
            if some:
                columns, gives = zip(*free[ability, c], strict=True)
                calls, amounts = zip(*some, strict=True)
                row = Row("free")
                board.draft.hold((calls, amounts), (columns, -np.array(gives)), row=row, upper=0.0)


def _reach(board: Board, asked: Sequence[_Asked]) -> float:
    """Choose how late answers may be that are weighed post by post, s: as late as columns allow, at least in time."""
    ground, reach = board.ground, np.inf
    posts = sum(int(np.isfinite(each.late).sum()) for each in asked)
    if posts <= ground.most_answers:
        return reach
    for late in np.arange(ground.worst, -ground.step, -ground.step):
        kinds = (each.within(max(late, 0.0)).classes()[0] for each in asked)
        if sum(int(np.isfinite(each).sum()) for each in kinds) <= ground.most_answers:
            return max(float(late), 0.0)
    return 0.0


def _answer(board: Board, demand: Demand, steps: F8, farther: float) -> tuple[list[int], list[int]]:
    """Add the columns f and z of a demand, by how late each class answers it; give those of f, each with its class.

    `farther` s: how late the first post is that is left out, at most the worst.
    """
    reached = np.flatnonzero(np.isfinite(steps))
    share, none = board.draft.add("f", len(reached), upper=1.0), board.draft.add("z", 1)
    board.draft.hold((share, 1.0), (none, 1.0), row=Row("demand"), lower=1.0, upper=1.0)
    after, weight = steps[reached], demand.weight
    board.cost("uncovered", none, np.array([weight]))
    board.cost("uncovered", share, np.where(after > 0, weight, 0.0))
    board.cost("late", none, np.array([weight * farther / HOUR]), told=np.array([weight * board.ground.worst / HOUR]))
    board.cost("late", share, np.asarray(weight * after / HOUR, np.float64))
    return share.tolist(), reached.tolist()


def _lent(
    board: Board, here: Mapping[Skills, Mapping[int, int]], classes: Mapping[str, Mapping[int, int]]
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


def _asked(board: Board, demands: Sequence[Demand], posts: I8) -> _Asked:
    """Find how late the slowest crew of the ability is, from each post, in whole steps."""
    ground, ability = board.ground, demands[0].ability
    able = [crews for crews in ground.crews if crews.supply.get(ability, 0.0) > 0 and "pair" not in crews.supply]
    late = np.zeros((len(demands), len(posts)))
    for i, demand in enumerate(demands) if len(posts) else ():
        seconds = np.max([crews.turnout + ground.times[crews.vehicle][posts, demand.zone] for crews in able], axis=0)
        late[i] = np.ceil(np.maximum(seconds - demand.standard, 0.0) / ground.step) * ground.step
    return _Asked(tuple(demands), posts, np.where(late < ground.worst, late, np.inf))


def write_calls(board: Board) -> None:
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


def _pools(board: Board) -> list[dict[Skills, dict[int, int]]]:
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
