"""Epstein's model of civil violence, Model I (Epstein 2002), on a torus; a case of `verify`, no part of the rehearsal.

Each tick everybody acts once, in random order: moves to a random free site in vision, then decides. A citizen is active
iff G - R·P > T with G = H·(1 - L) and P = 1 - exp(-k·C/A): C cops and A actives in vision, the citizen counted in A. A
cop arrests one active in vision at random. Who is jailed leaves the site and comes back to a random free one.

Counts of cops and actives in vision are kept for every site and changed when somebody moves or turns, so a decision
reads two numbers where a plain program looks at every site in vision (verification/epstein_plain.py does).
"""

import math

import numpy as np

from . import rng
from ._compile import kernel
from .layout import Record

__all__ = ["AGENT", "SETUP", "play"]

CITIZEN, COP = 0, 1
COPS, ACTIVES = 0, 1  # rows of count[2, site]
LITERAL, FLOOR, ROUND = 0, 1, 2  # what is done with C/A
FREE = -1  # occupant of a site where nobody stands; site of who is in jail
TRIES = 8  # blocks of four draws for a free site, before the free ones are counted

SETUP = np.dtype([
    ("seed", "u8"), ("replicate", "i8"), ("wide", "i8"), ("high", "i8"), ("k", "f8"), ("threshold", "f8"),
    ("legitimacy", "f8"), ("jail", "f8"), ("rule", "i8"), ("moves", "i8"), ("shuffles", "i8"), ("ahead", "i8"),
])  # fmt: skip
AGENT = np.dtype([
    ("site", "i4"), ("kind", "i4"), ("active", "i4"), ("turn", "i4"), ("draws", "i8"), ("jail", "f8"),
    ("hardship", "f8"), ("aversion", "f8"),
])  # fmt: skip


@kernel
def _below(word: int, n: int) -> int:
    """Make an integer 0 to n - 1 of a draw of 32 bits."""
    return np.int64((word * np.uint64(n)) >> np.uint64(32))


@kernel
def _there(s: Record, site: int, dy: int, dx: int) -> int:
    """Return the site so many rows and columns away on the torus."""
    y, x = site // s.wide + dy, site % s.wide + dx
    y += s.high if y < 0 else (-s.high if y >= s.high else 0)
    x += s.wide if x < 0 else (-s.wide if x >= s.wide else 0)
    return y * s.wide + x


@kernel
def _tell(s: Record, count: np.ndarray, half: np.ndarray, site: int, by: int) -> None:
    """Add to the count of every site that sees this one; half[|dy|] is how far vision goes in a row, -1 not at all."""
    y0, x0, reach = site // s.wide, site % s.wide, len(half) - 1
    for dy in range(-reach, reach + 1):
        w = half[abs(dy)]
        y = y0 + dy
        y += s.high if y < 0 else (-s.high if y >= s.high else 0)
        row, left, right = y * s.wide, x0 - w, x0 + w + 1
        for i in range(row + max(left, 0), row + min(right, s.wide)):
            count[i] += by
        for i in range(row + s.wide + min(left, 0), row + s.wide):
            count[i] += by
        for i in range(row, row + max(right - s.wide, 0)):
            count[i] += by
    count[site] -= by


@kernel
def _shuffle(s: Record, agent: np.ndarray) -> None:
    """Put the turns into random order (Fisher & Yates), four draws a block."""
    w0, w1, w2, w3 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    for i in range(len(agent) - 1, 0, -1):
        which = (len(agent) - 1 - i) & 3
        if which == 0:
            w0, w1, w2, w3 = rng.philox(s.replicate, rng.VERIFY_ORDER, 0, s.shuffles, s.seed)
            s.shuffles += 1
        word = w0 if which == 0 else (w1 if which == 1 else (w2 if which == 2 else w3))
        j = _below(word, i + 1)
        agent[i].turn, agent[j].turn = agent[j].turn, agent[i].turn


@kernel
def _free_site(s: Record, q: Record, a: int, occupant: np.ndarray, disc: np.ndarray) -> int:
    """Pick a free site in vision, each as likely; the own one where there is none. disc[n, (dy, dx)]."""
    n = len(disc)
    for _ in range(TRIES):
        words = rng.philox(s.replicate, rng.VERIFY_PERSON, a, q.draws, s.seed)
        q.draws += 1
        for word in words:
            i = _below(word, n)
            site = _there(s, q.site, disc[i, 0], disc[i, 1])
            if occupant[site] == FREE:
                return site
    free = 0
    for i in range(n):
        free += occupant[_there(s, q.site, disc[i, 0], disc[i, 1])] == FREE
    if free == 0:
        return q.site
    word, _, _, _ = rng.philox(s.replicate, rng.VERIFY_PERSON, a, q.draws, s.seed)
    q.draws += 1
    left = _below(word, free)
    for i in range(n):
        site = _there(s, q.site, disc[i, 0], disc[i, 1])
        if occupant[site] == FREE:
            if left == 0:
                return site
            left -= 1
    return q.site


