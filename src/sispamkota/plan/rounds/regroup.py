"""Parting stops into rounds: a tour over all cut by dynamic programming, then moves and exchanges between the parts.

The cost of a round is the square of its time, and of ten times what it is over, so that rounds become short and even.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .tour import giant_tour, shortest_tour, tour_seconds

__all__ = ["Rule", "part", "regrouped"]

F8 = NDArray[np.float64]
_OVER = 10.0
_NEAR = 8
_PASSES = 20
_LEAST = 1e-6


@dataclass(frozen=True)
class Rule:
    """Say what a round may be: at most so many stops, `round_s` for one turn with `stop_s` at each stop."""

    most: int
    round_s: float
    stop_s: float

    def cost(self, riding: float | F8, stops: int) -> F8:
        """Give the cost of a round, s²."""
        seconds = np.asarray(riding, np.float64) + self.stop_s * stops
        return np.asarray((seconds + _OVER * np.maximum(seconds - self.round_s, 0.0)) ** 2)

    def fits(self, riding: float | F8, stops: int) -> NDArray[np.bool_]:
        """Tell whether one turn fits the time."""
        return np.asarray(np.asarray(riding, np.float64) + self.stop_s * stops <= self.round_s)


def part(seconds: F8, rule: Rule, *, fit: bool = False) -> list[list[int]]:
    """Cut one tour over all n stops into rounds: as few as the ratio allows, or with `fit` as few as fit the time.

    A stop that does not fit the time by itself is a round of its own.
    """
    n = len(seconds)
    tour = giant_tour(seconds)
    riding = _segments(tour, seconds, min(rule.most, n))
    least = -(-n // rule.most)
    if not fit:
        return _cut(tour, riding, rule, rounds=least)
    groups = _fewest(tour, riding, rule)
    for rounds in range(len(groups) - 1, least - 1, -1):  # one round less, mended by moves and exchanges
        trial = regrouped(_cut(tour, riding, rule, rounds=rounds), seconds, rule)
        if not all(rule.fits(tour_seconds(shortest_tour(group, seconds), seconds), len(group)) for group in trial):
            break
        groups = trial
    return groups


def _segments(tour: list[int], seconds: F8, most: int) -> F8:
    """Give the ride of the round over k + 1 stops of the tour from each place on, (most, n); inf past the end."""
    here, n = np.asarray(tour), len(tour)
    out = np.full((most, n), np.inf)
    ahead = np.concatenate([[0.0], np.cumsum(seconds[here[:-1], here[1:]])])
    for k in range(most):
        start = np.arange(n - k)
        out[k, : n - k] = ahead[start + k] - ahead[start] + (seconds[here[start + k], here[start]] if k else 0.0)
    return out


def _cut(tour: list[int], riding: F8, rule: Rule, *, rounds: int) -> list[list[int]]:
    """Cut into exactly so many rounds of the least cost."""
    n, most = len(tour), len(riding)
    cost = np.stack([rule.cost(riding[k], k + 1) for k in range(most)])
    best = np.full((rounds + 1, n + 1), np.inf)
    came = np.zeros((rounds + 1, n + 1), np.int64)
    best[0, 0] = 0.0
    for r in range(1, rounds + 1):
        for k in range(most):
            ways = best[r - 1, : n - k] + cost[k, : n - k]
            better = ways < best[r, k + 1 :]
            best[r, k + 1 :][better] = ways[better]
            came[r, k + 1 :][better] = k + 1
    groups, at = list[list[int]](), n
    for r in range(rounds, 0, -1):
        size = int(came[r, at]) or min(most, at - (r - 1))  # no finite way: cut by number alone
        groups.append(tour[at - size : at])
        at -= size
    return groups[::-1]


def _fewest(tour: list[int], riding: F8, rule: Rule) -> list[list[int]]:
    """Cut into as few rounds as fit the time, of the least cost among those."""
    n, most = len(tour), len(riding)
    allowed = np.stack([rule.fits(riding[k], k + 1) for k in range(most)])
    allowed[0] = True
    count, cost = np.full(n + 1, n + 1), np.full(n + 1, np.inf)
    size = np.zeros(n + 1, np.int64)
    count[0], cost[0] = 0, 0.0
    for end in range(1, n + 1):
        for k in range(min(most, end)):
            start = end - k - 1
            if not allowed[k, start]:
                continue
            way = (count[start] + 1, cost[start] + float(rule.cost(riding[k, start], k + 1)))
            if way < (count[end], cost[end]):
                count[end], cost[end], size[end] = way[0], way[1], k + 1
    groups, at = list[list[int]](), n
    while at:
        groups.append(tour[at - size[at] : at])
        at -= int(size[at])
    return groups[::-1]


def regrouped(groups: list[list[int]], seconds: F8, rule: Rule) -> list[list[int]]:
    """Move and exchange stops between rounds while the cost falls; how many rounds there are stays."""
    if len(groups) < 2:
        return groups
    state = _State(groups, seconds, rule)
    both = seconds + seconds.T
    near = np.argsort(both, axis=1, kind="stable")[:, 1 : _NEAR + 1].tolist()
    for _ in range(_PASSES):
        changed = [state.try_stop(stop, near[stop]) for stop in range(len(seconds))]
        if not any(changed):
            break
        state.shorten()
    return state.groups


class _State:
    """Hold the rounds while stops change places; plain lists and floats, for the sums are of a few numbers each."""

    def __init__(self, groups: list[list[int]], seconds: F8, rule: Rule) -> None:
        self.matrix, self.seconds, self.rule = seconds.tolist(), seconds, rule
        self.groups = [shortest_tour(group, seconds) for group in groups]
        self.home = {stop: i for i, group in enumerate(self.groups) for stop in group}
        self.riding = [tour_seconds(group, seconds) for group in self.groups]
        self.changed = [0] * len(groups)  # when each round last changed, and when each stop was last looked at
        self.seen = [-1] * len(seconds)
        self.clock = 0
        self.crooked = set[int]()  # rounds whose order may not be the shortest

    def shorten(self) -> None:
        """Give every round that changed its shortest order."""
        for i in sorted(self.crooked):
            self.groups[i] = shortest_tour(self.groups[i], self.seconds)
            riding = tour_seconds(self.groups[i], self.seconds)
            if riding < self.riding[i] - _LEAST:
                self.clock += 1
                self.changed[i] = self.clock
            self.riding[i] = riding
        self.crooked.clear()

    def _cost(self, riding: float, stops: int) -> float:
        """Give the cost of a round as `Rule.cost` does."""
        seconds = riding + self.rule.stop_s * stops
        return (seconds + _OVER * max(seconds - self.rule.round_s, 0.0)) ** 2

    def _without(self, i: int, stop: int) -> tuple[list[int], float]:
        """Take a stop out of a round: the rest, and its ride."""
        group, m = self.groups[i], self.matrix
        at = group.index(stop)
        before, after = group[at - 1], group[(at + 1) % len(group)]
        rest = group[:at] + group[at + 1 :]
        if not rest:
            return rest, 0.0
        return rest, self.riding[i] - m[before][stop] - m[stop][after] + (m[before][after] if len(rest) > 1 else 0.0)

    def _more(self, group: list[int], stop: int) -> tuple[float, int]:
        """Find where a stop lengthens a round least: (seconds, the place it takes)."""
        m, row, best, place = self.matrix, self.matrix[stop], float("inf"), 0
        if not group:
            return 0.0, 0
        before = group[-1]
        alone = len(group) == 1
        for at, after in enumerate(group):
            more = m[before][stop] + row[after] - (0.0 if alone else m[before][after])
            if more < best:
                best, place = more, at
            before = after
        return best, place

    def try_stop(self, stop: int, near: list[int]) -> bool:
        """Move a stop to the round of a near one, or change it for a stop of that round; whether it was done."""
        a = self.home[stop]
        targets = [b for b in dict.fromkeys(self.home[other] for other in near) if b != a]
        if all(self.changed[i] <= self.seen[stop] for i in (a, *targets)):
            return False
        self.seen[stop] = self.clock
        left, ride_left = self._without(a, stop)
        cost_a = self._cost(self.riding[a], len(self.groups[a]))
        best, found = 0.0, None
        for b in targets:
            size = len(self.groups[b])
            now = cost_a + self._cost(self.riding[b], size)
            least = -_LEAST * now
            for other, cost in self._options(stop, b, left, ride_left):
                if cost - now < min(best, least):
                    best, found = cost - now, (b, other)
        if found is not None:
            self._do(stop, a, *found)
        return found is not None

    def _options(self, stop: int, b: int, left: list[int], ride_left: float) -> Iterator[tuple[int, float]]:
        """Go through what may be done with round b: (the stop that comes back, -1 for none; cost of both rounds)."""
        group = self.groups[b]
        if left and len(group) < self.rule.most:
            more, _ = self._more(group, stop)
            yield -1, self._cost(ride_left, len(left)) + self._cost(self.riding[b] + more, len(group) + 1)
        for other in group:
            rest, ride_rest = self._without(b, other)
            there, _ = self._more(rest, stop)
            here, _ = self._more(left, other)
            yield other, self._cost(ride_left + here, len(left) + 1) + self._cost(ride_rest + there, len(rest) + 1)

    def _do(self, stop: int, a: int, b: int, other: int) -> None:
        """Move a stop from round a to round b, and another one back."""
        self.clock += 1
        pairs = [(a, b, stop)] if other < 0 else [(a, b, stop), (b, a, other)]
        taken = {i: self._without(i, each) for i, _, each in pairs}
        for i in (a, b):
            group, riding = taken.get(i, (self.groups[i], self.riding[i]))
            for _, into, each in pairs:
                if into == i:
                    more, place = self._more(group, each)
                    group, riding = [*group[:place], each, *group[place:]], riding + more
                    self.home[each] = i
            self.groups[i], self.riding[i], self.changed[i] = group, riding, self.clock
            self.crooked.add(i)
