"""The course of an exercise: its key events in words, and the stages of each place as a ribbon under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sispamkota.exercise import Record

from .anev import Anev
from .anev_say import Say
from .figures import SYMBOLS
from .scale import Scale, round_ticks, spread
from .summary import choices
from .svg import element, figure, number, text

__all__ = ["Moment", "draw_course", "key_moments"]

MOST = 32  # moments told; the world's own are left out first, the last kinds of review.toml before the others
ROW, RIBBON, TOP = 46.0, 20.0, 30.0


@dataclass(frozen=True)
class Moment:
    """Hold one moment: its number, when (ms), what in a sentence, its record (None: the world's log)."""

    index: int
    t: int
    sentence: str
    record: int | None


def key_moments(anev: Anev, say: Say) -> tuple[Moment, ...]:
    """Tell the key moments by time: what people decided, and what the world did."""
    people = [(r.t, sentence, r.n) for r in anev.log.records if (sentence := _decided(anev, say, r))]
    world = _world(anev, say)
    order: list[str] = choices()["events_told"]
    room = max(MOST - len(people), 12)
    kept = sorted(world, key=lambda each: order.index(each[2]))[:room]
    rows = [(t, sentence, None) for t, sentence, _ in kept]
    told = sorted([*people, *rows], key=lambda each: each[0])
    return tuple(
        Moment(n, t, sentence[:1].upper() + sentence[1:], record) for n, (t, sentence, record) in enumerate(told, 1)
    )


def _world(anev: Anev, say: Say) -> list[tuple[int, str, str]]:
    """Tell the world's events that count; the same of the same place again is told once, a stage each time."""
    order, seen, told = set(choices()["events_told"]), set(), []
    for each in () if anev.course is None else anev.course.happenings:
        key = (each.event, each.place, "" if each.event in ("gathering", "unmet") else each.detail)
        if each.event not in order or (key in seen and not each.event.startswith("stage_")):
            continue
        if each.detail.startswith("live/"):
            continue  # the controller's own inject is told by its record
        seen.add(key)
        detail = anev.places.get(each.detail, "")
        count, _, kind = each.detail.rpartition(" ")
        if not detail and each.event == "unmet":
            detail = f"{count} {say.t(f'capability.{kind}')}"
        sentence = say.t(
            f"event.{each.event}", place=say.place(each.place), detail=detail or each.detail.replace("-", " ")
        )
        told.append((round(each.t * 1000), sentence, each.event))
    return told


# --- what people decided ----------------------------------------------------------------------------------------------


def _asked(anev: Anev, say: Say, r: Record) -> dict[str, str]:
    return {"kind": say.request(anev.board.requests[r.n]), "to": say.role(r.action["to"])}


def _answered(anev: Anev, say: Say, r: Record) -> dict[str, str]:
    request = anev.board.requests[r.action["request"]]
    return {"kind": say.request(request), "authority": r.action["authority"], "why": r.action["why"]}


_DECIDED: Mapping[str, Callable[[Anev, Say, Record], dict[str, str]]] = {
    "request.make": _asked,
    "request.answer": _answered,
    "command.hand_over": lambda anev, say, r: {},
    "command.change_line": lambda anev, say, r: {},
    "command.cap_force": lambda anev, say, r: {"step": str(r.action["step"]), "why": r.action["why"]},
    "command.reinforce": lambda anev, say, r: {"why": r.action["why"]},
    "order.ask_to_leave": lambda anev, say, r: {},
    "voting": lambda anev, say, r: {"state": say.t(f"anev.voting_{r.action['state']}"), "why": r.action["why"]},
    "inject.incident": lambda anev, say, r: {"kind": _kind(say, r.action["kind"])},
    "inject.provoke": lambda anev, say, r: {"people": str(r.action["people"])},
    "inject.arrive": lambda anev, say, r: {"people": str(r.action["people"])},
    "clock.end": lambda anev, say, r: {},
}


def _kind(say: Say, kind: str) -> str:
    return say.t(f"playback.kind_{kind.replace('-', '_')}")


def _decided(anev: Anev, say: Say, record: Record) -> str:
    """Tell a record that decides something; nothing for the others."""
    fields = _DECIDED.get(record.do)
    if fields is None:
        return ""
    key = record.do.replace(".", "_")
    if record.do == "request.answer":
        key += "_yes" if record.action["granted"] else "_no"
    ref = _place(anev, record)
    about = {"role": say.role(record.seat), "place": say.place(ref), "where": f" ({say.place(ref)})" if ref else ""}
    return say.t(f"anev.did_{key}", **about, **fields(anev, say, record))


def _place(anev: Anev, record: Record) -> str | None:
    if record.do == "request.answer":
        return anev.board.requests[record.action["request"]].place
    return record.action.get("place")


# --- the ribbon -------------------------------------------------------------------------------------------------------


def draw_course(anev: Anev, moments: Sequence[Moment], say: Say, *, key: str, width: float) -> Markup | None:
    """Draw each place's stages over time, with the numbers of the moments above; None without a world."""
    if anev.course is None or not anev.course.places:
        return None
    scale = Scale(0.0, anev.course.end, 12.0, width - 24.0)
    wide = width > 400
    above = TOP if wide else 4.0  # the numbers' room
    floor = above + ROW * len(anev.course.places)
    parts: list[Markup] = [*_marks(moments, scale, floor)] if wide else []
    for n, place in enumerate(anev.course.places):
        top = above + ROW * n
        parts.append(text(12.0, top + 14, say.place(place), class_="row-name"))
        for begin, end, stage in anev.course.stages(place):
            x, right = scale(begin), scale(end)
            title = f"{say.t(f'anev.stage_{stage}')}: {say.minute(begin * 1000)}–{say.minute(end * 1000)}"
            shape = element("rect", element("title", title), x=x, y=top + 20, width=max(0.5, right - x), height=RIBBON,
                            class_=f"stage {stage}")  # fmt: skip
            parts.append(shape)
            if right - x > 16:
                parts.append(text(x + 3, top + 35, SYMBOLS[stage], class_=f"in-{stage}"))
    parts += _axis(anev.course.end, scale, floor + 2, say, most=7 if wide else 5)
    title, about = say.t("anev.ribbon"), say.t("anev.ribbon_about", n=len(anev.course.places))
    return figure(key, (width, floor + 30), title, about, parts)


def _marks(moments: Sequence[Moment], scale: Scale, floor: float) -> Iterator[Markup]:
    """Draw the numbers along the top, pushed apart where they would touch; those that do not fit stand in the list."""
    fitting = list(moments)[: int((scale.right - scale.left) // 19)] if len(moments) * 19 > scale.right else moments
    at = spread([scale(each.t / 1000.0) for each in fitting], gap=19.0, low=scale.left, high=scale.right)
    for each, x in zip(fitting, at, strict=True):
        true = scale(each.t / 1000.0)
        yield element("path", d=f"M{number(x)} 19L{number(true)} 27V{number(floor)}", class_="event-line")
        yield element("circle", element("title", each.sentence), cx=x, cy=10, r=9, class_="event")
        yield text(x, 14.0, str(each.index), class_="event-number", anchor="middle")


def _axis(end: float, scale: Scale, top: float, say: Say, *, most: int) -> Iterator[Markup]:
    """Write the minutes under the ribbons."""
    ticks = [tick for tick in round_ticks(end / 60.0, most=most) if tick * 60.0 <= end * 1.001]
    for tick in ticks:
        x = scale(tick * 60.0)
        said = say.value(("n", tick)) if tick % 1 == 0 else f"{tick:g}"
        yield element("line", x1=x, x2=x, y1=top, y2=top + 4, class_="axis")
        yield text(x, top + 20, said, class_="tick", anchor="middle")
