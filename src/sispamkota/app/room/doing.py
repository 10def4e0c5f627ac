"""One action of the room: what is done in it, who may not, what is kept beside it, how it sets the clock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sispamkota.errors import Fault, InputError
from sispamkota.exercise.log import Record
from sispamkota.exercise.room import Room

from .jobs import Job
from .peers import Clock

__all__ = ["check_other", "clock_after", "do_job", "emptied", "keyed", "keys_of"]


def keyed(action: Mapping[str, Any], key: str) -> str:
    """Give the key under which an action is kept: an offer has one always, which tells later whose it was."""
    return key or (secrets.token_hex(16) if action["do"] == "shift.offer" else "")


def check_other(job: Job, sent: Mapping[tuple[str, str], int]) -> None:
    """Refuse that an account accepts the shift that it offered itself; `sent`: records by account and key.

    Records hold no account. An offer that came with a merge or a branch has none here, and any account accepts it.
    """
    if job.action["do"] != "shift.accept":
        return
    offer = job.action["offer"]
    if any(n == offer and account == job.account for (account, _), n in sent.items()):
        remedy = "Who comes in signs in with an account of their own: the controller or the command post invites them."
        raise InputError([Fault(job.seat, "offer", "the account of who takes over", "that of who hands over", remedy)])


def do_job(room: Room, job: Job, *, t: int, at: str, last: int) -> Record:
    """Do an action in the room at millisecond `t`, `at` a time of the wall; `last`: up to where it may jump (ms).

    Raises InputError for a refusal. Where the room has more records than before, or another error comes, it is unsure.
    """
    action = dict(job.action)
    if action["do"] == "clock.tick":
        room.advance(t / 1000.0)
        action["digest"] = room.digest()
    jump = action["do"] == "clock.jump"
    if jump and not room.setup.real:
        _check_jump(action["to"], t, last=last, seat=job.seat)
    record = room.do(action, seat=job.seat, t=t, at=at)
    if jump:  # kept with it: where the world stood when it had been played on
        room.advance(round(action["to"] * 1000) / 1000.0)
        tick = {"do": "clock.tick", "digest": room.digest()}
        room.do(tick, seat="server", t=round(action["to"] * 1000), at=at)
    return record


def _check_jump(to: float, t: int, *, last: int, seat: str) -> None:
    if not t < round(to * 1000) <= last:
        expected = f"a time after {t / 1000:.0f} s and up to {last / 1000:.0f} s"
        raise InputError([Fault(seat, "to", expected, f"{to:.0f} s", "Time runs forward.")])


def keys_of(jobs: Iterable[Job], start: int) -> list[dict[str, Any]]:
    """Give the keys under which new records, from number `start` on, came."""
    rows = {(job.account, job.key): job.record.n for job in jobs if job.key and job.record and job.record.n >= start}
    return [{"account": account, "key": key, "n": n} for (account, key), n in rows.items()]


def emptied(room: Room, new: Sequence[Record]) -> list[Record]:
    """Give the records whose texts new ones have taken away."""
    return [room.records[record.action["record"]] for record in new if record.do == "redact"]


def clock_after(new: Sequence[Record], *, speed: int, now: float) -> Clock | None:
    """Say how records set a clock that ran at a speed; None where they do not. `now`: of the steady clock, seconds."""
    t = -1
    for record in new:
        if record.do in ("clock.run", "clock.pause", "clock.end"):
            t, speed = record.t, int(record.action.get("speed", 1)) if record.do == "clock.run" else 0
        elif record.do == "clock.jump":
            t = round(record.action["to"] * 1000)
    return None if t < 0 else (t, speed, now)
