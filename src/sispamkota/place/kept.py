"""An embedded city, drawn once on this computer and read back afterwards: its streets take a second to draw.

The folder is named by a hash of all that draws it (data, code, versions): an edit anywhere gives a new folder and never
an old city, as with the compiled kernels beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sispamkota import store
from sispamkota.errors import InputError, StoreError
from sispamkota.inputs import DATA
from sispamkota.kernels._compile import CACHE
from sispamkota.manifest import Manifest

from .sources import Sources

__all__ = ["keep", "kept"]

_PACKAGE = Path(__file__).parents[1]


def kept(sources: Sources) -> Any:
    """Read an embedded city back; None where it was not kept, or cannot be read."""
    try:
        return store.load(_folder(sources))
    except StoreError:
        return None


def keep(city: Any, sources: Sources) -> None:
    """Keep an embedded city, where the compiled kernels are kept; a place that cannot be written is no matter."""
    if not CACHE.name.startswith("kernels-"):
        return  # a temporary folder, for this process alone
    try:
        store.save(city, _folder(sources))
    except (InputError, OSError):
        return


def _folder(sources: Sources) -> Path:
    """Name the folder by all that an embedded city is made of."""
    made = Manifest.collect(inputs=sources.inputs())
    digest = hashlib.sha256(f"{CACHE.name} {made.to_json()}".encode())
    code = [*_PACKAGE.glob("*.py"), *_PACKAGE.glob("place/*.py")]
    data = [*DATA.glob("*.toml"), *DATA.glob("place/*"), *DATA.glob("locale/*"), *DATA.glob("cities/*/*")]
    for path in sorted(path for path in (*code, *data) if path.is_file()):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return CACHE.parent / f"city-{sources.name}-{digest.hexdigest()[:16]}"
