"""The room in motion: one task that does actions in sequence, keeps them before it says so, and tells every seat.

While a batch of actions is being kept, `steady` is held: nobody sees what is not durable.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from sispamkota.errors import Fault, InputError, SispamkotaError, StoreError
from sispamkota.exercise.actions import Jump, Pause, Redact, Run, parse_action
from sispamkota.exercise.log import Record
from sispamkota.exercise.privacy import check_private
from sispamkota.exercise.room import Room
from sispamkota.exercise.setup import Setup
from sispamkota.exercise.views import events_since, frame, see_record, view

from .client import Client
from .clock import OperationClock, RoomClock, Wall, iso
from .database import Database
from .opening import fold

__all__ = ["Done", "Hub", "Job"]

log = logging.getLogger("sispamkota.room")
T = TypeVar("T")
TICK_S = 5.0
FRAME_S, VIEW_S, SOON_S, BEAT_S = 0.5, 0.2, 0.1, 10.0
SWEEP_S = 600.0
BATCH = 100
ROWS = 50  # of a list that grows with every action: a seat's view has the latest, the log has all
WORLDLY = ("clock", "seat", "order", "command", "inject", "request")
RETRIES = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Done:
    """Say what became of an action that was kept."""

    n: int
    t: int
    hash: str


@dataclass(slots=True, eq=False)
class Job:
    """Hold an action that waits for its turn."""

    seat: str
    account: str
    action: Mapping[str, Any]
    key: str
    done: asyncio.Future[Done]
    record: Record | None = None


class Hub:
    """Hold the one room of this process."""

    def __init__(self, setup: Setup, base: Database, *, room: Room, wall: Wall, lang: str = "id") -> None:
        """Take over a room that was folded from its database; its clock stands."""
        self.setup, self.base, self.room, self.wall, self.lang = setup, base, room, wall, lang
        self.clock = self._start_clock()
        self.keeper = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self.steady = asyncio.Lock()
        self.clients: set[Client] = set()
        self.last = len(room.records) - 1
        self.sent = base.read_keys()
        self.frames: dict[str, str] = {}
        self.views: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.listeners: list[Callable[[str, str], None]] = []
        self._logged = 0
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(maxsize=2000)
        self._stale, self._closing = False, False
        self._frame_due, self._view_due = True, True
        now = wall.monotonic()
        self._framed = self._viewed = self._ticked = self._beaten = self._swept = now
        self._texts: dict[int, str] = {}

    def _start_clock(self) -> RoomClock | OperationClock:
        """Let an operation's clock run by the wall, and an exercise's stand where it stood."""
        last = self.room.records[-1].t if self.room.records else 0
        if self.setup.file.starts is None:
            clock = RoomClock(self.wall, horizon_ms=round(self.room.horizon * 1000))
            clock.set(t=last, speed=0)
            return clock
        real = OperationClock(self.wall, starts=self.setup.file.starts)
        if self.room.board.ended:
            real.set(t=last, speed=0)
        return real

    # --- what others ask for ---------------------------------------------------------------------------------------

    async def act(self, action: Mapping[str, Any], *, seat: str, account: str, key: str = "") -> Done:
        """Do an action and come back when it is durable; raises InputError for a refusal, StoreError for no room."""
        check_private(action)
        if self._closing:
            raise _stopping()
        job = Job(seat, account, action, key, asyncio.get_running_loop().create_future())
        await self._jobs.put(job)
        return await job.done

    async def keep(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Do something with the database, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self.keeper, lambda: call(*arguments, **options))

    async def state(self, seat: str) -> tuple[dict[str, Any], dict[str, Any], int]:
        """Give frame, view and last record as a seat may see them now."""
        async with self.steady:
            self._advance()
            return frame(self.room, seat), view(self.room, seat, rows=ROWS), self.last

    async def apart(self, take: Callable[[Room], T]) -> T:
        """Take something out of the room as it is now, in a thread; no action is done meanwhile."""
        async with self.steady:
            self._advance()
            return await asyncio.to_thread(take, self.room)

    def told_clock(self) -> dict[str, Any]:
        """Tell the clock."""
        return {"wall": iso(self.wall.now()), "t": self.clock.now_ms(), "speed": self.clock.speed}

    async def attach(self, client: Client) -> None:
        """Let a socket hear of everything from now on."""
        async with self.steady:
            self.clients.add(client)
            self._advance()
            self.frames[client.seat] = self._frame_text(client.seat)
            self.views[client.seat] = self._view_text(client.seat)
            self._tell_events()
            client.wake.set()

    def detach(self, client: Client) -> None:
        """Forget a socket."""
        self.clients.discard(client)

    def sign_off(self, account: str, *, session: str | None = None) -> None:
        """Close the sockets of an account, or of one session of it."""
        for client in self.clients:
            if client.session.account == account and session in (None, client.session.id):
                client.close()

    def record_text(self, n: int, seat: str) -> str | None:
        """Give the message that tells a record, or None where the seat may not see it."""
        record = self.room.records[n]
        plain = record.to_dict()
        if not see_record(plain, seat):
            return None
        text = self._texts.get(n)
        if text is None:
            text = _json({"kind": "record", "record": plain})
            if n > self.last - 500:
                self._texts[n] = text
        return text

    # --- the one task ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Play the room until `stop`."""
        try:
            while not self._closing:
                jobs = await self._wait()
                if self.wall.monotonic() - self._ticked >= TICK_S:
                    await self._tick()
                try:
                    await self._bring_messages()
                    await self._work(jobs)
                    await self._pulse()
                finally:
                    for job in jobs:
                        _refuse(job, _stopping())  # says nothing where it was answered
        finally:
            self._closing = True
            while not self._jobs.empty():
                _refuse(self._jobs.get_nowait(), _stopping())

    async def stop(self) -> None:
        """End well: a last checkpoint is kept."""
        self._closing = True
        await self._tick()
        for client in self.clients:
            client.close()

    async def _wait(self) -> list[Job]:
        """Wait for actions, no longer than until something else is due."""
        busy = self.clock.speed > 0 or self._frame_due or self._view_due
        try:
            first = await asyncio.wait_for(self._jobs.get(), SOON_S if busy else 1.0)
        except TimeoutError:
            return []
        jobs = [first]
        while len(jobs) < BATCH and not self._jobs.empty():
            jobs.append(self._jobs.get_nowait())
        return jobs

    async def _tick(self) -> None:
        """Keep a checkpoint where the world has moved since the last record."""
        self._ticked = self.wall.monotonic()
        last = self.room.records[-1].t if self.room.records else 0
        if self.setup.real and (not self.room.records or self.room.records[-1].do == "clock.tick"):
            return  # nothing was reported since the last one
        if self.clock.now_ms() > last and not self.room.board.ended and not self._stale:
            await self._work([_own_job({"do": "clock.tick"})])

    async def _bring_messages(self) -> None:
        """Bring the messages of the list of events whose time has come; none while the clock stands."""
        due = self.room.board.due(self.clock.now_ms()) if self.clock.speed and not self._stale else []
        jobs = [_own_job({"do": "inject.message", "to": i.to, "text": i.text[self.lang], "item": i.id}) for i in due]
        await self._work(jobs)

    async def _work(self, jobs: list[Job]) -> None:
        """Do actions one after the other, keep them together, then answer."""
        if not jobs:
            return
        async with self.steady:
            if self._stale and not await self._recover():
                for job in jobs:
                    _refuse(job, StoreError([_lost(self.base)]))
                return
            start = len(self.room.records)
            kept = [job for job in jobs if self._do(job)]
            new = tuple(self.room.records[start:])
            if new:
                try:
                    await self.keep(self.base.append, new, keys=self._keys(kept, start), emptied=self._emptied(new))
                except (SQLAlchemyError, SispamkotaError, OSError) as error:
                    await self._failed(kept, error)
                    return
            for job in kept:
                self._answer(job)
            self._after(new)

    def _do(self, job: Job) -> bool:
        """Do one action in the room; a refusal is told at once. Say whether it stands."""
        try:
            known = self.sent.get((job.account, job.key)) if job.key else None
            if known is not None:
                job.record = self.room.records[known]
                return True
            job.record = self._carry_out(job)
        except SispamkotaError as error:
            _refuse(job, error)
            return False
        if job.key:
            self.sent[job.account, job.key] = job.record.n
        return True

    def _carry_out(self, job: Job) -> Record:
        t, at, action = self._now(), iso(self.wall.now()), dict(job.action)
        if action["do"] == "clock.tick":
            self.room.advance(t / 1000.0)
            action["digest"] = self.room.digest()
        if action["do"] == "clock.jump" and not self.setup.real:
            self._check_jump(action["to"], t, job.seat)
        record = self.room.do(action, seat=job.seat, t=t, at=at)
        if action["do"] == "clock.jump":  # kept with it: where the world stood when it had been played on
            self.room.advance(round(action["to"] * 1000) / 1000.0)
            tick = {"do": "clock.tick", "digest": self.room.digest()}
            self.room.do(tick, seat="server", t=round(action["to"] * 1000), at=at)
        return record

    def _now(self) -> int:
        """Give the moment at which the next action is done; never before what has been played."""
        last = self.room.records[-1].t if self.room.records else 0
        return max(self.clock.now_ms(), last, round(self.room.now * 1000))

    def _check_jump(self, to: float, t: int, seat: str) -> None:
        if not t < round(to * 1000) <= self.clock.horizon_ms:
            expected = f"a time after {t / 1000:.0f} s and up to {self.clock.horizon_ms / 1000:.0f} s"
            raise InputError([Fault(seat, "to", expected, f"{to:.0f} s", "Time runs forward.")])

    def _keys(self, jobs: list[Job], start: int) -> list[dict[str, Any]]:
        rows = {
            (job.account, job.key): job.record.n for job in jobs if job.key and job.record and job.record.n >= start
        }
        return [{"account": account, "key": key, "n": n} for (account, key), n in rows.items()]

    def _emptied(self, new: tuple[Record, ...]) -> list[Record]:
        return [self.room.records[record.action["record"]] for record in new if record.do == "redact"]

    def _answer(self, job: Job) -> None:
        if job.record is not None and not job.done.done():
            job.done.set_result(Done(job.record.n, job.record.t, job.record.hash))

    # --- when the database does not keep ---------------------------------------------------------------------------

    async def _failed(self, jobs: list[Job], error: Exception) -> None:
        """Fold the room anew from what is kept; what is there after all is acknowledged, the rest refused."""
        log.error("not kept: %s", error)
        fault = error if isinstance(error, SispamkotaError) else StoreError([self.base.fault(error)])
        self._stale = True
        there = await self._recover()
        for job in jobs:
            n = job.record.n if job.record else -1
            if there and job.record is not None and n <= self.last and self.room.records[n].hash == job.record.hash:
                self._answer(job)
            else:
                _refuse(job, fault)

    async def _recover(self) -> bool:
        """Read the database again and fold; say whether it answered."""
        for pause in RETRIES:
            try:
                self.base.reconnect()
                rows = await self.keep(self.base.read_records)
                self.sent = await self.keep(self.base.read_keys)
                self.room = await asyncio.to_thread(fold, self.setup, rows, where=self.base.name)
            except SispamkotaError as error:
                log.warning("database: %s", error)
                await asyncio.sleep(pause)
                continue
            self._stale = False
            speed, t = self.clock.speed, max(self.clock.now_ms(), self._now())
            self.clock.set(t=t, speed=speed if self.room.board.running else 0)
            self._texts.clear()
            self._logged, self.events = 0, self.events[:0]
            self._after(tuple(self.room.records[self.last + 1 :]))
            return True
        return False

    # --- telling ---------------------------------------------------------------------------------------------------

    def _after(self, new: tuple[Record, ...]) -> None:
        """Set the clock by what was kept, and wake those who are to hear of it."""
        self.last = len(self.room.records) - 1
        for record in new:
            action = parse_action(dict(record.action))
            if isinstance(action, Run):
                self.clock.set(t=record.t, speed=action.speed)
                self._ticked = self.wall.monotonic()
            elif isinstance(action, Pause) or record.do == "clock.end":
                self.clock.set(t=record.t, speed=0)
            elif isinstance(action, Jump):
                self.clock.set(t=round(action.to * 1000), speed=self.clock.speed)
            elif isinstance(action, Redact):
                self._texts.pop(action.record, None)
            self._frame_due |= record.do.split(".")[0] in WORLDLY and record.do != "clock.tick"
            self._view_due |= record.do != "clock.tick"
        for old in [n for n in self._texts if n <= self.last - 500]:
            del self._texts[old]
        if new:
            self._wake()

    def _wake(self) -> None:
        for client in self.clients:
            client.wake.set()

    def _advance(self) -> None:
        """Play the world up to now."""
        self.room.advance(self.clock.now_ms() / 1000.0)

    async def _pulse(self) -> None:
        """Tell what is due."""
        now = self.wall.monotonic()
        async with self.steady:
            if self._stale:
                return
            self._frame_due |= self.clock.speed > 0 and now - self._framed >= FRAME_S
            self._view_due |= self.clock.speed > 0 and now - self._viewed >= TICK_S
            seats = {client.seat for client in self.clients}
            told = False
            if self._frame_due and now - self._framed >= SOON_S:
                self._advance()
                self.frames = {seat: self._frame_text(seat) for seat in seats}
                self._tell_events()
                self._framed, self._frame_due, told = now, False, True
            if self._view_due and now - self._viewed >= VIEW_S:
                self.views = {seat: self._view_text(seat) for seat in seats}
                self._viewed, self._view_due, told = now, False, True
        if now - self._beaten >= BEAT_S:
            self._beaten, told = now, True
            self._look_at_wall()
            for client in self.clients:
                client.beat = True
        if told:
            self._wake()

    def _look_at_wall(self) -> None:
        """Name a jump of the wall clock; the room runs on a clock of its own."""
        jump = self.wall.jumped()
        if jump:
            log.warning("the wall clock was set by %+.1f s; the room's own clock went on", jump)
            for listener in self.listeners:
                listener("clock_jump", f"{jump:+.1f} s")
            for client in self.clients:
                client.reply({"kind": "notice", "what": "clock_jump", "seconds": round(jump, 1)})

    def _frame_text(self, seat: str) -> str:
        return _json({"kind": "frame", "frame": frame(self.room, seat), "clock": self.told_clock()})

    def _view_text(self, seat: str) -> str:
        return _json({"kind": "view", "view": view(self.room, seat, rows=ROWS)})

    def _tell_events(self) -> None:
        self._logged, new = events_since(self.room, self._logged, "controller")
        self.events += new


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _own_job(action: Mapping[str, Any]) -> Job:
    """Make an action of the server's own; whether it can be kept is no one's to wait for."""
    job = Job("server", "", action, "", asyncio.get_running_loop().create_future())
    job.done.add_done_callback(lambda done: done.exception())
    return job


def _refuse(job: Job, error: SispamkotaError) -> None:
    if not job.done.done():
        job.done.set_exception(error)


def _stopping() -> StoreError:
    return StoreError([Fault("room", "server", "a server that runs", "one that stops", "Send it again in a moment.")])


def _lost(base: Database) -> Fault:
    remedy = "Send it again in a moment; what was acknowledged is safe."
    return Fault(base.name, "database", "an answer", "none so far", remedy)
