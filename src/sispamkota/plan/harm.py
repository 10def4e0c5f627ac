"""The linear surrogate of harm: what a plan is expected to spare, as a sum that a linear model can take.

It is fitted from rehearsals (rehearsal.surrogate) and says how well it orders plans that it was not fitted on. People
who can be at a place in time count up to a cap, each the same, so the model is concave and stays linear.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic
import yaml

from sispamkota.errors import Faults
from sispamkota.force import Force
from sispamkota.inputs import DATA, Model, locate, read_yaml, validate
from sispamkota.show import text_table
from sispamkota.words import number, words

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Ballots", "BallotsRow", "Best", "BestRow", "Harm", "HarmFile", "HarmTerm", "TermRow", "counted", "counts_sent",
    "counts_there", "told_best", "units_digest",
]  # fmt: skip

Ability = Literal[
    "dialogue", "dalmas_awal", "dalmas_lanjut", "phh", "patrol", "guard", "traffic", "fire", "rescue", "ambulance"
]


def units_digest(force: Force) -> str:
    """Give the SHA-256 of what a surrogate counts of a force: its units by what they can do; their ids are no part."""
    rows = [
        (u.kind, u.people, u.home, u.vehicle, sorted(u.capabilities), u.level, u.readiness, u.outside,
         None if u.duty is None else asdict(u.duty))
        for u in force.units
    ]  # fmt: skip
    return hashlib.sha256("\n".join(sorted(json.dumps(row) for row in rows)).encode()).hexdigest()


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


class BestRow(Model):
    """Describe, in a file of a surrogate, how it ranks the best third of the plans that it was judged by."""

    plans: int = pydantic.Field(ge=2)
    spread: float = pydantic.Field(ge=0)
    repeats: float = pydantic.Field(ge=-1, le=1)
    rank_correlation: float = pydantic.Field(ge=-1, le=1)
    rank_low: float = pydantic.Field(ge=-1, le=1)
    rank_high: float = pydantic.Field(ge=-1, le=1)


class BallotsRow(Model):
    """Describe, in a file of a surrogate, the one of the ballots; its figures are an index, not people."""

    measure: Literal["ballots_lost", "breached"]
    base_share: float = pydantic.Field(ge=0)
    terms: tuple[TermRow, ...]
    rank_correlation: float = pydantic.Field(ge=-1, le=1)
    rank_low: float = pydantic.Field(ge=-1, le=1)
    rank_high: float = pydantic.Field(ge=-1, le=1)
    best_third: BestRow | None = None


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
    units: str = pydantic.Field(default="", pattern="^([0-9a-f]{64})?$")
    judged: int = pydantic.Field(default=0, ge=0)
    rank_correlation: float = pydantic.Field(ge=-1, le=1)
    rank_low: float = pydantic.Field(ge=-1, le=1)
    rank_high: float = pydantic.Field(ge=-1, le=1)
    rounds: int = pydantic.Field(default=0, ge=0)
    near: int = pydantic.Field(default=0, ge=0)
    best_third: BestRow | None = None
    ballots: BallotsRow | None = None


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
class Best:
    """Hold how a surrogate ranks the best third, by rehearsal, of the plans that it was not fitted on.

    A third of the replicates picks them, the other two say their order. `spread`: how far the worst of them lies from
    the best in these two, luck included, persons or share; `repeats`: rank correlation between the two: where luck
    alone changes the order it is 0, and none can be learned.
    """

    plans: int
    spread: float
    repeats: float
    rank_correlation: float
    rank_low: float
    rank_high: float


@dataclass(frozen=True)
class Ballots:
    """Hold the surrogate of the ballots: index = base - sum of spared * min(cap, people in time).

    `measure`: what it was fitted on as a share of rehearsals, lost ballots or, where these are too rare to be learned,
    a breached office. Near its optimum it says too little, so only the order that it gives plans is told;
    `rank_correlation`: of what it says with the share of rehearsals in which ballots are lost, whatever the measure,
    over plans that it was not fitted on, with its 95 % interval.
    """

    measure: str
    base: float
    terms: tuple[HarmTerm, ...]
    rank_correlation: float
    rank_low: float
    rank_high: float
    best_third: Best | None = None


@dataclass(frozen=True)
class Harm:
    """Hold a surrogate: harm = base - sum of spared * min(cap, people in time), in persons.

    `rank_correlation`: Spearman's, with rehearsed harm over plans that it was not fitted on, with its 95 % interval;
    `judged`: how many these are, 0 where its file does not say; `best_third`: of the best of them. `plans` were drawn
    all around, then `near` in each of `rounds` near the optimum. `units`: digest of the force (`units_digest`).
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
    rounds: int = 0
    near: int = 0
    units: str = ""
    judged: int = 0
    best_third: Best | None = None
    ballots: Ballots | None = None
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @property
    def drawn(self) -> int:
        """Give how many plans were rehearsed for it in all."""
        return self.plans + self.rounds * self.near

    @classmethod
    def load(cls, name: str | Path) -> Harm:
        """Read a surrogate by embedded name or from a file; raises InputError with every fault."""
        faults = Faults()
        document = read_yaml(locate(name, "harm"))
        content = validate(HarmFile, document, faults)
        faults.raise_if_any()
        assert content is not None  # noqa: S101 -- no fault, so it is there
        head = content.model_dump(exclude={"kind", "version", "base_people", "terms", "ballots", "best_third"})
        return cls(
            **head,
            base=content.base_people,
            terms=_read(content.terms),
            best_third=_best(content.best_third),
            ballots=_ballots(content.ballots),
            files=(document.path,),
        )

    @classmethod
    def for_scenario(cls, scenario: str, city: str) -> Harm | None:
        """Give the embedded surrogate of a scenario in a city, by their names; None where there is none."""
        if not (DATA / "harm" / f"{scenario}.yaml").is_file():
            return None
        found = cls.load(scenario)
        return found if (found.scenario, found.city) == (scenario, city) else None

    @classmethod
    def for_force(cls, force: Force, city: str) -> Harm | None:
        """Give the embedded surrogate that was fitted on a force in a city of that name; None for none.

        A force of the same name with other units is another force. Of the city the name is enough: terms name places
        and seconds, and whoever builds a city anew has the same places, with seconds of its own.
        """
        found = [cls.load(path.stem) for path in sorted((DATA / "harm").glob("*.yaml"))]
        mine = (force.name, units_digest(force), city)
        return next((each for each in found if (each.force, each.units, each.city) == mine), None)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, in SI."""
        return {key: value for key, value in asdict(self).items() if key != "files"}

    def to_table(self) -> pd.DataFrame:
        """Give one row a term; `of`: harm, or the ballots."""
        import pandas as pd

        rows = [{"of": "harm"} | asdict(term) for term in self.terms]
        rows += [{"of": "ballots"} | asdict(term) for term in (self.ballots.terms if self.ballots else ())]
        return pd.DataFrame(rows, columns=["of", *HarmTerm.__dataclass_fields__])

    def to_file(self, plan: str) -> str:
        """Write it as a file of its own, with the line by which editors find its schema, and what made it."""
        made = f"# Written by: sispamkota plan harm --plan {plan} --scenario {self.scenario} --plans {self.plans}"
        head = "# yaml-language-server: $schema=../schema/harm.json"
        near = f"--rounds {self.rounds}{f' --near {self.near}' if self.rounds else ''}"
        return f"{head}\n{made} --replicates {self.replicates} {near} --seed {self.seed}\n{self.to_yaml()}"

    def __str__(self) -> str:
        """Print the terms as plain tables."""
        both = [(self.name, self), (f"{self.name}, {self.ballots.measure}" if self.ballots else "", self.ballots)]
        return "\n\n".join(_print(title, each) for title, each in both if each is not None)

    def to_yaml(self) -> str:
        """Write it as a file that `load` reads back to an equal value."""
        left = ("base", "terms", "ballots", "files")
        head = {key: value for key, value in asdict(self).items() if key not in left and value is not None}
        whole = {"kind": "harm", "version": 1} | head | {"base_people": self.base, "terms": _rows(self.terms)}
        if self.ballots is not None:
            figures = asdict(self.ballots)
            whole["ballots"] = {
                "measure": figures.pop("measure"),
                "base_share": figures.pop("base"),
                **{key: value for key, value in figures.items() if key != "terms" and value is not None},
                "terms": _rows(self.ballots.terms),
            }
        return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=120)


def _read(rows: tuple[TermRow, ...]) -> tuple[HarmTerm, ...]:
    """Take the terms of a file."""
    return tuple(
        HarmTerm(row.at, row.ability, row.within_min * 60, row.cap_people, row.spared_per_person, row.hour)
        for row in rows
    )


def told_best(what: Harm | Ballots, lang: str) -> str:
    """Tell how a surrogate ranks the best third, to stand behind how it ranks all; "" where its file does not say."""
    if (best := what.best_third) is None:
        return ""
    figures = (best.rank_correlation, best.rank_low, best.rank_high)
    rank, low, high = (number(value, lang, digits=2) for value in figures)
    return words(lang)("harm.best_behind", rank=rank, low=low, high=high)


def _best(row: BestRow | None) -> Best | None:
    """Take how the best are ranked from a file; files of before have none."""
    return None if row is None else Best(**row.model_dump())


def _ballots(row: BallotsRow | None) -> Ballots | None:
    """Take the surrogate of the ballots from a file."""
    if row is None:
        return None
    figures = row.model_dump(exclude={"base_share", "terms", "best_third"})
    return Ballots(**figures, base=row.base_share, terms=_read(row.terms), best_third=_best(row.best_third))


def _rows(terms: tuple[HarmTerm, ...]) -> list[dict[str, Any]]:
    """Write terms as the rows of a file."""
    return [
        {
            "at": term.at,
            "ability": term.ability,
            "within_min": term.within / 60,
            "cap_people": term.cap,
            "spared_per_person": term.spared,
            "hour": term.hour,
        }
        for term in terms
    ]


def _print(title: str, what: Harm | Ballots) -> str:
    """Print the terms of a surrogate as a plain table."""
    rank = f"rank correlation {what.rank_correlation:.2f} ({what.rank_low:.2f} to {what.rank_high:.2f})"
    if (best := what.best_third) is not None:
        rank += f", of the best third {best.rank_correlation:.2f} ({best.rank_low:.2f} to {best.rank_high:.2f})"
    rows = [(e.at, e.ability, f"{e.within / 60:g}", f"{e.cap:g}", f"{e.spared:.4g}") for e in what.terms]
    return text_table(f"{title}: {rank}", ("place", "ability", "within min", "cap", "spared"), rows)
