"""The solver's seam: a mixed-integer problem as arrays, and what answers it.

HiGHS (Huangfu & Hall 2018) answers by default. Another solver is a class with one method, found by its name here or in
the entry points `sispamkota.solvers`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sispamkota.errors import EngineError, Fault, InputError, shown, suggest

__all__ = ["SOLVERS", "Draft", "Highs", "OrTools", "Problem", "Row", "Solution", "Solver", "make_solver"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_SNAP = 1e-6  # an integer column this near a whole number is that number


@dataclass(frozen=True)
class Row:
    """Say what a row stands for: the rule, the place that it holds at, what it counts, whether a rule may bend it."""

    rule: str
    place: str = ""
    thing: str = ""
    bends: bool = False


@dataclass(frozen=True, eq=False)
class Problem:
    """Hold minimise cost·x + offset, row_lower ≤ A x ≤ row_upper, lower ≤ x ≤ upper, some x integer.

    cost, lower, upper, integer (columns,); row_lower, row_upper (rows,); A by rows: row r holds value[start[r] :
    start[r + 1]] in the columns index[…]. `names` are those of blocks of columns with their first column; `rows` say
    what each row stands for.
    """

    cost: F8
    lower: F8
    upper: F8
    integer: NDArray[np.bool_]
    start: I8
    index: I8
    value: F8
    row_lower: F8
    row_upper: F8
    offset: float = 0.0
    names: tuple[tuple[str, int], ...] = ()
    rows: tuple[Row, ...] = ()

    def left(self, x: F8) -> F8:
        """Give A x, (rows,)."""
        out = np.zeros(len(self.row_lower))
        np.add.at(out, np.repeat(np.arange(len(out)), np.diff(self.start)), self.value * x[self.index])
        return out

    def worth(self, x: F8) -> float:
        """Give the objective at x."""
        return float(self.cost @ x) + self.offset

    def holds(self, x: F8, *, tolerance: float = 1e-5) -> bool:
        """Tell whether x keeps every bound, row and integrality, each within a relative tolerance."""
        left = self.left(x)
        room, slack = tolerance * (1.0 + np.abs(x)), tolerance * (1.0 + np.abs(left))
        inside = bool(np.all(x >= self.lower - room) and np.all(x <= self.upper + room))
        kept = bool(np.all(left >= self.row_lower - slack) and np.all(left <= self.row_upper + slack))
        whole = x[self.integer]
        return inside and kept and bool(np.all(np.abs(whole - np.round(whole)) <= tolerance))

    def relaxed(self) -> Problem:
        """Give the linear relaxation, whose optimum bounds this one's."""
        return self._with(integer=np.zeros(len(self.cost), bool))

    def aimed(self, cost: F8, *, offset: float = 0.0) -> Problem:
        """Give the same rows under another objective."""
        return self._with(cost=cost, offset=offset)

    def narrowed(self, lower: F8, upper: F8) -> Problem:
        """Give the problem within other bounds of its columns."""
        return self._with(lower=lower, upper=upper)

    def bounded(self, coefficients: F8, upper: float, row: Row) -> Problem:
        """Give the problem with one more row, coefficients·x ≤ upper."""
        used = np.flatnonzero(coefficients)
        return self._with(
            start=np.append(self.start, self.start[-1] + len(used)),
            index=np.append(self.index, used),
            value=np.append(self.value, coefficients[used]),
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, upper),
            rows=(*self.rows, row),
        )

    def without(self, rules: Collection[str]) -> Problem:
        """Give the problem without the rows of some rules: what they forbid is allowed then."""
        keep = np.array([row.rule not in rules for row in self.rows], bool)
        lengths = np.diff(self.start)
        entries = np.repeat(keep, lengths)
        return self._with(
            start=np.concatenate([[0], np.cumsum(lengths[keep])]).astype(np.int64),
            index=self.index[entries],
            value=self.value[entries],
            row_lower=self.row_lower[keep],
            row_upper=self.row_upper[keep],
            rows=tuple(row for row, kept in zip(self.rows, keep, strict=True) if kept),
        )

    def only(self, columns: I8) -> Problem:
        """Give the part of the problem in some columns, with the rows that they stand in; others there are fixed."""
        number = np.full(len(self.cost), -1, np.int64)
        number[columns] = np.arange(len(columns))
        row = np.repeat(np.arange(len(self.row_lower)), np.diff(self.start))
        mine = number[self.index] >= 0
        rows = np.unique(row[mine])
        rest = np.zeros(len(self.row_lower))
        np.add.at(rest, row[~mine], self.value[~mine] * self.lower[self.index[~mine]])
        lengths = np.bincount(row[mine], minlength=len(self.row_lower))[rows]
        return Problem(
            cost=self.cost[columns],
            lower=self.lower[columns],
            upper=self.upper[columns],
            integer=self.integer[columns],
            start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            index=number[self.index[mine]],
            value=self.value[mine],
            row_lower=(self.row_lower - rest)[rows],
            row_upper=(self.row_upper - rest)[rows],
            rows=tuple(self.rows[r] for r in rows),
        )

    def _with(self, **changes: Any) -> Problem:
        return Problem(**{name: getattr(self, name) for name in self.__dataclass_fields__} | changes)


