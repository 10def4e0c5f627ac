"""Sparse symmetric matrices of a map of areas: solve, determinant, marginal variances, draws.

Areas are laid into levels, by how many borders lie between them and a first one. Neighbours then stand in one level or
in two that touch, so the matrix is block tridiagonal, and its inverse is needed on these blocks only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, shortest_path
from scipy.sparse.linalg import splu

__all__ = ["Factor", "draw_field", "inverse_diagonal", "levels_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
DENSE = 128  # as many areas make one block: to cut them up gains nothing


class Factor:
    """Factor a sparse symmetric positive definite matrix (n, n) once; solve with it many times."""

    def __init__(self, matrix: csc_array) -> None:
        # No pivoting, so the factor is that of a symmetric matrix and keeps its sparsity.
        options = {"SymmetricMode": True}
        self._lu = splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)

    def solve(self, right: F8) -> F8:
        """Give the solution for right-hand sides (n, …)."""
        flat = np.ascontiguousarray(right).reshape(right.shape[0], -1)
        solved: F8 = self._lu.solve(flat).reshape(right.shape)
        return solved

    @property
    def log_det(self) -> float:
        """Give the logarithm of the determinant."""
        return float(np.log(np.abs(self._lu.U.diagonal())).sum())


def levels_of(matrix: csr_array) -> tuple[I8, ...]:
    """Lay the rows into levels, so that entries join rows of one level or of two that follow each other."""
    n = matrix.shape[0]
    if n <= DENSE:
        return (np.arange(n, dtype=np.int64),)
    parts, label = connected_components(matrix, directed=False)
    levels: list[I8] = []
    for part in range(parts):
        rows = np.flatnonzero(label == part)
        if rows.size <= DENSE:
            levels.append(rows)
            continue
        inner = csr_array(matrix[rows][:, rows])
        far = breadth_first_order(inner, 0, directed=False, return_predecessors=False)[-1]
        steps = shortest_path(inner, directed=False, unweighted=True, indices=int(far))
        levels += [rows[steps == step] for step in range(int(steps.max()) + 1)]
    return tuple(levels)


def _forward(matrix: csr_array | csc_array, levels: Sequence[I8]) -> Iterator[tuple[Any, F8 | None]]:
    """Eliminate level by level: the Cholesky factor of each, and its block with the next."""
    rest: F8 | float = 0.0
    matrix = csr_array(matrix)
    for n, rows in enumerate(levels):
        here = matrix[rows]
        factor = cho_factor(here[:, rows].toarray() - rest, lower=True)
        block = here[:, levels[n + 1]].toarray() if n + 1 < len(levels) else None
        yield factor, block
        rest = block.T @ cho_solve(factor, block) if block is not None else 0.0


def inverse_diagonal(matrix: csr_array | csc_array, levels: Sequence[I8]) -> F8:
    """Give the diagonal of the inverse, (n,); `levels` from levels_of of a matrix with the same entries."""
    out = np.empty(matrix.shape[0])
    steps = list(_forward(matrix, levels))
    after: F8 | None = None
    for rows, (factor, block) in zip(reversed(levels), reversed(steps), strict=True):
        inverse = cho_solve(factor, np.eye(rows.size))
        if block is not None and after is not None:
            across = cho_solve(factor, block)
            inverse = inverse + across @ after @ across.T
        out[rows], after = np.diagonal(inverse), inverse
    return out


def draw_field(matrix: csr_array | csc_array, levels: Sequence[I8], noise: F8) -> F8:
    """Turn standard normal noise (n, draws) into draws of the normal law with this precision matrix."""
    out = np.empty_like(noise)
    later: F8 | None = None
    for rows, (factor, block) in zip(reversed(levels), reversed(list(_forward(matrix, levels))), strict=True):
        drawn = solve_triangular(factor[0], noise[rows], lower=True, trans="T")
        if block is not None and later is not None:
            drawn = drawn - cho_solve(factor, block @ later)
        out[rows], later = drawn, drawn
    return out
