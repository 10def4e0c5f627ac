"""The folder that orders are written to: whose it is, and what in it a hand may have filled: none is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sispamkota.errors import Fault, Faults, InputError
from sispamkota.plan.orders import Orders
from sispamkota.store import atomic_write, write_json

__all__ = ["RECORD", "write_file", "write_folder"]

RECORD = "orders.json"  # lists what an export wrote, so that the next one knows its own
Made = Mapping[str, tuple[str, Callable[[], bytes]]]
_KEEP = "Nothing was changed."


def write_file(path: Path, content: bytes, *, replace: bool) -> Path:
    """Write one file; raises InputError where another one is there, unless it may be replaced."""
    if path.is_dir() or (path.exists() and not replace and path.read_bytes() != content):
        got, remedy = "a folder" if path.is_dir() else "another file", f"Name a new file, or add --replace. {_KEEP}"
        raise InputError([Fault("-o", "file", "a new file, or the same one", f"{got} at {path}", remedy)])
    return _write(path, content)


def write_folder(out: Path, orders: Orders, files: Made, *, replace: bool) -> list[Path]:
    """Write files, name → (format, maker), to a folder that is new or of these orders; gives their paths.

    What an earlier export of a format wrote and this one does not is taken away. Raises InputError for a folder that
    holds anything else or orders of another plan, and, without `replace`, for files that were changed since.
    """
    about = _about(orders)
    before = _held(out, about)
    gone = {
        name: row
        for name, row in before.items()
        if name not in files and row["format"] in {f for f, _ in files.values()}
    }
    _refuse_changed(out, before, {*files, *gone}, replace=replace)
    rows = {name: row for name, row in before.items() if name not in gone}
    for name in gone:
        (out / name).unlink(missing_ok=True)
    rows |= {name: {"format": form, "sha256": ""} for name, (form, _) in files.items()}
    _record(out, about, rows)  # first: an export that is cut short is still known as one
    for name, (form, maker) in files.items():
        content = maker()
        _write(out / name, content)
        rows[name] = {"format": form, "sha256": hashlib.sha256(content).hexdigest()}
    _record(out, about, rows)
    return [out / name for name in files]


def _about(orders: Orders) -> dict[str, str]:
    """Say whose orders they are: of which plan, in which city, of one agency or of all."""
    agencies = {order.agency for order in orders.orders}
    return {"plan": orders.plan, "city": orders.city, "agency": agencies.pop() if len(agencies) == 1 else ""}


def _held(out: Path, about: Mapping[str, str]) -> dict[str, Any]:
    """Give what an earlier export of the same orders wrote there; raises InputError for any other content."""
    remedy, got = f"Choose a new folder. {_KEEP}", ""
    if out.is_dir() and any(out.iterdir()):
        try:
            record = json.loads((out / RECORD).read_text(encoding="utf-8"))
            theirs, files = (
                {key: str(record[key]) for key in about},
                {str(k): dict(v) for k, v in record["files"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            got = "a folder with other files"
        else:
            if theirs == about and all((out / name).resolve().is_relative_to(out.resolve()) for name in files):
                return files
            got = f"orders of {theirs['plan']}" + (f" for {theirs['agency']} alone" if theirs["agency"] else "")
    elif out.exists() and not out.is_dir():
        got = "a file"
    if got:
        expected = f"a new folder, or one with the orders of {about['plan']}"
        raise InputError([Fault("-o", "folder", expected, f"{got} in {out}", remedy)])
    return {}


def _refuse_changed(out: Path, known: Mapping[str, Any], names: set[str], *, replace: bool) -> None:
    """Raise InputError for files that a hand has changed since they were written; `replace` lets them go."""
    faults = Faults()
    for name in sorted(names if not replace else ()):
        path, row = out / name, known.get(name, {"sha256": "not ours"})
        if not path.exists() or not row["sha256"]:
            continue  # not there, or cut short while it was written
        if hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
            remedy = f"Move it, choose a new folder, or add --replace. {_KEEP}"
            faults.add(where=str(path), field="file", expected="as it was written", got="a changed file", remedy=remedy)
    faults.raise_if_any()


def _record(out: Path, about: Mapping[str, str], rows: Mapping[str, Any]) -> None:
    """List what is there."""
    with atomic_write(out / RECORD) as draft:
        write_json({"kind": "orders", "version": 1, **about, "files": dict(rows)}, draft)


def _write(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all."""
    with atomic_write(path) as made:
        made.write_bytes(content)
    return path
