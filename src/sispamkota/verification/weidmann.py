"""Weidmann's curve of walking speed by density; the site view's own diagram stands beside it in the case `motion`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from .row import Row

__all__ = ["FREE", "JAM", "SHAPE", "speed", "weidmann"]

FREE, SHAPE, JAM = 1.34, 1.913, 5.4  # m/s; per square metre; persons per square metre
SOURCE = "Weidmann 1993, as quoted in the sources of Vadere and JuPedSim"
TABLE = {0.5: 1.298, 1.0: 1.058, 1.5: 0.807, 2.0: 0.606, 3.0: 0.331, 4.0: 0.156, 5.0: 0.037}


def speed(density: ArrayLike, *, free: float = FREE, shape: float = SHAPE, jam: float = JAM) -> NDArray[np.float64]:
    """Give the mean speed (m/s) at densities in persons per square metre: free (1 - exp(-shape (1/rho - 1/jam)))."""
    rho = np.asarray(density, np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(free * np.maximum(0.0, -np.expm1(-shape * (1.0 / rho - 1.0 / jam))))


def weidmann(*, free: float = FREE) -> Iterator[Row]:
    """Give the table's speeds and the capacity, computed by other code."""
    for density, want in TABLE.items():
        got = float(speed(density, free=free))
        yield Row("weidmann", f"speed at {density:g} persons/m² (m/s)", SOURCE, want, got, 6e-4)
    most = minimize_scalar(lambda rho: -rho * float(speed(rho, free=free)), bounds=(0.1, 5.3), method="bounded")
    yield Row("weidmann", "capacity (persons/m/s)", SOURCE, 1.225, -float(most.fun), 6e-4)
    yield Row("weidmann", "density at capacity (persons/m²)", SOURCE, 1.751, float(most.x), 6e-4)
