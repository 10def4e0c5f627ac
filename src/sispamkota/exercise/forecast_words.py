"""A forecast in words: the table that a terminal shows, what a log keeps of it, and the same rows as a page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from sispamkota.show import html_table, text_table
from sispamkota.words import figure, number, percent, words

if TYPE_CHECKING:
    from .forecast import Forecast, Row

__all__ = ["forecast_page", "forecast_text", "told_of"]

DAY_S = 86_400
PLACES_TOLD = 3  # in the line that a log keeps


def forecast_text(forecast: Forecast, lang: str) -> str:
    """Write a forecast for a terminal: options side by side, dialogue first, what is sure, what it rests on."""
    say = words(lang)
    parts = [text_table(*_table(forecast, lang)), say("forecast.legend"), "", *_differences(forecast, lang), ""]
    parts += [say("forecast.moves"), *(f"  {line}" for line in _moves(forecast, lang)), ""]
    parts += [say("forecast.rests"), *(f"  {getattr(each, lang)}" for each in forecast.assumptions)]
    parts += [say("forecast.failed", n=forecast.failed)] if forecast.failed else []
    parts += [say("forecast.left_out", n=forecast.left_out)] if forecast.left_out else []
    return "\n".join([*parts, "", say("forecast.no_order")])


def forecast_page(forecast: Forecast, lang: str) -> str:
    """Write a forecast as HTML: the same table, what differs, what it rests on."""
    say = words(lang)
    lines = [
        *_differences(forecast, lang),
        say("forecast.rests"),
        *(getattr(each, lang) for each in forecast.assumptions),
    ]
    below = "".join(f"<p>{escape(line.strip())}</p>" for line in [say("forecast.legend"), *lines])
    return html_table(*_table(forecast, lang)) + below + f"<p>{escape(say('forecast.no_order'))}</p>"


def told_of(forecast: Forecast, lang: str) -> str:
    """Write in a line what somebody was told, for the log: harm, likeliest places, calls, what a dialogue would do."""
    say, base = words(lang), [row for row in forecast.rows if row.option == forecast.options[-1]]
    merah = sorted((row for row in base if row.measure == "merah"), key=lambda row: -(row.mean or 0.0))[:PLACES_TOLD]
    places = "".join(
        say("forecast.told_place", place=forecast.places[row.place], chance=_cell(row, lang)) for row in merah
    )
    gap = forecast.find("harm_people", option=forecast.options[0])
    return say(
        "forecast.told",
        at=_clock(forecast.at),
        minutes=number(forecast.minutes, lang),
        replicates=forecast.replicates - forecast.failed,
        harm=_cell(forecast.find("harm_people"), lang),
        place=places,
        waiting=_cell(forecast.find("calls_waiting"), lang),
        gap=_gap(gap, lang),
    )


def _clock(seconds: float) -> str:
    """Write how long after the start it is: hours and minutes."""
    return f"+{int(seconds // 3600)}:{int(seconds // 60) % 60:02d}"


def _table(forecast: Forecast, lang: str) -> tuple[str, list[str], list[list[str]]]:
    """Give title, header and a line a measure, options side by side."""
    say = words(lang)
    title = say(
        "forecast.title", title=forecast.title[lang], minutes=number(forecast.minutes, lang), at=_clock(forecast.at)
    )
    under = say("forecast.under", replicates=forecast.replicates - forecast.failed, seed=forecast.seed)
    header = [say("forecast.measure"), *(say(f"forecast.option_{option}") for option in forecast.options)]
    rows = dict[tuple[str, str], list[str]]()
    for row in forecast.rows:
        rows.setdefault((row.measure, row.place), [_label(forecast, row, lang)]).append(_cell(row, lang))
    return f"{title}\n{under}", header, list(rows.values())


def _label(forecast: Forecast, row: Row, lang: str) -> str:
    say = words(lang)
    if not row.place:
        return say(f"forecast.m_{row.measure}")
    return say("forecast.at_place", place=forecast.places[row.place], stage=row.measure)


def _cell(row: Row, lang: str) -> str:
    """Write a value with its interval."""
    say = words(lang)
    if row.mean is None:
        return say("forecast.none")
    if row.chance:
        low, high = (number(100.0 * (each or 0.0), lang) for each in (row.low, row.high))
        return say("forecast.chance", mean=percent(row.mean, lang), low=low, high=high)
    told = {name: _value(getattr(row, name), row, lang) for name in ("median", "p05", "p95")}
    return say("forecast.amount", **told)


def _value(value: float | None, row: Row, lang: str) -> str:
    """Write a figure: counts whole, minutes to a tenth below ten."""
    whole = row.unit != "min" or abs(value or 0.0) >= 10.0
    return number(value or 0.0, lang, digits=0 if whole else 1)


def _gap(row: Row, lang: str) -> str:
    """Write a difference, with its sign."""
    if row.difference is None:
        return words(lang)("forecast.none")
    scale = 100.0 if row.chance else 1.0
    text = figure(abs(scale * row.difference), lang) + (" %" if row.chance else "")
    return ("+" if row.difference > 0.0 else "-" if row.difference < 0.0 else "") + text


def _differences(forecast: Forecast, lang: str) -> Iterator[str]:
    """Write the differences that are sure among all that are shown."""
    say, sure = words(lang), [row for row in forecast.rows if row.sure]
    yield say("forecast.differs" if sure else "forecast.differs_none")
    for option in forecast.options:
        for row in (each for each in sure if each.option == option):
            scale = 100.0 if row.chance else 1.0
            low, high = (_signed(scale * (each or 0.0), lang) for each in (row.difference_low, row.difference_high))
            named = say(f"forecast.option_{option}")
            told = {
                "option": named,
                "what": _label(forecast, row, lang),
                "difference": _gap(row, lang),
                "low": low,
                "high": high,
            }
            yield "  " + say("forecast.differs_row", **told)


def _signed(value: float, lang: str) -> str:
    return ("+" if value > 0.0 else "-" if value < 0.0 else "") + figure(abs(value), lang)


def _moves(forecast: Forecast, lang: str) -> Iterator[str]:
    """Write what each option would do now."""
    say = words(lang)
    for option in forecast.options[:-1]:
        named, told = say(f"forecast.option_{option}"), []
        for move in forecast.moves[option]:
            key = "move_ask" if not move.unit else "move_send" if move.seconds > 0.0 else "move_there"
            able = say(f"capability.{move.capability}") if move.unit else ""
            fields = {"place": forecast.places[move.place], "unit": move.unit, "capability": able}
            told.append(say(f"forecast.{key}", **fields, minutes=_minutes(move.seconds, lang)))
        what = "; ".join(told)
        yield say("forecast.moves_row", option=named, what=what) if told else say("forecast.moves_none", option=named)


def _minutes(seconds: float, lang: str) -> str:
    return number(seconds / 60.0, lang, digits=0 if seconds >= 600.0 else 1)
