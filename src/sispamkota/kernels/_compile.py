"""The one wrapper around the compiler: its options, its cache folder, its off switch.

numba's own cache does not notice an edit in an imported file, so the cache folder is named by a hash of all kernel
sources; an edit anywhere gives a new folder and never an old answer. `NUMBA_DISABLE_JIT=1` runs the same functions as
plain Python (the twin that the tests compare with).
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

__all__ = ["CACHE", "kernel", "sources_digest"]

F = TypeVar("F", bound=Callable[..., Any])


def sources_digest() -> str:
    """Hash every kernel source together with the versions that compile it; 16 hexadecimal digits."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.implementation.cache_tag}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """Find a writable folder for compiled code: SISPAMKOTA_CACHE, the user's cache, else a new temporary one."""
    named = os.environ.get("SISPAMKOTA_CACHE")
    folder = (Path(named) if named else _user_cache() / "sispamkota") / f"kernels-{sources_digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="sispamkota-"))


def _user_cache() -> Path:
    """Return the user's cache folder by the custom of the platform."""
    local = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return Path(local) if local else Path("~").expanduser() / ".cache"


CACHE = _cache_folder()
numba.config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]


def kernel(function: F) -> F:
    """Compile a function on first call: no Python objects, the lock released, the result cached on disk."""
    return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
