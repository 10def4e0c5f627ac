"""Ask whether anything in our lock files has a known vulnerability: `make audit`, or `python tools/audit.py`.

Asked is OSV (https://osv.dev), which has the advisories of PyPI and npm, about the very versions of requirements*.lock
and web/package-lock.json; SISPAMKOTA_OSV names a mirror of it. Exit 1: a vulnerability, by package, version and
advisory. Where no source answers nothing was audited: that is said, last and plainly, and the exit is 0.
"""

import json
import os
import re
import sys
import urllib.request
from http.client import HTTPException
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = "https://api.osv.dev"
AT_ONCE = 500  # packages in one question; OSV takes a thousand
PATIENCE_S = 20.0
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pinned(root: Path) -> list[tuple[str, str, str]]:
    """List what the lock files name: ecosystem, package, version."""
    found = {
        ("PyPI", re.sub(r"[-_.]+", "-", name).lower(), version)
        for lock in sorted(root.glob("requirements*.lock"))
        for name, version in _PIN.findall(lock.read_text(encoding="utf-8"))
    }
    web = root / "web" / "package-lock.json"
    packages = json.loads(web.read_text(encoding="utf-8"))["packages"] if web.exists() else {}
    for path, each in packages.items():
        if path and "version" in each and not each.get("link"):
            found.add(("npm", each.get("name") or path.rpartition("node_modules/")[2], each["version"]))
    return sorted(found)


def ask(source: str, path: str, body: object = None) -> dict:
    """Ask the source; raises OSError, HTTPException, ValueError or TypeError for no answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(source + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        told = json.load(answer)
    if not isinstance(told, dict):
        raise TypeError("no answer of OSV")
    return told


def advisories(source: str, packages: list[tuple[str, str, str]]) -> dict[tuple[str, str, str], list[str]]:
    """Give the advisories of each package that has any; withdrawn ones are none."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for start in range(0, len(packages), AT_ONCE):
        part = packages[start : start + AT_ONCE]
        queries = [{"package": {"ecosystem": e, "name": name}, "version": version} for e, name, version in part]
        results = ask(source, "/v1/querybatch", {"queries": queries})["results"]
        if len(results) != len(part):
            raise ValueError("an answer to another question")
        for package, result in zip(part, results, strict=True):
            named = [each["id"] for each in result.get("vulns") or ()]
            told = [text for text in (about(source, name) for name in named) if text]
            if told or result.get("next_page_token"):
                found[package] = told or ["more advisories than one answer holds"]
    return found


def about(source: str, name: str) -> str:
    """Say what an advisory is about; nothing where it was withdrawn."""
    told = ask(source, f"/v1/vulns/{name}")
    return "" if told.get("withdrawn") else f"{name}: {told.get('summary') or 'no summary'}"


def main() -> int:
    """Audit, and say how it went."""
    source, packages = os.environ.get("SISPAMKOTA_OSV", SOURCE).rstrip("/"), pinned(ROOT)
    try:
        found = advisories(source, packages)
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        why = " ".join(str(error).split())[:120] or type(error).__name__
        print(f"audit: NOT AUDITED: no advisory source answered at {source} ({why})", file=sys.stderr)
        return 0
    for (ecosystem, name, version), told in found.items():
        print(f"{ecosystem} {name} {version}")
        print(*(f"  {line}" for line in told), sep="\n")
    print(f"audit: {len(packages)} versions, {len(found)} with a known vulnerability")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
