"""Orders on paper: the documents of a Polresta, sheets in the style of ICS, the set of a floor game, by typst."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sispamkota.typesetting import typeset

__all__ = ["DOCUMENTS", "PAPERS", "pdf_bytes"]

PAPERS = ("a4", "f4")
DOCUMENTS = ("plan", "annex", "plotting", "forms")  # the templates that `-o DIR` writes as PDF, one a file
_TEMPLATES = Path(__file__).parent / "templates"


def pdf_bytes(book: dict[str, Any], template: str, *, paper: str = "a4") -> bytes:
    """Lay a book of orders out as PDF by one template; equal books give equal bytes.

    Only fonts that come with typst are used, and no clock is read. Raises InputError where typst is not installed.
    """
    return typeset(_TEMPLATES / f"{template}.typ", book, inputs={"paper": paper})
