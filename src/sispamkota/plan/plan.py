"""The plan: who stands where, for which task, and what the front line shows from the start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic
import yaml

from sispamkota import store
from sispamkota.errors import Fault, Faults, InputError, shown, suggest
from sispamkota.force import Doctrine, Duty, Force, Unit, find_homes, read_force
from sispamkota.inputs import DATA, Document, Model, locate, read_yaml, validate
from sispamkota.manifest import Manifest
from sispamkota.plotting import axes_on, colour, place_axis, rows_high
from sispamkota.schema import Assumption
from sispamkota.show import html_table, text_table
from sispamkota.words import number, pick_language, words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sispamkota.place.city import City

__all__ = ["POSTURES", "TASKS", "Plan", "PlanFile", "Post", "PostRow", "Proposal", "write_plan"]

# Closed lists; the position is the code that the engine uses. A posture's position is also its level.
TASKS = ("guard", "mobile", "reserve", "standby", "bko")
POSTURES = ("awal", "lanjut", "phh")

Task = Literal["guard", "mobile", "reserve", "standby", "bko"]
Posture = Literal["awal", "lanjut", "phh"]


class PostRow(Model):
    """Describe one post in a plan file: a unit, a place of the city, a task, and for crowd units a posture.

    `duty` goes before the unit's own roster; `tps` are the polling stations that it watches, in the order of its round;
    `under` is the unit that leads it, `radio` the channel; `reason` why it shows a posture above awal.
    """

    unit: str
    at: str = pydantic.Field(min_length=1)
    task: Task
    posture: Posture | None = None
    duty: Duty | None = None
    tps: tuple[str, ...] = ()
    under: str = ""
    radio: str = pydantic.Field(default="", max_length=20)
    reason: str = ""


class Proposal(Model):
    """Propose a change to a polling station; only the KPU decides one.

    `decided_by: kpu` says that it did, by `decision` (its number) of the day `decided_on`.
    """

    do: Literal["move_tps", "close_tps", "open_tps", "merge_tps"]
    at: str = pydantic.Field(min_length=1)
    decided_by: str = ""
    decision: str = ""
    decided_on: str = pydantic.Field(default="", pattern=r"^$|^\d{4}-\d{2}-\d{2}$")
    note: str = ""


class PlanFile(Model):
    """Describe a plan file; `force` is an embedded name, or a file beside the plan."""

    kind: Literal["plan"]
    version: Literal[1]
    name: str = pydantic.Field(min_length=1, max_length=60)
    title: str = pydantic.Field(min_length=1)
    city: str = pydantic.Field(min_length=1)
    force: str = pydantic.Field(min_length=1)
    source: str = pydantic.Field(min_length=1)
    quality: Literal["official", "reported", "estimated", "assumed"]
    posts: tuple[PostRow, ...] = pydantic.Field(min_length=1)
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True)
class Post:
    """Place one unit: `at` names a place of the city; `posture` is None for units that face no crowd.

    `duty` goes before the unit's own; `tps`: stations that it watches, in order; `under`: the unit that leads it.
    """

    unit: str
    at: str
    task: str
    posture: str | None = None
    duty: Duty | None = None
    tps: tuple[str, ...] = ()
    under: str = ""
    radio: str = ""
    reason: str = ""
    where: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Plan:
    """Hold who stands where: every unit of the force has exactly one post, in the order of the force."""

    name: str
    title: str
    city: str
    force: Force
    posts: tuple[Post, ...]
    source: str
    quality: str
    proposals: tuple[Proposal, ...] = ()
    files: tuple[Path, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def load(
        cls, name: str | Path, *, city: City | None = None, own: Doctrine | None = None, armed: bool = True
    ) -> Plan:
        """Read a plan and its force by embedded name, from a file, or from a folder that `save` wrote.

        Raises InputError with every fault of both files; with `city`, those of places too (see `check`), and of armed
        units inside a TPS unless `armed` is False: the rules of `plan check` tell of these.
        """
        path, faults = locate(name, "plans"), Faults()
        document = read_yaml(path / "plan.yaml" if path.is_dir() else path)
        content = validate(PlanFile, document, faults)
        force = _force(document, faults, own)
        rows, other = _posts(document)
        posts = placed = tuple(rows.values())
        if force is not None:
            posts = _check_units(rows, other, force, document, faults)
        if city is not None:
            faults.extend(_place_faults(placed, force.units if force else (), city, armed=armed))
        faults.raise_if_any()
        assert content is not None  # noqa: S101 -- no fault, so both are there
        assert force is not None  # noqa: S101
        return cls(
            name=content.name,
            title=content.title,
            city=content.city,
            force=force,
            posts=posts,
            source=content.source,
            quality=content.quality,
            proposals=content.proposals,
            files=(document.path, *force.files),
        )

    def check(self, city: City) -> tuple[Fault, ...]:
        """List every fault of the plan in a city: places that it does not have, armed units inside a TPS."""
        return tuple(_place_faults(self.posts, self.force.units, city))

    def move(self, unit: str, *, to: str, task: str | None = None, posture: str | None = None) -> Plan:
        """Give a plan that differs in one post; task and posture stay unless given.

        Raises InputError for an unknown unit, task or posture. The place is checked by `check`.
        """
        faults, where = Faults(), f"move {unit} to {to}"
        known = {post.unit: post for post in self.posts}
        choices = (("unit", unit, known), ("task", task, TASKS), ("posture", posture, POSTURES))
        for name, value, allowed in choices:
            if value is not None and value not in allowed:
                remedy = suggest(value, allowed)
                faults.add(where=where, field=name, expected=f"a known {name}", got=shown(value), remedy=remedy)
        faults.raise_if_any()
        old = known[unit]
        new = replace(old, at=to, task=task or old.task, posture=posture or old.posture, where=where)
        return replace(self, posts=tuple(new if post is old else post for post in self.posts))

    def without(self, *units: str) -> Plan:
        """Give the plan without some units, as if the force did not have them; raises InputError for an unknown one.

        Whom one of them led, whoever led that one leads.
        """
        known = [post.unit for post in self.posts]
        remedy = "Name a unit of the plan."
        faults = [
            Fault(self.name, "unit", f"a unit of {self.name}", shown(unit), suggest(unit, known) or remedy)
            for unit in units
            if unit not in known
        ]
        if faults:
            raise InputError(faults)
        over = {post.unit: post.under for post in self.posts}
        kept = tuple(
            replace(post, under=_leader(post.under, over, units)) if post.under in units else post
            for post in self.posts
            if post.unit not in units
        )
        return replace(self, force=self.force.without(*units), posts=kept)

    @cached_property
    def manifest(self) -> Manifest:
        """Say what the plan was read from, and its posts as they stand."""
        return Manifest.collect(inputs=dict(zip(("plan", "force"), self.files, strict=False)), settings=self.to_dict())

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """State what rests on assumption: the split of the force, and the posts."""
        if self.quality != "assumed":
            return self.force.assumptions
        n = len(self.posts)
        id_ = f"Penempatan {n} satuan tidak dipublikasikan; penempatan ini asumsi"
        en = f"Where the {n} units stood is not published; these posts are assumed"
        return (*self.force.assumptions, Assumption("plan.posts", id_, en, "assumed", n))

    def to_table(self) -> pd.DataFrame:
        """Give one row a post: unit, at, task, posture, and the unit's own columns (see Force.to_table)."""
        import pandas as pd

        posts = pd.DataFrame([{name: getattr(post, name) for name in _POST_KEYS} for post in self.posts])
        return posts.merge(self.force.to_table().rename(columns={"id": "unit"}), on="unit", validate="one_to_one")

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as plain values, after defaults, as its file says it; the force by its name."""
        posts = [_post_row(post) for post in self.posts]
        head: dict[str, Any] = {"kind": "plan", "version": 1, "name": self.name, "title": self.title}
        rest = {"city": self.city, "force": self.force.name, "source": self.source, "quality": self.quality}
        proposals = [each.model_dump(exclude_defaults=True) for each in self.proposals]
        return head | rest | {"posts": posts} | ({"proposals": proposals} if proposals else {})

    def save(self, folder: str | Path) -> None:
        """Write the plan to a folder: plan.yaml, force.yaml and the manifest."""
        store.save(self, folder)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw people by place; gives the axes back."""
        rows = self._by_place()
        with axes_on(ax, high=rows_high(len(rows))) as axes:
            axes.barh(range(len(rows)), [people for _, _, people, _ in rows], height=0.6, color=colour("accent"))
            place_axis(axes, [place for place, *_ in rows])
            axes.set_xlabel(words(pick_language(None))("roster.people"))
            axes.set_title(self.title)
        return axes

    def _by_place(self) -> list[tuple[str, int, int, str]]:
        """Give (place, units, people, unit ids), the place with most people first."""
        people = {unit.id: unit.people for unit in self.force.units}
        places: dict[str, list[str]] = {}
        for post in self.posts:
            places.setdefault(post.at, []).append(post.unit)
        rows = [(at, len(ids), sum(people[each] for each in ids), ", ".join(ids)) for at, ids in places.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0]))

    def _rows(self, lang: str = "en") -> tuple[str, tuple[str, ...], list[tuple[str, int, int, str]]]:
        t = words(lang)
        counts = {"people": number(self.force.people, lang), "posts": number(len(self.posts), lang)}
        title = t("plan_show.title", name=self.name, city=self.city, quality=t(f"norms.tag_{self.quality}"), **counts)
        return title, tuple(t(f"plan_show.{each}") for each in ("place", "units", "people", "who")), self._by_place()

    def tell(self, lang: str) -> str:
        """Write who stands where in a language."""
        return text_table(*self._rows(lang))

    def __str__(self) -> str:
        """Print who stands where."""
        return text_table(*self._rows())

    def _repr_html_(self) -> str:
        return html_table(*self._rows())


