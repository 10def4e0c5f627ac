"""For whom a page is: the service sees all of it; for the public plan, posts, reserves and weak places are left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sispamkota.errors import Fault, InputError, suggest

from .findings import find
from .summary import Summary, choices

__all__ = ["AUDIENCES", "check_audience", "for_public", "public_json", "public_manifest"]

AUDIENCES = ("service", "public")
_MANIFEST = ("version", "seed", "digest", "replicates", "engine")


def check_audience(audience: str) -> None:
    """Raise InputError for a word that names no audience."""
    if audience not in AUDIENCES:
        remedy = suggest(audience, AUDIENCES)
        raise InputError([Fault("--audience", "audience", "service or public", f'"{audience}"', remedy)])


def for_public(summary: Summary) -> Summary:
    """Leave out of a description what would show where the plan is weak: places, posts, reserves (review.toml).

    The findings are found anew among what is left, and name no place. What a plan is called may say who stands where:
    it has no name, and its strength is 0.
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
        plan="",
        people=0,
    )


def public_manifest(manifest: Any) -> list[tuple[str, str]]:
    """Give what makes a result known again without a word on where anyone stands."""
    return [(key, str(value)) for key, value in _known(manifest).items()]


def _known(manifest: Any) -> dict[str, Any]:
    """Take the entries of a manifest that tell nothing of a plan."""
    known = {"version": manifest.version, "seed": manifest.seed, "digest": manifest.digest()} | dict(manifest.settings)
    return {key: known[key] for key in _MANIFEST if known.get(key) not in (None, "")}


def public_json(ensemble: Any) -> str:
    """Write the summary as JSON (`Ensemble.to_json`) without what a page for the public leaves out."""
    whole, allowed = ensemble.to_dict(), choices()["public"]
    hidden = tuple(allowed["assumptions_without"])
    shown = {
        "audience": "public",
        "measures": {name: each for name, each in whole["measures"].items() if name in allowed["measures"]},
        "doubt": {name: each for name, each in whole["doubt"].items() if name in allowed["measures"]},
        "failed": whole["failed"],
        "assumptions": [each for each in whole["assumptions"] if not each["key"].startswith(hidden)],
        "manifest": _known(ensemble.manifest),
    }
    return json.dumps(shown, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
