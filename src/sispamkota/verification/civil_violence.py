"""Epstein's civil violence: what is known of its variants, and what is quoted from the paper and not met.

The rule as printed gives no outburst; with C/A rounded down, as Rebellion in NetLogo has it, outbursts come. Neither
gives the two means that are quoted from the paper for Run 2, and that is shown as not met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from .epstein import LINE, RULES, RUN_2, Outburst, Society, outbursts, play
from .epstein_plain import play_plain
from .row import Row, between

__all__ = ["civil_violence"]

SOURCE = "Epstein 2002, Model I, Run 2, quoted second-hand"
OWN = "three programs, 10 seeds: two written here, SugarScape's"
TICKS, SEEDS = 3000, 10
HOW = {"literal": "as printed", "floor": "rounded down", "round": "rounded"}
SMALL = Society(wide=13, high=11, citizens=0.85, cops=0.05, legitimacy=0.7, vision=3.3)


def civil_violence(*, factor: float = 1.0, seeds: int = SEEDS) -> Iterator[Row]:
    """Run 2 by the three rules, and a government too legitimate for anybody to act. `factor` multiplies legitimacy."""
    run = replace(RUN_2, legitimacy=factor * RUN_2.legitimacy)
    played = {
        rule: [play(replace(run, rule=rule), TICKS, seed=seed)[:, 0] for seed in range(1, seeds + 1)] for rule in RULES
    }
    found = {rule: [outbursts(series) for series in runs] for rule, runs in played.items()}
    yield from _outbursts(found)
    peak = float(max(series.max() for series in played["literal"]))
    what = f"most active at once in {TICKS:,} ticks, C/A as printed, all seeds"
    yield between("epstein", f"{what} (more than none, no more than an outburst)", OWN, 5.0, LINE, peak)
    yield from _paper(found["floor"])
    for rule in RULES:
        trusted = replace(RUN_2, legitimacy=factor * (1.0 - RUN_2.threshold), rule=rule)
        ever = float(play(trusted, 500)[:, 0].sum())
        what = f"actives in 500 ticks, L = 1 - T, C/A {HOW[rule]}"
        yield Row("epstein", what, "exact: G - R P is at most H T", 0.0, ever, 0.0)
    for rule in RULES:
        ours = play(replace(SMALL, rule=rule, legitimacy=factor * SMALL.legitimacy), 40)
        apart = float((ours != play_plain(replace(SMALL, rule=rule), 40)).sum())
        what = f"numbers that differ from a plain program's, C/A {HOW[rule]}"
        yield Row("epstein", what, "the same model in plain Python", 0.0, apart, 0.0)


def _outbursts(found: Mapping[str, list[list[Outburst]]]) -> Iterator[Row]:
    """Hold the number of outbursts against what other programs gave."""
    counts = {rule: [len(each) for each in runs] for rule, runs in found.items()}
    name = f"outbursts in {TICKS:,} ticks, C/A"
    yield Row("epstein", f"{name} as printed, all seeds", OWN, 0.0, float(sum(counts["literal"])), 0.0)
    for rule, low, high in (("floor", 100.0, 120.0), ("round", 82.0, 101.0)):
        yield between("epstein", f"{name} {HOW[rule]}, mean", OWN, low, high, float(np.mean(counts[rule])))


def _paper(runs: list[list[Outburst]]) -> Iterator[Row]:
    """Hold size and wait of outbursts, C/A rounded down, against other programs and against the paper."""
    totals = [each.total for run in runs for each in run]
    waits = [later.start - first.end for run in runs for first, later in pairwise(run)]
    total, wait = (float(np.mean(each)) if each else 0.0 for each in (totals, waits))
    size, gap = "activation in an outburst, C/A rounded down, mean", "ticks between outbursts, C/A rounded down, mean"
    yield between("epstein", size, OWN, 700.0, 900.0, total)
    yield between("epstein", gap, OWN, 19.0, 23.0, wait)
    yield Row("epstein", f"{size}; a tenth", SOURCE, 708.0, total, 70.8, claimed=False)
    yield Row("epstein", f"{gap}; a tenth", SOURCE, 60.0, wait, 6.0, claimed=False)
