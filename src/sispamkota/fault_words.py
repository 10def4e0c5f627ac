"""Faults in the reader's language: code says them in English, data/locale/faults.id.toml has the Indonesian of each.

A key of that file is a sentence as the code writes it, with "{}" for what is only known when the program runs. A test
holds the file against every sentence that the code can tell.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .errors import Fault, SispamkotaError
from .words import words

__all__ = ["in_indonesian", "tell"]

_FILE = Path(__file__).parent / "data" / "locale" / "faults.id.toml"
_GAP = "{}"
_ONE = r"(\"[^\"]*\"|[^\s]+)"
_FEW = 4  # letters: "in", "to", "at" stand in any sentence
Templates = tuple[tuple[re.Pattern[str], str], ...]


def tell(error: SispamkotaError, lang: str) -> str:
    """Write an error in a language, one fault a line; where it is and the name of the field stay as they are."""
    say, t = (in_indonesian if lang == "id" else str), words(lang)

    def line(fault: Fault) -> str:
        """Write one fault in one line."""
        expected, got, remedy = (say(text) for text in (fault.expected, fault.got, fault.remedy))
        parts = {"expected": expected, "got": got, "remedy": remedy[:1].upper() + remedy[1:]}
        return " ".join(t("fault.line", where=fault.where, field=fault.field, **parts).split())

    return error.listed(line, lambda n: t("fault.more", n=n)) if error.faults else say(str(error))


def in_indonesian(text: str) -> str:
    """Say a part of a fault in Indonesian; a text that is not ours, such as a value of the user, stays as it is."""
    whole, _ = _catalogue()
    if _quoted(text):
        return text
    stem = text.removesuffix(".")
    turned = text[:1].swapcase() + text[1:]
    for form, end, flip in (
        (text, "", False),
        (turned, "", True),
        (stem, ".", False),
        (turned[: len(stem)], ".", True),
    ):
        found = whole.get(form) or _filled(form)
        if found is not None:
            return (found[:1].swapcase() + found[1:] if flip else found) + end
    return text


def _filled(text: str) -> str | None:
    """Find the template that a text was made of, and fill its Indonesian with the same parts; None for none."""
    for pattern, said in _catalogue()[1]:
        if match := pattern.fullmatch(text):
            parts = (in_indonesian(part) if " " in part and not _quoted(part) else part for part in match.groups())
            return said.format(*parts)
    return None


def _quoted(text: str) -> bool:
    """Tell whether a text is one value in quotes: it is somebody's own and stays as it is."""
    return len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]


@cache
def _catalogue() -> tuple[Mapping[str, str], Templates]:
    """Read the sentences: those without a gap by their text, the others as patterns, the most particular first."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    said = {english: indonesian for table in tables.values() for english, indonesian in table.items()}
    whole = {english: indonesian for english, indonesian in said.items() if _GAP not in english}
    gapped = sorted((english for english in said if _GAP in english), key=lambda text: -len(text.replace(_GAP, "")))
    return whole, tuple((_pattern(english), said[english]) for english in gapped)


def _pattern(english: str) -> re.Pattern[str]:
    """Make the pattern of a template; what has hardly a word of its own takes single words and quoted values only."""
    weak = "'" not in english and sum(map(str.isalpha, english)) <= (_FEW if english.startswith(_GAP) else _FEW // 2)
    return re.compile((_ONE if weak else "(.*?)").join(map(re.escape, english.split(_GAP))), re.DOTALL)
