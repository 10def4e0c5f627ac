"""Files to begin with: each passes its own check as it is, and says beside each line what may be written there.

The templates are data/templates/KIND.yaml, and KIND.csv of tables; a line "#id …" or "#en …" is in one language: a
comment, and in a table the letterhead, which reading passes over. The roster is a
workbook, with blank columns for names and NRP and a sheet that explains every column in both languages.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from sispamkota.errors import Fault, InputError, shown, suggest
from sispamkota.force import Force
from sispamkota.force.roster_sheet import SUFFIXES, write_roster
from sispamkota.inputs import DATA
from sispamkota.outputs import suffix_faults
from sispamkota.store import atomic_write

__all__ = ["TABLE_KINDS", "TEMPLATES", "new_file", "template"]

TABLE_KINDS = ("areas", "venues", "observations")
TEMPLATES = ("roster", "force", "plan", "doctrine", "scenario", "calendar", *TABLE_KINDS)
_ROSTER = ".xlsx or .csv"
_COMMENT = re.compile(r"^(\s*)#(id|en) (.*)\n", re.MULTILINE)


def template(kind: str, *, lang: str, force: str = "malang-500", called: str = "") -> str:
    """Give the text of a new YAML or CSV file with comments in a language; a plan has a post for every unit of `force`.

    `called` is how the plan names the force, where that is not as it is read here. Raises KeyError for a kind that has
    no text.
    """
    if kind not in TEMPLATES or kind == "roster":
        raise KeyError(f'no template "{kind}": {suggest(kind, TEMPLATES)}')
    if kind in TABLE_KINDS:
        text = (DATA / "templates" / f"{kind}.csv").read_text(encoding="utf-8")
        return _COMMENT.sub(lambda found: f'"{found[3]}"\n\n' if found[2] == lang else "", text)
    text = (DATA / "templates" / f"{kind}.yaml").read_text(encoding="utf-8")
    text = _COMMENT.sub(lambda found: f"{found[1]}# {found[3]}\n" if found[2] == lang else "", text)
    text = text.replace("$schema=../schema/", f"$schema={(DATA / 'schema').as_posix()}/")
    return _posted(text, force, called or force) if kind == "plan" else text


def _posted(text: str, force: str, called: str) -> str:
    """Put a post for every unit of a force into the text of a plan: standing by where it is based."""
    units = Force.load(force).units
    posts = "".join(
        f"  - {{unit: {unit.id}, at: {_quoted(unit.home or 'polresta')}, task: standby}}\n" for unit in units
    )
    return text.replace("force: malang-500\n", f"force: {_quoted(called)}\n").replace("posts: []\n", f"posts:\n{posts}")


def _quoted(text: str) -> str:
    """Write a text as YAML takes it: plain where it is a simple name, else in quotes."""
    return (
        text if re.fullmatch(r"[a-z][a-z0-9_-]*", text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def new_file(kind: str, path: str | Path, *, lang: str, force: str = "malang-500") -> None:
    """Write a new file to begin with; raises InputError for an unknown kind, a wrong ending or a file that is there."""
    path = Path(path)
    faults = []
    ending = SUFFIXES if kind == "roster" else (".csv",) if kind in TABLE_KINDS else (".yaml", ".yml")
    if kind not in TEMPLATES:
        faults.append(Fault("KIND", "kind", ", ".join(TEMPLATES), shown(kind), suggest(kind, TEMPLATES)))
    else:
        faults += suffix_faults(path, ending)
    if path.exists():
        remedy = "Choose another name, or move the old file away."
        faults.append(Fault("--out", "file", "a name that is free", f"{path}, which is there", remedy))
    if faults:
        raise InputError(faults)
    if kind == "roster":
        write_roster(Force.load(DATA / "templates" / "force.yaml"), path, lang=lang)
        return
    text = template(kind, lang=lang, force=force, called=_beside(force, path))
    with atomic_write(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


def _beside(force: str, path: Path) -> str:
    """Name a force as a plan in `path` would: an embedded one by its name, a file by its way from there."""
    file = Path(force)
    return force if file.name == force and not file.suffix else Path(os.path.relpath(file, path.parent)).as_posix()
