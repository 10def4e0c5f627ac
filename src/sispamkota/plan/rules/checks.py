"""Check plans of one day against law, doctrine, rest, command, streets and dialogue first: all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sispamkota.errors import Fault, Faults, InputError, UnknownPlaceError
from sispamkota.force import Doctrine, find_homes
from sispamkota.show import html_table, text_table
from sispamkota.words import number, words

from ..plan import Plan
from .breach import Breach, Ground, rule_rows
from .people import command, crew, double, duty, outside, reserve, roster
from .places import dialogue, help_in_time, kpu, posture, road
from .tps import people_a_station, rounds, who_watches

if TYPE_CHECKING:
    import pandas as pd

    from sispamkota.place.city import City

__all__ = ["Checked", "check_ground", "check_plans"]

_FIRST = 3  # findings alike that are told one by one, or by name of many
_OF_ONE: tuple[Callable[[Ground], Iterator[Breach]], ...] = (
    roster, crew, command, outside, reserve, road, who_watches, rounds, people_a_station, kpu, posture, dialogue,
    help_in_time,
)  # fmt: skip
_OF_A_DAY: tuple[Callable[[Sequence[Ground]], Iterator[Breach]], ...] = (duty, double)


@dataclass(frozen=True)
class Checked:
    """Hold what the rules say of some plans, in the order of the rules; `violations` are those that stop a plan."""

    plans: tuple[str, ...]
    breaches: tuple[Breach, ...]

    @property
    def violations(self) -> tuple[Breach, ...]:
        """Give the breaches that are no mere warning."""
        return tuple(each for each in self.breaches if each.severity == "violation")

    def findings(self, lang: str) -> list[dict[str, Any]]:
        """Give plain values: rule, severity, where, field, expected, got, remedy."""
        return [{"rule": each.rule, "severity": each.severity, **asdict(each.say(lang))} for each in self.breaches]

    def to_table(self) -> pd.DataFrame:
        """Give one row a finding, in English."""
        import pandas as pd

        names = ["rule", "severity", "where", "field", "expected", "got", "remedy"]
        return pd.DataFrame(self.findings("en"), columns=names)

    def tell(self, lang: str) -> str:
        """Write the findings, violations first; of more than three alike one line, with their count and the first."""
        t, lines = words(lang), list[str]()
        for severity in ("violation", "warning"):
            held = [each for each in self.breaches if each.severity == severity]
            if held:
                lines.append(t(f"plan_check.head_{severity}", n=number(len(held), lang)))
                lines += [f"  {_line(alike, lang)}" for alike in _alike(held, lang)]
        return "\n".join(lines or [t("plan_check.clean", plans=", ".join(self.plans))])

    def _rows(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        title = f"Check of {', '.join(self.plans)}: {len(self.violations)} violations of {len(self.breaches)} findings"
        said = [(each, each.say("en")) for each in self.breaches]
        rows: list[tuple[str, ...]] = [
            (each.severity, each.rule, fault.where, fault.got, fault.remedy) for each, fault in said
        ]
        return title, ("severity", "rule", "where", "got", "remedy"), rows

    def __str__(self) -> str:
        """Print the findings."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


def _alike(held: Sequence[Breach], lang: str) -> Iterator[list[Fault]]:
    """Go through findings one by one, but those of one rule with the same words together where there are many."""
    groups = dict[tuple[str, str, str], list[Fault]]()
    for each in held:
        fault = each.say(lang)
        groups.setdefault((each.rule, fault.expected, fault.remedy), []).append(fault)
    for group in groups.values():
        yield from [group] if len(group) > _FIRST else [[fault] for fault in group]


def _line(alike: Sequence[Fault], lang: str) -> str:
    """Write one finding as a line, or several alike."""
    t, first = words(lang), alike[0]
    said = {"where": first.where, "expected": first.expected, "remedy": first.remedy}
    if len(alike) == 1:
        return t("plan_check.line", got=first.got, **said)
    got = "; ".join(fault.got for fault in alike[:_FIRST])
    return t("plan_check.folded", n=number(len(alike), lang), got=got, **said)


def check_plans(plans: Sequence[Plan], city: City, *, own: Doctrine | None = None) -> Checked:
    """Hold plans of one day against every rule; a rule without a figure on that day says so as a warning.

    Raises InputError for places that the city does not have, and for plans of different days.
    """
    grounds = [Ground(plan, city, own) for plan in plans]
    _refuse(grounds)
    found = list[Breach]()
    for rule in _OF_A_DAY:
        found += _ask(partial(rule, grounds), grounds[0])
    for ground in grounds:
        found += _of_one(ground)
    order = {name: i for i, name in enumerate(rule_rows())}
    found.sort(key=lambda each: order[each.rule])
    return Checked(tuple(plan.name for plan in plans), tuple(found))


def _of_one(ground: Ground) -> list[Breach]:
    """Ask the rules that look at one plan alone."""
    return [breach for each in _OF_ONE for breach in _ask(partial(each, ground), ground)]


def check_ground(ground: Ground) -> tuple[Breach, ...]:
    """Hold one plan, all of whose places the city has, against every rule; in the order of asking."""
    found = [breach for rule in _OF_A_DAY for breach in _ask(partial(rule, [ground]), ground)]
    return (*found, *_of_one(ground))


def _ask(rule: Callable[[], Iterator[Breach]], ground: Ground) -> list[Breach]:
    """Gather what a rule finds; a figure that no source gives on that day becomes a warning."""
    try:
        return list(rule())
    except KeyError as error:
        said = str(error.args[0]) if error.args else ""
        if isinstance(error, UnknownPlaceError) or not (said.startswith("no norm") or "has no value on" in said):
            raise
        return [ground.breach("norm", None, "on", what=said)]


def _refuse(grounds: Sequence[Ground]) -> None:
    """Raise InputError for what cannot be checked: unknown places, plans of several days."""
    faults = Faults()
    for ground in grounds:
        plain = [post for post in ground.plan.posts if post.at not in ground.tps]
        for post in plain:
            if post.unit not in ground.sites:
                ground.city.find_or_fault(post.at, faults, ground.where(post))
        find_homes(ground.plan.force.units, ground.city, faults)
    days = {ground.plan.force.on: ground.plan.name for ground in reversed(grounds)}
    if len(days) > 1:
        got = ", ".join(f"{name} of {day}" for day, name in days.items())
        faults.add(where="PLANS", field="on", expected="plans of one day", got=got, remedy="Check them one by one.")
    if len(faults):
        raise InputError(tuple(faults))
