"""Epstein's civil violence, Model I, set up for the kernel that plays it: a reference model of its own.

The engine's crowds have no sites, so they cannot express it. The rules are in kernels/epstein.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import epstein as kernel

__all__ = ["LINE", "RULES", "RUN_2", "Outburst", "Society", "Start", "outbursts", "play", "start"]

I4 = NDArray[np.int32]
RULES = {"literal": kernel.LITERAL, "floor": kernel.FLOOR, "round": kernel.ROUND}
SHAPES = {"euclid": 2.0, "neumann": 1.0, "moore": np.inf}  # the norm by which vision is measured
LINE = 50  # an outburst: more than so many are active, until fewer are


@dataclass(frozen=True)
class Society:
    """Hold a run of the model: sites, shares of them with citizens and cops, and the paper's symbols.

    `vision` in sites by `shape` (euclid, neumann, moore); `jail`: longest term, ticks; `rule`: literal, floor, round.
    """

    wide: int = 40
    high: int = 40
    citizens: float = 0.7
    cops: float = 0.04
    legitimacy: float = 0.82
    threshold: float = 0.1
    k: float = 2.3
    jail: float = 30.0
    vision: float = 7.0
    shape: str = "euclid"
    rule: str = "literal"
    moves: bool = True

    @property
    def disc(self) -> I4:
        """List the sites in vision as (rows, columns) away, the own one left out, (n, 2)."""
        reach = int(self.vision)
        dy, dx = (each.ravel() for each in np.mgrid[-reach : reach + 1, -reach : reach + 1])
        far = np.linalg.norm(np.stack([dy, dx]), ord=SHAPES[self.shape], axis=0)
        seen = (far <= self.vision) & (far > 0)
        return np.ascontiguousarray(np.stack([dy[seen], dx[seen]], axis=1).astype(np.int32))


RUN_2 = Society()


class Start(NamedTuple):
    """Hold the state that a run begins with, as the kernel takes it."""

    setup: np.recarray[Any, Any]
    agent: np.recarray[Any, Any]
    occupant: I4
    seen: I4
    disc: I4
    half: I4


class Outburst(NamedTuple):
    """Hold one outburst: its first tick, the first tick after it, and the sum of actives over its ticks."""

    start: int
    end: int
    total: int


def start(society: Society, *, seed: int, replicate: int) -> Start:
    """Put everybody on a site of his own, quiet; who stands where is drawn from (seed, replicate)."""
    sites = society.wide * society.high
    n_cops, n_citizens = round(society.cops * sites), round(society.citizens * sites)
    rng = np.random.default_rng([seed, replicate])
    setup, agent = np.zeros(1, kernel.SETUP), np.zeros(n_cops + n_citizens, kernel.AGENT)
    for name in ("wide", "high", "k", "threshold", "legitimacy", "jail"):
        setup[name] = getattr(society, name)
    setup["seed"], setup["replicate"], setup["rule"], setup["moves"] = (
        seed,
        replicate,
        RULES[society.rule],
        society.moves,
    )
    agent["site"] = rng.permutation(sites)[: len(agent)]
    agent["kind"][:n_cops] = kernel.COP
    agent["turn"] = np.arange(len(agent))
    agent["hardship"], agent["aversion"] = rng.random((2, len(agent)))
    occupant = np.full(sites, kernel.FREE, np.int32)
    occupant[agent["site"]] = np.arange(len(agent))
    disc = society.disc
    half = np.full(int(society.vision) + 1, -1, np.int32)
    np.maximum.at(half, np.abs(disc[:, 0]), disc[:, 1])
    return Start(setup.view(np.recarray), agent.view(np.recarray), occupant, np.zeros((2, sites), np.int32), disc, half)


def play(society: Society, ticks: int, *, seed: int = 1, replicate: int = 0) -> I4:
    """Play a run: how many are active and how many in jail at the end of each tick, (ticks, 2)."""
    out = np.zeros((ticks, 2), np.int32)
    kernel.play(*start(society, seed=seed, replicate=replicate), out)
    return out


def outbursts(active: NDArray[np.integer], *, line: int = LINE) -> list[Outburst]:
    """Find the outbursts of a series, (ticks,); one that has not ended is left out."""
    found, began = list[Outburst](), -1
    for tick, many in enumerate(active.tolist()):
        if began < 0 and many > line:
            began = tick
        elif began >= 0 and many < line:
            found.append(Outburst(began, tick, int(active[began:tick].sum())))
            began = -1
    return found