@dataclass(frozen=True, eq=False)
class Solution:
    """Hold what a solver found.

    `status`: "optimal" (within the gap asked for), "time" (the best found in the time), "infeasible", "unbounded" or
    "none" (nothing was found in the time); `bound`: no x is better.
    """

    status: str
    x: F8
    objective: float
    bound: float

    @property
    def found(self) -> bool:
        """Tell whether there is an x."""
        return self.status in ("optimal", "time")

    @property
    def gap(self) -> float:
        """Give how far the bound lies below the objective, as a share of the objective; 0 where both are 0."""
        room = max(self.objective - self.bound, 0.0)
        return 0.0 if room <= 1e-9 * max(1.0, abs(self.objective)) else room / max(abs(self.objective), 1e-9)


class Solver(Protocol):
    """Solve mixed-integer problems; a plug-in writes this one method."""

    def solve(self, problem: Problem, *, seconds: float, gap: float, start: F8 | None) -> Solution:
        """Minimise, for at most some seconds or to a relative gap; `start` is a solution to begin from, if any."""
        ...


@dataclass
class Draft:
    """Write a problem down, block by block of columns and row by row."""

    blocks: list[tuple[str, int]] = field(default_factory=list)
    bounds: list[tuple[F8, F8, NDArray[np.bool_]]] = field(default_factory=list)
    row_parts: list[tuple[I8, F8]] = field(default_factory=list)
    row_lengths: list[int] = field(default_factory=list)
    row_bounds: list[tuple[float, float, Row]] = field(default_factory=list)
    n: int = 0

    def add(self, name: str, n: int, *, lower: ArrayLike = 0.0, upper: ArrayLike = np.inf, integer: bool = False) -> I8:
        """Add n columns and give their numbers."""
        self.blocks.append((name, self.n))
        full = tuple(np.broadcast_to(np.asarray(each, np.float64), n).astype(np.float64) for each in (lower, upper))
        self.bounds.append((full[0], full[1], np.full(n, integer)))
        self.n += n
        return np.arange(self.n - n, self.n)

    def hold(
        self, *terms: tuple[ArrayLike, ArrayLike], row: Row, lower: float = -np.inf, upper: float = np.inf
    ) -> None:
        """Add the row lower ≤ Σ coefficients·columns ≤ upper; a term is (columns, coefficients), or one of all."""
        index = [np.atleast_1d(np.asarray(columns, np.int64)) for columns, _ in terms]
        value = [np.broadcast_to(np.asarray(c, np.float64), len(i)) for i, (_, c) in zip(index, terms, strict=True)]
        self.row_parts.append((np.concatenate(index), np.concatenate(value)))
        self.row_lengths.append(len(self.row_parts[-1][0]))
        self.row_bounds.append((lower, upper, row))

    def hold_each(
        self, columns: I8, coefficients: F8, *, row: Row, lower: float = -np.inf, upper: float = np.inf
    ) -> None:
        """Add a row for each row of `columns` (rows, n), all with the same coefficients (n,) and bounds."""
        many, n = columns.shape
        self.row_parts.append((columns.ravel(), np.tile(np.asarray(coefficients, np.float64), many)))
        self.row_lengths += [n] * many
        self.row_bounds += [(lower, upper, row)] * many

    def problem(self) -> Problem:
        """Give the problem with no cost yet."""
        lower, upper, integer = (np.concatenate([each[i] for each in self.bounds]) for i in range(3))
        return Problem(
            cost=np.zeros(self.n),
            lower=lower.astype(np.float64),
            upper=upper.astype(np.float64),
            integer=integer.astype(bool),
            start=np.concatenate([[0], np.cumsum(self.row_lengths)]).astype(np.int64),
            index=np.concatenate([index for index, _ in self.row_parts] or [np.zeros(0, np.int64)]),
            value=np.concatenate([value for _, value in self.row_parts] or [np.zeros(0)]),
            row_lower=np.array([low for low, _, _ in self.row_bounds]),
            row_upper=np.array([high for _, high, _ in self.row_bounds]),
            names=tuple(self.blocks),
            rows=tuple(row for _, _, row in self.row_bounds),
        )


