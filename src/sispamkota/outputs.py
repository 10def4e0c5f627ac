"""Where a result may go, looked at before any work: its ending, its place, and what stands there already.

One rule for every command. A folder that is missing is made, and the command says so. A file of ours is replaced, and
so is an earlier result of the same kind (`store.refuse_foreign`); anything else stays until it is asked for.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Sequence
from pathlib import Path

from .errors import Fault, InputError, shown

__all__ = ["missing_folder", "refuse_blocked", "refuse_file", "refuse_suffix", "suffix_faults", "unwritable"]

_HEAD = 2048  # bytes that hold the mark of all but a PDF
# What stands in every page and picture that we write: who made it, in the place that its format has for that.
_MARKS = {
    ".html": rb'<meta name="generator" content="sispamkota[ "]',
    ".svg": rb"<cc:Agent>\s*<dc:title>sispamkota</dc:title>",
    ".png": rb"tEXtSoftware\x00sispamkota",
    ".pdf": rb"/(Author|Creator) ?\(sispamkota\)",
}


def suffix_faults(path: Path, known: Sequence[str], *, option: str = "--out") -> list[Fault]:
    """Give the fault of a file whose name ends in none of the known suffixes; capitals are as good."""
    if path.suffix.lower() in known:
        return []
    expected = "a name that ends in " + ", ".join(known)
    return [Fault(option, "file", expected, shown(path.name), "Name a file that ends so.")]


def refuse_suffix(path: Path, known: Sequence[str], *, option: str = "--out") -> None:
    """Raise InputError for a file whose name ends in none of the known suffixes."""
    if faults := suffix_faults(path, known, option=option):
        raise InputError(faults)


def refuse_file(path: Path, known: Sequence[str], *, option: str = "--out", replace: bool | None = None) -> None:
    """Raise InputError for a file that cannot be written there, or whose place something has that is not ours.

    With `replace` given, the kind of file has no mark of ours (a table that a hand may have filled): whatever is there
    stays unless it is True.
    """
    refuse_suffix(path, known, option=option)
    refuse_blocked(path)
    if not path.exists() or (path.is_file() and (_is_ours(path) if replace is None else replace)):
        return
    got, expected, remedy = "a folder", "a new file", "Name a new file. Nothing was changed."
    if path.is_file() and replace is None:
        got, expected = "a file that this program did not write", "a new file, or one of ours"
    elif path.is_file():
        got, remedy = "a file that is there", "Name a new file, or add --replace. Nothing was changed."
    raise InputError([Fault(str(path), "output", expected, got, remedy)])


def refuse_blocked(path: Path) -> None:
    """Raise InputError where the nearest folder above `path` that is there is none, or may not be written to."""
    above = next(each for each in path.absolute().parents if os.path.lexists(each))
    if not above.is_dir():
        raise unwritable(path, "not a directory")
    if not os.access(above, os.W_OK | os.X_OK) or (path.is_file() and not os.access(path, os.W_OK)):
        raise unwritable(path, "permission denied")


def missing_folder(path: Path) -> Path | None:
    """Give the folder that a result goes to, where it is not there yet."""
    return None if path.parent.exists() else path.parent


def unwritable(path: Path, reason: str) -> InputError:
    """Describe a place that cannot be written."""
    remedy = "Choose a folder that you may write to, with space left."
    return InputError([Fault(str(path), "output", "a writable place", reason, remedy)])


def _is_ours(path: Path) -> bool:
    """Tell whether this program wrote a file; of a kind without a mark never."""
    mark = _MARKS.get(path.suffix.lower())
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            seen = data if path.suffix.lower() == ".pdf" else data[:_HEAD]
            return mark is not None and re.search(mark, seen) is not None
    except (OSError, ValueError):  # an empty file has no map
        return False
