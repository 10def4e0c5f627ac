"""The spatial field over areas: BYM2 of Riebler, Sørbye, Simpson & Rue (2016).

x = σ(√(1−φ) v + √φ u): v independent, u an intrinsic autoregression on the neighbours, summing to zero within each
connected part and scaled there to a generalised variance of 1 (the geometric mean of its marginal variances; Sørbye &
Rue 2014), plus a level of each part with variance 1. An area without neighbours has u ~ N(0, 1) (Freni-Sterrantino,
Ventrucci & Rue 2018 treat unconnected maps likewise).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import coo_array, csc_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from .blocks import Factor, draw_field, inverse_diagonal, levels_of

__all__ = ["Field", "build_field"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
RIDGE = 1e-6  # makes the factor exist; against eigenvalues of 1e-3 and more it is nothing
_GRID = 64


@dataclass(frozen=True, eq=False)
class Field:
    """Hold the structured part u of a map of n areas.

    precision: (n, n), of u summing to zero, plus RIDGE; parts: (n, c), one column a connected part of two areas or
    more, each entry one over its size; mixing: (2, m), the chance that φ is below a value, and the value.
    """

    precision: csc_array
    levels: tuple[I8, ...]
    parts: F8
    mixing: F8

    @property
    def n(self) -> int:
        """Count the areas."""
        return int(self.precision.shape[0])

    def with_diagonal(self, more: F8) -> csc_array:
        """Give the precision with numbers (n,) added to its diagonal."""
        data = self.precision.data.copy()
        data[self._diagonal] += more
        return csc_array((data, self.precision.indices, self.precision.indptr), shape=self.precision.shape)

    @cached_property
    def _diagonal(self) -> I8:
        """Find the diagonal among the entries, which are sorted."""
        column = np.repeat(np.arange(self.n), np.diff(self.precision.indptr))
        return np.flatnonzero(self.precision.indices == column)

    def phi(self, chance: float) -> float:
        """Give the mixing below which the prior lies with a chance."""
        return float(np.interp(chance, self.mixing[0], self.mixing[1]))

    def draw(self, rng: np.random.Generator, n: int) -> F8:
        """Draw the structured part from its prior, (n areas, n draws)."""
        u = draw_field(self.precision, self.levels, rng.standard_normal((self.n, n)))
        inside = (self.parts > 0).astype(float)
        u -= inside @ (self.parts.T @ u)
        drawn: F8 = u + inside @ rng.standard_normal((self.parts.shape[1], n))
        return drawn

    def spectrum(self) -> tuple[F8, F8]:
        """Give the eigenvalues (n,) and eigenvectors (n, n) of the covariance of u; of small maps only."""
        value, vector = np.linalg.eigh(self.precision.toarray())
        kept = value > 100 * RIDGE
        root = np.hstack([vector[:, kept] / np.sqrt(value[kept]), (self.parts > 0).astype(float)])
        covariance, axis = np.linalg.eigh(root @ root.T)
        return np.maximum(covariance, 0.0), axis


def build_field(n: int, neighbours: I8, *, unstructured: float) -> Field:
    """Scale the autoregression on a graph of n areas, pairs (m, 2).

    `unstructured`: the prior chance that φ is below one half (penalised complexity: Simpson et al. 2017).
    """
    pairs = np.unique(np.sort(neighbours.reshape(-1, 2), axis=1), axis=0)
    ones = np.ones(len(pairs))
    half = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n, n)).tocsr()
    graph = csr_array(half + half.T)
    count, label = connected_components(graph, directed=False)
    size = np.bincount(label, minlength=count)
    laplace = csr_array(diags_array(np.asarray(graph.sum(axis=1)).ravel()) - graph)
    eye = csr_array(diags_array(np.ones(n)))
    levels = levels_of(csr_array(graph + eye))
    alone = size[label] == 1
    variance = np.where(alone, 1.0, _variances(laplace, levels, label, size))
    scale = np.exp(np.bincount(label, np.log(variance), minlength=count) / size)[label]
    precision = csc_array(diags_array(scale) @ laplace + diags_array(np.where(alone, 1.0, RIDGE)))
    precision.sort_indices()
    big = np.flatnonzero(size > 1)
    parts = (label[:, None] == big[None]) / size[big]
    trace = float((variance / scale).sum())
    return Field(precision, levels, parts, _mixing(precision, trace, big.size, unstructured))


def _variances(laplace: csr_array, levels: tuple[I8, ...], label: I8, size: I8) -> F8:
    """Give the variances of the autoregression summing to zero within each part: the pseudo-inverse's diagonal, (n,).

    One area of each part is held at zero, which leaves a matrix in good condition; then the mean is taken out.
    """
    held = np.zeros(label.size, bool)
    held[np.unique(label, return_index=True)[1]] = True
    free = diags_array((~held).astype(float))
    grounded = csr_array(free @ laplace @ free + diags_array(held.astype(float)))
    row = np.where(held, 0.0, Factor(grounded.tocsc()).solve((~held).astype(float))) / size[label]
    own = np.where(held, 0.0, inverse_diagonal(grounded, levels))
    mean: F8 = np.bincount(label, row, minlength=size.size)[label] / size[label]
    return own - 2.0 * row + mean


def _mixing(precision: csc_array, trace: float, null: int, unstructured: float) -> F8:
    """Tabulate the prior of φ: exponential in the distance √(2 KLD) from no structure, P(φ < 1/2) as given.

    2 KLD(φ) = φ Σ(1/λ − 1) − Σ log(1 − φ + φ/λ) over the eigenvalues λ > 0 of the precision (Riebler et al. 2016).
    """
    n = precision.shape[0]
    phi = np.linspace(0.0, 1.0, _GRID + 1)
    if null == 0:
        return np.stack([phi, phi])
    eye = diags_array(np.ones(n))
    whole = Factor(precision).log_det - null * np.log(RIDGE)
    inner = np.array(
        [Factor(((1 - p) * precision + p * eye).tocsc()).log_det - null * np.log(p + RIDGE) for p in phi[1:-1]]
    )
    gain = np.concatenate([[0.0], inner, [0.0]]) - np.array([0.0, *([whole] * _GRID)])
    gain[0] = 0.0
    far = np.sqrt(np.maximum(phi * (trace - (n - null)) - gain, 0.0))
    far = np.maximum.accumulate(far) / far[-1]

    def below(rate: float) -> F8:
        chance: F8 = np.expm1(-rate * far) / np.expm1(-rate)
        return chance

    middle = _GRID // 2
    low, high = 1e-6, 200.0
    if below(low)[middle] >= unstructured:
        rate = low
    else:
        rate = brentq(lambda each: below(each)[middle] - unstructured, low, high)
    return np.stack([below(rate), phi])
