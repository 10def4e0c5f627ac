"""Lay text and pictures out as PDF by typst: a template of ours, its data as JSON; no clock, no fonts of the host."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .missing import needs

__all__ = ["typeset"]

_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ufffe\\uffff]")  # XML 1.0, section 2.2


def typeset(
    template: Path,
    book: Mapping[str, Any],
    *,
    pictures: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
    option: str = "--format",
) -> bytes:
    """Compile a template, whose folder it may import from, with `book` as data.json; equal books give equal bytes.

    `pictures` are SVG by file name; where there are any, the sans that comes with matplotlib is at hand beside typst's
    own fonts. Control characters, which XML forbids, are left out. Raises InputError, for `option`, where typst is not
    installed.
    """
    typst = needs("typst", "report", option=option)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in sorted(template.parent.glob("*.typ")):
            shutil.copy(path, folder)
        (folder / "data.json").write_text(json.dumps(_printable(book), ensure_ascii=False), encoding="utf-8")
        for file, svg in (pictures or {}).items():
            (folder / file).write_text(_CONTROL.sub("", svg), encoding="utf-8")
        fonts = [_sans(folder)] if pictures else []
        compiler = typst.Compiler(str(folder / template.name), root=name, font_paths=fonts, ignore_system_fonts=True)
        made: bytes = compiler.compile(format="pdf", sys_inputs=dict(inputs or {}), timestamp=0)
    return made


def _printable(value: Any) -> Any:
    """Take the control characters out of every text of a book."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, Mapping):
        return {key: _printable(each) for key, each in value.items()}
    return [_printable(each) for each in value] if isinstance(value, list | tuple) else value


def _sans(folder: Path) -> str:
    """Lay DejaVu Sans, of matplotlib, into a folder and name it: drawings measure their words by it."""
    found = find_spec("matplotlib")  # where it lies, without the fifth of a second that loading it takes
    home = Path(str(found and found.origin)).parent
    fonts = folder / "fonts"
    fonts.mkdir()
    for path in sorted((home / "mpl-data" / "fonts" / "ttf").glob("DejaVuSans*.ttf")):
        shutil.copy(path, fonts)
    return str(fonts)
