"""Break the code on purpose and see that the tests notice: `python tools/mutants.py [NAME...]`.

Each tests/mutants/NAME.patch opens with a line `# test: <pytest node id> [plain]`, then a unified diff. It is applied
in a scratch copy and the test it names must fail there by an assertion, having passed without it. "plain" runs the
uncompiled twin (NUMBA_DISABLE_JIT=1). Exit 1 if a mutant survives, a patch no longer applies, or a test fails anyway.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("src", "tests", "examples", "verification", "tools", "pyproject.toml", "Makefile", "README.md")
HEADER = re.compile(r"^# test: (?P<test>\S+)(?P<plain> plain)?\s*$", re.MULTILINE)
SECONDS = 600


@dataclass(frozen=True)
class Mutant:
    """One patch and the test that must notice it."""

    patch: Path
    test: str
    plain: bool


def read(patch: Path) -> Mutant:
    """Read the header of a patch."""
    found = HEADER.search(patch.read_text(encoding="utf-8"))
    if not found:
        sys.exit(f"{patch}: no line '# test: <pytest node id> [plain]'")
    return Mutant(patch, found["test"], bool(found["plain"]))


def copy(scratch: Path) -> None:
    """Copy what the tests need into an empty folder."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, scratch / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        elif source.exists():
            shutil.copy2(source, scratch / name)


def outcome(scratch: Path, mutant: Mutant, *, cache: Path | None = None) -> str:
    """Run the test in `scratch`: "passed", "failed" (by an assertion), or what else happened."""
    report = scratch / "report.xml"
    env = dict(os.environ, PYTHONPATH=str(scratch / "src"), PYTHONDONTWRITEBYTECODE="1")
    env.setdefault("SISPAMKOTA_SHARED", str(ROOT.parent / "shared"))
    if mutant.plain:
        env["NUMBA_DISABLE_JIT"] = "1"
    if cache:
        env["SISPAMKOTA_CACHE"] = str(cache)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "",
        f"--junitxml={report}",
        mutant.test,
    ]
    try:
        subprocess.run(command, cwd=scratch, env=env, capture_output=True, timeout=SECONDS, check=False)
        suite = ET.parse(report).getroot()
    except subprocess.TimeoutExpired:
        return f"no end after {SECONDS} s"
    except (OSError, ET.ParseError):
        return "could not be run"
    if suite.find(".//error") is not None:
        return "error, not a failure: " + str(suite.find(".//error").get("message"))[:80]
    failures = [str(each.get("message")) for each in suite.iter("failure")]
    if any(re.match(r"(AssertionError|assert |Failed)", message) for message in failures):
        return "failed"
    if failures:
        return "raised, not asserted: " + failures[0][:80]
    ran = len(list(suite.iter("testcase"))) - len(list(suite.iter("skipped")))
    return "passed" if ran > 0 else "no test ran"


def sound(mutant: Mutant) -> str:
    """Run the test on the code as it is."""
    with tempfile.TemporaryDirectory() as name:
        copy(Path(name))
        return outcome(Path(name), mutant)


def kill(mutant: Mutant) -> str:
    """Run the test on the code as the patch breaks it."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        copy(scratch)
        env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(scratch.parent))
        command = ["git", "apply", str(mutant.patch)]
        applied = subprocess.run(command, cwd=scratch, env=env, capture_output=True, text=True, check=False)
        if applied.returncode:
            return "does not apply: " + " ".join(applied.stderr.split())[:120]
        return outcome(scratch, mutant, cache=scratch / "cache")


def main() -> int:
    """Go through the mutants and print one line each."""
    patches = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
    if sys.argv[1:]:
        patches = [patch for patch in patches if patch.stem in sys.argv[1:]]
    if not patches:
        sys.exit("mutants: there is no patch of that name in tests/mutants")
    mutants = [read(patch) for patch in patches]
    distinct = {(mutant.test, mutant.plain): mutant for mutant in mutants}
    width = max(len(mutant.patch.stem) for mutant in mutants)
    survivors = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        whole = dict(zip(distinct, pool.map(sound, distinct.values()), strict=True))
        began = time.monotonic()
        for mutant, found in zip(mutants, pool.map(kill, mutants), strict=True):
            before = whole[mutant.test, mutant.plain]
            good = before == "passed" and found == "failed"
            survivors += not good
            verdict = "caught" if good else "SURVIVED" if found == "passed" else found
            if before != "passed":
                verdict = f"the test does not pass on sound code: {before}"
            print(f"{mutant.patch.stem:<{width}}  {verdict}  ({mutant.test}{' plain' * mutant.plain})", flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants caught, {time.monotonic() - began:.0f} s")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
