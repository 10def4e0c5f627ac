"""People against outcome: what fifty more would buy, what one more team of negotiators would, and what talk would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pydantic
from numpy.typing import NDArray

from sispamkota import schema
from sispamkota.errors import Fault, InputError
from sispamkota.force import Force
from sispamkota.force.scale import scale_force
from sispamkota.inputs import Model, own_file
from sispamkota.place import City
from sispamkota.plan.plan import Plan
from sispamkota.plan.ratio import plan_by_ratio
from sispamkota.show import Table, html_table, text_table
from sispamkota.words import pick_language, words

from .arena import AIMS, sample_of
from .compare import mean_t
from .rehearse import Luck, Run
from .scenario import Scenario
from .setting import Setting
from .spread import Work
from .tables import build_tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Change", "Frontier", "ShareRow", "Step", "TalkFile", "find_frontier", "talked"]

Floats = NDArray[np.float64]
Planner = Callable[[City, Force], Plan | None]
CALMLY, USUAL = Run(), Luck()
TALKER = "negosiator"


class ShareRow(Model):
    """Describe how much of the way talk is taken to go, and what is thinkable."""

    value: float = pydantic.Field(ge=0, le=1)
    low: float = pydantic.Field(ge=0, le=1)
    high: float = pydantic.Field(ge=0, le=1)
    unit: Literal["share"]


class TalkFile(Model):
    """Describe the file of what dialogue beforehand is taken to change, and to which end of its range."""

    kind: Literal["talk"]
    version: Literal[1]
    source: str
    quality: Literal["official", "reported", "estimated", "assumed"]
    share: ShareRow
    parameters: dict[str, Literal["low", "high"]]


@dataclass(frozen=True)
class Change:
    """Hold a difference in harm with its 95 % interval over pairs, persons; below 0 is less harm."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Step:
    """Hold one size of the force: its outcome, and what more would change.

    `aims`: means in the order of AIMS; `harm_low`, `harm_high`: 95 % interval of mean harm. `more`: against the size
    before; None for the first. `negotiators`: with one more team; `talk`: with dialogue beforehand.
    """

    people: int
    units: int
    plan: str
    aims: tuple[float, ...]
    harm_low: float
    harm_high: float
    more: Change | None
    negotiators: Change | None
    talk: Change


