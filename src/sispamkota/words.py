"""The words on screen and in reports, Indonesian and English, from data/locale/{id,en}.toml.

Numbers follow the language too: 1.234,5 in Indonesian, 1,234.5 in English. Babel is imported on first use.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from .errors import Fault, InputError, shown

__all__ = [
    "LANGUAGES",
    "catalogue",
    "figure",
    "minutes",
    "number",
    "percent",
    "pick_language",
    "say_day",
    "share",
    "unit_word",
    "words",
]

LANGUAGES = ("id", "en")
_LOCALE = Path(__file__).parent / "data" / "locale"


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """Read one language's catalogue as "section.name" → text."""
    if lang not in LANGUAGES:
        raise KeyError(f'no language "{lang}": id or en')
    sections = tomllib.loads((_LOCALE / f"{lang}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{name}": text for section, table in sections.items() for name, text in table.items()}


def words(lang: str) -> Callable[..., str]:
    """Give t(key, **fields), which looks a text up and fills its {fields}; a missing key or field raises KeyError."""
    texts = catalogue(lang)

    def t(key: str, **fields: object) -> str:
        """Look one text up and fill it."""
        return texts[key].format(**fields)

    return t


def pick_language(option: str | None) -> str:
    """Choose "id" or "en": the option if given, else the locale (LC_ALL, LC_MESSAGES, LANG), else Indonesian.

    Raises InputError for an option that is neither.
    """
    if option is not None:
        if option not in LANGUAGES:
            raise InputError([Fault("--lang", "language", "id or en", shown(option), "Choose one of the two.")])
        return option
    setting = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if re.split(r"[_.@]", setting.lower())[0] in {"en", "english"} else "id"


def number(value: float, lang: str, *, digits: int = 0) -> str:
    """Write a number with exactly `digits` decimals; "–" where it is not finite, never "-0"."""
    from babel.numbers import format_decimal

    if not math.isfinite(value):
        return "–"
    value = round(value, digits) + 0.0
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=lang))


def figure(value: float, lang: str) -> str:
    """Write a number with about three figures: "1,234", "19.5", "0.082"; "∞" where it is infinite."""
    if math.isinf(value):
        return "∞" if value > 0.0 else "-∞"
    size = abs(value)
    return number(value, lang, digits=0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3)


def say_day(day: str, lang: str) -> str:
    """Write a day (YYYY-MM-DD) in full: "27 November 2024"."""
    from babel.dates import format_date

    return str(format_date(date.fromisoformat(day), format="d MMMM y", locale=lang))


def minutes(seconds: float, lang: str, *, digits: int = 1) -> str:
    """Write seconds as minutes with their unit: "12,5 menit" or "12.5 min"."""
    return f"{number(seconds / 60, lang, digits=digits)} {'menit' if lang == 'id' else 'min'}"


def percent(share: float, lang: str, *, digits: int = 0) -> str:
    """Write a share (0 to 1) as a percentage: "12,5 %" or "12.5 %"."""
    return f"{number(share * 100, lang, digits=digits)} %"


def share(value: float, lang: str) -> str:
    """Write a share (0 to 1), however small: "12.5 %", "0.0034 %"; two figures that count."""
    if not 0.0 < value < 0.1:
        return percent(value, lang, digits=1)
    return percent(value, lang, digits=max(1, -math.floor(math.log10(100.0 * value)) + 1))


def unit_word(unit: str, lang: str) -> str:
    """Give a unit's word; a unit without one in the catalogue is shown as it is."""
    key = unit.replace("%", "percent").replace(" ", "_")
    return catalogue(lang).get(f"unit.{key}", unit)
