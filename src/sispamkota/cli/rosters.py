"""sispamkota force import, export, phases: rosters as offices keep them, and by phase of the operation."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sispamkota.errors import Fault, Faults, InputError, shown
from sispamkota.words import pick_language, words

from .common import AsJson, ForceArgument, Lang, Replace, free_file, print_json, say_new_folder, t, talk, together
from .force import DoctrineFile, force_app, load_doctrine
from .risk_inputs import VOTE, read_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sispamkota.force import Force
    from sispamkota.force.roster import Roster

_MARK = "# sispamkota force import, sha256 "
__all__ = ["force_export", "force_import", "force_phases"]


@force_app.command("import", help=t("cli.force_import"))
def force_import(
    *,
    roster: Annotated[Path, typer.Argument(metavar="ROSTER", help=t("cli.roster"))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.yaml", help=t("cli.force_out"))],
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help=t("cli.roster_on"))] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help=t("cli.roster_name"))] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help=t("cli.roster_title"))] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="TEXT", help=t("cli.roster_source"))] = None,
    renamed: Annotated[list[str] | None, typer.Option("--map", metavar="OLD=NEW", help=t("cli.roster_map"))] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help=t("cli.roster_sheet"))] = None,
    replace: Replace = False,
    doctrine: DoctrineFile = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Read a roster into a force file; what it says of persons is counted, named and left out."""
    language = pick_language(lang)
    from sispamkota.force.roster import read_roster
    from sispamkota.store import atomic_write

    day, own, columns, _ = together(
        lambda: None if on is None else read_day(on, "--on").isoformat(),
        lambda: load_doctrine(doctrine),
        lambda: _renames(renamed or ()),
        lambda: _refuse_strange(out, replace=replace),
    )
    say_new_folder(out, language)
    said = {"name": name, "title": title, "source": source, "on": day}
    about = {key: value for key, value in said.items() if value is not None}
    found = read_roster(roster, on=day or VOTE, about=about, own=own, renamed=columns, sheet=sheet)
    with atomic_write(out) as draft:
        draft.write_text(_signed(found.force.to_yaml()), encoding="utf-8", newline="\n")
    _told(found, out, as_json, language)


def _signed(text: str) -> str:
    """Put before a force file what tells whether it is still as it was written."""
    return f"{_MARK}{hashlib.sha256(text.encode()).hexdigest()}\n{text}"


def _refuse_strange(out: Path, *, replace: bool) -> None:
    """Raise InputError where something is at `out` that an import did not write, or that was changed since."""
    from sispamkota.outputs import refuse_blocked, refuse_suffix

    if not out.is_dir():
        refuse_suffix(out, (".yaml", ".yml"))
    refuse_blocked(out)
    if not out.exists() or (replace and out.is_file()):
        return
    got = "a folder" if out.is_dir() else ""
    if not got:
        try:
            head, _, text = out.read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            head, text = "", ""
        if head.startswith(_MARK) and _signed(text).startswith(head + "\n"):
            return
        got = "a file that was changed by hand" if head.startswith(_MARK) else "a file that no import wrote"
    remedy = "Name a new file" + (", or add --replace." if out.is_file() else ".") + " Nothing was changed."
    raise InputError([Fault(str(out), "-o", "a new file, or one of an earlier import", got, remedy)])


def _renames(texts: Sequence[str]) -> dict[str, str]:
    """Read OLD=NEW options; raises InputError for any other text."""
    faults, out = Faults(), dict[str, str]()
    for text in texts:
        old, equals, new = text.rpartition("=")
        if not equals or not old.strip() or not new.strip():
            remedy = 'For example --map "Jml Pers=kekuatan".'
            faults.add(where="--map", field="map", expected="OLD=NEW", got=shown(text), remedy=remedy)
        out[old.strip()] = new.strip()
    faults.raise_if_any()
    return out


def _told(found: Roster, out: Path, as_json: bool, lang: str) -> None:
    """Say what was read, and what was left out."""
    say, report, force = words(lang), found.report, found.force
    if as_json:
        units = [unit.strength for unit in force.units]
        head = {"name": force.name, "on": force.on, "units": len(units), "people": force.people}
        head |= {"strength": sum(units), "by_person": found.by_person, "matched": dict(report.matched)}
        print_json(
            head
            | {
                "personal": dict(found.personal),
                "dropped": list(report.dropped),
                "kept": list(found.kept),
                "file": str(out),
            }
        )
        return
    if found.by_person:
        talk(say("roster.by_person", rows=report.rows, units=len(force.units)))
    if found.personal:
        named = ", ".join(f"{name} ({count})" for name, count in found.personal.items())
        talk(say("roster.personal", columns=named))
    if report.dropped:
        talk(say("roster.dropped", columns=", ".join(report.dropped)))
    talk(say("roster.kept", columns=", ".join(found.kept)))
    print(force.tell(lang))
    talk(say("roster.written", path=out))


@force_app.command("export", help=t("cli.force_export"))
def force_export(
    *,
    force: ForceArgument = "malang-500",
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.xlsx|FILE.csv", help=t("cli.roster_out"))],
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help=t("cli.force_on"))] = None,
    names: Annotated[bool, typer.Option("--names/--no-names", help=t("cli.roster_names"))] = True,
    replace: Replace = False,
    doctrine: DoctrineFile = None,
    lang: Lang = None,
) -> None:
    """Write a force as a roster, with blank columns for names and NRP."""
    language = pick_language(lang)
    from sispamkota.force import Force
    from sispamkota.force.roster_sheet import SUFFIXES, write_roster

    own, day, _ = together(
        lambda: load_doctrine(doctrine),
        lambda: None if on is None else read_day(on, "--on"),
        lambda: free_file(out, SUFFIXES, replace=replace),  # names may have been filled in by hand
    )
    say_new_folder(out, language)
    found: Force = Force.load(force, own=own)
    write_roster(found if day is None else found.at(day), out, lang=language, names=names)
    talk(words(language)("roster.written", path=out))


@force_app.command("phases", help=t("cli.force_phases"))
def force_phases(
    *,
    force: ForceArgument = "malang-500",
    calendar: Annotated[Path | None, typer.Option("--calendar", metavar="FILE", help=t("cli.calendar"))] = None,
    doctrine: DoctrineFile = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Show who is in the operation in each phase."""
    language = pick_language(lang)
    from sispamkota.force import Force
    from sispamkota.force.phases import by_phase, phase_rows
    from sispamkota.risk.calendar import calendar as read_calendar
    from sispamkota.show import text_table

    found, days = together(lambda: Force.load(force, own=load_doctrine(doctrine)), lambda: read_calendar(path=calendar))
    if as_json:
        print_json({"force": found.name, "phases": by_phase(found, days)})
    else:
        print(text_table(*phase_rows(found, days, lang=language)))
