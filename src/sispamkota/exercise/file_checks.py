"""What an exercise file says that its model cannot see alone: roles, names that stand twice, and persons in its texts.

It looks at the plain data, so that all of it is told at once with what the model refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sispamkota.errors import Faults, shown
from sispamkota.inputs import Document

from .privacy import private_faults
from .roles import roles

__all__ = ["check_document"]

Loc = tuple[str | int, ...]
_SAID = ("title_id", "title_en", "objectives", "items", "carried")  # what people wrote
_NO_TEXT = ("to", "role", "when", "measured", "origin", "state", "due", "quality")
_TWICE = "needs a name of its own"


def check_document(document: Document, faults: Faults, *, private: bool) -> None:
    """Add every fault of an exercise file; `private`: also what its texts say of persons."""
    for loc, role in _named_roles(document.data):
        if role.partition(":")[0] not in roles():
            faults.add(
                where=document.where(*loc),
                field=_dotted(loc),
                expected="a role of data/exercise/roles.yaml",
                got=f'"{role}"',
                remedy="Choose one of " + ", ".join(roles()) + ".",
            )
    _check_names(document, faults)
    for key in _SAID if private else ():
        for loc, text in _texts(document.data.get(key), (key,)):
            faults.extend(private_faults(text, where=document.where(*loc), field=_dotted(loc)))


def _rows(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """Give the mappings of a list with their numbers; what is something else is the model's to refuse."""
    rows = enumerate(value) if isinstance(value, list) else ()
    return [(n, row) for n, row in rows if isinstance(row, dict)]


def _tasks(data: dict[str, Any]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for n, objective in _rows(data.get("objectives")):
        for m, task in _rows(objective.get("tasks")):
            yield n, m, task


def _named_roles(data: dict[str, Any]) -> Iterator[tuple[Loc, str]]:
    """Go through the roles that a file names."""
    named: list[tuple[Loc, Any]] = [(("objectives", n), task.get("role")) for n, _, task in _tasks(data)]
    for n, item in _rows(data.get("items")):
        to = item.get("to")
        named += [(("items", n), role) for role in (to if isinstance(to, list) else ())]
    yield from ((loc, role) for loc, role in named if isinstance(role, str))


def _check_names(document: Document, faults: Faults) -> None:
    """List every name that stands twice, where the model did not come to say so."""
    if any(_TWICE in fault.expected for fault in faults):
        return
    data = document.data
    named: list[tuple[str, Loc, Any]] = [
        ("task", ("objectives", n, "tasks", m, "id"), task.get("id")) for n, m, task in _tasks(data)
    ]
    for what, key in (("item", "items"), ("carried item", "carried")):
        named += [(what, (key, n, "id"), row.get("id")) for n, row in _rows(data.get(key))]
    seen: set[tuple[str, str]] = set()
    for what, loc, name in named:
        if isinstance(name, str) and (what, name) in seen:
            faults.add(
                where=document.where(*loc), field=_dotted(loc), expected="a name of its own", got=shown(name),
                remedy="Correct this value.",
            )  # fmt: skip
        seen.add((what, str(name)))


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Go through what people wrote, with where it stands."""
    if isinstance(value, str):
        yield loc, value
    for key, each in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        if key not in _NO_TEXT:
            yield from _texts(each, (*loc, key))


def _dotted(loc: Loc) -> str:
    """Write a key path: items[3].text_id."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