@dataclass(frozen=True)
class Highs:
    """Solve by HiGHS on one thread with a fixed seed: unless the time ends it, equal problems get equal answers."""

    seed: int = 0

    def solve(self, problem: Problem, *, seconds: float, gap: float, start: F8 | None = None) -> Solution:
        """Minimise; see Solver."""
        import highspy

        h: Any = highspy.Highs.__base__()  # type: ignore[misc]  # without callbacks, whose making prints a banner
        options = {"output_flag": False, "threads": 1, "random_seed": self.seed, "time_limit": max(seconds, 0.01)}
        options |= {"mip_rel_gap": gap, "mip_abs_gap": 1e-9, "mip_feasibility_tolerance": 1e-7}
        for name, value in options.items():
            h.setOptionValue(name, value)
        h.passModel(_highs_model(highspy, problem))
        mixed = bool(problem.integer.any())
        if start is not None and mixed:
            given = highspy.HighsSolution()
            given.col_value = start.tolist()
            h.setSolution(given)
        h.run()
        return _highs_answer(highspy, h, problem, mixed=mixed)


def _highs_model(highspy: Any, problem: Problem) -> Any:
    """Lay a problem out as HiGHS takes it."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.offset_ = len(problem.cost), len(problem.row_lower), problem.offset
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = problem.cost, problem.lower, problem.upper
    lp.row_lower_, lp.row_upper_ = problem.row_lower, problem.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_ = problem.start.astype(np.int32)
    lp.a_matrix_.index_ = problem.index.astype(np.int32)
    lp.a_matrix_.value_ = problem.value
    if problem.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[i] for i in problem.integer.astype(int).tolist()]
    return lp


def _highs_answer(highspy: Any, h: Any, problem: Problem, *, mixed: bool) -> Solution:
    """Read what HiGHS found."""
    status, info = h.getModelStatus(), h.getInfo()
    if status == highspy.HighsModelStatus.kModelError:
        raise EngineError("the solver refused the model: a defect of ours")
    if status == highspy.HighsModelStatus.kInfeasible:
        return _nothing("infeasible")
    if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return _nothing("unbounded" if status == highspy.HighsModelStatus.kUnbounded else "infeasible")
    done = status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if not (feasible or done):
        return _nothing("none")
    x = _snapped(np.array(h.getSolution().col_value, np.float64), problem)
    worth = problem.worth(x)
    bound = float(info.mip_dual_bound) if mixed else worth if done else -np.inf
    return Solution("optimal" if done else "time", x, worth, min(bound, worth))


def _snapped(x: F8, problem: Problem) -> F8:
    """Put integer columns on whole numbers, and all between their bounds."""
    x = np.where(problem.integer & (np.abs(x - np.round(x)) < _SNAP * 10), np.round(x), x)
    return np.clip(x, problem.lower, problem.upper)


def _nothing(status: str) -> Solution:
    """Give the answer without an x."""
    return Solution(status, np.zeros(0), np.inf, -np.inf if status != "infeasible" else np.inf)


@dataclass(frozen=True)
class OrTools:
    """Solve by SCIP through OR-Tools' MathOpt (extra "solvers")."""

    seed: int = 0

    def solve(self, problem: Problem, *, seconds: float, gap: float, start: F8 | None = None) -> Solution:
        """Minimise; see Solver. Raises InputError where OR-Tools is not installed."""
        import datetime as dt

        mathopt = _mathopt()
        model = mathopt.Model()
        columns = [
            model.add_variable(lb=low, ub=high, is_integer=bool(whole))
            for low, high, whole in zip(problem.lower, problem.upper, problem.integer, strict=True)
        ]
        for r, (low, high) in enumerate(zip(problem.row_lower, problem.row_upper, strict=True)):
            row = model.add_linear_constraint(lb=low, ub=high)
            for k in range(problem.start[r], problem.start[r + 1]):
                column = columns[problem.index[k]]
                row.set_coefficient(column, row.get_coefficient(column) + problem.value[k])
        for j in np.flatnonzero(problem.cost):
            model.objective.set_linear_coefficient(columns[j], problem.cost[j])
        model.objective.offset = problem.offset
        limits = mathopt.SolveParameters(
            time_limit=dt.timedelta(seconds=max(seconds, 0.01)), relative_gap_tolerance=gap, random_seed=self.seed,
            threads=1,
        )  # fmt: skip
        hints = []
        if start is not None:
            hints = [mathopt.SolutionHint(variable_values=dict(zip(columns, start.tolist(), strict=True)))]
        more = mathopt.ModelSolveParameters(solution_hints=hints)
        result = mathopt.solve(model, mathopt.SolverType.GSCIP, params=limits, model_params=more)
        return _mathopt_answer(mathopt, result, columns, problem)


