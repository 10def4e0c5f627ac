"""Resolve the lock files anew: `make lock`, or `python tools/lock.py [FILE...]`; needs uv on PATH.

One set of versions for Linux, macOS and Windows, Python 3.11 to 3.13, by hash; no address of any registry.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMON = [
    *("--universal", "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes", "--upgrade"),
    *("--no-emit-index-url", "--no-annotate", "--no-header", "--quiet"),
]
LOCKS = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-build.lock": ["--group", "build"],
    "requirements-dev.lock": ["pyproject.toml", "--group", "dev", "-c", "requirements.lock"],
    "requirements-bench.lock": ["pyproject.toml", "--group", "bench", "-c", "requirements-dev.lock"],
    "requirements-jupedsim.lock": [
        *("pyproject.toml", "--extra", "jupedsim", "--group", "bench", "-c", "requirements-bench.lock"),
    ],
}


def main() -> int:
    """Write the files, or only those named."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if not uv:
        sys.exit("lock: uv is not here. Install it with: python3 -m pip install uv")
    wanted = sys.argv[1:] or list(LOCKS)
    if unknown := set(wanted) - set(LOCKS):
        sys.exit(f"lock: no file {', '.join(sorted(unknown))}: choose from {', '.join(LOCKS)}")
    for name in wanted:
        subprocess.run([uv, "pip", "compile", *LOCKS[name], *COMMON, "-o", name], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
