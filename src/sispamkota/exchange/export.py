"""The last state of a room, written in a standard of exchange."""

from __future__ import annotations

from pathlib import Path

from sispamkota.exercise import Room
from sispamkota.store import atomic_write, staged

from .alerts import make_alerts
from .have import make_have
from .sitrep import make_ics209, make_sitrep

__all__ = ["export_state"]


def export_state(room: Room, form: str, out: Path, *, lang: str) -> int:
    """Write "cap" (a folder, a file an alert), "have", "sitrep" or "ics209"; give how many documents.

    Everything is made before the first byte is written. It is that of an exercise: no alert is Actual.
    """
    if form == "cap":
        alerts = [alert.to_xml() for alert in make_alerts(room)]
        if alerts:
            with staged(out) as folder:
                for n, text in enumerate(alerts, start=1):
                    (folder / f"{n:03}.xml").write_text(text, encoding="utf-8")
        return len(alerts)
    if form == "ics209":
        text = make_ics209(room, lang=lang).to_json()
    else:
        text = (make_have if form == "have" else make_sitrep)(room, lang=lang).to_xml()
    with atomic_write(out) as path:
        path.write_text(text, encoding="utf-8")
    return 1