_POST_KEYS = ("unit", "at", "task", "posture")


def _leader(unit: str, over: Mapping[str, str], gone: Sequence[str]) -> str:
    """Give the first unit up the chain of leaders that is not gone; "" where there is none."""
    for _ in range(len(over)):
        if unit not in gone:
            break
        unit = over.get(unit, "")
    return "" if unit in gone else unit


def _post_row(post: Post) -> dict[str, Any]:
    """Give a post as its file says it; what is not stated is left out."""
    row = {key: getattr(post, key) for key in (*_POST_KEYS, "under", "radio", "reason") if getattr(post, key)}
    row |= {"duty": post.duty.model_dump()} if post.duty is not None else {}
    return row | ({"tps": list(post.tps)} if post.tps else {})


def _force(document: Document, faults: Faults, own: Doctrine | None) -> Force | None:
    """Load the plan's force, an embedded one or a file beside the plan; its faults join ours."""
    name = document.data.get("force")
    if not isinstance(name, str) or not name:
        return None
    try:
        path = locate(name, "forces")
    except InputError as error:
        faults.extend(replace(fault, where=document.where("force"), field="force") for fault in error.faults)
        return None
    return read_force(path if path.is_relative_to(DATA) else document.path.parent / path, own=own, faults=faults)


def _posts(document: Document) -> tuple[dict[int, Post], set[str]]:
    """Make the posts as the file gives them, by their number, and name the units of rows that cannot be read.

    The faults of these are told already; those of the others are to be told beside them.
    """
    rows = document.data.get("posts")
    posts, other = dict[int, Post](), set[str]()
    for i, row in enumerate(rows if isinstance(rows, list) else ()):
        try:
            read = PostRow.model_validate_json(json.dumps(row))
        except pydantic.ValidationError:
            other.add(str(row.get("unit", "")) if isinstance(row, dict) else "")
        else:
            posts[i] = Post(**dict(read), where=document.where("posts", i))
    return posts, other


