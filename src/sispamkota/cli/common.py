"""What all commands share: options, how data and talk are printed, how a check ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from sispamkota.errors import Faults, InputError
from sispamkota.words import LANGUAGES, pick_language, words

__all__ = [
    "AsJson", "CityArgument", "CityName", "ForceArgument", "Lang", "PlanArgument", "Replace", "Replicates",
    "ResultDir", "Seed", "Workers", "asked_language", "check", "doing", "finite", "free_file", "free_folder",
    "group", "print_json", "print_value", "progress", "say_if_compiling", "say_new_folder", "stop", "t", "talk",
    "together",
]  # fmt: skip


def asked_language() -> str:
    """Give the language that the command line asks for, whichever command it is: its help and faults come in it."""
    words_, option = [*sys.argv[1:], ""], "--lang"
    asked = [b if a == option else a[len(option) + 1 :] for a, b in pairwise(words_) if a.split("=")[0] == option]
    return pick_language(next((lang for lang in asked if lang in LANGUAGES), None))


t = words(asked_language())
CityName = Annotated[str, typer.Option("--city", metavar="NAME|DIR", help=t("cli.city"))]
AsJson = Annotated[bool, typer.Option("--json", help=t("cli.json"))]
Lang = Annotated[str | None, typer.Option("--lang", metavar="id|en", help=t("cli.lang"))]
CityArgument = Annotated[str, typer.Argument(metavar="CITY", help=t("cli.city"))]
ForceArgument = Annotated[str, typer.Argument(metavar="FORCE", help=t("cli.force_arg"))]
PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help=t("cli.plan_arg"))]
Replace = Annotated[bool, typer.Option("--replace", help=t("cli.replace"))]
Replicates = Annotated[int, typer.Option("--replicates", "-n", metavar="N", min=1, help=t("cli.replicates"))]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help=t("cli.seed"))]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help=t("cli.workers"))]
ResultDir = Annotated[Path, typer.Argument(metavar="RESULT", help=t("cli.result"))]


def group(about: str) -> typer.Typer:
    """Make a group of commands."""
    return typer.Typer(
        help=t(about),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def stop(text: str, code: int) -> None:
    """End with a message and an exit code."""
    talk(text)
    sys.exit(code)


def talk(text: str) -> None:
    """Say something on stderr."""
    print(text, file=sys.stderr, flush=True)


def say_if_compiling(language: str) -> None:
    """Say that the first run on a computer takes longer."""
    from sispamkota.app.doctor import compiled_kernels

    if not compiled_kernels():
        talk(words(language)("cli.compiling"))


def print_json(value: Any) -> None:
    """Print plain values as JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def finite(value: float | None) -> float | None:
    """Let a number pass that is one; raises BadParameter for "nan" and "inf", which no range of an option stops."""
    if value is not None and not isfinite(value):
        raise typer.BadParameter("Input should be a number")
    return value


def free_file(path: Path | None, known: Sequence[str], *, option: str = "--out", replace: bool | None = None) -> None:
    """Raise InputError for a file that cannot be written as it is named; see `outputs.refuse_file`."""
    from sispamkota.outputs import refuse_file

    if path is not None:
        refuse_file(path, known, option=option, replace=replace)


def free_folder(path: Path | None, kind: str) -> None:
    """Raise InputError for a folder that cannot be written, or that holds what is no earlier result of the kind."""
    from sispamkota.store import refuse_foreign

    if path is not None:
        refuse_foreign(path, kind=kind)


def say_new_folder(path: Path | None, language: str) -> None:
    """Say which folder is made for a result, where it is not there yet."""
    from sispamkota.outputs import missing_folder

    if path is not None and (folder := missing_folder(path)) is not None:
        talk(words(language)("cli.new_folder", path=folder))


@contextmanager
def check(as_json: bool) -> Iterator[None]:
    """Run a check: nothing found exits 0, bad input lists its faults (as JSON where asked) and exits 2."""
    try:
        yield
    except InputError as error:
        if not as_json:
            raise
        print_json({"findings": [asdict(fault) for fault in error.faults]})
        raise typer.Exit(2) from None
    if as_json:
        print_json({"findings": []})
    else:
        print(t("cli.no_finding"))


def print_value(value: Any, as_json: bool, lang: str) -> None:
    """Print a stage value as text, or its table and assumptions as JSON."""
    if not as_json:
        print(value.tell(lang))
        return
    rows = value.to_table().to_json(orient="records", double_precision=15)
    assumptions = [asdict(each) for each in value.assumptions]
    print_json({"rows": json.loads(rows), "assumptions": assumptions, "manifest": value.manifest.to_dict()})


def together(*loads: Callable[[], Any]) -> list[Any]:
    """Load several inputs; the faults of all of them are told at once."""
    faults, loaded = Faults(), []
    for load in loads:
        try:
            loaded.append(load())
        except InputError as error:
            faults.extend(error.faults)
    faults.raise_if_any()
    return loaded


@contextmanager
def progress(
    total: int, language: str, *, unit: str = "cli.progress", stopped: str = ""
) -> Iterator[Callable[[int], None]]:
    """Give advance(done), which moves a bar on a terminal; Ctrl-C ends with 130 and the text `stopped`."""
    try:
        with _bar(total, words(language)(unit)) as advance:
            yield advance
    except KeyboardInterrupt:
        stop(f"\n{stopped}", 130)


@contextmanager
def doing(language: str) -> Iterator[Callable[[str], None]]:
    """Give show(text), which says on a terminal what is being done, and nothing elsewhere; Ctrl-C ends with 130."""
    try:
        if not sys.stderr.isatty():
            yield lambda _text: None
            return
        from rich.console import Console

        with Console(stderr=True).status(words(language)("cli.doing")) as status:
            yield status.update
    except KeyboardInterrupt:
        stop("", 130)


@contextmanager
def _bar(total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Give advance(done), which moves a bar on a terminal and does nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=total)
        yield lambda done: bar.update(task, completed=done)
