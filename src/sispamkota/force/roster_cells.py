"""Cells of a roster: hours, shares, names of units, duty numbers; and what seems to be a person's, never shown."""

from __future__ import annotations

import re

__all__ = [
    "DEGREE", "RANK", "clock", "duty_number", "hours_between", "is_own_number", "is_private", "share",
    "shift_of", "unit_id",
]  # fmt: skip

_CLOCK = re.compile(r"([0-9]{1,2})(?:[.:]([0-9]{1,2})(?:[.:]([0-9]{2}))?)?\s*(?:wib|wita|wit)?", re.IGNORECASE)
_SHIFT = re.compile(r"\s*(.+?)\s*(?:-|–|—|s\.?/?d\.?|sampai|to)\s*(.+?)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(%|persen)?", re.IGNORECASE)
_CODE = re.compile(r"(?<![0-9])[0-9]{2}[.-][0-9]{2}(?:[.-][0-9]{2}(?:[.-][0-9]{4}(?:-[0-9]{1,3})?)?)?(?![0-9])")
_LONG = re.compile(r"[0-9](?:[ /_]?[0-9]){6,}|[0-9]{4}[.-][0-9]{4}|(?:\+?62[ ./()_-]*|0)8(?:[ ./()_-]?[0-9]){7,}")
_DOTTED = re.compile(r"(?<![0-9.-])[0-9]{2}[./-][0-9]{2}[./-](?!19|20)[0-9]{4}(?![0-9.-])")  # an NRP; a day is not
_JOINTS = re.compile(r"[\W_]+")
# Ranks of Polri and TNI: a text with such a word speaks of a person, except in the name of a street.
RANK = (
    r"bharada|bharatu|bharaka|abripda|abriptu|abrip|bripda|briptu|brigpol|brigadir|brigjen|bripka|aipda|aiptu|ipda|iptu|"
    r"akp|kompol|akbp|kombes|kombespol|irjen|komjen|mayjen|letjen|jenderal|prada|pratu|praka|kopda|koptu|kopka|serda|"
    r"sertu|serka|serma|pelda|peltu|letda|lettu|kapten|mayor|letkol|kolonel|ajun komisaris|ajun inspektur"
)
_RANKS = re.compile(rf"\b(?:{RANK})\b")
_STREET = re.compile(rf"\b(?:jl|jln|jalan|gg|gang) (?:raya |let |letnan |brigadir )?(?:{RANK})\b")
# Forms of address before a name, and degrees behind one.
_TITLE = re.compile(r"\b(?:bapak|ibu(?! kota)|pak|bu|sdr|sdri|saudara|saudari|bpk) \w", re.IGNORECASE)
DEGREE = re.compile(
    r",\s*[SMA]\.?\s?(?:H|I\.?\s?K|E|T|Sos|Pd|Kom|Ag|I\.?P|Psi|Si|M|AP|Kep|Tr|Hum|Farm|Md)\b|"
    r"\b[SM]\.\s?(?:H|I\.?K|Sos|Pd|Kom|Ag|Psi|Si|Tr|Hum)\b"
)
_PHONE = re.compile(r"[0-9+() /.-]{3,20}")


def clock(text: str) -> float | None:
    """Read a time of day in hours: "06.00", "6:30 WIB", "14" and "14.3", which a spreadsheet makes of 14.30."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        return None
    hour, minute, second = found.groups(default="0")
    tens = 10 if len(minute) == 1 and found.group(2) and "." in text else 1
    value = int(hour) + int(minute) * tens / 60 + int(second) / 3600
    return value if value <= 24.0 and int(minute) * tens < 60 and int(second) < 60 else None


def hours_between(start: float, end: float) -> float:
    """Give the hours from one time of day to the next other; the same time is a whole day."""
    return round((end - start) % 24.0, 9) or 24.0


def shift_of(text: str) -> tuple[float, float] | None:
    """Read a shift, "06.00–14.00" or "22:00 s.d. 06:00 WIB": (from, to) in hours; None for anything else."""
    found = _SHIFT.fullmatch(text)
    ends = [clock(part) for part in found.groups()] if found else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0] % 24.0, ends[1]


def share(text: str) -> float | None:
    """Read a share above 0 and up to 1: "0,9", "90 %", and "90", which can only be a percentage."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    value = float(found.group(1).replace(",", "."))
    value = value / 100.0 if found.group(2) or value > 1.0 else value
    return value if 0.0 < value <= 1.0 else None


def unit_id(text: str) -> str:
    """Make the id of a unit from its name: small letters and digits, parted by hyphens; "" where nothing is left."""
    words = re.sub(r"[^a-z0-9_]+", "-", text.casefold())
    return re.sub(r"[-_]{2,}", "-", words).strip("-_")[:60].rstrip("-_")


def is_private(text: str) -> bool:
    """Tell whether a text shows that it is a person's: a rank, a form of address, a degree, or a long number.

    Whatever joins the words ("Briptu_Andi", "Andi (Briptu)"). Codes of areas (35.73.01.1001) and streets that bear a
    rank (Jl. Kapten …) are not. A name that stands alone ("Suparman Hadi") shows nothing, and is not told.
    """
    if _LONG.search(_CODE.sub(" ", text)) or _DOTTED.search(text):
        return True
    if DEGREE.search(text) or _TITLE.search(_JOINTS.sub(" ", text)):
        return True
    words = _JOINTS.sub(" ", text).casefold()
    return bool(_RANKS.search(_STREET.sub(" ", words)) or re.search(r"\ba\.\s?n\b", text.casefold()))


def is_own_number(text: str) -> bool:
    """Tell whether a number is somebody's own: a mobile telephone, or eight digits and more that no office has (NRP).

    The telephone of an office begins with the code of its area (0341 …) or of the country, or has up to seven digits.
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 9 and digits.startswith(("08", "628", "8")):
        return True
    return 8 <= len(digits) <= 12 and not (digits.startswith("0") or (digits.startswith("62") and len(digits) >= 10))


def duty_number(text: str) -> str | None:
    """Read the telephone of an office as it stands; None for what is none, "" for nothing."""
    if not text:
        return ""
    digits = re.sub(r"\D", "", text)
    return text if _PHONE.fullmatch(text) and 3 <= len(digits) <= 12 else None
