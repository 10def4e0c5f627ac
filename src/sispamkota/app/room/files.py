"""The files of the page, read and packed once: sent packed to who can unpack them, and not at all to who has them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

__all__ = ["KEPT_S", "PageFile", "answer_file", "read_file", "read_page"]

KEPT_S = 12 * 3600  # as long as a session lives that nobody uses; a reload looks for another page at once

_PACKED = {".js", ".css", ".html", ".webmanifest", ".svg", ".json"}
_KINDS = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}  # whatever this computer thinks


@dataclass(frozen=True)
class PageFile:
    """Hold a file as it is and packed (the same where that is no smaller), and the digest that it goes by."""

    kind: str
    plain: bytes
    packed: bytes
    digest: str


def read_file(path: Path) -> PageFile:
    """Read and pack a file; once for as long as it is the same."""
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@cache
def _read(path: Path, _changed: int, _size: int) -> PageFile:
    return _packed(path.suffix, path.read_bytes())


@cache
def _packed(suffix: str, plain: bytes) -> PageFile:
    packed = gzip.compress(plain, 9, mtime=0) if suffix in _PACKED else plain
    kind = _KINDS.get(suffix) or mimetypes.guess_type(f"a{suffix}")[0] or "application/octet-stream"
    packed = packed if len(packed) < len(plain) else plain
    return PageFile(kind, plain, packed, hashlib.sha256(plain).hexdigest()[:32])


def read_page(folder: Path) -> PageFile:
    """Read the page, its script and style sheet named by what they hold: a browser keeps three that fit together."""
    text = read_file(folder / "room.html").plain.decode()
    for name in ("room.js", "room.css"):
        text = text.replace(f'"/static/{name}"', f'"/static/{name}?v={read_file(folder / name).digest}"')
    return _packed(".html", text.encode())


def answer_file(file: PageFile, asked: Headers, *, headers: dict[str, str]) -> Response:
    """Answer a request for a file by what its sender takes and has."""
    gz = "gzip" in _taken(asked.get("accept-encoding", "")) and file.packed is not file.plain
    tag = f'"{file.digest}{"-gz" if gz else ""}"'
    told = headers | {"ETag": tag, "Vary": "Accept-Encoding"}
    if tag in {each.strip().removeprefix("W/") for each in asked.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=told)
    told |= {"Content-Encoding": "gzip"} if gz else {}
    return Response(file.packed if gz else file.plain, media_type=file.kind, headers=told)


def _taken(text: str) -> set[str]:
    """Read Accept-Encoding: the codings that are not refused with a weight of nothing."""
    parts = [each.replace(" ", "").lower().partition(";q=") for each in text.split(",")]
    return {name for name, _, weight in parts if weight.strip("0.") or not weight}
