"""What an index is made of: its indicators, as data files; what is not published stays unpublished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import pydantic

from sispamkota.errors import Faults, InputError
from sispamkota.inputs import DATA, Model, locate, read_yaml, validate
from sispamkota.schema import TAGS

__all__ = ["Definition", "Group", "IndexFile", "Published", "definitions", "embedded_indices"]

Day = Annotated[str, pydantic.StringConstraints(pattern=r"^\d{4}(-\d{2}-\d{2})?$")]
Text = Annotated[str, pydantic.StringConstraints(min_length=1)]
Tag = Literal["official", "reported", "estimated", "assumed"]
assert set(TAGS) == set(Tag.__args__)  # type: ignore[attr-defined]  # noqa: S101


class Published(Model):
    """Say how many of something an index has, whether or not their names are known."""

    what: Text
    count: int
    source: Text
    tag: Tag
    note: str = ""


class Group(Model):
    """Name a variable or dimension of an index; `mean` is its reported mean over areas."""

    id: Text
    en: Text
    source: Text
    tag: Tag
    mean: float | None = None
    note: str = ""


class Definition(Model):
    """Define one indicator.

    `direction` says whether more of it is more risk (up) or less (down), `whole` that it is a count; `scale` are the
    least and the largest value that there can be, by default those found; `also` are further names under which a file
    may have it. `source` and `tag` are those of the index where they are blank.
    """

    id: Text
    en: Text
    unit: Text
    group: str = ""
    direction: Literal["up", "down"] = "up"
    whole: bool = False
    scale: tuple[float, float] | None = None
    also: tuple[str, ...] = ()
    source: str = ""
    tag: Tag | Literal[""] = ""
    note: str = ""

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.scale is not None and self.scale[0] >= self.scale[1]:
            raise ValueError("a scale from less to more")
        return self


class IndexFile(Model):
    """Describe one index (data/risk/*.yaml): whose it is, from when, its groups, indicators and published weights."""

    kind: Literal["indicators"]
    version: Literal[1]
    name: Text
    id: Text
    en: Text
    organisation: Text
    since: Day | None = None
    until: Day | None = None
    source: Text
    tag: Tag
    weights: dict[str, float] | None = None
    published: tuple[Published, ...] = ()
    groups: dict[str, Group] = pydantic.Field(default_factory=dict)
    indicators: dict[str, Definition] = pydantic.Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _linked(self) -> Self:
        unknown = sorted({each.group for each in self.indicators.values()} - {"", *self.groups})
        if unknown:
            raise ValueError(f"groups that are named: {', '.join(unknown)}")
        strange = sorted(set(self.weights or ()) - set(self.indicators))
        if strange:
            raise ValueError(f"weights of indicators that are defined, not {', '.join(strange)}")
        return self


def embedded_indices() -> tuple[str, ...]:
    """List the names of the embedded indices."""
    return tuple(sorted(path.stem for path in (DATA / "risk").glob("*.yaml") if _is_index(path)))


def _is_index(path: Path) -> bool:
    return read_yaml(path).data.get("kind") == "indicators"


def definitions(names: Sequence[str | Path]) -> Mapping[str, IndexFile]:
    """Read indices by embedded name or by path; an indicator is "index.indicator".

    Raises InputError with every fault of every file, and for two files of one name.
    """
    out, faults = dict[str, IndexFile](), Faults()
    for name in names:
        try:
            document = read_yaml(locate(name, "risk"))
        except InputError as error:
            faults.extend(error.faults)
            continue
        content = validate(IndexFile, document, faults)
        if content is not None and content.name in out:
            got = f'"{content.name}" again'
            where, remedy = document.where("name"), "Rename one of the two."
            faults.add(where=where, field="name", expected="each index once", got=got, remedy=remedy)
        elif content is not None:
            out[content.name] = content
    faults.raise_if_any()
    return out
