"""Look at the machine: is everything here that a rehearsal needs? One line each, with its remedy."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .. import __version__
from ..words import words

__all__ = ["Finding", "compiled_kernels", "examine"]

_EXTRA = re.compile(r"^([\w.-]+).*extra == [\"']([\w-]+)")


@dataclass(frozen=True)
class Finding:
    """Say what was looked at, what is there, and what to do if that is not `good`."""

    what: str
    got: str
    good: bool
    remedy: str = ""


def examine(lang: str) -> list[Finding]:
    """Look at everything once, in the language of the reader."""
    return [*_software(lang), *_machine(lang), *_data(lang)]


def _software(lang: str) -> Iterator[Finding]:
    t = words(lang)
    yield Finding("sispamkota", __version__, good=True)
    python = f"{platform.python_version()} {sys.executable}"
    yield Finding("python", python, good=sys.version_info >= (3, 11), remedy=t("doctor.python"))
    versions = {name: _version(name) for name in _requirements()}
    missing = sorted(name for name, version in versions.items() if not version)
    told = ", ".join(missing) or ", ".join(f"{n} {versions[n]}" for n in ("numba", "numpy", "pyarrow") if n in versions)
    yield Finding(t("doctor.libraries"), told, good=not missing, remedy=t("doctor.install"))
    lacking = ", ".join(name for name, libraries in _extras().items() if not all(map(_version, libraries)))
    yield Finding(t("doctor.extras"), t("doctor.lacking", names=lacking) if lacking else t("doctor.all"), good=True)


def _requirements() -> list[str]:
    """List the libraries that the installed package asks for; none where it runs from its source."""
    try:
        lines = metadata.requires("sispamkota") or []
    except metadata.PackageNotFoundError:
        return ["numba", "numpy", "pyarrow"]
    return [line.split(">")[0].split(";")[0].strip() for line in lines if "extra ==" not in line]


def _extras() -> dict[str, list[str]]:
    """List the libraries of each extra of the installed package; only that of PDF where it runs from its source."""
    try:
        lines = metadata.requires("sispamkota") or []
    except metadata.PackageNotFoundError:
        return {"report": ["typst", "openpyxl"]}
    found = dict[str, list[str]]()
    for library, extra in (each for line in lines for each in _EXTRA.findall(line)):
        found.setdefault(extra, []).append(library)
    return found


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _machine(lang: str) -> Iterator[Finding]:
    t = words(lang)
    from ..kernels._compile import CACHE

    lasting = not CACHE.name.startswith("sispamkota-")  # else a throw-away folder of this process
    yield Finding(t("doctor.cache"), str(CACHE), good=lasting, remedy=t("doctor.cache_remedy"))
    compiled = compiled_kernels()
    yield Finding(t("doctor.kernels"), t("doctor.compiled", n=compiled) if compiled else t("doctor.first"), good=True)
    yield Finding(t("doctor.cores"), str(os.cpu_count() or 1), good=True)
    here = Path.cwd()
    yield Finding(t("doctor.folder"), str(here), good=_writable(here), remedy=t("doctor.folder_remedy"))


def compiled_kernels() -> int:
    """Count the kernels that this installation keeps compiled; 0 while the engine's own step is not among them.

    Another installation of the same version keeps its own beside them, and some commands compile a few kernels only.
    """
    from ..kernels.world import advance

    folder = Path(advance.stats.cache_path) if hasattr(advance, "stats") else None  # plain Python has no cache
    if folder is None or not any(folder.glob("world.advance-*.nbi")):
        return 0
    return sum(1 for _ in folder.glob("*.nbi"))


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _data(lang: str) -> Iterator[Finding]:
    t = words(lang)
    locale = next((f"{n}={os.environ[n]}" for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "–")
    yield Finding(t("doctor.language"), f"{lang} ({locale})", good=True)
    shared = os.environ.get("SISPAMKOTA_SHARED")
    if shared:
        yield Finding("SISPAMKOTA_SHARED", shared, good=Path(shared).is_dir(), remedy=t("doctor.shared_remedy"))
