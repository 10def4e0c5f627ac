"""Tell a comparison of two plans, a choice among several, or which assumptions decide, in words and a plain table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sispamkota.schema import quantity
from sispamkota.show import text_table
from sispamkota.words import figure, number, words

if TYPE_CHECKING:
    from sispamkota.rehearsal import Comparison, Selection, Sensitivity
    from sispamkota.rehearsal.selection import Candidate
    from sispamkota.rehearsal.sensitivity import Effect

__all__ = ["tell_comparison", "tell_selection", "tell_sensitivity"]

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


def tell_selection(found: Selection, *, title: str, lang: str) -> str:
    """Tell the chosen plan and what is promised, or that nothing is; then which plan went out when; "id" or "en"."""
    say, known, aim = words(lang), quantity(found.aim.measure), found.aim
    asked = {"p": figure(100.0 * aim.confidence, lang), "d": figure(aim.difference, lang), "unit": found.unit}
    way = say("choose.highest" if aim.highest else "choose.lowest")
    about = f"{known.sentence(lang)} ({found.unit})"
    lines = [say("choose.title", title=title, way=way, measure=about), ""]
    if found.decided:
        lines += [say("choose.chosen", plan=found.chosen, n=found.replicates), say("choose.promise", **asked)]
        if len(found.still_in) > 1:
            lines.append(say("choose.tie", plans=", ".join(found.still_in)))
    else:
        lines.append(say("choose.ended", n=found.replicates, plan=found.chosen, plans=", ".join(found.still_in)))
    if found.dropped:
        lines.append(say("choose.dropped", n=found.dropped))
    header = [say(f"choose.{key}") for key in ("plan", "mean", "replicates", "fate")]
    rows = [
        (each.name, figure(each.mean, lang), number(each.replicates, lang), _tell_fate(each, found, lang))
        for each in sorted(found.candidates, key=lambda each: (each.out_at > 0, -each.out_at, each.name))
    ]
    return "\n".join([*lines, "", text_table(say("choose.table"), header, rows), "", say("choose.note", **asked)])


def _tell_fate(each: Candidate, found: Selection, lang: str) -> str:
    """Say of a plan that it was chosen, is still in, or which plan put it out when."""
    say = words(lang)
    if each.out_at:
        return say("choose.out", n=number(each.out_at, lang), by=each.by)
    return say("choose.is_chosen" if found.decided and each.name == found.chosen else "choose.in")


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
