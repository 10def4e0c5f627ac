"""Rows of a roster, read one by one into rows of a force file; each fault is told once and begets no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pydantic

from sispamkota.errors import Faults, suggest
from sispamkota.office_columns import plain
from sispamkota.risk.calendar import calendar
from sispamkota.risk.cells import day_in

from .doctrine import Doctrine, Vehicle
from .roster_cells import clock, duty_number, hours_between, is_own_number, is_private, share, shift_of, unit_id
from .units import ABSENCES, Duty, UnitRow, books_of

__all__ = ["ABSENT", "PRESENT", "SKILL_COLUMNS", "VEHICLE_COLUMNS", "Reader", "Row", "join_persons", "kind_names"]

ABSENT: Mapping[str, str] = dict(zip(("cuti", "sakit", "dik"), ABSENCES, strict=True))
SKILL_COLUMNS = {
    "negosiasi": "negotiation", "p3k": "first_aid", "pengemudi": "driving", "bahasa_isyarat": "sign_language",
    "penyelamat_air": "water_rescue",
}  # fmt: skip
VEHICLE_COLUMNS = {
    "truk": "truck", "mobil": "car", "motor": "motorcycle", "ambulans": "ambulance", "pemadam": "engine",
}  # fmt: skip
PRESENT = "hadir"
_VEHICLE_WORDS: dict[str, Vehicle] = {
    "truk": "truck", "truck": "truck", "mobil": "car", "car": "car", "roda 4": "car", "r4": "car",
    "motor": "motorcycle", "sepeda motor": "motorcycle", "motorcycle": "motorcycle",
    "r2": "motorcycle", "roda 2": "motorcycle",
    "ambulans": "ambulance", "ambulance": "ambulance", "mobil pemadam": "engine", "pemadam": "engine",
    "engine": "engine", "jalan kaki": "foot", "kaki": "foot", "foot": "foot",
}  # fmt: skip
_STATUS = {
    **dict.fromkeys(("", "hadir", "dinas", "siap", "ada", "h", "present"), PRESENT),
    **dict.fromkeys(("cuti", "izin", "ijin", "c", "i", "leave"), "cuti"),
    **dict.fromkeys(("sakit", "s", "sick"), "sakit"),
    **dict.fromkeys(("dik", "pendidikan", "pelatihan", "latihan", "kursus", "dikjur", "d", "training"), "dik"),
}
_OUTSIDE = {
    **dict.fromkeys(("", "tidak", "bukan", "t", "no", "0"), False),
    **dict.fromkeys(("ya", "y", "bko", "x", "v", "yes", "1"), True),
}
_NO_PERSON = "words that are no person's"
_HIDDEN = "what seems to be a person's (not shown)"
_OTHER = "something else (not shown)"  # a cell of a shifted column may hold anybody's name
_PHASES = ",;+&"


@dataclass(frozen=True)
class Row:
    """Hold one row: where it stands, the unit that it describes (kind "" where unknown), and our fields' columns.

    `status` is how a person of a list by persons is: hadir, cuti, sakit or dik.
    """

    where: str
    unit: UnitRow
    columns: Mapping[str, str] = field(default_factory=dict)
    status: str = ""


class Reader:
    """Read rows; `withheld` counts the cells, by column, that were left out as a person's."""

    def __init__(self, columns: Sequence[str], own: Doctrine | None, faults: Faults, *, by_person: bool) -> None:
        """Keep the columns that the file has, and the kinds that there are."""
        self.columns, self.faults, self.by_person = set(columns), faults, by_person
        self.book = books_of(own)
        self.withheld = Counter[str]()
        self.people = "hadir" if "hadir" in self.columns else "kekuatan"

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return kind_names(self.book)

    @cached_property
    def _agencies(self) -> dict[str, str]:
        return _by_name((key, (key, each.id, each.en)) for key, each in self.book.agencies.items())

    def row(self, cells: Mapping[str, str]) -> Row | None:
        """Read one row; None for a heading that names an agency, and for a row without a unit."""
        if self._is_heading(cells):
            return None
        where = cells["where"]
        name = unit_id(self._text(cells, "satuan")) if cells.get("satuan") and self._open(cells, "satuan") else ""
        if not cells.get("satuan"):
            self._fault(cells, "satuan", "the name of a unit", "nothing", "Name the unit.")
        elif not name and not is_private(cells["satuan"]):
            self._fault(cells, "satuan", "a name with letters", _OTHER, "Name the unit.")
        kind = self._kind(cells)
        values: dict[str, Any] = {"id": name or "x", "kind": kind}
        status = ""
        if self.by_person:
            status = self._status(cells)
        else:
            values |= self._people(cells)
        values |= {"home": self._text(cells, "kedudukan") or None, "vehicle": self._vehicle(cells)}
        values |= {"readiness": self._share(cells), "duty": self._duty(cells)}
        values["skills"] = self._counts(cells, SKILL_COLUMNS)
        values["vehicles"] = self._counts(cells, VEHICLE_COLUMNS)
        values |= self._days(cells) | self._reached(cells) | {"outside": self._outside(cells)}
        return Row(where, UnitRow(**values), self._called(), status) if name else None

    def _called(self) -> dict[str, str]:
        """Give the column of each of our fields."""
        out = {"id": "satuan", "kind": "jenis", "people": self.people, "duty": "shift"}
        out |= {"since": "sejak", "until": "sampai"}
        return out | {f"skills.{skill}": column for column, skill in SKILL_COLUMNS.items()}

    def _is_heading(self, cells: Mapping[str, str]) -> bool:
        """Tell whether a row only names an agency, as a heading between groups does."""
        filled = [text for name, text in cells.items() if name != "where" and text]
        words = plain(filled[0]).split() if len(filled) == 1 else []
        return any(" ".join(words[i:]) in self._agencies for i in range(min(2, len(words))))

    def _fault(self, cells: Mapping[str, str], name: str, expected: str, got: str, remedy: str) -> None:
        self.faults.add(where=cells["where"], field=name, expected=expected, got=got, remedy=remedy)

    def _open(self, cells: Mapping[str, str], name: str) -> bool:
        """Tell whether a cell may be read; one that seems to be a person's is a fault that does not repeat it."""
        if not is_private(cells.get(name, "")):
            return True
        remedy = "Write no names, ranks or numbers of persons in this column."
        self._fault(cells, name, _NO_PERSON, _HIDDEN, remedy)
        return False

    def _text(self, cells: Mapping[str, str], name: str) -> str:
        """Read a text; "" for none, and for one that seems to be a person's."""
        text = cells.get(name, "")
        if name == "satuan" or not text:
            return text
        return text if self._open(cells, name) else ""

    def _unread(self, cells: Mapping[str, str], name: str, expected: str, remedy: str) -> None:
        """Note a cell that cannot be read; not repeated: what stands in the wrong column may be a person's."""
        self._fault(cells, name, expected, _HIDDEN if is_private(cells[name]) else _OTHER, remedy)

    def _kind(self, cells: Mapping[str, str]) -> str:
        """Find the kind of a unit, and hold the agency beside it against it; "" where it is unknown."""
        text, agency = self._text(cells, "jenis"), self._text(cells, "instansi")
        kind = self._kinds.get(plain(text.replace("_", " ")), "")
        if not kind and not is_private(cells.get("jenis", "")):
            remedy = suggest(text, [*self.book.unit_kinds, *(each.id for each in self.book.unit_kinds.values())])
            self._fault(cells, "jenis", "a kind of unit", _OTHER if text else "nothing", remedy)
        known = self._agencies.get(plain(agency.replace("_", " ")), "")
        if agency and not known:
            names = [*self.book.agencies, *(each.id for each in self.book.agencies.values())]
            self._fault(cells, "instansi", "an agency", _OTHER, suggest(agency, names))
        elif known and kind and known != self.book.unit_kinds[kind].agency:
            expected = f"{self.book.unit_kinds[kind].agency}, the agency of a {kind}"
            self._fault(cells, "instansi", expected, known, "Mend the agency or the kind of the unit.")
        return kind

    def _count(self, cells: Mapping[str, str], name: str, *, least: int = 0) -> int | None:
        """Read a number of people or vehicles; None for a blank cell, and for what is none."""
        text = cells.get(name, "")
        if text == "":
            return None
        if text.isascii() and text.isdigit() and least <= int(text) <= 100_000:
            return int(text)
        got = text if text.isascii() and text.lstrip("-").isdigit() and len(text) < 6 else "no such number (not shown)"
        self._fault(cells, name, f"a whole number from {least}", got, "Count people or vehicles; no names.")
        return None

    def _counts(self, cells: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, int]:
        """Read numbers by column."""
        found = {mine: self._count(cells, name) for name, mine in columns.items() if name in self.columns}
        return {mine: number for mine, number in found.items() if number}

    def _people(self, cells: Mapping[str, str]) -> dict[str, int | None]:
        """Read how many are there and away: present is what is stated, else the strength less those away."""
        before = len(self.faults)
        away = {mine: self._count(cells, name) or 0 for name, mine in ABSENT.items()}
        strength, present = self._count(cells, "kekuatan", least=1), self._count(cells, "hadir")
        if len(self.faults) > before:
            return {**away, "people": None}
        if strength is None and present is None:
            name = "kekuatan" if "kekuatan" in self.columns else "hadir"
            self._fault(cells, name, "a number of people", "nothing", "Count the people of the unit.")
            return {**away, "people": None}
        left = None if strength is None else strength - sum(away.values())
        if left is not None and present is not None and left != present:
            expected = f"{left}: {strength} less {sum(away.values())} away"
            self._fault(cells, "hadir", expected, str(present), "Mend the number present, away or in all.")
            return {**away, "people": None}
        if left is not None and left < 0:
            expected = f"at most {strength} away"
            self._fault(cells, "kekuatan", expected, str(sum(away.values())), "Mend the numbers of those away.")
            return {**away, "people": None}
        return {**away, "people": present if left is None else left}

    def _status(self, cells: Mapping[str, str]) -> str:
        """Read how a person is; the words of the cell are never repeated."""
        status = _STATUS.get(plain(cells.get("kehadiran", "")) if cells.get("kehadiran") else "")
        if status is None:
            remedy = "Write hadir, cuti, sakit or dik."
            self._fault(cells, "kehadiran", "hadir, cuti, sakit or dik", "another word (not shown)", remedy)
        return status or PRESENT

    def _vehicle(self, cells: Mapping[str, str]) -> Vehicle | None:
        """Read how a unit moves; None for what its kind does."""
        text = self._text(cells, "kendaraan")
        found = _VEHICLE_WORDS.get(plain(text)) if text else None
        if text and found is None:
            self._fault(cells, "kendaraan", "a vehicle class", _OTHER, suggest(text, _VEHICLE_WORDS))
        return found

    def _share(self, cells: Mapping[str, str]) -> float | None:
        """Read the share that is fit; None for a blank cell."""
        text = cells.get("kesiapan", "")
        found = share(text) if text else None
        if text and found is None:
            self._unread(cells, "kesiapan", "a share up to 1, or 90 %", "Write 90 % or 0.9.")
        return found

    def _hour(self, cells: Mapping[str, str], name: str) -> float | None:
        """Read a time of day."""
        text = cells.get(name, "")
        found = clock(text) if text else None
        if text and found is None:
            self._unread(cells, name, "a time of day", "For example 06.00.")
        return found

    def _duty(self, cells: Mapping[str, str]) -> Duty | None:
        """Read from when to when a unit is on duty, and how long it rests between."""
        before = len(self.faults)
        start, end = self._hour(cells, "mulai"), self._hour(cells, "selesai")
        text = cells.get("shift", "")
        if text and start is None and end is None:
            found = shift_of(text)
            if found is None:
                self._unread(cells, "shift", "from and to", "For example 06.00-14.00.")
                return None
            start, end = found
        rest = self._rest(cells)
        if len(self.faults) > before:
            return None
        if start is None or end is None:
            if start is not None or end is not None or rest is not None:
                missing = "mulai" if start is None else "selesai"
                self._fault(cells, missing, "a time of day", "nothing", "Say from when to when the duty is.")
            return None
        return self._turn(cells, start % 24.0, hours_between(start % 24.0, end % 24.0), rest)

    def _rest(self, cells: Mapping[str, str]) -> float | None:
        """Read the hours of rest between two duties."""
        text = cells.get("istirahat_jam", "").casefold().removesuffix("jam").strip()
        if not text:
            return None
        try:
            return float(text.replace(",", "."))
        except ValueError:
            self._unread(cells, "istirahat_jam", "hours of rest", "For example 8.")
            return None

    def _turn(self, cells: Mapping[str, str], start: float, hours: float, rest: float | None) -> Duty | None:
        """Make a duty that comes again after its rest, or every day."""
        every = 24.0 if rest is None else round(hours + rest, 9)
        try:
            return Duty(from_h=start, hours=hours, every_h=every)
        except pydantic.ValidationError:
            expected = f"0 to {240.0 - hours:g} hours of rest"
            got = _OTHER if rest is None or abs(rest) >= 1000 else f"{rest:g}"
            remedy = "Say how long the unit rests between two duties."
            self._fault(cells, "istirahat_jam", expected, got, remedy)
            return None

    def _days(self, cells: Mapping[str, str]) -> dict[str, str | None]:
        """Read the first and last day in the operation: as days, else by the phases that are named."""
        found: dict[str, date | None] = {}
        for name, mine in (("sejak", "since"), ("sampai", "until")):
            text, unread = cells.get(name, ""), Faults()
            found[mine] = day_in(text, where=cells["where"], name=name, faults=unread) if text else None
            if len(unread):
                self._unread(cells, name, "a day, such as 2024-11-27", "Write year, month, day.")
        spans = self._phases(cells)
        if spans:
            found["since"] = found["since"] or min(start for start, _ in spans)
            found["until"] = found["until"] or max(end for _, end in spans)
        return {mine: None if day is None else day.isoformat() for mine, day in found.items()}

    def _phases(self, cells: Mapping[str, str]) -> list[tuple[date, date]]:
        """Read the phases of the operation by the names of the calendar."""
        text = self._text(cells, "tahap")
        parts = text
        for mark in _PHASES:
            parts = parts.replace(mark, "\n")
        known = {each.id: each for each in calendar().phases}
        spans = []
        for part in filter(None, map(str.strip, parts.split("\n"))):
            if part.casefold() not in known:
                self._fault(cells, "tahap", "a phase of the calendar", _OTHER, suggest(part, known))
            else:
                spans.append((known[part.casefold()].start, known[part.casefold()].end))
        return spans

    def _outside(self, cells: Mapping[str, str]) -> bool:
        """Read whether a unit waits outside the city until it is asked for (BKO)."""
        found = _OUTSIDE.get(cells.get("bko", "").casefold())
        if found is None:
            self._unread(cells, "bko", "ya, or nothing", "Write ya for a unit from outside the city.")
        return bool(found)

    def _reached(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Read call sign and duty telephone of the unit; what may be somebody's own is left out and counted."""
        sign, phone = cells.get("panggilan", ""), cells.get("telepon_piket", "")
        if sign and (is_private(sign) or not any(each.isdigit() for each in sign)):
            self.withheld["panggilan"] += 1  # a bare word may be a name; call signs are numbered
            sign = ""
        if len(sign) > 30:
            self._fault(cells, "panggilan", "at most 30 letters", str(len(sign)), "Write the call sign only.")
            sign = ""
        if is_own_number(phone):
            self.withheld["telepon_piket"] += 1
            phone = ""
        number = duty_number(phone)
        if number is None:
            remedy = "Write the number of the office, or leave it blank."
            self._fault(cells, "telepon_piket", "a telephone number", _OTHER, remedy)
        return {"call_sign": sign, "duty_phone": number or ""}


def kind_names(book: Doctrine) -> dict[str, str]:
    """Index the kinds of unit by all their (plain) names: key, Indonesian, English."""
    return _by_name((key, (key, each.id, each.en)) for key, each in book.unit_kinds.items())


def _by_name(rows: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    """Index keys by all their names; a key goes before a name."""
    out: dict[str, str] = {}
    listed = list(rows)
    for key, _ in listed:
        out[plain(key.replace("_", " "))] = key
    for key, names in listed:
        for name in names:
            out.setdefault(plain(name.replace("_", " ")), key)
    return out


def join_persons(rows: Sequence[Row], faults: Faults) -> list[Row]:
    """Count a list by persons into units; a unit that is of two kinds is a fault."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.unit.id, []).append(row)
    out = []
    for members in groups.values():
        first = members[0]
        for row in members[1:]:
            if row.unit.kind and first.unit.kind and row.unit.kind != first.unit.kind:
                expected = f"{first.unit.kind}, as at {first.where}"
                remedy = "A unit is of one kind: split it, or mend the row."
                faults.add(where=row.where, field="jenis", expected=expected, got=row.unit.kind, remedy=remedy)
        count = Counter(row.status for row in members)
        away = {mine: count[name] for name, mine in ABSENT.items()}
        unit = first.unit.model_copy(update={**away, "people": count[PRESENT]})
        out.append(Row(first.where, unit, {**first.columns, "people": "satuan"}))
    return out