def _check_units(
    posts: Mapping[int, Post], other: set[str], force: Force, document: Document, faults: Faults
) -> tuple[Post, ...]:
    """Hold the posts against the force; give them back in its order, crowd units with their default posture."""
    units, first = {unit.id: unit for unit in force.units}, dict[str, Post]()
    for i, post in posts.items():
        where = document.where("posts", i, "unit")
        if post.unit not in units:
            expected, remedy = f"a unit of {force.name}", suggest(post.unit, units)
            faults.add(where=where, field=f"posts[{i}].unit", expected=expected, got=shown(post.unit), remedy=remedy)
        elif post.unit in first:
            got, remedy = f"{post.unit} again (first at {first[post.unit].where})", "Keep one of its posts."
            faults.add(where=where, field=f"posts[{i}].unit", expected="each unit once", got=got, remedy=remedy)
        first.setdefault(post.unit, post)
    where = document.where("posts")
    for unit in force.units:
        if unit.id not in first and unit.id not in other and "" not in other:
            got, remedy = f"none for {unit.id} ({unit.people} people)", 'Post it, if only with "task: reserve".'
            faults.add(where=where, field="posts", expected="a post for every unit", got=got, remedy=remedy)
    people = sum(units[post.unit].people for post in posts.values() if post.unit in units)
    if people > force.people:
        got, remedy = f"{people} people", "Remove posts until the force is enough."
        expected = f"at most the {force.people} people of {force.name}"
        faults.add(where=where, field="posts", expected=expected, got=got, remedy=remedy)
    return tuple(_with_posture(first[unit.id], unit) for unit in force.units if unit.id in first)


def _with_posture(post: Post, unit: Unit) -> Post:
    """Give a crowd unit that states no posture the lowest one: over-reaction is never a default."""
    return replace(post, posture=POSTURES[0]) if post.posture is None and unit.level >= 0 else post


def _place_faults(posts: Sequence[Post], units: Sequence[Unit], city: City, *, armed: bool = True) -> Faults:
    """Resolve every post and home in the city; armed units stand outside a TPS, never in it."""
    faults, known = Faults(), {unit.id: unit for unit in units}
    for post in posts:
        site = city.find_or_fault(post.at, faults, post.where)
        unit = known.get(post.unit)
        if site is not None and site.kind == "tps" and unit is not None and unit.armed and armed:
            got, remedy = f"{unit.id} ({unit.agency}) at {site.name}", "Post it at the kelurahan; Linmas hold the TPS."
            faults.add(where=post.where, field="at", expected="no armed unit inside a TPS", got=got, remedy=remedy)
    find_homes(units, city, faults)
    return faults


def write_plan(plan: Plan, folder: Path) -> None:
    """Write plan.yaml and force.yaml to a folder: what `Plan.load` reads."""
    text = yaml.safe_dump(plan.to_dict() | {"force": "force.yaml"}, sort_keys=False, allow_unicode=True, width=120)
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    (folder / "force.yaml").write_text(plan.force.to_yaml(), encoding="utf-8")


def _load(folder: Path, _manifest: Manifest) -> Plan:
    return Plan.load(folder)


store.register("plan", write_plan, _load)
