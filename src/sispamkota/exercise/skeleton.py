"""The board without its texts, as the bytes that a checkpoint hashes; what has not changed is not written again.

A room lives for thousands of records and is hashed every few seconds: `Skeleton.text` gives the very bytes of
`canonical(board.skeleton())`, at the cost of what is new.
"""

from __future__ import annotations

from typing import Any

from .board import Board, bare, plain
from .board_rows import Entry, Request
from .log import canonical

__all__ = ["Skeleton"]

_GROWING = ("forecasts", "messages", "notes", "observations", "reports", "standby")  # rows are added, texts go
_TABLES = ("requests", "shifts", "talks")  # rows are added, and end once


class Skeleton:
    """Keep what has been written of a board."""

    def __init__(self, board: Board) -> None:
        """Begin with nothing written."""
        self._board = board
        self._lists: dict[str, tuple[int, bytearray]] = {name: (0, bytearray()) for name in _GROWING}
        self._rows: dict[str, dict[Any, tuple[Any, Any, bytes]]] = {name: {} for name in _TABLES}
        self._keys = (-1, b"")

    def text(self) -> bytes:
        """Write the board without its texts."""
        names = sorted(self._board.parts())
        return b"{" + b",".join(b'"' + name.encode() + b'":' + self._part(name) for name in names) + b"}"

    def _part(self, name: str) -> bytes:
        value = getattr(self._board, name)
        if name in _GROWING:
            return self._list(name, value)
        if name in _TABLES:
            return self._table(name, value)
        if name == "keys":  # none ever goes
            if len(value) != self._keys[0]:
                self._keys = len(value), canonical(sorted(value))
            return self._keys[1]
        return canonical(bare(plain(value)))

    def _list(self, name: str, rows: list[dict[str, Any]]) -> bytes:
        known, written = self._lists[name]
        for row in rows[known:]:
            written += (b"," if written else b"") + canonical(bare(plain(row)))
        self._lists[name] = len(rows), written
        return b"[" + written + b"]"

    def _table(self, name: str, rows: dict[Any, Any]) -> bytes:
        written = self._rows[name]
        for key, row in rows.items():
            end, old = _end(row), written.get(key)
            if old is None or old[0] is not row or old[1] != end:
                written[key] = row, end, canonical(str(key)) + b":" + canonical(bare(plain(row)))
        texts = (written[key][2] for _, key in sorted((str(key), key) for key in rows))
        return b"{" + b",".join(texts) + b"}"


def _end(row: Any) -> Any:
    """Say how a row of a table ended: all that may change in it besides its texts."""
    if isinstance(row, Request):
        return row.granted, row.answered
    return row.kept if isinstance(row, Entry) else row["accepted"]
