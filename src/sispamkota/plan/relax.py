"""Where the rules cannot be kept together: which rule bends where and by how many people, and the cheapest ways out.

Elastic programming (Brown & Graves 1975): every row that a rule may bend gets a slack, and the least slack is sought.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sispamkota.show import text_table
from sispamkota.words import number, pick_language, words

from .model import Model
from .solver import Problem, Row, Solver

__all__ = ["Missing", "Way", "Ways", "ways_out"]


@dataclass(frozen=True)
class Missing:
    """Name a rule that is broken: at which place ("" for none), of what, how many people (or crews) it lacks."""

    rule: str
    place: str
    thing: str
    amount: float


@dataclass(frozen=True)
class Way:
    """Hold one way out: the rule that bends, of what (an ability), where and by how much."""

    rule: str
    thing: str
    missing: tuple[Missing, ...]

    @property
    def amount(self) -> float:
        """Give the people (or crews) that it costs."""
        return sum(each.amount for each in self.missing)


@dataclass(frozen=True)
class Ways:
    """Hold what lacks when all rules may bend, and at most three ways in which only one kind of rule bends."""

    missing: tuple[Missing, ...]
    ways: tuple[Way, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, as the findings of a check."""
        findings = [
            {"where": each.place, "field": each.rule, "expected": f"{each.thing} for the rule",
             "got": f"{each.amount:g} short", "remedy": "See ways."}
            for each in self.missing
        ]  # fmt: skip
        ways = [
            {"rule": way.rule, "thing": way.thing, "amount": way.amount, "at": [each.place for each in way.missing]}
            for way in self.ways
        ]
        return {"findings": findings, "ways": ways}

    def __str__(self) -> str:
        """Print what lacks where, then the ways out, the cheapest first."""
        lang = pick_language(None)
        t = words(lang)
        header = tuple(t(f"deploy.{name}") for name in ("rule", "at", "thing", "short"))
        rows = [
            (t(f"deploy.rule_{each.rule}"), each.place, each.thing, number(each.amount, lang)) for each in self.missing
        ]
        lines = [text_table(t("deploy.infeasible"), header, rows), "", t("deploy.ways")]
        for i, way in enumerate(self.ways, start=1):
            where = ", ".join(f"{each.place or '*'} ({number(each.amount, lang)})" for each in way.missing)
            fields = {"amount": number(way.amount, lang), "thing": way.thing, "where": where}
            lines.append(f"{i}. " + t(f"deploy.way_{way.rule}", **fields))
        return "\n".join(lines)


def ways_out(model: Model, solver: Solver, *, seconds: float, most: int = 3) -> Ways:
    """Find the least that lacks when every rule may bend, and the cheapest ways in which only one does."""
    problem = model.problem
    families = sorted({(row.rule, row.thing) for row in problem.rows if row.bends})
    part = max(seconds, 1.0) / (len(families) + 1)
    missing = _least(problem, solver, set(families), part) or ()
    ways = []
    for family in families:
        found = _least(problem, solver, {family}, part)
        if found:
            ways.append(Way(*family, found))
    ways.sort(key=lambda way: (way.amount, way.rule, way.thing))
    return Ways(missing, tuple(ways[:most]))


def _least(
    problem: Problem, solver: Solver, families: set[tuple[str, str]], seconds: float
) -> tuple[Missing, ...] | None:
    """Let some rules bend for the least sum of slack; None where that does not help."""
    bent = [r for r, row in enumerate(problem.rows) if row.bends and (row.rule, row.thing) in families]
    found = solver.solve(_elastic(problem, bent), seconds=seconds, gap=1e-4, start=None)
    if not found.found:
        return None
    slack = found.x[len(problem.cost) :]
    amounts: dict[Row, float] = {}
    for r, amount in zip(bent, slack, strict=True):
        amounts[problem.rows[r]] = max(amounts.get(problem.rows[r], 0.0), float(amount))
    return tuple(
        Missing(row.rule, row.place, row.thing, float(np.ceil(amount - 1e-6)))
        for row, amount in amounts.items()
        if amount > 1e-6
    )


def _elastic(problem: Problem, bent: list[int]) -> Problem:
    """Give the problem with a slack in each row that may bend, and their sum as its objective."""
    n, many = len(problem.cost), len(bent)
    number_of = {r: n + i for i, r in enumerate(bent)}
    index, value, start = list[Any](), list[Any](), [0]
    for r in range(len(problem.row_lower)):
        part = slice(problem.start[r], problem.start[r + 1])
        index.append(problem.index[part])
        value.append(problem.value[part])
        if r in number_of:
            index.append([number_of[r]])
            value.append([1.0 if np.isfinite(problem.row_lower[r]) else -1.0])
        start.append(start[-1] + part.stop - part.start + (r in number_of))
    return Problem(
        cost=np.concatenate([np.zeros(n), np.ones(many)]),
        lower=np.concatenate([problem.lower, np.zeros(many)]),
        upper=np.concatenate([problem.upper, np.full(many, np.inf)]),
        integer=np.concatenate([problem.integer, np.zeros(many, bool)]),
        start=np.array(start, np.int64),
        index=np.concatenate(index).astype(np.int64),
        value=np.concatenate(value).astype(np.float64),
        row_lower=problem.row_lower,
        row_upper=problem.row_upper,
        rows=problem.rows,
    )
