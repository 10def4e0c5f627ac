"""A file of results and what it does not say itself: which election, when it was published, which columns are votes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pydantic

from sispamkota.errors import Faults, InputError
from sispamkota.inputs import Model, read_yaml, validate

from .results import Contest, Results, read_results

if TYPE_CHECKING:
    from sispamkota.place.city import City

__all__ = ["ContestFile", "read_contest"]


class ContestFile(Model):
    """Describe one election in YAML: `file` is its table, beside the YAML or by its whole path.

    `choices` are the columns of votes, one a choice; `renamed` gives ours for their names of columns.
    """

    kind: Literal["contest"]
    version: Literal[1]
    name: str = pydantic.Field(min_length=1)
    day: dt.date
    published: dt.date
    source: str = pydantic.Field(min_length=1)
    ballot: str = ""
    file: str = pydantic.Field(min_length=1)
    choices: tuple[str, ...] = ()
    renamed: dict[str, str] = pydantic.Field(default_factory=dict)


def read_contest(path: str | Path, city: City) -> Results:
    """Read a table of results that names its elections itself, or a YAML that names one and its table.

    Raises InputError with every fault of either.
    """
    path = Path(path)
    if path.suffix.casefold() not in (".yaml", ".yml"):
        return read_results(path, city)
    faults = Faults()
    said = validate(ContestFile, read_yaml(path), faults)
    if said is None:
        raise InputError(faults)
    contest = Contest(said.name, said.day, said.published, said.source, said.ballot)
    table = path.parent / said.file
    return read_results(table, city, contest=contest, choices=said.choices, renamed=said.renamed)
