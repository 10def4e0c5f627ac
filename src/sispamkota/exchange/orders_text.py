"""Orders as messages: one a post, at most a thousand characters, for the messenger that everyone uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sispamkota.words import words

__all__ = ["MOST_CHARACTERS", "messages", "public_message"]

MOST_CHARACTERS = 1000


def messages(book: Mapping[str, Any]) -> dict[str, str]:
    """Give the message of every post by unit; where the list of stations is too long, their number stands for it."""
    return {row["unit"]: _message(book, row) for row in book["orders"]}


def public_message(book: Mapping[str, Any]) -> str:
    """Give the one message for the public: what everybody may know."""
    w = book["words"]
    return "\n".join([f"*{w['public_title']}*", w["public_text"], w["public_help"]])


def _message(book: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Write one message, as long as may be; what is left out goes before what the post does first, which stays."""
    count = words(book["lang"])("doc.text_stations", n=row["tps_count"]) if row["tps"] else ""
    for change in ({}, {"tps": count}, {"tps": count, "hospital": "", "where": "", "address": ""}):
        whole = _lines(book, {**row, **change})
        if len(whole) <= MOST_CHARACTERS:
            return whole
    first = f"\n{book['words']['first']}: {row['first']}"
    body = _lines(book, {**row, **change, "first": ""})
    return body[: MOST_CHARACTERS - len(first) - 1] + "…" + first


def _lines(book: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Put a message together; what is not said is left out, and why a posture is shown comes before the last line."""
    w = book["words"]
    where = ", ".join(each for each in (row["place"], row["address"], row["area"]) if each)
    parts = (
        ("people", f"{row['people']} ({row['kind']})"),
        ("place", where),
        ("where", row["where"]),
        ("duty", row["duty"]),
        ("relief", row["relief"]),
        ("relieves", row["relieves"]),
        ("task", row["task"]),
        ("under", row["under"]),
        ("radio", row["radio"]),
        ("tps", row["tps"]),
        ("hospital", row["hospital"]),
        ("posture", ", ".join(each for each in (row["posture"], row["reason"]) if each)),
        ("first", row["first"]),
    )
    head = f"{w['restricted']}\n*{row['unit']}* – {w['text_from']}"
    return "\n".join([head, *(f"{w[key]}: {text}" for key, text in parts if text)])
