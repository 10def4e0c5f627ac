"""The header of an office's table: found under its letterhead, joined over its rows, and matched with our columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .errors import Fault, Faults, shown, suggest
from .office_cells import Cell, as_text
from .office_columns import Column, persons_too, plain, vocabulary
from .office_files import Sheet

__all__ = ["Header", "Matches", "Names", "find_header", "match_columns"]

_DEEPEST_TOP = 30
_MOST_ROWS = 3
_SUMS = frozenset({"jumlah", "total", "l p", "lp", "jumlah l p"})
_SEXES = {
    "l": "l", "lk": "l", "laki laki": "l", "pria": "l", "male": "l",
    "p": "p", "pr": "p", "perempuan": "p", "wanita": "p", "female": "p",
}  # fmt: skip
_LISTED, _LISTED_CHARS = 12, 120
_NAME_CHARS = 60  # a longer one is no name of a column


@dataclass(frozen=True)
class Header:
    """Hold the header: its rows by index, and the name of each column, parent and child joined by " / "."""

    rows: tuple[int, ...]
    names: tuple[str, ...]

    @cached_property
    def last(self) -> int:
        """Give the index of its last row."""
        return self.rows[-1]


@dataclass(frozen=True)
class Matches:
    """Hold what the columns of a file are: ours by name, persons', and those that are left out, by column.

    Beside columns about persons a bare name or address (`Column.person`) is a person's as well.
    """

    ours: Mapping[str, int]
    personal: tuple[int, ...]
    dropped: tuple[int, ...]


class Names:
    """Find which of our columns a name in a file means."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """Index every name and alias of ours by its plain form; a name goes before an alias."""
        self.exact = {plain(each.name.replace("_", " ")): each.name for each in columns}
        aliases = {plain(alias): each.name for each in columns for alias in each.aliases}
        self.ours = aliases | self.exact
        self.names = {each.name for each in columns}

    def meant(self, name: str) -> str | None:
        """Give our name for a joined name of the file, None where it is none of ours."""
        parts = [plain(part) for part in name.split(" / ")]
        whole = " ".join(part for part in parts if part)
        if whole in self.ours:
            return self.ours[whole]
        if not 1 < len(parts) <= 2 * _MOST_ROWS or vocabulary().is_personal(whole):
            return None
        above, child = " / ".join(name.split(" / ")[:-1]), parts[-1]
        parent = self.meant(above)
        if child in _SUMS:
            return parent
        if child in _SEXES and (parent or len(parts) > 2):
            sexed = f"{parent}_{_SEXES[child]}"
            return sexed if sexed in self.names else None
        return self.ours.get(child) if parent is None else self._own(child, parent)

    def bare(self, name: str) -> str:
        """Give the plain form of a joined name; only its last part, where nothing above it says whose it is."""
        above, _, child = name.rpartition(" / ")
        whole = plain(name.replace(" / ", " "))
        said = above and (self.meant(above) or vocabulary().impersonal & set(whole.split()))
        return whole if said else plain(child)

    def _own(self, child: str, parent: str) -> str | None:
        """Take a child that is a column of ours under a parent that is another: "DPT / Jumlah TPS"."""
        mine = self.ours.get(child)
        return mine if mine != parent else None


def find_header(sheet: Sheet, columns: Sequence[Column], renamed: Mapping[str, str]) -> tuple[Header, int]:
    """Find the header among the first rows, and how many columns are known by it; (empty, 0) for an empty sheet."""
    names, theirs = Names(columns), {plain(key) for key in renamed}
    best, best_rank = Header((), ()), (-1, -1)
    filled = [i for i, (_, cells) in enumerate(sheet.rows) if any(cell != "" for cell in cells)]
    for i in filled[:_DEEPEST_TOP]:
        header = _header_at(sheet, i)
        means = [names.meant(name) for name in header.names if name]
        known = len({mine for mine in means if mine}) + sum(plain(name) in theirs for name in header.names if name)
        rank = known, min(2, sum(name != "" for name in header.names))
        if rank > best_rank:
            best, best_rank = header, rank
    return best, max(best_rank[0], 0)


def _header_at(sheet: Sheet, start: int) -> Header:
    """Take the row at `start` as a header, with the rows under it that go on with it."""
    rows, texts = [start], [_texts(sheet.rows[start][1])]
    while len(rows) < _MOST_ROWS and rows[-1] + 1 < len(sheet.rows):
        below = _texts(sheet.rows[rows[-1] + 1][1])
        if not _goes_on(texts[-1], below):
            break
        rows.append(rows[-1] + 1)
        texts.append(below)
    width = max(len(row) for row in texts)
    padded = [row + [""] * (width - len(row)) for row in texts]
    levels = [_spread(sheet, rows[i], row, padded[i + 1 :]) for i, row in enumerate(padded)]
    return Header(tuple(rows), tuple(_joined(level[column] for level in levels) for column in range(width)))


def _texts(cells: Sequence[Cell]) -> list[str]:
    """Write the cells of a header row on one line each."""
    return [" ".join(as_text(cell).split()) for cell in cells]


def _goes_on(above: Sequence[str], below: Sequence[str]) -> bool:
    """Tell whether a row parts the columns of the header above it: words only, and under blank cells too.

    A cell under a filled one belongs to it only where the filled one reaches over blanks to its right.
    """
    parts = False
    for column, text in enumerate(below):
        if not text:
            continue
        if not any(letter.isalpha() for letter in text):
            return False
        over = above[column] if column < len(above) else ""
        beside = above[column + 1] if column + 1 < len(above) else "."
        reaches = not beside and column + 1 < len(below) and below[column + 1] != ""
        if over and not reaches:
            return False
        parts = parts or not over
    return parts and sum(text != "" for text in above) > 1


def _spread(sheet: Sheet, index: int, row: Sequence[str], under: Sequence[Sequence[str]]) -> list[str]:
    """Give the blank cells that a merged one covers its text; without a record of merges, those with a child."""
    spread, number = list(row), sheet.rows[index][0] - 1
    if sheet.merged:
        for top, left, bottom, right in sheet.merged:
            if top == number and bottom < number + _MOST_ROWS and left < len(row):
                spread[left : right + 1] = [row[left]] * (min(right + 1, len(row)) - left)
        return spread
    for column in range(1, len(spread)):
        if not spread[column] and spread[column - 1] and any(each[column] for each in under):
            spread[column] = spread[column - 1]
    return spread


def _joined(parts: Iterator[str]) -> str:
    """Join the levels of one column, each text once in a row."""
    kept: list[str] = []
    for part in parts:
        if part and part not in kept[-1:]:
            kept.append(part)
    return " / ".join(kept)


def match_columns(
    header: Header,
    columns: Sequence[Column],
    renamed: Mapping[str, str],
    *,
    where: str,
    faults: Faults,
    persons: frozenset[str] = frozenset(),
    option: str = "--map",
) -> Matches:
    """Match the columns of a file with ours: as renamed, by our own names, then by the names that offices use.

    `persons` are (plain) names that are a person's in this table; `option` renames a column, empty where none does.
    """
    names, ours = Names(columns), dict[str, int]()
    taken = _renamed(header, names, renamed, where=where, faults=faults)
    found: dict[str, list[int]] = {}
    personal, dropped, about = [], [], vocabulary(persons=persons)
    for column, name in enumerate(header.names):
        mine = taken.get(column) or (names.meant(name) if name else None)
        if mine and (column in taken or mine not in taken.values()):
            found.setdefault(mine, []).append(column)
        elif name and about.is_personal(plain(name.replace(" / ", " "))):
            personal.append(column)
        elif name and plain(name) not in vocabulary().ignored:
            dropped.append(column)
    personal += _of_persons(header, columns, found, taken, personal)
    for mine, all_places in found.items():
        places = [column for column in all_places if column not in personal]
        if not places:
            continue
        same = [column for column in places if header.names[column] == mine]
        near = [column for column in places if names.exact.get(plain(header.names[column])) == mine]
        chosen = same or near or places
        ours[mine] = chosen[0]
        dropped += [column for column in places if column not in chosen]
        if len(chosen) > 1:
            got = " and ".join(shown(header.names[column]) for column in chosen)
            remedy = f'Say which it is with --map "{header.names[chosen[0]]}={mine}", or rename the other.'
            if not option:
                remedy = "Rename all but the one that is meant."
            faults.add(where=where, field=mine, expected="one column of this meaning", got=got, remedy=remedy)
    seen = Faults()
    _missing(header, columns, ours, personal, where=where, faults=seen)
    faults.extend(seen if option else map(_in_the_file, seen))
    return Matches(ours, tuple(sorted(personal)), tuple(sorted(dropped)))


def _of_persons(
    header: Header,
    columns: Sequence[Column],
    found: Mapping[str, Sequence[int]],
    taken: Mapping[int, str],
    personal: Sequence[int],
) -> list[int]:
    """List the columns that would be ours but are of persons, by what stands beside them; not one that is renamed."""
    names, by_name = Names(columns), {each.name: each for each in columns}
    beside = [plain(header.names[column].replace(" / ", " ")) for column in personal]
    return [
        column
        for mine, places in found.items()
        for column in places
        if column not in taken and persons_too(by_name[mine], names.bare(header.names[column]), beside)
    ]


def _renamed(header: Header, names: Names, renamed: Mapping[str, str], *, where: str, faults: Faults) -> dict[int, str]:
    """Find the columns that the user renames; a rename of nothing, or to nothing of ours, is a fault."""
    taken: dict[int, str] = {}
    by_plain = {plain(name): column for column, name in reversed(list(enumerate(header.names))) if name}
    by_text = {name.casefold(): column for column, name in reversed(list(enumerate(header.names))) if name}
    for theirs, mine in renamed.items():
        column = by_text.get(" ".join(theirs.split()).casefold(), by_plain.get(plain(theirs)))
        if column is None:
            known = [name for name in header.names if name and not vocabulary().is_personal(plain(name))]
            remedy = _sentence(suggest(theirs, known))
            faults.add(where=where, field="--map", expected="a column of the file", got=shown(theirs), remedy=remedy)
        if mine not in names.names:
            remedy = _sentence(suggest(mine, sorted(names.names)))
            faults.add(where=where, field="--map", expected="a column of ours", got=shown(mine), remedy=remedy)
        elif column is not None and vocabulary().is_personal(plain(theirs)):
            expected, remedy = "a column without data of persons", "Leave this column out."
            faults.add(where=where, field="--map", expected=expected, got=shown(theirs), remedy=remedy)
        elif column is not None:
            taken[column] = mine
    return taken


def _missing(
    header: Header,
    columns: Sequence[Column],
    ours: Mapping[str, int],
    personal: Sequence[int],
    *,
    where: str,
    faults: Faults,
) -> None:
    """Note a fault for each needed column that the file does not have."""
    free = [name for i, name in enumerate(header.names) if name and i not in personal and i not in ours.values()]
    found = [name for i, name in enumerate(header.names) if name and i not in personal]
    listed = ", ".join(found[:_LISTED]) + (", …" if len(found) > _LISTED else "")
    listed = listed if len(listed) <= _LISTED_CHARS else f"{listed[:_LISTED_CHARS]}…"
    names = Names(columns)
    figures = not ours and any(not any(letter.isalpha() for letter in name) for name in found)  # a row of data
    for column in columns:
        if column.need and column.name not in ours:
            near = suggest(column.name, [name for name in free if len(name) <= _NAME_CHARS])
            hint = f'Say what it is called with --map "their name={column.name}".'
            known = near if len(near) <= _LISTED_CHARS else near[:_LISTED_CHARS] + "…"
            remedy, got = f"{_sentence(known)} {hint}", f"only {listed}"
            if not found or figures:
                remedy, got = hint, "no header that is known"
            withheld = [header.names[i] for i in personal if names.meant(header.names[i]) == column.name]
            if withheld:
                got = f"only {shown(withheld[0])}, beside columns about persons"
                remedy = f'If it is that of a place, say so with --map "{withheld[0]}={column.name}".'
            faults.add(where=where, field=column.name, expected="this column", got=got, remedy=remedy)


def _in_the_file(fault: Fault) -> Fault:
    """Say what to do in the file alone, where no option renames a column."""
    known, hint, _ = fault.remedy.partition("Say what it is called with --map")
    remedy = f'{known}Rename the column that is meant to "{fault.field}".'
    return replace(fault, remedy=remedy if hint else "If it is that of a place, leave out the columns about persons.")


def _sentence(text: str) -> str:
    """Start with a capital and end with a mark."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(("?", ".", ")")) else ".")
