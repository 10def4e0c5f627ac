"""The whole exception tree, and the faults that it carries.

SispamkotaError
├── InputError         (ValueError)     what the user gave cannot be used: every fault at once, exit code 2
├── UnknownPlaceError  (KeyError)       a reference names no place of a city, or several, exit code 2
├── StoreError         (OSError)        a result cannot be read or written, exit code 2
└── EngineError        (RuntimeError)   a kernel gave up; the replicate becomes a failed row
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "EngineError",
    "Fault",
    "Faults",
    "InputError",
    "SispamkotaError",
    "StoreError",
    "UnknownPlaceError",
    "collapsed",
    "quoted",
    "reason",
    "shown",
    "suggest",
]

_LISTED_FAULTS = 50
_LISTED_NAMES = 12
_SHOWN_CHARS = 60
_ALIKE = 10
_MORE = "… and "
_QUOTED_CHARS = 120
# What a system answers that has words of ours in both languages (data/locale/faults.id.toml); any other by its number.
_SYSTEM = {
    errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENOSPC, errno.EROFS,
    errno.EEXIST, errno.ENOTEMPTY, errno.EPERM, errno.ELOOP, errno.EPIPE, errno.EADDRINUSE, errno.EADDRNOTAVAIL,
}  # fmt: skip
_PLACE = re.compile(r"(:([^:/\\]*!)?[0-9]+)?( \([^()]*\))?$")  # what follows the name of the file: line, sheet, feature


@dataclass(frozen=True)
class Fault:
    """Say what is wrong with one field: `where` is "plan.yaml:12" or "--out"."""

    where: str
    field: str
    expected: str
    got: str
    remedy: str

    def __str__(self) -> str:
        """Print the fault in one line."""
        remedy = self.remedy[:1].upper() + self.remedy[1:]
        text = f"{self.where}: {self.field}: expected {self.expected}, got {self.got}. {remedy}"
        return " ".join(text.split())


class SispamkotaError(Exception):
    """Stand at the root: catch this one to catch everything that the package raises on purpose.

    Takes one sentence, or the faults; `faults` is empty for a sentence. Survives pickling, so a worker can raise it.
    """

    def __init__(self, reason: str | Iterable[Fault]) -> None:
        """Keep the sentence or the faults."""
        self.faults: tuple[Fault, ...] = () if isinstance(reason, str) else tuple(reason)
        super().__init__(reason if isinstance(reason, str) else self.faults)

    def __str__(self) -> str:
        """Print every fault, one a line; past the first fifty only how many more there are."""
        return self.listed(str, "… and {} more faults".format) if self.faults else str(self.args[0])

    def listed(self, line: Callable[[Fault], str], more: Callable[[int], str]) -> str:
        """Write the first fifty faults by `line`, and by `more` how many more there are."""
        lines = [line(fault) for fault in self.faults[:_LISTED_FAULTS]]
        if len(self.faults) > _LISTED_FAULTS:
            lines.append(more(len(self.faults) - _LISTED_FAULTS))
        return "\n".join(lines)


class InputError(SispamkotaError, ValueError):
    """Refuse what the user gave, with every fault and its remedy."""


class UnknownPlaceError(SispamkotaError, KeyError):
    """Report a reference that names no place of the city, or several."""


class StoreError(SispamkotaError, OSError):
    """Report a result that cannot be read or written."""


class EngineError(SispamkotaError, RuntimeError):
    """Report the fault code that a kernel returned."""


class Faults:
    """Collect faults, so that the reader hears of all of them at once."""

    def __init__(self) -> None:
        """Start with none."""
        self._faults: list[Fault] = []

    def add(self, *, where: str, field: str, expected: str, got: str, remedy: str) -> None:
        """Add one fault."""
        self._faults.append(Fault(where, field, expected, got, remedy))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Add many."""
        self._faults.extend(faults)

    def raise_if_any(self) -> None:
        """Raise one InputError with all faults, each once, or do nothing."""
        if self._faults:
            raise InputError(list(dict.fromkeys(self._faults)))

    def __len__(self) -> int:
        """Count them."""
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        """Go through them in the order in which they were found."""
        return iter(self._faults)


def collapsed(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Go through faults; of more than ten with one cause in one file, ten and how many more there are."""
    groups = defaultdict[tuple[str, str, str], list[Fault]](list)
    for fault in faults:
        groups[_PLACE.sub("", fault.where), fault.field, fault.expected].append(fault)
    for (where, field, expected), group in groups.items():
        full = [fault for fault in group if not fault.got.startswith(_MORE)]
        yield from full[:_ALIKE]
        yield from (fault for fault in group if fault.got.startswith(_MORE))
        if len(full) > _ALIKE:
            yield Fault(where, field, expected, f"{_MORE}{len(full) - _ALIKE} more like this", full[0].remedy)


def suggest(word: str, known: Iterable[str]) -> str:
    """Answer 'did you mean "kpu"?', or list the known names (the first dozen) where none is near."""
    names = {str(name).casefold(): str(name) for name in known if name}
    near = get_close_matches(str(word).casefold(), names, n=1)
    if near:
        return f'did you mean "{names[near[0]]}"?'
    if not names:
        return "there are none"
    listed = ", ".join(list(names.values())[:_LISTED_NAMES])
    more = len(names) - _LISTED_NAMES
    return f"known: {listed}, … ({more} more)" if more > 0 else f"known: {listed}"


def shown(value: object) -> str:
    """Quote a value for a message, on one line and cut at sixty characters."""
    text = " ".join(f'"{value}"'.split()) if isinstance(value, str) else " ".join(repr(value).split())
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


def reason(error: BaseException) -> str:
    """Say in words of ours why a file could not be read or written; a library's words are English in every language."""
    number = error.errno or (isinstance(error, FileNotFoundError) and errno.ENOENT) if isinstance(error, OSError) else 0
    if number:
        return os.strerror(number).lower() if number in _SYSTEM else f"error {number} of the system"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON from line {error.lineno}, column {error.colno} on"
    if isinstance(error, UnicodeDecodeError):
        return "no UTF-8 text"
    if isinstance(error, RecursionError):
        return "values nested too deeply"
    return "more than the memory holds" if isinstance(error, MemoryError) else "damaged content"


def quoted(error: BaseException) -> str:
    """Quote what a library says of a file, somebody else's words, on one line; its class where it says nothing."""
    said = " ".join(str(error).replace('"', "'").split())[:_QUOTED_CHARS] or type(error).__name__
    return f'"{said}"'
