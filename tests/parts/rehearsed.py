"""One rehearsal of the exercise of 12 June 2024 with all its evidence, played once a process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pandas as pd

from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Ensemble, Scenario, rehearse
from sispamkota.rehearsal.causes import with_evidence

__all__ = ["REPLICATES", "SEED", "bare", "city", "rehearsed", "uncertain"]

REPLICATES, SEED = 120, 11


@cache
def city() -> City:
    """The embedded city."""
    return City.load("malang")


@cache
def bare() -> Ensemble:
    """The rehearsal alone."""
    plan = Plan.load("malang-500")
    return rehearse(Scenario.load("kpu-bawaslu"), plan, city(), replicates=REPLICATES, seed=SEED)


@cache
def rehearsed() -> Ensemble:
    """The rehearsal with its evidence."""
    return with_evidence(bare())


@cache
def uncertain() -> Ensemble:
    """A short rehearsal in which each replicate draws its parameters, with what it hangs on."""
    played = rehearse(
        Scenario.load("kpu-bawaslu").uncertain(), Plan.load("malang-500"), city(), replicates=60, seed=SEED
    )
    return replace(with_evidence(played), causes=pd.DataFrame())
