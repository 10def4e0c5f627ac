"""The event log of a chosen replicate, and the table of response times."""

import math

from . import memory as m
from ._compile import kernel
from .layout import ANSWERED, FULL_LOG, FULL_RESPONSES, Record

__all__ = ["note", "respond"]


@kernel
def note(w: Record, event: int, place: int, unit: int, incident: int, a: float, b: float) -> None:
    """Append a row to the log when this replicate is logged; a full log is a fault, never a silent loss."""
    if w.logging == 0:
        return
    if w.logged >= w.max_log:
        w.fault = FULL_LOG
        return
    row = m.log(w, w.logged)
    row.t = w.now
    row.event = event
    row.place = place
    row.unit = unit
    row.incident = incident
    row.a = a
    row.b = b
    w.logged += 1


@kernel
def respond(w: Record, incident: Record, service: int, unit: int, called: float, outcome: int) -> None:
    """Write down how a call ended: seconds to the first suitable unit on the scene, NaN where none came (`outcome`).

    Means count every call; of a long replicate only each `every`-th is written down.
    """
    if outcome == ANSWERED:
        w.answered[service] += 1
        w.answer_s[service] += w.now - called
    w.calls += 1
    if (w.calls - 1) % w.every != 0:
        return
    if w.responses >= w.max_responses:
        w.fault = FULL_RESPONSES
        return
    row = m.response(w, w.responses)
    row.service = service
    row.kind = incident.kind
    row.place = incident.place
    row.unit = unit
    row.called = called
    row.waited = w.now - called
    row.seconds = row.waited if outcome == ANSWERED else math.nan
    row.outcome = outcome
    w.responses += 1
