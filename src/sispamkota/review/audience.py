"""For whom a page is: the service sees all of it; for the public posts, reserves and weak places are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sispamkota.errors import Fault, InputError, suggest

from .findings import find
from .summary import Summary, choices

__all__ = ["AUDIENCES", "check_audience", "for_public", "public_manifest"]

AUDIENCES = ("service", "public")
_MANIFEST = ("version", "seed", "digest", "replicates", "engine")


def check_audience(audience: str) -> None:
    """Raise InputError for a word that names no audience."""
    if audience not in AUDIENCES:
        remedy = suggest(audience, AUDIENCES)
        raise InputError([Fault("--audience", "audience", "service or public", f'"{audience}"', remedy)])


def for_public(summary: Summary) -> Summary:
    """Leave out of a description what would show where the plan is weak: places, posts, reserves (review.toml).

    The findings are found anew among what is left, and name no place.
    """
    allowed: Mapping[str, Sequence[str]] = choices()["public"]
    rows = tuple(row for row in summary.rows if row.name in allowed["measures"])
    rules = [rule for rule in choices()["rule"] if rule["key"] in allowed["rules"]]
    hidden = tuple(allowed["assumptions_without"])
    return replace(
        summary,
        rows=rows,
        findings=tuple(replace(each, change="") for each in find(rows, rules, summary.lang)),
        assumptions=tuple(each for each in summary.assumptions if not each.key.startswith(hidden)),
        doubts=tuple(each for each in summary.doubts if each.name in allowed["measures"]),
        places=(),
        late=(),
    )


def public_manifest(manifest: Any) -> list[tuple[str, str]]:
    """Give what makes a result known again without a word on where anyone stands."""
    settings = manifest.settings
    known = {"version": manifest.version, "seed": manifest.seed, "digest": manifest.digest()} | dict(settings)
    return [(key, str(known[key])) for key in _MANIFEST if known.get(key) not in (None, "")]
