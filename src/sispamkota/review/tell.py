"""Tell a comparison of plans, a choice among them, a rare event, or what decides, in words and a plain table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sispamkota.schema import quantity
from sispamkota.show import text_table
from sispamkota.words import figure, number, share, words

from .words_of import measure_label, unit_word

if TYPE_CHECKING:
    from sispamkota.rehearsal import Comparison, Rarity, Selection, Sensitivity
    from sispamkota.rehearsal.compare import Difference
    from sispamkota.rehearsal.selection import Candidate
    from sispamkota.rehearsal.sensitivity import Effect

__all__ = [
    "all_equal",
    "nobody_came",
    "tell_comparison",
    "tell_rarity",
    "tell_selection",
    "tell_sensitivity",
    "unlike",
]

NAMED = 5  # assumptions that are told; the JSON has them all
COMMON = 0.01  # a probability for which plain replication does as well
ONE_WAY = 0.5  # of the absolute effect: then three quarters of it goes one way


def tell_comparison(found: Comparison, *, title: str, lang: str) -> str:
    """Tell what differs surely, then what may not, each with what the same luck was worth; in "id" or "en"."""
    say, figures = words(lang), ("a", "b", "difference", "low", "high")
    tables: dict[str, list[tuple[str, ...]]] = {"sure": [], "open": []}
    for each in found.differences:
        if each.same:
            continue
        label = measure_label(each.name, each.unit, lang)
        cells = [figure(getattr(each, key), lang) for key in figures]
        tables["sure" if each.sure else "open"].append((label, *cells, f"{figure(each.ratio, lang)}×"))
    header = [say(f"compare.{key}") for key in ("measure", *figures, "luck")]
    lines = [f"A: {found.a}", f"B: {found.b}", say("compare.pairs", title=title, n=found.pairs), ""]
    lines += [text_table(say(f"compare.{key}"), header, rows) + "\n" for key, rows in tables.items() if rows]
    if not tables["sure"]:
        lines.append(all_equal(found, lang) or say("compare.nothing_sure"))
    if found.agreeing and not found.alike:
        lines.append(say("compare.same", n=found.agreeing))
    lines += [line] if (line := unlike(found, lang)) else []
    notes = [(each, nobody_came(each, lang)) for each in found.differences]
    lines += [f"{measure_label(each.name, each.unit, lang)}: {note}" for each, note in notes if note]
    return "\n".join([*lines, say("compare.note")])


def all_equal(found: Comparison, lang: str) -> str:
    """Say that nothing differs in any pair, and how rare what was not seen may be; "" where something does."""
    rare = number(100.0 * found.unseen, lang, digits=1)
    return words(lang)("alike.all_equal", n=number(found.pairs, lang), share=rare) if found.alike else ""


def unlike(found: Comparison, lang: str) -> str:
    """Name the measures that differ though they cannot be compared; "" without any."""
    names = "; ".join(quantity(name).sentence(lang) for name in found.unlike)
    return words(lang)("compare.unlike", names=names) if names else ""


def nobody_came(row: Difference, lang: str) -> str:
    """Say of calls how many nobody came to, and how the row counts them; "" for other measures."""
    if row.unanswered is None or not any(row.unanswered):
        return ""
    a, b = (number(each, lang) for each in row.unanswered)
    lines = {"response_line_s": "stood_only", "line_stood": "never_stood"}
    how = lines.get(row.name) or ("not_in_time" if row.name.startswith("within_") else "answered_only")
    return words(lang)(f"compare.{how}", a=a, b=b)


def tell_selection(found: Selection, *, title: str, lang: str) -> str:
    """Tell the chosen plan and what is promised, or that nothing is; then which plan went out when; "id" or "en"."""
    say, aim = words(lang), found.aim
    asked = {"p": figure(100.0 * aim.confidence, lang), "d": figure(aim.difference, lang)}
    asked["unit"] = unit_word(found.unit, lang)
    way = say("choose.highest" if aim.highest else "choose.lowest")
    about = measure_label(found.aim.measure, found.unit, lang)
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


def tell_rarity(found: Rarity, *, title: str, lang: str) -> str:
    """Tell how probable a rare event is, and what that took beside plain replication; in "id" or "en"."""
    say, effort, known = words(lang), found.effort, quantity(found.event)
    shares = {key: share(getattr(found, key), lang) for key in ("probability", "low", "high")}
    lines = [say("rare.title", event=known.sentence(lang), title=title), say("rare.probability", **shares)]
    if not found.seen:
        lines.append(say("rare.never", n=effort.repetitions))
    elif found.seen < effort.repetitions / 2:
        lines.append(say("rare.few", seen=found.seen, n=effort.repetitions))
    elif found.probability > COMMON:
        lines.append(say("rare.common"))
    header = [say("rare.level"), say("rare.share")]
    rows = [(f"{level:.4g}", f"{each:.3f}") for level, each in zip(found.levels, found.shares, strict=True)]
    lines += ["", text_table(say("rare.levels"), header, rows), ""]
    took = {"repetitions": effort.repetitions, "trials": number(effort.trials, lang), "seen": found.seen}
    lines.append(say("rare.took", events=number(found.events, lang), **took))
    if found.plain_replicates is not None and found.plain_events is not None:
        counts = {"n": number(found.plain_replicates, lang), "events": number(found.plain_events, lang)}
        lines.append(say("rare.plain", times=figure(found.plain_events / max(1, found.events), lang), **counts))
    return "\n".join(lines)
