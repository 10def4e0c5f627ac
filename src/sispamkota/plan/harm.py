"""The linear surrogate of harm: what a plan is expected to spare, as a sum that a linear model can take.

It is fitted from rehearsals (rehearsal.surrogate) and says how well it orders plans that it was not fitted on. People
who can be at a place in time count up to a cap, each the same, so the model is concave and stays linear.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic
import yaml

from sispamkota.errors import Faults
from sispamkota.inputs import DATA, Model, locate, read_yaml, validate
from sispamkota.show import text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Harm", "HarmFile", "HarmTerm", "TermRow", "counted", "counts_sent", "counts_there"]

Ability = Literal[
    "dialogue", "dalmas_awal", "dalmas_lanjut", "phh", "patrol", "guard", "traffic", "fire", "rescue", "ambulance"
]


def counted(ability: str, people: float, able: Container[str]) -> float:
    """Count the persons of a unit that help with an ability: all its people if it is able, its crew for a vehicle."""
    return float(people) if ability in able else 0.0


def counts_there(task: str, ability: str) -> bool:
    """Say whether a unit with a task helps, with an ability, at the place where it stands.

    What is kept in reserve is not sent, not even across the street, before a place is at merah: it counts for the layer
    that is asked for then, the PHH company's, and for nothing before. Units outside the city (bko) do not count.
    """
    return task != "bko" and (task != "reserve" or ability == "phh")


def counts_sent(task: str, ability: str) -> bool:
    """Say whether a unit with a task may be sent to help elsewhere with an ability; guards stay where they are."""
    return task != "guard" and counts_there(task, ability)


class TermRow(Model):
    """Describe one term in a file of a surrogate."""

    at: str = pydantic.Field(min_length=1)
    ability: Ability
    within_min: float = pydantic.Field(ge=0)
    cap_people: float = pydantic.Field(gt=0)
    spared_per_person: float = pydantic.Field(ge=0)
    hour: float = pydantic.Field(ge=0, lt=24)


class HarmFile(Model):
    """Describe the file of a surrogate, and on what it was fitted."""

    kind: Literal["harm"]
    version: Literal[1]
    name: str = pydantic.Field(min_length=1)
    scenario: str = pydantic.Field(min_length=1)
    city: str = pydantic.Field(min_length=1)
    force: str = pydantic.Field(min_length=1)
    base_people: float
    terms: tuple[TermRow, ...]
    plans: int = pydantic.Field(ge=1)
    replicates: int = pydantic.Field(ge=1)
    seed: int = pydantic.Field(ge=0)
    rank_correlation: float = pydantic.Field(ge=-1, le=1)
    rank_low: float = pydantic.Field(ge=-1, le=1)
    rank_high: float = pydantic.Field(ge=-1, le=1)


@dataclass(frozen=True)
class HarmTerm:
    """Say what people of one ability spare at a place: `spared` persons each, up to `cap` of them.

    Who counts: units that stand there (`counts_there`), and units that may be sent there (`counts_sent`) and can be
    there within `within` seconds of the order, turnout and travel; 0 means only those that stand there. `hour` of the
    day says which shift must hold them.
    """

    at: str
    ability: str
    within: float
    cap: float
    spared: float
    hour: float


@dataclass(frozen=True)
class Harm:
    """Hold a surrogate: harm = base - sum of spared * min(cap, people in time), in persons.

    `rank_correlation`: Spearman's, with rehearsed harm over plans that it was not fitted on, with its 95 % interval.
    """

    name: str
    scenario: str
    city: str
    force: str
    base: float
    terms: tuple[HarmTerm, ...]
    plans: int
    replicates: int
    seed: int
    rank_correlation: float
    rank_low: float
    rank_high: float
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def load(cls, name: str | Path) -> Harm:
        """Read a surrogate by embedded name or from a file; raises InputError with every fault."""
        faults = Faults()
        document = read_yaml(locate(name, "harm"))
        content = validate(HarmFile, document, faults)
        faults.raise_if_any()
        assert content is not None  # noqa: S101 -- no fault, so it is there
        terms = tuple(
            HarmTerm(row.at, row.ability, row.within_min * 60, row.cap_people, row.spared_per_person, row.hour)
            for row in content.terms
        )
        head = content.model_dump(exclude={"kind", "version", "base_people", "terms"})
        return cls(**head, base=content.base_people, terms=terms, files=(document.path,))

    @classmethod
    def for_force(cls, force: str, city: str) -> Harm | None:
        """Give the embedded surrogate that was fitted on a force in a city, by their names; None for none."""
        found = [cls.load(path.stem) for path in sorted((DATA / "harm").glob("*.yaml"))]
        return next((each for each in found if (each.force, each.city) == (force, city)), None)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, in SI."""
        return {key: value for key, value in asdict(self).items() if key != "files"}

    def to_table(self) -> pd.DataFrame:
        """Give one row a term."""
        import pandas as pd

        return pd.DataFrame([asdict(term) for term in self.terms], columns=list(HarmTerm.__dataclass_fields__))

    def to_file(self, plan: str) -> str:
        """Write it as a file of its own, with the line by which editors find its schema, and what made it."""
        made = f"# Written by: sispamkota plan harm --plan {plan} --scenario {self.scenario} --plans {self.plans}"
        head = "# yaml-language-server: $schema=../schema/harm.json"
        return f"{head}\n{made} --replicates {self.replicates} --seed {self.seed}\n{self.to_yaml()}"

    def __str__(self) -> str:
        """Print the terms as a plain table."""
        rank = f"rank correlation {self.rank_correlation:.2f} ({self.rank_low:.2f} to {self.rank_high:.2f})"
        rows = [(e.at, e.ability, f"{e.within / 60:g}", f"{e.cap:g}", f"{e.spared:.4g}") for e in self.terms]
        return text_table(f"{self.name}: {rank}", ("place", "ability", "within min", "cap", "spared"), rows)

    def to_yaml(self) -> str:
        """Write it as a file that `load` reads back to an equal value."""
        head = {key: value for key, value in asdict(self).items() if key not in ("base", "terms", "files")}
        rows = [
            {
                "at": term.at,
                "ability": term.ability,
                "within_min": term.within / 60,
                "cap_people": term.cap,
                "spared_per_person": term.spared,
                "hour": term.hour,
            }
            for term in self.terms
        ]
        whole = {"kind": "harm", "version": 1} | head | {"base_people": self.base, "terms": rows}
        return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=120)
