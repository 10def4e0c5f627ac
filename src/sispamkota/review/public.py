"""What of a result the public may read: nothing of posts, reserves or weak points."""

from __future__ import annotations

from dataclasses import replace

from sispamkota.errors import Fault, InputError, shown

from .findings import find
from .summary import Summary, choices

__all__ = ["AUDIENCES", "check_audience", "for_public"]

AUDIENCES = ("service", "public")


def check_audience(audience: str) -> None:
    """Raise InputError for an audience that is none."""
    if audience not in AUDIENCES:
        remedy = "service: all of it, restricted. public: without posts, reserves and weak points."
        raise InputError([Fault("--audience", "audience", " or ".join(AUDIENCES), shown(audience), remedy)])


def for_public(summary: Summary) -> Summary:
    """Leave out measures of the reserve and of what was broken, every place, and the findings that rest on them."""
    hidden = set(choices()["public_hides"])
    rows = tuple(row for row in summary.rows if row.name not in hidden)
    doubts = tuple(each for each in summary.doubts if each.name not in hidden)
    found = find(rows, choices()["rule"], summary.lang)
    return replace(summary, rows=rows, findings=found, places=(), late=(), doubts=doubts)
