"""What a text says of a person: numbers, addresses, plates, names behind a form of address or a rank.

It is found by its form: a name that stands alone is not found. The finder says what it is and where it stands, and
never repeats it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sispamkota.errors import Fault, InputError
from sispamkota.force.roster_cells import DEGREE, RANK

from .log import TEXTS

__all__ = ["NAMED", "SAID", "Found", "check_private", "find_private", "private_faults"]

NAMED = (*TEXTS, "entry", "item", "about")  # what people type

# Regions of Indonesian number plates; a plate has three digits or four here: "B 2" may be a building.
_REGIONS = (
    "A|AA|AB|AD|AE|AG|B|BA|BB|BD|BE|BG|BH|BK|BL|BM|BN|BP|D|DA|DB|DC|DD|DE|DG|DH|DK|DL|DM|DN|DP|DR|DS|DT|DW|E|EA|EB|ED|"
    "F|G|H|K|KB|KH|KT|KU|L|M|N|P|PA|PB|R|S|T|W|Z"
)
_NO_PLATE = "KK|TPS|RT|RW|WIB|WITA|WIT|KM|ORANG"
# Offices that follow a form of address or a rank, where a name would.
_OFFICE = (
    r"(?:[Kk]a(?:pol|sat|bag|dis|ban|lak|pus|sub|mpus|mpung)\w*|[Kk]apolda|[Dd]an(?:dim|ramil|ki|yon|ton|rem|lanal)\w*|"
    r"[Cc]amat|[Ll]urah|[Kk]ades|[Bb]upati|[Ww]ali(?:\s?kota)?|[Gg]ubernur|[Pp]residen|[Mm]enteri|[Kk]etua|[Kk]epala|"
    r"[Kk]omandan|[Pp]anglima|[Pp]etugas|[Pp]imp\w*|[Kk]oordinator|[Rr][TW]|KPU|KPPS|Bawaslu|[Ss]ekda|[Dd]okter|[Pp]erawat|"
    r"[Hh]akim|[Jj]aksa|[Uu]stadz?|[Kk]yai|[Hh]amil|[Pp]olisi|[Bb]habinkamtibmas|[Bb]abinsa|[Ww]akil|[Dd]an|[Kk]ota|I{1,3}\b|"
    r"Polri|TNI|Brimob|Damkar|Dishub|Linmas|BPBD|Satpol)"
)
_NAME = rf"(?!{_OFFICE}\b)[A-Z][a-z'’]+(?:\s+[A-Z][a-z'’]+)*"
_DIGIT = r"[0-9]"
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "mail": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "phone": re.compile(
        rf"(?<![0-9.])(?:\+62|\(?0[0-9]{{2,3}}\)|62(?=8)|0)[ ./-]?{_DIGIT}(?:[ ./()-]{{0,2}}{_DIGIT}){{6,12}}(?![0-9])"
    ),
    "nik": re.compile(rf"(?<!{_DIGIT}){_DIGIT}(?:[ .-]?{_DIGIT}){{15}}(?!{_DIGIT})"),
    "nip": re.compile(rf"(?<!{_DIGIT}){_DIGIT}(?:[ .-]?{_DIGIT}){{17}}(?!{_DIGIT})"),
    "nrp": re.compile(r"(?<![0-9.,-])[0-9]{8}(?![0-9]|[.,][0-9])|\bNRP\W{0,3}[0-9](?:[ ./-]?[0-9]){5,}", re.IGNORECASE),
    "plate": re.compile(rf"\b(?:{_REGIONS})[ -]?[0-9]{{3,4}}[ -]?(?!(?:{_NO_PLATE})\b)[A-Z]{{1,3}}\b"),
    "address": re.compile(
        r"\b(?:[Aa]\.\s?[Nn]\.?|[Aa]tas nama|[Bb]apak|BAPAK|[Bb]pk|BPK|[Ii]bu|IBU|[Pp]ak|PAK|[Bb]u|BU|[Ss]dri?|SDRI?|"
        r"[Ss]audar[ai]|[Mm]as|[Mm]bak|[Mm]rs?|[Mm]s|[Kk]orban bernama|[Bb]ernama)"
        rf"\b\.?\s+(?:{_NAME}|(?!{_OFFICE}\b)[A-Z]{{4,}}\b)"
    ),
    "rank": re.compile(rf"\b(?i:{RANK})\b\.?\s+(?:(?i:pol|tni|inf|cba)\b\.?\s+)?{_NAME}"),
    "degree": DEGREE,
}
SAID: Mapping[str, str] = {
    "mail": "an e-mail address",
    "phone": "a telephone number",
    "nik": "a number of sixteen digits (NIK)",
    "nip": "a number of eighteen digits (NIP)",
    "nrp": "a number of a person (NRP)",
    "plate": "a number plate",
    "address": "a name behind a form of address",
    "rank": "a name behind a rank",
    "degree": "a name before a degree",
    "long": "a long number",
}
_STREET = re.compile(r"\b(?:jl|jln|jalan|gg|gang)\b[.\s]+(?:raya\s+|letnan\s+)?$", re.IGNORECASE)
_RUN = re.compile(rf"(?<!{_DIGIT}){_DIGIT}(?:[ -]?{_DIGIT}){{12,}}(?!{_DIGIT})")


@dataclass(frozen=True)
class Found:
    """Say what a text gives away, and from which character to which."""

    kind: str
    start: int
    end: int


def find_private(text: str) -> tuple[Found, ...]:
    """Find what a text says of persons, in the order in which it stands there."""
    found = [Found(kind, *span) for kind, span in _matches(text)]
    kept: list[Found] = []
    for each in sorted(found, key=lambda f: (f.start, f.start - f.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return tuple(kept)


def _matches(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Go through all that the patterns find; a street may bear a rank and a name."""
    for kind, pattern in (*_PATTERNS.items(), ("long", _RUN)):
        for match in pattern.finditer(text):
            if not _STREET.search(text, 0, match.start()):
                yield kind, match.span()


def check_private(action: Mapping[str, Any]) -> None:
    """Raise InputError that names what an action's texts say of persons, so that it can be masked and sent again.

    `where` of each fault is "text:9-21": from which character of which field to which.
    """
    faults: list[Fault] = []
    for name in NAMED:
        value = action.get(name)
        for found in find_private(value) if isinstance(value, str) else ():
            place = f"{name}:{found.start + 1}-{found.end}"
            faults.append(_fault(found, where=place, field=name))
    if faults:
        raise InputError(faults)


def private_faults(text: str, *, where: str, field: str) -> Iterator[Fault]:
    """Go through what a text of a file says of persons; the field of each fault ends in ":9-21", its characters."""
    for found in find_private(text):
        yield _fault(found, where=where, field=f"{field}:{found.start + 1}-{found.end}")


def _fault(found: Found, *, where: str, field: str) -> Fault:
    return Fault(where, field, "no personal data", SAID[found.kind], "Write the role or the place instead.")
