"""What is wrong with a command line, as faults like any other: where, which word, what was expected, what to do."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import typer

from sispamkota.errors import Fault, InputError, shown, suggest

__all__ = ["UsageError", "fault_of", "is_help"]

UsageError: Any = typer.BadParameter.__bases__[0]  # where typer keeps it changed with its versions
_EXTRA = re.compile(r"unexpected extra argument(?:s|\(s\))? \((.*)\)")
_COMMAND = re.compile(r"No such command '(.*?)'")
# as pydantic says it, or click before typer 0.20 did
_EXPECTED = re.compile(
    r"Input should be (.*?)(?:, unable to parse.*)?$|is not (a valid \w+)|not in the range (.*?)\.?$"
)


def is_help(error: Exception) -> bool:
    """Tell whether nothing is wrong: no command was named, and the help is the answer."""
    return type(error).__name__ == "NoArgsIsHelpError"


def fault_of(error: Any) -> InputError:
    """Say what the command line parser found, in the words of our other faults; its own where it is none we know."""
    context = error.ctx
    path = getattr(context, "command_path", "sispamkota")
    help_ = f"See {path} --help."
    message = error.format_message()
    if (name := getattr(error, "option_name", None)) is not None:
        fault = _of_option(error, path, str(name), help_)
    elif isinstance(error, typer.BadParameter):
        fault = _of_value(error, path, help_)
    elif found := _COMMAND.search(message):
        known = context.command.list_commands(context)
        fault = Fault(path, "command", "a command of this program", shown(found[1]), suggest(found[1], known))
    elif found := _EXTRA.search(message):
        fault = Fault(path, "argument", "no further word", shown(found[1]), help_)
    else:
        fault = Fault(path, "command line", "words that fit together", message, help_)
    return InputError([fault])


def _of_option(error: Any, path: str, name: str, help_: str) -> Fault:
    """Describe an option that there is not, or one that stands without its value or with one too many."""
    if not hasattr(error, "possibilities"):
        takes_none = "does not take a value" in error.message
        return Fault(path, name, "no value" if takes_none else "a value", "a value" if takes_none else "nothing", help_)
    argument = name.removeprefix("--")
    places = [] if error.ctx is None else error.ctx.command.params
    if any(each.param_type_name == "argument" and each.name == argument for each in places):
        remedy = f"Write it without {name}: {path} {argument.upper()}."
        return Fault(path, name, "a plain word", "an option", remedy)
    known = [opt for each in error.ctx.command.params for opt in each.opts] if error.ctx is not None else []
    near = suggest(name, [opt for opt in (error.possibilities or known) if opt.startswith("--")])
    return Fault(path, name, "an option of this command", shown(name), near if near.startswith("did") else help_)


def _of_value(error: Any, path: str, help_: str) -> Fault:
    """Describe a value that is missing, or is none that the option or argument takes."""
    param = error.param
    opts = [] if param is None else [each for each in param.opts if each.startswith("-")]
    name = " / ".join(opts) or str(getattr(param, "metavar", None) or getattr(param, "name", None) or "argument")
    if param is None or type(error).__name__ == "MissingParameter":
        return Fault(path, name, "a value", "nothing" if param is not None else error.format_message(), help_)
    found = _EXPECTED.search(error.message)
    expected = next(filter(None, found.groups())) if found else error.message
    return Fault(path, name, expected, _given(opts), help_)


def _given(opts: Sequence[str]) -> str:
    """Show what the command line gives an option; an argument is not told from the others."""
    words = sys.argv[1:]
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name in opts:
            return shown(value or after)
    return "another value"
