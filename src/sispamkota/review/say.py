"""Write numbers, shares and a manifest as the report shows them, in one language."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sispamkota.manifest import Manifest
from sispamkota.words import number

__all__ = ["manifest_lines", "percenter", "shower"]


def shower(lang: str) -> Callable[..., str]:
    """Give show(value, digits=0) in the language; infinite is ∞, absent a dash."""

    def show(value: float | None, digits: int = 0) -> str:
        """Write one number."""
        if value is None or math.isnan(value):
            return "–"
        return "∞" if math.isinf(value) else number(value, lang, digits=digits)

    return show


def percenter(lang: str) -> Callable[[float], str]:
    """Give percent(share): whole percents, "<1" and ">99" where a share would round to none or to all."""

    def percent(share: float) -> str:
        """Write one share."""
        if math.isnan(share):
            return "–"
        if 0 < share < 0.005:
            return "<1 %"
        if 0.995 <= share < 1:
            return ">99 %"
        return f"{number(share * 100, lang)} %"

    return percent


def manifest_lines(manifest: Manifest) -> list[tuple[str, str]]:
    """Flatten a manifest to (entry, value) lines."""
    return [line for key, value in manifest.to_dict().items() for line in _lines(key, value)]


def _lines(key: str, value: Any) -> list[tuple[str, str]]:
    """Write one entry, nested ones with their path."""
    if isinstance(value, Mapping):
        return [line for name, inner in value.items() for line in _lines(f"{key} · {name}", inner)]
    if isinstance(value, list | tuple):
        rows = [
            "/".join(str(part) for part in each if part is not None) if isinstance(each, list | tuple) else str(each)
            for each in value
        ]
        return [(key, ", ".join(rows))] if rows else []
    return [(key, str(value))] if value not in (None, "") else []
