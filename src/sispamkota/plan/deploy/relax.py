"""Where the rules cannot be kept together: which rule bends where and by how many people, and the cheapest ways out.

Elastic programming (Brown & Graves 1975): every row that a rule may bend gets a slack, and the least slack is sought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sispamkota.show import text_table
from sispamkota.words import number, pick_language, words

from ..solver import Problem, Row, Solver
from .model import Model

__all__ = ["Missing", "Way", "Ways", "of_what", "ways_out"]


@dataclass(frozen=True, order=True)
class Missing:
    """Name a rule that is broken: at which place ("" for none), of what, how many people (or crews) it lacks."""

    rule: str
    place: str
    thing: str
    amount: float


@dataclass(frozen=True)
class Way:
    """Hold one way out: the rules that bend together, where and by how much."""

    missing: tuple[Missing, ...]

    @property
    def amount(self) -> float:
        """Give the people (or crews) that it costs."""
        return sum(each.amount for each in self.missing)

    @property
    def parts(self) -> dict[tuple[str, str], list[Missing]]:
        """Give what lacks by rule and by what it counts (an ability)."""
        out: dict[tuple[str, str], list[Missing]] = {}
        for each in self.missing:
            out.setdefault((each.rule, each.thing), []).append(each)
        return out


@dataclass(frozen=True)
class Ways:
    """Hold what lacks when all rules may bend, and at most three ways out; `names` of places by reference.

    Where one kind of rule that bends is enough, each way bends one; else each bends as many as it takes together.
    """

    missing: tuple[Missing, ...]
    ways: tuple[Way, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, as the findings of a check."""
        findings = [
            {"where": each.place, "field": each.rule, "expected": f"{each.thing} for the rule",
             "got": f"{each.amount:g} short", "remedy": "See ways."}
            for each in self.missing
        ]  # fmt: skip
        ways = [
            {"amount": way.amount, "bends": [
                {"rule": rule, "thing": thing, "amount": sum(each.amount for each in some),
                 "at": [each.place for each in some]}
                for (rule, thing), some in way.parts.items()
            ]}
            for way in self.ways
        ]  # fmt: skip
        return {"findings": findings, "ways": ways}

    def tell(self, lang: str) -> str:
        """Tell what lacks where, then the ways out, the cheapest first."""
        t = words(lang)
        header = tuple(t(f"deploy.{name}") for name in ("rule", "at", "thing", "short"))
        rows = [
            (t(f"deploy.rule_{each.rule}"), self.names.get(each.place, each.place), of_what(each.thing, lang),
             number(each.amount, lang))
            for each in self.missing
        ]  # fmt: skip
        lines = [text_table(t("deploy.infeasible"), header, rows), "", t("deploy.ways")]
        for i, way in enumerate(self.ways, start=1):
            said = [self._part(rule, thing, some, lang) for (rule, thing), some in way.parts.items()]
            lines.append(f"{i}. " + " ".join(said))
        return "\n".join([*lines, "", t("deploy.ways_own")])

    def _part(self, rule: str, thing: str, some: Sequence[Missing], lang: str) -> str:
        """Tell how one kind of rule bends."""
        t = words(lang)
        where = ", ".join(f"{self.names.get(each.place, each.place)} ({number(each.amount, lang)})" for each in some)
        amount = number(sum(each.amount for each in some), lang)
        end = "" if any(each.place for each in some) else "_all"
        return t(f"deploy.way_{rule}{end}", amount=amount, thing=of_what(thing, lang), where=where)

    def __str__(self) -> str:
        """Print them in the language of the surroundings."""
        return self.tell(pick_language(None))


def of_what(thing: str, lang: str) -> str:
    """Name what lacks: people, or a capability."""
    return words(lang)("deploy.people" if thing == "people" else f"capability.{thing}")


def ways_out(
    model: Model, solver: Solver, *, seconds: float, most: int = 3, names: Mapping[str, str] | None = None
) -> Ways:
    """Find the least that lacks when every rule may bend, and the cheapest ways out.

    Ways in which only one rule bends come first; where there is none, all that must bend together, and the cheapest in
    which one of these does not.
    """
    problem = model.problem
    families = sorted({(row.rule, row.thing) for row in problem.rows if row.bends})
    part = max(seconds, 1.0) / (len(families) + 1)
    missing = _least(problem, solver, set(families), part) or ()
    found = [_least(problem, solver, {family}, part) for family in families]
    if missing and not any(found):
        used = sorted({(each.rule, each.thing) for each in missing})
        found = [missing, *(_least(problem, solver, set(families) - {family}, part) for family in used)]
    ways = [Way(some) for some in dict.fromkeys(found) if some]
    ways.sort(key=lambda way: (way.amount, way.missing))
    return Ways(missing, tuple(ways[:most]), names or {})


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
