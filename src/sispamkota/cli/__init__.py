"""The command line: one thin command a stage. Data goes to stdout, talk to stderr.

Exit codes: 0 fine, 1 a finding, 2 bad input or an output that cannot be written, 3 the engine gave up, 130 stopped.
Heavy imports stand inside the commands, so that --help is quick.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from sispamkota.errors import EngineError, SispamkotaError

from . import (
    deploying,
    exercise,
    force,
    new,
    place,
    plan_check,
    plan_export,
    plan_rehearsed,
    plans,
    program,
    rehearsal,
    reviewing,
    risk,
    rosters,
)
from .common import asked_language, group, stop, t
from .usage import UsageError, fault_of, is_help

__all__ = ["app", "main"]

_JOINED = (
    deploying,
    rosters,
    plan_check,
    plan_export,
    plan_rehearsed,
)  # each adds its commands to force_app or plan_app
app = group("cli.about")


def main() -> None:
    """Run the program, and say every failure in plain words."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8" if os.name == "nt" else None, errors="replace")  # type: ignore[union-attr]
    try:
        sys.exit(_run())
    except EngineError as error:
        stop(_told(error), 3)
    except SispamkotaError as error:
        stop(_told(error), 2)
    except OSError as error:  # a full disk, a stdout that is gone
        if error.errno == errno.EPIPE:  # whoever read it has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        stop(f"{error.filename or 'stdout'}: {_reason(error)}", 2)


def _run() -> int:
    """Run the command that is asked for; give its exit code. Raises InputError for a command line that is none."""
    try:
        code = app(prog_name="sispamkota", standalone_mode=False)
    except UsageError as error:
        if is_help(error):
            error.show()
            return 2
        raise fault_of(error) from None
    except typer.Abort:
        return 130
    return code if isinstance(code, int) else 0


def _told(error: SispamkotaError) -> str:
    """Write an error in the language of the reader."""
    from sispamkota.fault_words import tell

    return tell(error, asked_language())


def _reason(error: OSError) -> str:
    """Give the reason that the system has, in the language of the reader."""
    from sispamkota.fault_words import in_indonesian

    reason = str(error.strerror)
    return in_indonesian(reason.lower()) if asked_language() == "id" else reason


def _version(wanted: bool) -> None:
    if wanted:
        from sispamkota import __version__

        print(f"sispamkota {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help=t("cli.version"), callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


rehearsal.add_to(app)
reviewing.add_to(app)
app.add_typer(place.app, name="place")
app.add_typer(risk.app, name="risk")
app.add_typer(force.force_app, name="force")
app.add_typer(plans.plan_app, name="plan")
app.add_typer(exercise.exercise_app, name="exercise")
program.add_to(app)
new.add_to(app)
