"""The orders as words and figures of one language, ready to be laid out: what every format prints."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sispamkota.plan.orders import Order, Orders, first_words, stations_words
from sispamkota.words import catalogue, minutes, number, say_day, words

__all__ = ["book", "order_row"]

_KEYS = re.compile(r"S[0-9]+(?:, S[0-9]+)*")
_SPLIT = ("sit_rows", "sit_asked", "anev_head", "anev_rows")


def book(orders: Orders, lang: str) -> dict[str, Any]:
    """Give everything that is printed, as plain texts: head, words, agencies, places, orders, totals."""
    t, day = words(lang), say_day(orders.on, lang)
    rows = [order_row(order, orders, lang) for order in orders.orders]
    by_unit = {row["unit"]: row for row in rows}
    for _, held in orders.by_agency():  # numbered as the list of an agency is
        for i, order in enumerate(held, 1):
            by_unit[order.unit]["no"] = str(i)
    agencies = [
        {
            "name": orders.agency_name(name, lang),
            "duty": str(getattr(orders.agencies[name], f"duty_{lang}")),
            "units": number(len(held), lang),
            "people": number(sum(order.people for order in held), lang),
            "sum": _sum(held, lang),
            "orders": [by_unit[order.unit] for order in held],
        }
        for name, held in orders.by_agency()
    ]
    places = [
        {
            "name": name,
            "where": by_unit[held[0].unit]["where"],
            "people": number(sum(order.people for order in held), lang),
            "orders": [by_unit[order.unit] for order in held],
        }
        for name, held in orders.by_place()
    ]
    return {
        "lang": lang,
        "plan": orders.plan,
        "title": orders.title,
        "city": orders.city,
        "day": day,
        "year": orders.on[:4],
        "people": number(orders.people, lang),
        "units": number(len(rows), lang),
        "words": _words(orders, lang, day, len(agencies)),
        "made": t(
            "doc.made", plan=orders.plan, quality=t(f"doc.quality_{orders.quality}"), source=_source(orders, lang)
        ),
        "agencies": agencies,
        "places": places,
        "orders": rows,
        "counts": _counts(orders, lang),
        "channels": _channels(orders, lang),
        "changes": _changes(orders, lang),
        "posts_of_command": [row for row in rows if row["first_key"] == "command"],
    }


def order_row(order: Order, orders: Orders, lang: str) -> dict[str, Any]:
    """Give one order as texts; what the plan does not say is blank."""
    t = words(lang)
    way = "" if not math.isfinite(order.hospital_s) else f" ({minutes(order.hospital_s, lang)})"
    near = "" if order.position in ("official", "reported") else f" ({t('doc.approximate')})"
    known = (order.place, *(part.strip() for part in order.address.split(",")))
    parts = dict.fromkeys(each for each in (order.kelurahan, order.kecamatan) if each and each not in known)
    area = ", ".join(parts)
    return {
        "no": "",
        "unit": order.unit,
        "agency": orders.agency_name(order.agency, lang),
        "kind": orders.kind_name(order.kind, lang),
        "people": number(order.people, lang),
        "vehicle": t(f"orders.vehicle_{order.vehicle}"),
        "task_key": order.task,
        "task": t(f"orders.task_{order.task}"),
        "posture": t(f"orders.posture_{order.shown}") if order.shown else "",
        "reason": order.reason,
        "ref": order.ref,
        "place": order.place,
        "address": order.address,
        "area": area,
        "kelurahan": order.kelurahan,
        "kecamatan": order.kecamatan,
        "where": f"{number(order.lat, lang, digits=5)}; {number(order.lon, lang, digits=5)}{near}",
        "duty": orders.hours_of(order, lang),
        "relief": order.relieved_by,
        "relieves": order.relieves,
        "under": order.under,
        "radio": order.radio,
        "tps": stations_words(order.tps, orders.kelurahan),
        "tps_count": len(order.tps),
        "hospital": f"{order.hospital}{way}",
        "first_key": order.first,
        "first": first_words(order, lang, polling=orders.polling),
    }


def _sum(held: list[Order], lang: str) -> str:
    """Say how many units and people an agency has."""
    people = sum(order.people for order in held)
    return words(lang)("doc.annex_sum", units=number(len(held), lang), people=number(people, lang))


def _words(orders: Orders, lang: str, day: str, agencies: int) -> dict[str, Any]:
    """Give the words of the documents, filled with the figures of the plan; what is a list is split."""
    notice = orders.norms.get("assembly.notice_s")
    fields: Mapping[str, object] = {
        "people": number(orders.people, lang),
        "units": number(len(orders.orders), lang),
        "agencies": agencies,
        "city": orders.city,
        "day": day,
        "year": orders.on[:4],
        "plan": orders.plan,
        "agency": "{agency}",
        "n": "{n}",
        "all": "{all}",
        "quality": "",
        "source": "",
        "seat": orders.city.removeprefix("Kota ").removeprefix("Kabupaten "),
        "opens": _hour(orders.norms.get("tps.opens_s")),
        "closes": _hour(orders.norms.get("tps.closes_s")),
        "notice": "" if notice is None else number(notice / 86400, lang),
        "who": "{who}",
    }
    texts = {key.partition(".")[2]: text for key, text in catalogue(lang).items() if key.startswith("doc.")}
    texts = _of_the_day(texts, orders)
    out: dict[str, Any] = {key: text.format(**fields) for key, text in texts.items()}
    return out | {key: out[key].split("|") for key in _SPLIT}


def _of_the_day(texts: Mapping[str, str], orders: Orders) -> dict[str, str]:
    """Choose words that fit the day: of the vote only on its day and where its hours are known, else none of it."""
    open_ = orders.polling and {"tps.opens_s", "tps.closes_s"} <= set(orders.norms)
    other = {"public_help": not open_, "public_text": not orders.stage or "assembly.notice_s" not in orders.norms}
    return {
        key: texts[f"{key}_other"] if other.get(key, not orders.stage) and f"{key}_other" in texts else text
        for key, text in texts.items()
        if not key.endswith("_other")
    }


def _source(orders: Orders, lang: str) -> str:
    """Name the source of a plan in a foot; keys of our own list of sources say nothing to who holds the paper."""
    ours = _KEYS.fullmatch(orders.source)
    return words(lang)("doc.sources") if ours else orders.source


def _hour(seconds: float | None) -> str:
    """Write a time of day; blank where no source gives it."""
    return "" if seconds is None else f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"


def _counts(orders: Orders, lang: str) -> list[str]:
    """Give the figures of the plan that a situation report is held against, in the order of its rows."""
    reserve = [order for order in orders.orders if order.task in ("reserve", "bko")]
    people, t = sum(order.people for order in reserve), words(lang)
    crews = [sum(order.first == first for order in orders.orders) for first in ("ambulance", "fire")]
    return [
        t("doc.count_people", n=number(orders.people, lang)),
        t("doc.count_units", n=number(len(orders.orders) - len(reserve), lang)),
        t("doc.count_both", n=number(len(reserve), lang), people=number(people, lang)),
        *(t("doc.count_units", n=number(each, lang)) for each in crews),
    ]


def _changes(orders: Orders, lang: str) -> list[dict[str, str]]:
    """List the hours at which units come on duty and go off, with how many of each agency."""
    marks: dict[int, tuple[list[str], list[str]]] = {}
    for order in orders.orders:
        if order.duty is not None:
            begin, hours, _ = order.duty
            for at, side in ((begin, 0), (begin + hours, 1)):
                marks.setdefault(round(at * 60) % 1440, ([], []))[side].append(order.agency)
    t = words(lang)

    def _said(key: str, agencies: list[str]) -> str:
        names = {name: agencies.count(name) for name in agencies}
        said = ", ".join(f"{orders.agency_name(name, lang)} {count}" for name, count in names.items())
        return t(f"doc.game_{key}", who=said) if said else ""

    return [
        {"at": f"{at // 60:02d}:{at % 60:02d}", "what": " ".join(filter(None, (_said("on", on), _said("off", off))))}
        for at, (on, off) in sorted(marks.items())
    ]


def _channels(orders: Orders, lang: str) -> list[dict[str, str]]:
    """Give the radio channels that the plan states, with who uses them; those that it does not state stay blank."""
    users: dict[tuple[str, str], int] = {}
    for order in orders.orders:
        key = (order.radio, order.agency)
        users[key] = users.get(key, 0) + 1
    return [
        {"channel": radio, "agency": orders.agency_name(agency, lang), "units": number(count, lang)}
        for (radio, agency), count in users.items()
    ]