@kernel
def _wants(s: Record, q: Record, cops: int, actives: int) -> bool:
    """Tell whether a citizen is active who sees so many; actives without the citizen."""
    ratio = cops / (1.0 + actives)
    if s.rule == FLOOR:
        ratio = math.floor(ratio)
    elif s.rule == ROUND:
        ratio = np.rint(ratio)
    risk = 1.0 - math.exp(-s.k * ratio) if ratio > 0.0 else 0.0
    return q.hardship * (1.0 - s.legitimacy) - q.aversion * risk > s.threshold


@kernel
def _arrest(s: Record, a: int, agent: np.ndarray, occupant: np.ndarray, count: np.ndarray, disc: np.ndarray) -> int:
    """Pick one active in vision, each as likely, and draw the term; return who goes to jail, or FREE."""
    q = agent[a]
    seen = count[ACTIVES, q.site]
    if seen == 0:
        return FREE
    pick, term, _, _ = rng.philox(s.replicate, rng.VERIFY_PERSON, a, q.draws, s.seed)
    q.draws += 1
    left = _below(pick, seen)
    for i in range(len(disc)):
        who = occupant[_there(s, q.site, disc[i, 0], disc[i, 1])]
        if who != FREE and agent[who].active == 1:
            if left == 0:
                agent[who].jail = s.jail * (np.float64(term) + 0.5) / 4294967296.0
                return who
            left -= 1
    return FREE


@kernel
def _go_free(s: Record, a: int, agent: np.ndarray, occupant: np.ndarray) -> None:
    """Put one who leaves jail on a free site of the whole torus, each as likely."""
    q = agent[a]
    while q.site == FREE:
        words = rng.philox(s.replicate, rng.VERIFY_PERSON, a, q.draws, s.seed)
        q.draws += 1
        for word in words:
            site = _below(word, len(occupant))
            if q.site == FREE and occupant[site] == FREE:
                q.site = site
    occupant[q.site] = a


@kernel
def _act(
    s: Record, a: int, agent: np.ndarray, occupant: np.ndarray, count: np.ndarray, disc: np.ndarray, half: np.ndarray
) -> None:
    """Let one that is not in jail move, then decide or arrest."""
    q = agent[a]
    cop = q.kind == COP
    mine = COPS if cop else ACTIVES
    if s.moves == 1:
        site = _free_site(s, q, a, occupant, disc)
        if site != q.site:
            if cop or q.active == 1:
                _tell(s, count[mine], half, q.site, -1)
                _tell(s, count[mine], half, site, 1)
            occupant[q.site], occupant[site] = FREE, a
            q.site = site
    if cop:
        who = _arrest(s, a, agent, occupant, count, disc)
        if who != FREE:
            taken = agent[who]
            taken.active = 0
            _tell(s, count[ACTIVES], half, taken.site, -1)
            occupant[taken.site] = FREE
            taken.site = FREE
    else:
        active = 1 if _wants(s, q, count[COPS, q.site], count[ACTIVES, q.site]) else 0
        if active != q.active:
            q.active = active
            _tell(s, count[ACTIVES], half, q.site, 1 if active == 1 else -1)


@kernel
def play(
    setup: np.ndarray,
    agent: np.ndarray,
    occupant: np.ndarray,
    count: np.ndarray,
    disc: np.ndarray,
    half: np.ndarray,
    out: np.ndarray,
) -> int:
    """Play ticks: out[tick, (active, jailed)] at the end of each. Returns 0.

    occupant[site], count[2, site] as they stand (all counts 0 and everybody quiet: they are filled first time).
    """
    s = setup[0]
    if s.ahead == 0:
        s.ahead = 1
        for a in range(len(agent)):
            if agent[a].kind == COP:
                _tell(s, count[COPS], half, agent[a].site, 1)
    for tick in range(len(out)):
        _shuffle(s, agent)
        for i in range(len(agent)):
            a = agent[i].turn
            if agent[a].site == FREE:
                agent[a].jail -= 1.0
                if agent[a].jail > 0.0:
                    continue
                _go_free(s, a, agent, occupant)
            _act(s, a, agent, occupant, count, disc, half)
        active, jailed = 0, 0
        for a in range(len(agent)):
            active += agent[a].active
            jailed += 1 if agent[a].site == FREE else 0
        out[tick, 0], out[tick, 1] = active, jailed
    return 0
