"""What made a result: software, inputs, seed. The manifest alone says how to make the same bytes again.

It holds no time, host or worker count (those go to a separate run.json), so equal work gives equal manifests.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .errors import StoreError, reason

__all__ = ["LIBRARIES", "Manifest", "sha256_of"]

LIBRARIES = ("numba", "numpy", "pandas", "pyarrow", "scipy")


@dataclass(frozen=True)
class Manifest:
    """Record where a result comes from.

    `inputs` maps the name of each input to its SHA-256, `parents` holds the digests of the results it was made from,
    `settings` what was asked for (scenario, plan, city, replicates …) as plain JSON values.
    """

    software: str
    version: str
    git: str
    python: str
    platform: str
    libraries: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    streams_scheme: str = ""
    parents: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def collect(
        cls,
        *,
        inputs: Mapping[str, Path] | None = None,
        seed: int | None = None,
        streams_scheme: str = "",
        parents: Iterable[Manifest] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Describe this software and these inputs (files or folders, hashed here); `parents` by their digests."""
        return cls(
            software="sispamkota",
            version=_version("sispamkota"),
            git=_git(),
            python=platform.python_version(),
            platform=f"{platform.system()}-{platform.machine()}",
            libraries={name: _version(name) for name in LIBRARIES},
            inputs={name: sha256_of(path) for name, path in sorted((inputs or {}).items())},
            seed=seed,
            streams_scheme=streams_scheme,
            parents=tuple(parent.digest() for parent in parents),
            settings=dict(settings or {}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return {**asdict(self), "parents": list(self.parents)}

    def to_json(self) -> str:
        """Write it as JSON, keys sorted: equal manifests give equal text."""
        return json.dumps(self.to_dict(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_dict(cls, data: Any) -> Manifest:
        """Read what to_dict gave; raises StoreError when it is something else."""
        names = {each.name for each in fields(cls)}
        if not isinstance(data, dict) or not set(data) <= names or not isinstance(data.get("parents", []), list):
            raise StoreError("this is no manifest of sispamkota, or one of a newer version")
        try:
            return cls(**{**data, "parents": tuple(data.get("parents", ()))})
        except TypeError:
            raise StoreError("the manifest is incomplete") from None

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what to_json wrote; raises StoreError when it is something else."""
        try:
            return cls.from_dict(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise StoreError(f"the manifest cannot be read: {reason(error)}") from None

    def digest(self) -> str:
        """Give the SHA-256 of the manifest's JSON, the name under which a child knows it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """Hash a file, or a folder by the sorted names and hashes of its files."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listing = "".join(f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in files)
        return hashlib.sha256(listing.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _version(name: str) -> str:
    """Give the installed version of a distribution, or "" where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _git() -> str:
    """Name the commit of the source tree ("-dirty" when changed), or "" outside one."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""