@dataclass(frozen=True)
class Frontier:
    """Hold the sizes in order, and what was taken for talk: parameters of the scenario, how far they go and may go.

    `too_few`: sizes with which the planner could not keep the rules; `more` is then against the last size that could.
    """

    scenario: str
    force: str
    replicates: int
    seed: int
    talk: dict[str, float]
    share: tuple[float, float, float]
    team: int
    too_few: tuple[int, ...]
    steps: tuple[Step, ...] = field(repr=False)

    def to_table(self) -> pd.DataFrame:
        """Give one row a size."""
        return pd.DataFrame([_flat(step) for step in self.steps])

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)

    def plot(self, *, ax: Axes | None = None, lang: str | None = None) -> Axes:
        """Draw harm against people with its interval, and beside it one more team of negotiators, and talk."""
        from matplotlib import pyplot as plt

        say = words(pick_language(lang))
        axes = plt.subplots()[1] if ax is None else ax
        people = [step.people for step in self.steps]
        harm = np.array([step.aims[0] for step in self.steps])
        axes.fill_between(
            people, [s.harm_low for s in self.steps], [s.harm_high for s in self.steps], color="0.85", linewidth=0
        )
        axes.plot(people, harm, "k-o", markersize=4, label=say("frontier.by_people"))
        talks = [(s.people + self.team, s.aims[0] + s.negotiators.mean) for s in self.steps if s.negotiators]
        if talks:
            at, less = zip(*talks, strict=True)
            axes.plot(at, less, "k^", markersize=5, fillstyle="none", label=say("frontier.negotiators"))
        axes.plot(
            people, harm + np.array([s.talk.mean for s in self.steps]), "k--s", markersize=4, label=say("frontier.talk")
        )
        axes.set_xlabel(say("frontier.people"))
        axes.set_ylabel(say("improve.harm"))
        axes.set_ylim(bottom=0.0)
        axes.legend(frameon=False)
        return axes

    def _rows(self) -> Table:
        """Give title, header and rows, for text and page alike."""
        rows = [
            (s.people, f"{s.aims[0]:.4g}", _shown(s.more), _shown(s.negotiators), _shown(s.talk)) for s in self.steps
        ]
        header = ("people", "harm", "more people", "one more negotiator team", "talk")
        return f"{self.scenario}, force like {self.force}, {self.replicates} pairs", header, rows

    def __str__(self) -> str:
        """Print the sizes as a plain table."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def _flat(step: Step) -> dict[str, Any]:
    """Write a size as one row."""
    row: dict[str, Any] = {"people": step.people, "units": step.units, "plan": step.plan}
    row |= dict(zip(AIMS, step.aims, strict=True)) | {"harm_low": step.harm_low, "harm_high": step.harm_high}
    for name in ("more", "negotiators", "talk"):
        change = getattr(step, name) or Change(np.nan, np.nan, np.nan)
        row |= {name: change.mean, f"{name}_low": change.low, f"{name}_high": change.high}
    return row


def _shown(change: Change | None) -> str:
    """Write a change with its interval."""
    return "–" if change is None else f"{change.mean:.3g} ({change.low:.3g} to {change.high:.3g})"


def talked(scenario: Scenario) -> Scenario:
    """Give the scenario after dialogue: each parameter that talk changes goes a share of the way to its good end.

    Which, and how far, is assumed: data/rehearsal/talk.yaml.
    """
    talk = own_file(TalkFile, "rehearsal", "talk")
    known = {each.name: each for each in schema.quantities(kind="parameter")}
    values = schema.parameters(scenario.file.parameters)
    ends = {name: float(getattr(known[name], end) or 0.0) for name, end in talk.parameters.items()}
    return scenario.vary(**{name: values[name] + talk.share.value * (end - values[name]) for name, end in ends.items()})


def find_frontier(
    scenario: Scenario,
    force: Force,
    city: City,
    *,
    sizes: Sequence[int] = tuple(range(300, 1001, 50)),
    planner: Planner = plan_by_ratio,
    luck: Luck = USUAL,
    run: Run = CALMLY,
) -> Frontier:
    """Rehearse the force at each size, posted by a planner, all with the same luck; pure but for `run`.

    A planner gives None for a force that cannot keep the rules.
    Raises InputError for sizes that do not grow, and with everything that does not fit.
    """
    if not sizes or sorted(set(sizes)) != list(sizes):
        remedy = "Name them from small to large."
        raise InputError([Fault("--from", "sizes", "sizes that grow", ", ".join(map(str, sizes)), remedy)])
    after = talked(scenario)

    def play(story: Scenario, plan: Plan) -> Floats:
        work = Work(build_tables(Setting.make(story, plan, city).spec), luck.seed, story.horizon)
        return sample_of(work, range(luck.replicates), workers=run.workers).aims

    talkers = [unit for unit in force.units if unit.kind == TALKER]
    steps, too_few, before = list[Step](), list[int](), None
    for n, size in enumerate(sizes):
        own = scale_force(force, size)
        plan = planner(city, own)
        if plan is None:
            too_few.append(size)
            continue
        here, talk = play(scenario, plan), play(after, plan)
        other = planner(city, scale_force(force, size, more={TALKER: 1})) if talkers else None
        team = None if other is None else play(scenario, other)
        _, low, high = mean_t(here[:, 0])
        steps.append(
            Step(
                people=own.people,
                units=len(own.units),
                plan=plan.name,
                aims=tuple(float(value) for value in np.nanmean(here, axis=0)),
                harm_low=low,
                harm_high=high,
                more=None if before is None else _change(before, here),
                negotiators=None if team is None else _change(here, team),
                talk=_change(here, talk),
            )
        )
        before = here
        run.progress(n + 1)
    talk_of = own_file(TalkFile, "rehearsal", "talk")
    return Frontier(
        scenario=scenario.name,
        force=force.name,
        replicates=luck.replicates,
        seed=luck.seed,
        talk={name: after.file.parameters[name] for name in talk_of.parameters},
        share=(talk_of.share.value, talk_of.share.low, talk_of.share.high),
        team=talkers[0].people if talkers else 0,
        too_few=tuple(too_few),
        steps=tuple(steps),
    )


def _change(a: Floats, b: Floats) -> Change:
    """Give the change of harm from a to b, pair by pair."""
    return Change(*mean_t(b[:, 0] - a[:, 0]))
