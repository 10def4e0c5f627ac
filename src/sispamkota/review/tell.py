"""Tell a comparison of two plans, or which assumptions decide, in words and a plain table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sispamkota.schema import quantity
from sispamkota.show import text_table
from sispamkota.words import figure, words

if TYPE_CHECKING:
    from sispamkota.rehearsal import Comparison, Sensitivity
    from sispamkota.rehearsal.sensitivity import Effect

__all__ = ["tell_comparison", "tell_sensitivity"]

NAMED = 5  # assumptions that are told; the JSON has them all
ONE_WAY = 0.5  # of the absolute effect: then three quarters of it goes one way


def tell_comparison(found: Comparison, *, title: str, lang: str) -> str:
    """Tell what differs surely, then what may not, each with what the same luck was worth; in "id" or "en"."""
    say, figures = words(lang), ("a", "b", "difference", "low", "high")
    tables: dict[str, list[tuple[str, ...]]] = {"sure": [], "open": []}
    same = 0
    for each in found.differences:
        if each.a == each.b and each.low == each.high:
            same += 1
            continue
        label = f"{quantity(each.name).sentence(lang)} ({each.unit})"
        cells = [figure(getattr(each, key), lang) for key in figures]
        tables["sure" if each.sure else "open"].append((label, *cells, f"{figure(each.ratio, lang)}×"))
    header = [say(f"compare.{key}") for key in ("measure", *figures, "luck")]
    lines = [f"A: {found.a}", f"B: {found.b}", say("compare.pairs", title=title, n=found.pairs), ""]
    lines += [text_table(say(f"compare.{key}"), header, rows) + "\n" for key, rows in tables.items() if rows]
    if not tables["sure"]:
        lines.append(say("compare.nothing_sure"))
    if same:
        lines.append(say("compare.same", n=same))
    return "\n".join([*lines, say("compare.note")])


def tell_sensitivity(found: Sensitivity, *, title: str, lang: str) -> str:
    """Tell the five assumptions that matter most; in "id" or "en"."""
    say, known = words(lang), quantity(found.measure)
    head = say("sensitivity.title", measure=known.sentence(lang), unit=known.display_unit, title=title)
    told = [_tell_effect(effect, rank, lang) for rank, effect in enumerate(found.effects[:NAMED], 1)]
    note = say("sensitivity.note", points=found.points, replicates=found.design.replicates, failed=found.failed)
    return "\n".join([head, *told, note])


def _tell_effect(effect: Effect, rank: int, lang: str) -> str:
    """Say how much a parameter does over its range, which way, and whether that hangs on the others."""
    say, about = words(lang), quantity(effect.parameter)
    unit = "" if about.unit == "1" else f" {about.unit}"
    span = f"{about.low:g} – {about.high:g}{unit}"
    figures = {key: figure(getattr(effect, key), lang) for key in ("strength", "low", "high")}
    line = say("sensitivity.line", rank=rank, name=effect.parameter, about=about.sentence(lang), span=span, **figures)
    sided = abs(effect.mean) > ONE_WAY * effect.strength
    line += "\n   " + say("sensitivity." + (("up" if effect.mean > 0.0 else "down") if sided else "both"))
    return f"{line} {say('sensitivity.depends')}" if effect.spread > effect.strength else line
