"""The last state of a room, written in a standard of exchange."""

from __future__ import annotations

from pathlib import Path

from sispamkota.exercise import Room
from sispamkota.store import atomic_write, staged

from .alerts import NOBODY, make_alerts
from .have import make_have
from .sitrep import make_ics209, make_sitrep

__all__ = ["export_state"]


def export_state(room: Room, form: str, out: Path, *, lang: str, sender: str = NOBODY) -> int:
    """Write "cap" (a folder, a file an alert), "have", "sitrep" or "ics209"; give how many documents.

    Everything is made before the first byte is written. An exercise says that it is one, and no alert of it is Actual;
    those of an operation are, and need the address of the `sender`.
    """
    real = room.setup.real
    if form == "cap":
        alerts = [alert.to_xml() for alert in make_alerts(room, operation=real, sender=sender)]
        if alerts:
            with staged(out) as folder:
                for n, text in enumerate(alerts, start=1):
                    (folder / f"{n:03}.xml").write_text(text, encoding="utf-8")
        return len(alerts)
    if form == "ics209":
        text = make_ics209(room, lang=lang, operation=real).to_json()
    else:
        text = (make_have if form == "have" else make_sitrep)(room, lang=lang, operation=real).to_xml()
    with atomic_write(out) as path:
        path.write_text(text, encoding="utf-8")
    return 1
