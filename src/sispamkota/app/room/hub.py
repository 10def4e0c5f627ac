"""The room in motion: one task that does actions in sequence, keeps them before it says so, and tells every seat.

While a batch of actions is being kept, `steady` is held: nobody sees what is not durable.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from sispamkota.errors import InputError, SispamkotaError, StoreError
from sispamkota.exercise.log import Record, gone
from sispamkota.exercise.privacy import check_private
from sispamkota.exercise.room import Room
from sispamkota.exercise.setup import Setup
from sispamkota.exercise.views import frame, view

from .accounts import Session
from .audience import Audience
from .client import Client
from .clock import Wall, clock_of, iso
from .database import Database
from .doing import check_other, clock_after, do_job, emptied, keyed, keys_of
from .guard import RefusalError
from .jobs import Done, Job, Jobs, LostError, broken, lost, own_job, part_of, refuse, stopping
from .opening import check_point, fold, not_folded, refuse_broken
from .peers import Clock, News, Peers
from .telling import ROWS, Telling
from .troubles import Troubles

__all__ = ["Hub"]

log = logging.getLogger("sispamkota.room")
T = TypeVar("T")
TICK_S = 5.0
FRAME_S, VIEW_S, SOON_S, BEAT_S = 0.5, 0.2, 0.1, 10.0
BACK_S = 60.0  # for who held a desk before a restart to come back: pages try every few seconds
BATCH = 100
WORLDLY = ("clock", "seat", "order", "command", "inject", "request")
RETRIES = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)
FOLDS = 5  # times that the program may fail to fold the log, one after the other, before the room is given up
AGAIN_S = 2.0


class Hub:
    """Hold the one room of this process."""

    def __init__(
        self, setup: Setup, base: Database, *, room: Room, wall: Wall, lang: str = "id", peers: Peers | None = None
    ) -> None:
        """Take over a room that was folded from its database; its clock stands, but where `peers` run it."""
        self.setup, self.base, self.room, self.wall, self.lang, self.peers = setup, base, room, wall, lang, peers
        self.clock = clock_of(setup, room, wall)
        self.keeper = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self.steady = asyncio.Lock()
        self.audience = Audience()
        self.lost: StoreError | None = None  # why the room cannot go on
        self.troubles = Troubles(clock=wall.monotonic, now=lambda: iso(wall.now()))
        self.troubles.told = partial(self.audience.tell_of, self.troubles)
        self.last = len(room.records) - 1
        self.sent = base.read_keys()
        self.telling = Telling(self.troubles)
        self.listeners: list[Callable[[str, str], None]] = []
        self._jobs = Jobs()
        self._mark: Mapping[str, Any] | None = None  # the world at the last record, where it has been played on
        self._seen_due, self._clock = False, (0, 0, 0.0)
        self._held, self._begun = set(room.board.seats), len(room.records)  # at desks, it seems, since before
        self._stale, self._closing, self._fold_due = False, False, 0.0
        self._frame_due, self._view_due = True, True
        now = self._start = wall.monotonic()
        self._framed = self._viewed = self._ticked = self._beaten = now
        if peers is not None and (clock := peers.clock()) is not None:
            self._set_clock(*clock)

    # --- what others ask for ---------------------------------------------------------------------------------------

    async def act(self, action: Mapping[str, Any], *, seat: str, account: str, key: str = "") -> Done:
        """Do an action and come back when it is durable; raises InputError for a refusal, StoreError for no room."""
        check_private(action)
        if self._closing:
            raise stopping()
        job = Job(seat, account, action, keyed(action, key), asyncio.get_running_loop().create_future())
        await self._jobs.put(job)
        return await job.done

    async def free(self, seat: str) -> None:
        """Leave a desk to which nobody can come any more, if it is held."""
        if seat in self.room.board.seats and not self.room.board.ended:
            with suppress(SispamkotaError, RefusalError):  # others may have left it meanwhile
                await self.act({"do": "seat.free", "seat": seat}, seat="server", account="")

    async def keep(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Do something with the database, in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self.keeper, lambda: call(*arguments, **options))

    async def state(self, seat: str) -> tuple[dict[str, Any], dict[str, Any], int]:
        """Give frame, view and last record as a seat may see them now."""
        await self.hear()
        async with self.steady:
            self._advance()
            return frame(self.room, seat), view(self.room, seat, rows=ROWS), self.last

    async def apart(self, take: Callable[[Room], T]) -> T:
        """Take something out of the room as it is now, in a thread; no action is done meanwhile."""
        await self.hear()
        async with self.steady:
            self._advance()
            return await asyncio.to_thread(take, self.room)

    def told_clock(self) -> dict[str, Any]:
        """Tell the clock."""
        return {"wall": iso(self.wall.now()), "t": self.clock.now_ms(), "speed": self.clock.speed}

    async def attach(self, client: Client) -> None:
        """Let a socket hear of everything from now on."""
        async with self.steady:
            self.audience.add(client)
            self._advance()
            self.telling.write_frames(self.room, [client.seat], self.told_clock())
            self.telling.write_views(self.room, [client.seat])
            self._tell_events()
            self._seen_due = True
            client.wake.set()
        self.audience.tell_of(self.troubles, client=client)

    # --- the one task ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Play the room until `stop`."""
        if self.peers is not None:
            self.peers.woken = self._jobs.waker(asyncio.get_running_loop())
            self.peers.start()
        try:
            while not self._closing:
                busy = self.clock.speed > 0 or self._frame_due or self._view_due
                await self._turn(await self._jobs.take(seconds=SOON_S if busy else 1.0, most=BATCH))
        finally:
            self._closing = True
            self._jobs.refuse_all()

    async def _turn(self, jobs: list[Job]) -> None:
        """Do what waits and what is due, part by part; raises LostError where the room cannot go on."""
        try:
            await (asyncio.sleep(0) if jobs else self.hear())
            await self.troubles.keep_to("fold", self._refold)
            if self.wall.monotonic() - self._ticked >= TICK_S:
                await self.troubles.keep_to("checkpoint", self._tick)
            await self.troubles.keep_to("messages", self._bring_messages)
            await self.troubles.keep_to("desks", self._free_the_left)
            await self.troubles.keep_to("actions", partial(self._work, jobs), rests=False)
            await self.troubles.keep_to("telling", self._pulse)
        finally:
            for job in jobs:
                refuse(job, stopping())  # says nothing where it was answered
        if self.lost is not None:
            raise LostError(self.lost)

    async def stop(self) -> None:
        """End well: a last checkpoint is kept."""
        self._closing = True
        if self.lost is None:
            with suppress(LostError):
                await self.troubles.keep_to("checkpoint", self._tick, rests=False)
        if self.peers is not None:
            await asyncio.to_thread(self.peers.stop)
        self.audience.close()

    @property
    def leads(self) -> bool:
        """Say whether this process does what the room does by itself."""
        return self.peers is None or self.peers.lead

    async def _tick(self) -> None:
        """Keep a checkpoint where the world has moved since the last record."""
        self._ticked = self.wall.monotonic()
        last = self.room.records[-1].t if self.room.records else 0
        if self.setup.real and (not self.room.records or self.room.records[-1].do == "clock.tick"):
            return  # nothing was reported since the last one
        if self.leads and self.clock.now_ms() > last and not self.room.board.ended and not self._stale:
            await self._work([own_job({"do": "clock.tick"})])

    async def _bring_messages(self) -> None:
        """Bring the messages of the list of events whose time or stage has come; none while the clock stands."""
        due = self.room.due(self.clock.now_ms()) if self.leads and self.clock.speed and not self._stale else []
        jobs = [own_job({"do": "inject.message", "to": i.to, "text": i.text[self.lang], "item": i.id}) for i in due]
        await self._work([job for job in jobs if self.troubles.due(part_of(job))])

    async def _free_the_left(self) -> None:
        """Leave the desks that were held before this start, to which nobody came back and which did nothing since."""
        if not self._held or self.wall.monotonic() - self._start < BACK_S or not self.leads or self._stale:
            return
        there = {*(await self.present()).values(), *(row.seat for row in self.room.records[self._begun :])}
        left, self._held = sorted(self._held & set(self.room.board.seats) - there), set()
        if not self.room.board.ended:
            await self._work([own_job({"do": "seat.free", "seat": seat}) for seat in left])

    async def _work(self, jobs: list[Job]) -> None:
        """Do actions one after the other, keep them together, then answer."""
        if not jobs:
            return
        async with self.steady:
            while jobs:
                jobs = await self._do_all(jobs)

    async def _do_all(self, jobs: list[Job]) -> list[Job]:
        """Do actions and keep them; give those to do again, where one left the room unsure and it was folded anew."""
        if (self._stale and not await self._recover()) or not await self._enter():
            for job in jobs:
                refuse(job, StoreError([lost(self.base)]))
            return []
        start, kept = len(self.room.records), list[Job]()
        try:
            for n, job in enumerate(jobs):
                if (error := self._do(job)) is None:
                    kept.append(job)
                    continue
                if unsure := self._stale:
                    await self._recover()
                refuse(job, error)
                if unsure:
                    return [*kept, *jobs[n + 1 :]]
            new = tuple(self.room.records[start:])
            clock = self._clock_after(new)
            await self._append(new, kept, start, clock)
        except LostError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug too: what is kept is known, and the room goes on from it
            await self._failed(kept, error)
            return []
        for job in kept:
            self._answer(job)
        self._after(new, clock)
        return []

    async def _append(self, new: tuple[Record, ...], kept: list[Job], start: int, clock: Clock | None) -> None:
        """Keep what was done, all of it or nothing."""
        added: dict[str, Any] = {"keys": keys_of(kept, start), "emptied": emptied(self.room, new)}
        if not new:
            await (self.keep(self.peers.leave) if self.peers is not None else asyncio.sleep(0))
        elif self.peers is None:
            await self.keep(self.base.append, new, **added)
        else:
            await self.keep(self.peers.append, new, **added, clock=clock)
            self._mark = None  # the world stands at the last record again

    # --- what other processes add ----------------------------------------------------------------------------------

    async def _enter(self) -> bool:
        """Wait for the turn, and take in what others added before it; say whether the database gave it."""
        if self.peers is None:
            return True
        for _ in range(2):
            try:
                self._take_in(await self.keep(self.peers.enter, self.last))
            except (SQLAlchemyError, SispamkotaError, OSError) as error:
                log.warning("no turn: %s", error)
                self._stale = True
                if not await self._recover():
                    return False
            else:
                return True
        return False

    async def hear(self) -> None:
        """Take in what others have added."""
        if self.peers is not None:
            await self.troubles.keep_to("others", self._hear)

    async def _hear(self) -> None:
        if self._stale or self.peers is None:
            return
        async with self.steady:
            try:
                self._take_in(await self.keep(self.peers.news, self.last))
            except (SQLAlchemyError, SispamkotaError, OSError) as error:
                log.warning("not heard: %s", error)
                self._stale = True
                await self._recover()

    def _take_in(self, news: News) -> None:
        """Fold records of others; a world that was played on beyond them goes back first."""
        if not news.rows:
            return
        if self._mark is not None:
            self.room.world.rewind(self._mark)
            self._mark = None
        refuse_broken(news.rows, where=self.base.name, after=self.room.records[-1] if self.room.records else None)
        for row in news.rows:
            if row.do == "clock.tick":  # each looks whether its world is that of the one that leads
                check_point(self.room, row, where=self.base.name)
            self.room.take(row)
        self.telling.go_back(len(self.room.world.log()))
        self.sent |= news.keys or {}
        self._after(news.rows, news.clock)

    async def present(self) -> dict[str, str]:
        """Give the accounts that have a socket, with their seats."""
        here = self.audience.here()
        return here if self.peers is None else await self.keep(self.peers.present, self.wall.monotonic()) | here

    async def leave(self, session: Session) -> bool:
        """Note that an account leaves its desk; say whether another one still sits there, who keeps it."""
        self.audience.left.add(session.account)
        self._seen_due = True
        return any(seat == session.seat for who, seat in (await self.present()).items() if who != session.account)

    def sit(self, account: str) -> None:
        """Note that an account works at its desk: it sits there again if it had left."""
        self._seen_due |= account in self.audience.left
        self.audience.left.discard(account)

    def _do(self, job: Job) -> SispamkotaError | RefusalError | None:
        """Do one action in the room; give why it does not stand.

        What is no refusal may have left half of something behind: the room is stale, and nothing of it is kept.
        """
        start = len(self.room.records)
        try:
            known = self.sent.get((job.account, job.key)) if job.key else None
            if known is not None:
                job.record = self.room.records[known]
                return None
            check_other(job, self.sent)
            job.record = do_job(self.room, job, t=self._now(), at=iso(self.wall.now()), last=self.clock.horizon_ms)
        except Exception as error:  # noqa: BLE001 - a bug in one action is no reason to stop everybody's room
            self._stale = not isinstance(error, InputError) or len(self.room.records) > start
            return error if isinstance(error, SispamkotaError) else self._broken(job, error)
        if job.key:
            self.sent[job.account, job.key] = job.record.n
        return None

    def _broken(self, job: Job, error: Exception) -> RefusalError:
        """Say that the program failed in an action; the server's own are tried again, and logged once."""
        if job.seat == "server":
            self.troubles.note(part_of(job), error)
        return broken(job, error, told=job.seat == "server")

    def _now(self) -> int:
        """Give the moment at which the next action is done; never before what has been played."""
        last = self.room.records[-1].t if self.room.records else 0
        return max(self.clock.now_ms(), last, round(self.room.now * 1000))

    def _answer(self, job: Job) -> None:
        if job.seat == "server":
            self.troubles.over(part_of(job))
        if job.record is not None and not job.done.done():
            job.done.set_result(Done(job.record.n, job.record.t, job.record.hash))

    # --- when the database does not keep ---------------------------------------------------------------------------

    async def _failed(self, jobs: list[Job], error: Exception) -> None:
        """Fold the room anew from what is kept; what is there after all is acknowledged, the rest refused."""
        log.error("not kept: %s", error)
        ours = isinstance(error, SQLAlchemyError | OSError) and not isinstance(error, SispamkotaError)
        fault = StoreError([self.base.fault(error)]) if ours else error
        self._stale = True
        there = await self._recover()
        for job in jobs:
            n = job.record.n if job.record else -1
            if there and job.record is not None and n <= self.last and self.room.records[n].hash == job.record.hash:
                self._answer(job)
            else:
                refuse(job, fault if isinstance(fault, SispamkotaError) else self._broken(job, fault))

    async def _refold(self) -> None:
        """Fold a stale room anew, without anybody's action; where the database is away, look again in a moment."""
        if not self._stale or self.wall.monotonic() < self._fold_due:
            return
        self._fold_due = self.wall.monotonic() + AGAIN_S
        async with self.steady:
            if self._stale:
                await self._recover(pauses=RETRIES[:1])

    async def _recover(self, *, pauses: Sequence[float] = RETRIES) -> bool:
        """Read the database again and fold; say whether it answered. Raises LostError where its log does not hold."""
        failed = 0
        for pause in pauses:
            try:
                if self.peers is not None:
                    await self.keep(self.peers.leave)
                self.base.reconnect()
                rows = await self.keep(self.base.read_records)
                self.sent = await self.keep(self.base.read_keys)
                clock = None if self.peers is None else await self.keep(self.peers.clock)
            except SispamkotaError as error:
                log.warning("database: %s", error)
                await asyncio.sleep(pause)
                continue
            try:
                self.room = await asyncio.to_thread(fold, self.setup, rows, where=self.base.name)
            except Exception as error:  # noqa: BLE001 - a bug too: it is tried again, and given up where it stays
                failed += 1
                self._give_up(error, last=failed >= FOLDS)
                await asyncio.sleep(pause)
                continue
            self._folded(clock)
            return True
        return False

    def _give_up(self, error: Exception, *, last: bool) -> None:
        """Take in that the log was not folded; raises LostError where it does not hold, or at the last try."""
        if isinstance(error, StoreError) or last:
            self.lost = error if isinstance(error, StoreError) else not_folded(self.base.name, error)
            raise LostError(self.lost) from error
        self.troubles.note("fold", error)

    def _folded(self, clock: Clock | None) -> None:
        """Go on with a room that was folded anew."""
        self._stale, self._mark = False, None
        speed, t = self.clock.speed, max(self.clock.now_ms(), self._now())
        self._set_clock(*(clock or (t, speed if self.room.board.running else 0, self.wall.monotonic())))
        self.telling.forget()
        with self.troubles.cost("telling"):
            self._tell_events()
        new = tuple(self.room.records[self.last + 1 :])
        self._after(new, clock or self._clock_after(new))

    # --- telling ---------------------------------------------------------------------------------------------------

    def _clock_after(self, new: tuple[Record, ...]) -> Clock | None:
        return clock_after(new, speed=self.clock.speed, now=self.wall.monotonic())

    def _set_clock(self, t: int, speed: int, since: float) -> None:
        if (t, speed, since) != self._clock:
            self._clock = (t, speed, since)
            self.clock.set(t=t, speed=speed, since=since)
            self._ticked = self.wall.monotonic()

    def _after(self, new: tuple[Record, ...], clock: Clock | None) -> None:
        """Set the clock by what was kept, and wake those who are to hear of it."""
        self.last = len(self.room.records) - 1
        if clock is not None:
            self._set_clock(*clock)
        self.telling.forget_records(*gone(new), before=self.last)
        for record in new:
            self._frame_due |= record.do.split(".")[0] in WORLDLY and record.do != "clock.tick"
            self._view_due |= record.do != "clock.tick"
        if new:
            self.audience.wake()

    def _advance(self) -> None:
        """Play the world up to now; where others may add something before that, it can go back."""
        if self.peers is not None and self._mark is None and self.clock.now_ms() > self.room.now * 1000.0:
            self._mark = self.room.world.mark()
        try:
            self.room.advance(self.clock.now_ms() / 1000.0)
        except Exception:
            self._stale = True  # it may stand half-way
            raise

    async def _pulse(self) -> None:
        """Tell what is due."""
        now = self.wall.monotonic()
        async with self.steady:
            if self._stale:
                return
            self._frame_due |= self.clock.speed > 0 and now - self._framed >= FRAME_S
            self._view_due |= self.clock.speed > 0 and now - self._viewed >= TICK_S
            seats = self.audience.seats()
            self.telling.forget_seats(seats)
            told = False
            if self._frame_due and now - self._framed >= SOON_S:
                self._advance()
                self.telling.write_frames(self.room, seats, self.told_clock())
                self._tell_events()
                self._framed, self._frame_due, told = now, False, True
            if self._view_due and now - self._viewed >= VIEW_S:
                self.telling.write_views(self.room, seats)
                self._viewed, self._view_due, told = now, False, True
        if now - self._beaten >= BEAT_S:
            self._beaten, told, self._seen_due = now, True, True
            self._look_at_wall()
            self.audience.beat()
        if told:
            self.audience.wake()
        if self._seen_due and self.peers is not None:
            self._seen_due = False
            with suppress(StoreError):
                await self.keep(self.peers.tell_presence, self.audience.here(), now)

    def _tell_events(self) -> None:
        """Write what happened; where others may add something, not what is too fresh to be sure."""
        sure = self.peers is None or not self.clock.speed
        self.telling.write_events(self.room, until=None if sure else self.room.now - self.clock.speed * 1.0)

    def _look_at_wall(self) -> None:
        """Name a jump of the wall clock; the room runs on a clock of its own."""
        jump = self.wall.jumped()
        if jump:
            log.warning("the wall clock was set by %+.1f s; the room's own clock went on", jump)
            for listener in self.listeners:
                listener("clock_jump", f"{jump:+.1f} s")
            self.audience.tell({"kind": "notice", "what": "clock_jump", "seconds": round(jump, 1)})
