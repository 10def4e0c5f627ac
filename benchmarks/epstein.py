"""Epstein's civil violence beside Mesa: the same rules on the same torus, agent-steps a second of CPU on one core."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import mesa
import numpy as np
from mesa.discrete_space import CellAgent, OrthogonalMooreGrid, OrthogonalVonNeumannGrid

from sispamkota.verification.epstein import RUN_2, Society, play

Line = tuple[str, str, str, str]
GRIDS = {"neumann": OrthogonalVonNeumannGrid, "moore": OrthogonalMooreGrid}
MESA_TICKS, OUR_TICKS, ROUNDS = 12, 1000, 3


class Person(CellAgent):
    """A citizen or a cop, by Epstein's rules as the kernel has them: move first, then decide or arrest."""

    def __init__(self, model, *, cop):
        super().__init__(model)
        self.cop, self.active, self.term = cop, False, 0.0
        self.hardship, self.aversion = self.random.random(), self.random.random()

    def step(self):
        if self.cell is None:
            self.term -= 1.0
            if self.term > 0.0:
                return
            self.cell = self.model.grid.select_random_empty_cell()
        near = self.cell.get_neighborhood(radius=int(self.model.society.vision))
        free = [cell for cell in near if cell.is_empty]
        if free:
            self.move_to(self.random.choice(free))
            near = self.cell.get_neighborhood(radius=int(self.model.society.vision))
        others = list(near.agents)
        actives = [other for other in others if other.active]
        if not self.cop:
            self.active = self.wants(sum(other.cop for other in others), 1 + len(actives))
        elif actives:
            taken = self.random.choice(actives)
            taken.active, taken.term, taken.cell = False, self.random.random() * self.model.society.jail, None

    def wants(self, cops, actives):
        s = self.model.society
        risk = 1.0 - math.exp(-s.k * round(cops / actives))
        return self.hardship * (1.0 - s.legitimacy) - self.aversion * risk > s.threshold


class Torus(mesa.Model):
    """The whole, with Mesa's own grid and random activation."""

    def __init__(self, society: Society, seed: int):
        super().__init__(seed=seed)
        self.society = society
        shape = (society.wide, society.high)
        self.grid = GRIDS[society.shape](shape, capacity=1, torus=True, random=self.random)
        sites = society.wide * society.high
        cops, citizens = round(society.cops * sites), round(society.citizens * sites)
        cells = self.random.sample(list(self.grid.all_cells), cops + citizens)
        for i, cell in enumerate(cells):
            Person(self, cop=i < cops).cell = cell

    def step(self):
        self.agents.shuffle_do("step")


def _best(run: Callable[[], int]) -> float:
    """Agent-steps a second of CPU, the best of some rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        began = time.process_time()
        steps = run()
        best = max(best, steps / (time.process_time() - began))
    return best


def _mesa(society: Society) -> tuple[float, float]:
    """Mesa's speed from its third tick on (the first fill its caches), and how many were active on average."""
    model, active = Torus(society, 1), list[int]()
    for _ in range(2):
        model.step()

    def run() -> int:
        for _ in range(MESA_TICKS):
            model.step()
            active.append(sum(agent.active for agent in model.agents))
        return MESA_TICKS * len(model.agents)

    return _best(run), float(np.mean(active))


def _ours(society: Society) -> float:
    """Our speed with the set-up of a run inside; compiled before."""
    play(society, 1)
    people = round(society.cops * society.wide * society.high) + round(society.citizens * society.wide * society.high)

    def run() -> int:
        play(society, OUR_TICKS)
        return OUR_TICKS * people

    return _best(run)


def lines() -> Iterator[Line]:
    """Run 2 on Epstein's torus by Mesa's two kinds of vision, then ours on larger ones, vision a disc of radius 7."""
    ours = 0.0
    for shape, name in (("neumann", "von Neumann"), ("moore", "Moore")):
        society = replace(RUN_2, rule="round", shape=shape)
        ours, (rival, active) = _ours(society), _mesa(society)
        seen = play(society, 2 + ROUNDS * MESA_TICKS)[2:, 0].mean()
        told = f"Epstein 40 × 40, {name} 7: ours; Mesa {mesa.__version__} {rival / 1e3:,.0f} k"
        yield "–", told, f"{ours / 1e6:.1f} M steps/s", "≥ 2 M a core"
        yield "–", f"  ratio (active on average {seen:.0f}, Mesa {active:.0f})", f"{ours / rival:,.0f}×", "–"
    for side in (40, 100, 400):
        society = replace(RUN_2, rule="floor", wide=side, high=side)
        ticks = max(20, OUR_TICKS * 1600 // side**2)
        play(society, 1)
        began = time.process_time()
        play(society, ticks)
        speed = ticks * 0.74 * side**2 / (time.process_time() - began)
        yield (
            "–",
            f"Epstein {side} × {side}, disc of 148 sites, C/A rounded down",
            f"{speed / 1e6:.1f} M steps/s",
            "≥ 2 M a core",
        )