def _mathopt() -> Any:
    """Import MathOpt, or say what is missing."""
    try:
        from ortools.math_opt.python import mathopt
    except ImportError:
        got, remedy = "no package ortools", 'Install the extra: pip install "sispamkota[solvers]".'
        raise InputError([Fault("--solver", "solver", "OR-Tools, installed", got, remedy)]) from None
    return mathopt


def _mathopt_answer(mathopt: Any, result: Any, columns: Sequence[Any], problem: Problem) -> Solution:
    """Read what MathOpt found."""
    reason = result.termination.reason
    if reason in (mathopt.TerminationReason.INFEASIBLE, mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED):
        return _nothing("infeasible")
    if reason == mathopt.TerminationReason.UNBOUNDED:
        return _nothing("unbounded")
    if not result.has_primal_feasible_solution():
        return _nothing("none")
    x = _snapped(np.array(result.variable_values(columns)), problem)
    worth, done = problem.worth(x), reason == mathopt.TerminationReason.OPTIMAL
    return Solution("optimal" if done else "time", x, worth, min(float(result.best_objective_bound()), worth))


SOLVERS: dict[str, Callable[..., Solver]] = {"highs": Highs, "ortools": OrTools}


def make_solver(name: str, *, seed: int = 0) -> Solver:
    """Make a solver by its name, one of ours or of the entry points `sispamkota.solvers`.

    Raises InputError for an unknown name, and for one that is not installed.
    """
    if name == "ortools":
        _mathopt()
    if name in SOLVERS:
        return SOLVERS[name](seed=seed)
    others = {each.name: each for each in entry_points(group="sispamkota.solvers")}
    if name not in others:
        remedy = suggest(name, [*SOLVERS, *others])
        raise InputError([Fault("--solver", "solver", "a known solver", shown(name), remedy)])
    made: Solver = others[name].load()()
    return made
