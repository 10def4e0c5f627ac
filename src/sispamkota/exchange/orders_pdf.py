"""Orders on paper: the documents of a Polresta, sheets in the style of ICS, the set of a floor game, by typst."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .missing import needs

__all__ = ["DOCUMENTS", "PAPERS", "pdf_bytes"]

PAPERS = ("a4", "f4")
# file name → template: what `-o DIR` writes
DOCUMENTS = {
    "1-rencana-pengamanan": "plan",
    "2-lampiran-surat-perintah": "annex",
    "3-lembar-plotting": "plotting",
    "4-laporan-situasi-dan-anev": "forms",
    "5-ics-203-204-205": "ics",
}
_TEMPLATES = Path(__file__).parent / "templates"


def pdf_bytes(book: dict[str, Any], template: str, *, paper: str = "a4") -> bytes:
    """Lay a book of orders out as PDF by one template; equal books give equal bytes.

    Only fonts that come with typst are used, and no clock is read. Raises InputError where typst is not installed.
    """
    typst = needs("typst", "report")
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(_TEMPLATES.glob("*.typ")):
            shutil.copy(path, folder)
        (Path(folder) / "data.json").write_text(json.dumps(book, ensure_ascii=False), encoding="utf-8")
        compiler = typst.Compiler(
            str(Path(folder) / f"{template}.typ"), root=folder, font_paths=[], ignore_system_fonts=True
        )
        made: bytes = compiler.compile(format="pdf", sys_inputs={"paper": paper}, timestamp=0)
    return made
