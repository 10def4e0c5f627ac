"""Save and load stage values: a folder with manifest.json (which names the kind), Parquet and JSON. No pickles.

A result appears whole or not at all: it is built in a folder beside its place, then renamed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import Fault, InputError, SispamkotaError, StoreError, reason, suggest
from .manifest import Manifest
from .outputs import refuse_blocked, unwritable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "MANIFEST", "atomic_write", "load", "read_array", "read_json", "read_table", "refuse_foreign", "register", "save",
    "staged",
    "write_json", "write_table",
]  # fmt: skip

MANIFEST = "manifest.json"
LATER = ("report.html",)  # what a command writes into a result after it is saved
# What the versions wrote whose manifest has no list of files: all that may lie in such a folder.
_UNLISTED = (
    *("city.json", "kecamatan.parquet", "kelurahan.parquet", "venues.parquet", "tps.parquet", "junctions.parquet"),
    *("streets.parquet", "shapes.parquet", "areas.geojson", "force.yaml", "plan.yaml", "ensemble.json", "summary.json"),
    *("world", "rows.parquet", "responses.parquet", "places.parquet", "sites.parquet", "posts.parquet"),
    *("series.parquet", "timeline.parquet", "twins.parquet", "hazards.csv", "why.csv", "basis.json", "map.html"),
    *("places.csv", "places.xlsx", "trail.csv", "indicators.csv", "about.json", "rivalry.csv", "shifts.csv"),
    "flaws.csv",
)
# What a disk may answer: the user's to mend. Any other OSError of the block is the block's own.
_DISK = {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EISDIR, errno.ENOSPC, errno.ENOTDIR, errno.EROFS}


@dataclass(frozen=True)
class _Codec:
    """Hold how one kind of value goes to a folder and comes back."""

    save: Callable[[Any, Path], None]
    load: Callable[[Path, Manifest], Any]
    like: str


_CODECS: dict[str, _Codec] = {}


def register(
    kind: str, save: Callable[[Any, Path], None], load: Callable[[Path, Manifest], Any], *, like: str = ""
) -> None:
    """Teach the store one kind: the lower-case name of the value's class.

    `save(value, folder)` writes the value's own files; `load(folder, manifest)` reads them back. Values of one
    kind, and of the one that it is `like`, may take each other's place in a folder.
    """
    _CODECS[kind] = _Codec(save, load, like or kind)


def save(value: Any, folder: str | Path, *, beside: Callable[[Path], object] = lambda stage: None) -> None:
    """Write a stage value (it carries `.manifest`) to a folder, whole or not at all; `beside` adds files of its own."""
    kind = type(value).__name__.lower()
    codec = _codec(kind, Path(folder))
    refuse_foreign(Path(folder), kind=kind)
    with staged(folder) as stage:
        codec.save(value, stage)
        beside(stage)
        files = sorted(path.name for path in stage.iterdir())
        like = {"like": codec.like} if codec.like != kind else {}
        write_json({"kind": kind, **like, "manifest": value.manifest.to_dict(), "files": files}, stage / MANIFEST)


def load(folder: str | Path) -> Any:
    """Read a stage value back from the folder that `save` wrote; raises StoreError when it is no such folder."""
    folder = Path(folder)
    head = read_json(folder / MANIFEST)
    if not isinstance(head, dict) or not isinstance(head.get("kind"), str):
        raise _broken(folder / MANIFEST, "kind", "a kind and a manifest", "something else")
    codec = _codec(head["kind"], folder)
    try:
        return codec.load(folder, Manifest.from_dict(head.get("manifest")))
    except SispamkotaError:
        raise
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, NotImplementedError) as error:
        raise _broken(folder, "files", "a whole result", "one that is incomplete or was changed") from error


def _codec(kind: str, folder: Path) -> _Codec:
    if kind not in _CODECS:
        raise _broken(folder, "kind", "a kind that can be stored", f'"{kind}" ({suggest(kind, _CODECS)})')
    return _CODECS[kind]


def _broken(path: Path, field: str, expected: str, got: str) -> StoreError:
    """Describe a result that cannot be read."""
    return StoreError([Fault(str(path), field, expected, got, "Make the result again, or name another folder.")])


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name when the block ends well and vanishes otherwise.

    Raises InputError when the place cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise unwritable(path, reason(error)) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if error.errno in _DISK:
            raise unwritable(path, reason(error)) from None
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def staged(folder: str | Path) -> Iterator[Path]:
    """Yield a new folder beside `folder`; it takes its place, whole, when the block ends well and vanishes otherwise.

    An earlier result there (a folder with our manifest.json) is replaced, and so is an empty folder; anything else
    stays untouched and raises InputError, as does a place that cannot be written.
    """
    folder = Path(folder)
    refuse_foreign(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise unwritable(folder, reason(error)) from None
    try:
        yield stage
        stage.chmod(0o777 & ~_umask())
        _swap(stage, folder)
    except OSError as error:
        if error.errno in _DISK:
            raise unwritable(folder, reason(error)) from None
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def refuse_foreign(folder: Path, *, kind: str = "") -> None:
    """Raise InputError when `folder` is there and is neither empty nor an earlier result: not ours to replace.

    With a `kind`, nor may it be a result of another kind: a plan does not take the place of a thousand rehearsals.
    Raises StoreError where its manifest is no JSON.
    """
    refuse_blocked(folder)
    remedy = "Choose a new folder; nothing was changed here."
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        free = not folder.exists() or (folder.is_dir() and not names)
        head = _head(folder) if (folder / MANIFEST).is_file() else None
    except StoreError:
        raise
    except OSError as error:
        raise unwritable(folder, reason(error)) from None
    if free:
        return
    if head is None:
        got = "a folder with other files" if folder.is_dir() else "a file"
        raise InputError([Fault(str(folder), "output", "a new folder or an earlier result", got, remedy)])
    found, listed = head["kind"], {*head.get("files", _UNLISTED), *LATER, MANIFEST}
    like = head.get("like") or _like(found)  # the stage that wrote it need not be loaded
    if kind and like != _like(kind):
        raise InputError([Fault(str(folder), "output", f"a new folder or an earlier {kind}", found, remedy)])
    if strange := [name for name in names if name not in listed]:
        remedy = "Move it, or choose a new folder; nothing was changed here."
        raise InputError([Fault(str(folder), "output", "only files of the earlier result", strange[0], remedy)])


def _head(folder: Path) -> dict[str, Any] | None:
    """Read the manifest of a result of ours; None where it is one of somebody else: many programs have that name."""
    head = read_json(folder / MANIFEST)
    if not isinstance(head, dict) or not isinstance(head.get("kind"), str):
        return None
    made, files = head.get("manifest"), head.get("files", [])
    ours = isinstance(made, dict) and made.get("software") == "sispamkota"
    return head if ours and isinstance(files, list) and all(isinstance(name, str) for name in files) else None


def _like(kind: str) -> str:
    """Name the kind whose place a kind may take."""
    return _CODECS[kind].like if kind in _CODECS else kind


def _swap(stage: Path, folder: Path) -> None:
    """Put `stage` in the place of `folder`; the old one goes when the new one stands."""
    old = stage.with_name(stage.name + ".old")
    if folder.exists():
        folder.rename(old)
    try:
        stage.rename(folder)
    except OSError:
        with suppress(OSError):
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    """Read the process's file mask."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_json(value: Any, path: Path) -> None:
    """Write plain values as JSON, keys sorted, so that equal values give equal bytes; NaN is refused."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of ours; raises StoreError when it is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(path, "file", "a JSON file of sispamkota", reason(error)) from None


def read_array(path: Path) -> NDArray[Any]:
    """Read a NumPy array of ours; raises StoreError when it is missing or broken."""
    import numpy as np

    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise _broken(path, "file", "an array of sispamkota", reason(error)) from None
    return array


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, without its index; equal tables give equal bytes."""
    frame.to_parquet(path, index=False)


def read_table(path: Path, *, columns: Iterable[str] = (), numbers: Iterable[str] = ()) -> pd.DataFrame:
    """Read a Parquet table of ours; raises StoreError when it is missing or broken, or has not all of some columns.

    `numbers` are columns too, in which nothing but numbers may stand; a table without rows has none of any kind.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, LookupError, NotImplementedError) as error:
        raise _broken(path, "file", "a Parquet table of sispamkota", reason(error)) from None
    numbers = list(numbers)
    lacks = [name for name in (*columns, *numbers) if name not in frame.columns]
    if lacks:
        raise _broken(path, "columns", f'a column "{lacks[0]}"', "a table without it")
    strange = [name for name in numbers if len(frame) and not pd.api.types.is_numeric_dtype(frame[name])]
    if strange:
        raise _broken(path, "columns", f'numbers in the column "{strange[0]}"', "something else")
    return frame
