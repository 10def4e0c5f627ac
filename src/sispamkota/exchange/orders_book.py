"""The orders as words and figures of one language, ready to be laid out: what every format prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sispamkota.force import norm
from sispamkota.plan.orders import Order, Orders, duty_words, first_words, stations_words
from sispamkota.words import catalogue, minutes, number, say_day, words

__all__ = ["book", "order_row"]

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
        "made": t("doc.made", plan=orders.plan, quality=t(f"doc.quality_{orders.quality}"), source=orders.source),
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
        "duty": duty_words(order.duty, lang),
        "relief": order.relieved_by,
        "relieves": order.relieves,
        "under": order.under,
        "radio": order.radio,
        "tps": stations_words(order.tps, orders.kelurahan),
        "tps_count": len(order.tps),
        "hospital": f"{order.hospital}{way}",
        "first_key": order.first,
        "first": first_words(order, lang),
    }


def _sum(held: list[Order], lang: str) -> str:
    """Say how many units and people an agency has."""
    people = sum(order.people for order in held)
    return words(lang)("doc.annex_sum", units=number(len(held), lang), people=number(people, lang))


def _words(orders: Orders, lang: str, day: str, agencies: int) -> dict[str, Any]:
    """Give the words of the documents, filled with the figures of the plan; what is a list is split."""
    opens, closes, notice = (
        norm(name, on=orders.on).value for name in ("tps.opens_s", "tps.closes_s", "assembly.notice_s")
    )
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
        "opens": f"{int(opens // 3600):02d}:{int(opens % 3600 // 60):02d}",
        "closes": f"{int(closes // 3600):02d}:{int(closes % 3600 // 60):02d}",
        "notice": int(notice // 86400),
        "begin": "{begin}",
        "end": "{end}",
    }
    texts = {key.partition(".")[2]: text for key, text in catalogue(lang).items() if key.startswith("doc.")}
    out: dict[str, Any] = {key: text.format(**fields) for key, text in texts.items()}
    return out | {key: out[key].split("|") for key in _SPLIT}


def _counts(orders: Orders, lang: str) -> list[str]:
    """Give the figures of the plan that a situation report is held against, in the order of its rows."""
    reserve = [order for order in orders.orders if order.task in ("reserve", "bko")]
    figures = (
        orders.people,
        len(orders.orders) - len(reserve),
        sum(order.people for order in reserve),
        sum(order.first == "ambulance" for order in orders.orders),
        sum(order.first == "fire" for order in orders.orders),
    )
    return [number(each, lang) for each in figures]


def _changes(orders: Orders, lang: str) -> list[dict[str, str]]:
    """List the hours at which units come on duty and go off, with how many of each agency."""
    marks: dict[float, tuple[list[str], list[str]]] = {}
    for order in orders.orders:
        if order.duty is not None:
            begin, hours, _ = order.duty
            marks.setdefault(begin % 24, ([], []))[0].append(order.agency)
            marks.setdefault((begin + hours) % 24, ([], []))[1].append(order.agency)

    def _said(agencies: list[str]) -> str:
        names = {name: agencies.count(name) for name in agencies}
        return ", ".join(f"{orders.agency_name(name, lang)} {count}" for name, count in names.items()) or "–"

    t = words(lang)
    return [
        {"at": f"{int(at):02d}:{round(at % 1 * 60):02d}", "what": t("doc.game_change", begin=_said(on), end=_said(off))}
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
