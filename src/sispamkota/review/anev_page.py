"""The review of an exercise as one page that stands alone, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from sispamkota import __version__
from sispamkota.store import atomic_write
from sispamkota.typesetting import typeset
from sispamkota.words import catalogue, words

from .anev import Anev
from .anev_book import Book, make_book
from .letterhead import letterhead
from .standalone import standalone
from .templating import TEMPLATES, page_environment

__all__ = ["anev_page", "write_anev"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def anev_page(anev: Anev, *, lang: str = "id", audience: str = "service") -> str:
    """Render a review as HTML in "id" or "en", for the service or the public; equal reviews give equal pages.

    No script, no network, prints on A4. Raises InputError for another audience.
    """
    context = {
        "b": make_book(anev, lang=lang, audience=audience),
        "t": words(lang),
        "version": __version__,
        "policy": _POLICY,
        "css": Markup((TEMPLATES / "report.css").read_text("utf-8") + (TEMPLATES / "anev.css").read_text("utf-8")),  # noqa: S704 (our own files)
    }
    return page_environment().get_template("anev.html.jinja").render(context)


def write_anev(anev: Anev, path: str | Path, *, lang: str, audience: str = "service") -> Path:
    """Write a review as .html, or as .pdf (A4, letterhead, restricted); raises InputError where that cannot be."""
    target = Path(path)
    if target.suffix.lower() == ".pdf":
        made = _pdf(anev, make_book(anev, lang=lang, audience=audience))
    else:
        made = anev_page(anev, lang=lang, audience=audience).encode()
    with atomic_write(target) as draft:
        draft.write_bytes(made)
    return target


def _pdf(anev: Anev, book: Book) -> bytes:
    """Lay a book out on paper; equal books give equal bytes."""
    t = words(book.lang)
    said = ("kicker", "well", "improve", "well_none", "improve_none", "objectives", "objectives_note", "basis",
            "standard", "course", "course_note", "col_no", "col_minute", "col_what", "col_record", "log", "log_note",
            "col_entry", "col_value")  # fmt: skip
    data: dict[str, Any] = {
        "lang": book.lang,
        "restricted": book.audience == "service",
        "mark": t(f"page.mark_{book.audience}"),
        "letterhead": [] if anev.sites is None else letterhead(anev.sites),
        "title": book.title,
        "meta": list(book.meta),
        "basis": list(book.basis),
        "well": [vars(each) for each in book.well],
        "improve": [vars(each) for each in book.improve],
        "once": book.once,
        "objectives": [
            {"title": title, "tasks": [vars(task) | {"facts": [vars(each) for each in task.facts]} for task in tasks]}
            for title, tasks in book.objectives
        ],
        "ratings": [list(each) for each in book.ratings],
        "parts": [table.to_dict() for table in book.parts],
        "plan": [table.to_dict() for table in book.plan],
        "moments": [list(each) for each in book.moments],
        "ribbon": bool(book.ribbons),
        "manifest": [list(each) for each in book.manifest],
        "made": book.made,
        "words": {name: t(f"anev.{name}") for name in said} | {"page": catalogue(book.lang)["paper.page"]},
    }
    pictures = {"course.svg": standalone(book.ribbons[0])} if book.ribbons else {"blank.svg": _BLANK}
    return typeset(TEMPLATES / "anev.typ", data, pictures=pictures, option="--out")


_BLANK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'  # a picture brings the sans to hand
