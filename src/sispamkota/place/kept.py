"""An embedded city, drawn once on this computer and read back afterwards: its streets take a second to draw.

The folder is named by a hash of all that draws it (data, code, versions): an edit anywhere gives a new folder and never
an old city, as with the compiled kernels beside it. Its files are held against the hashes that were taken of them: what
a disk has damaged is drawn anew and never played in.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from sispamkota import store
from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.kernels._compile import CACHE
from sispamkota.manifest import Manifest, sha256_of

from .sources import Sources

__all__ = ["keep", "kept"]

_PACKAGE = Path(__file__).parents[1]
_HASHES = "hashes.json"
_DRAW = ("pyproj", "shapely")  # what draws a city beside the libraries of every manifest
_KEEP = 4  # cities of one name: copies of this program that are used in turn do not drive each other's out


def kept(sources: Sources) -> Any:
    """Read an embedded city back; None where it was not kept, cannot be read, or is not what was kept."""
    folder = _folder(sources)
    try:
        said = store.read_json(folder / _HASHES)
        city = store.load(folder) if said == _hashes(folder, said["manifest"]) else None
    except (OSError, LookupError, TypeError):
        return None
    if city is None or _digest(city) != said["manifest"]:
        return None
    return replace(city, manifest=replace(city.manifest, git=Manifest.collect().git))


def keep(city: Any, sources: Sources) -> None:
    """Keep an embedded city, where the compiled kernels are kept; a place that cannot be written is no matter."""
    if not CACHE.name.startswith("kernels-") or kept(sources) is not None:
        return  # a temporary folder, for this process alone; or another process was faster
    folder = _folder(sources)
    shutil.rmtree(folder, ignore_errors=True)  # ours by its name, and damaged
    try:
        store.save(city, folder, beside=lambda made: store.write_json(_hashes(made, _digest(city)), made / _HASHES))
        _prune(folder)
    except (InputError, OSError):
        return


def _hashes(folder: Path, manifest: str) -> dict[str, Any]:
    """Hash the files of a kept city; beside them stands the hash of its manifest."""
    names = sorted({path.name for path in folder.iterdir()} - {_HASHES, store.MANIFEST})
    return {"manifest": manifest, "files": {name: sha256_of(folder / name) for name in names}}


def _digest(city: Any) -> str:
    """Hash a city's manifest without the commit, which draws nothing."""
    digest: str = replace(city.manifest, git="").digest()
    return digest


def _prune(folder: Path) -> None:
    """Remove the cities of a name that were kept before the last few."""
    mine = re.compile(re.escape(folder.name[:-16]) + "[0-9a-f]{16}")
    others = [each for each in folder.parent.iterdir() if mine.fullmatch(each.name) and each != folder]
    for old in sorted(others, key=lambda each: each.stat().st_mtime, reverse=True)[_KEEP - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def _folder(sources: Sources) -> Path:
    """Name the folder by all that an embedded city is made of."""
    made = replace(Manifest.collect(inputs=sources.inputs()), git="")  # code and data are hashed themselves
    versions = [metadata.version(name) for name in _DRAW]
    digest = hashlib.sha256(f"{CACHE.name} {versions} {made.to_json()}".encode())
    code = [*_PACKAGE.glob("*.py"), *_PACKAGE.glob("place/*.py")]
    data = [*DATA.glob("*.toml"), *DATA.glob("place/*"), *DATA.glob("locale/*"), *DATA.glob("cities/*/*")]
    for path in sorted(path for path in (*code, *data) if path.is_file()):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return CACHE.parent / f"city-{sources.name}-{digest.hexdigest()[:16]}"
