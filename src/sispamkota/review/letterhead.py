"""The lines over a report on paper: from data/paper/letterhead.yaml, or from a file of the service's own."""

from __future__ import annotations

import os
from typing import Any, Literal

import pydantic

from sispamkota.errors import Faults
from sispamkota.inputs import DATA, Model, read_yaml, validate

__all__ = ["LetterheadFile", "letterhead"]

VARIABLE = "SISPAMKOTA_LETTERHEAD"
_OFFICES = ("polresta", "polres", "polrestabes")
_MOST = 6


class LetterheadFile(Model):
    """Describe a letterhead; in a line, {office} stands for the city's police headquarters."""

    kind: Literal["letterhead"]
    version: Literal[1]
    lines: tuple[str, ...] = pydantic.Field(max_length=_MOST)
    source: str = ""
    tag: Literal["official", "reported", "estimated", "assumed"] = "reported"


def letterhead(sites: Any) -> list[str]:
    """Give the lines for the places of a result (columns name, kind); raises InputError for a file that is broken."""
    faults = Faults()
    named = os.environ.get(VARIABLE)
    file = validate(LetterheadFile, read_yaml(named or DATA / "paper" / "letterhead.yaml"), faults)
    faults.raise_if_any()
    offices = sites.loc[sites["kind"].isin(_OFFICES), "name"]
    office = str(offices.iloc[0]).upper() if len(offices) else ""
    lines = [line.replace("{office}", office).strip() for line in (file.lines if file else ())]
    return [line for line in lines if line]
