"""Export of a plan: its orders in the formats of an office, a phone and a map, for service or for the public."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sispamkota.errors import Fault, InputError, shown, suggest
from sispamkota.outputs import suffix_faults
from sispamkota.place.city import City
from sispamkota.plan.orders import Orders
from sispamkota.words import words as lang_words

from .orders_book import book
from .orders_folder import write_file, write_folder
from .orders_map import geojson_text, gpx_text
from .orders_pdf import DOCUMENTS, PAPERS, pdf_bytes
from .orders_png import png_bytes
from .orders_text import messages, public_message
from .orders_xlsx import xlsx_bytes

__all__ = ["AUDIENCES", "ENDINGS", "FORMATS", "Layout", "export_orders", "refuse_export"]

FORMATS = ("pdf", "xlsx", "ics", "geojson", "gpx", "text", "png", "set")
AUDIENCES = ("service", "public")
_PRINTED = ("ics", "set")  # these are PDF as well
_FOR_ALL = ("pdf", "text")  # what may be made for the public
ENDINGS = {".pdf": "pdf", ".xlsx": "xlsx", ".geojson": "geojson", ".gpx": "gpx", ".txt": "text", ".png": "png"}


@dataclass(frozen=True)
class Layout:
    """Say how it is laid out: paper a4 or f4 (215 × 330 mm), language, audience service or public.

    `replace` lets go of files that are there and were changed by hand, or are not ours.
    """

    paper: str = "a4"
    lang: str = "id"
    audience: str = "service"
    replace: bool = False


def export_orders(
    orders: Orders, city: City, out: str | Path, *, kind: str | None = None, layout: Layout | None = None
) -> list[Path]:
    """Write orders to a file, whose name then gives the format, or to a folder, and give the paths.

    A folder gets every format unless a `kind` of FORMATS is named: of PDF one a document, of text one file a post. A
    file gets the documents one after another. A folder is new, or of the same orders. Raises InputError for what does
    not go together, and before it would overwrite anything that it did not write.
    """
    how, out = layout or Layout(), Path(out)
    named = kind or ENDINGS.get(out.suffix.lower())
    refuse_export(out, kind, how)
    words = book(orders, how.lang)
    if out.suffix:
        return [write_file(out, _one(str(named), orders, words, city, how), replace=how.replace)]
    files: dict[str, tuple[str, Callable[[], bytes]]] = {}
    for each in [named] if named else _FOR_ALL if how.audience == "public" else FORMATS:
        made = _many(each, orders, words, city, how)
        files |= {name: (f"{how.audience} {each}", maker) for name, maker in made.items()}
    return write_folder(out, orders, files, replace=how.replace)


def refuse_export(out: Path, given: str | None, how: Layout) -> None:
    """Raise InputError, with every fault, for a format, paper or audience that there is not, or that do not fit."""
    faults, named = list[Fault](), given or ENDINGS.get(out.suffix.lower())
    choices = (
        ("--format", given, FORMATS),
        ("--paper", how.paper, PAPERS),
        ("--audience", how.audience, AUDIENCES),
    )
    for option, value, known in choices:
        if value is not None and value not in known:
            faults.append(Fault(option, option[2:], "one of " + ", ".join(known), shown(value), suggest(value, known)))
    if out.suffix:
        of_kind = [end for end, kind in ENDINGS.items() if kind == (given if given not in _PRINTED else "pdf")]
        faults += suffix_faults(out, of_kind or tuple(ENDINGS))
    if how.audience == "public" and named is not None and named in FORMATS and named not in _FOR_ALL:
        remedy = "Choose pdf or text: the others show posts."
        faults.append(Fault("--audience", "format", "what the public may see", shown(named), remedy))
    if faults:
        raise InputError(faults)


def _one(named: str, orders: Orders, words: dict[str, Any], city: City, how: Layout) -> bytes:
    """Make one file of a format."""
    if how.audience == "public":
        return pdf_bytes(words, "public", paper=how.paper) if named == "pdf" else _text([public_message(words)])
    makers: Mapping[str, Callable[[], bytes]] = {
        "pdf": lambda: pdf_bytes(words, "all", paper=how.paper),
        "ics": lambda: pdf_bytes(words, "ics", paper=how.paper),
        "set": lambda: pdf_bytes(words, "game", paper=how.paper),
        "xlsx": lambda: xlsx_bytes(words, paper=how.paper),
        "geojson": lambda: geojson_text(orders, words, city).encode(),
        "gpx": lambda: gpx_text(orders, words, city).encode(),
        "text": lambda: _text(list(messages(words).values())),
        "png": lambda: png_bytes(orders, words, city),
    }
    return makers[named]()


def _many(named: str, orders: Orders, words: dict[str, Any], city: City, how: Layout) -> dict[str, Callable[[], bytes]]:
    """Give the files of a format in a folder, by name."""
    stem, say = orders.plan, lang_words(how.lang)
    if how.audience == "public":
        end = "pdf" if named == "pdf" else "txt"
        return {f"{stem}-{say('orders.file_public')}.{end}": lambda: _one(named, orders, words, city, how)}
    if named == "pdf":
        return {
            f"{say(f'orders.file_{template}')}.pdf": partial(pdf_bytes, words, template, paper=how.paper)
            for template in DOCUMENTS
        }
    if named == "text":
        return {
            f"{say('orders.file_text')}/{unit}.txt": partial(_text, [text]) for unit, text in messages(words).items()
        }
    name = f"{say(f'orders.file_{named}')}.pdf" if named in _PRINTED else f"{stem}.{named}"
    return {name: lambda: _one(named, orders, words, city, how)}


def _text(texts: list[str]) -> bytes:
    """Join messages, a line of dashes between them."""
    return ("\n----------\n".join(texts) + "\n").encode()
