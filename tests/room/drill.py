"""A drill that is played by a script: what a review of it must show is known line by line."""

from __future__ import annotations

from typing import Any

from sispamkota.exercise import Record, Room, Setup
from sispamkota.kernels import layout as at

MINUTE = 60_000
HOSPITAL = "rsud-dr-saiful-anwar"


class Drill:
    """Plays a room and keeps what it did by name."""

    def __init__(self, setup: Setup, *, day: str = "2026-11-29") -> None:
        """Open the room."""
        self.room, self.day, self.t, self.did = Room(setup), day, 0, dict[str, Record]()

    def do(self, name: str, seat: str, t: float, **action: Any) -> Record:
        """Do an action at a minute of the world."""
        self.t = round(t * MINUTE)
        wall = f"{self.day}T{9 + self.t // 3_600_000:02d}:{self.t // 60_000 % 60:02d}:00.000Z"
        self.did[name] = self.room.do(action, seat=seat, t=self.t, at=wall)
        return self.did[name]

    def tick(self) -> None:
        """Keep a checkpoint as the server does."""
        self.room.advance(self.t / 1000.0)
        self.do(f"tick {self.t}", "server", self.t / MINUTE, do="clock.tick", digest=self.room.digest())

    def until_stage(self, stage: int, *, place: int = 0) -> float:
        """Play on until a place comes to a stage; the minute."""
        while self.room.world.state.crowd[place].stage < stage:
            assert self.room.now < self.room.horizon, "the drill never comes to that"
            self.room.advance(self.room.now + 1.0)
        return self.room.now / 60.0


def play(setup: Setup) -> Drill:
    """Play the drill: six desks, a tense crowd, a request for force that is granted, one that is refused, a vote."""
    d = Drill(setup)
    for seat in ("polresta", "polda", "dialogue", "kpu", f"hospital:{HOSPITAL}", "evaluator"):
        d.do(f"sit {seat}", seat, 0, do="seat.take")
    d.do(
        "pemberitahuan",
        "controller",
        0,
        do="inject.message",
        to=["dialogue", "polresta"],
        text="mulai",
        item="pemberitahuan",
    )
    d.do(
        "contact",
        "dialogue",
        3,
        do="dialogue.put",
        entry="k-1",
        kind="contact",
        partner="aliansi",
        text="tersambung",
        place="kpu",
    )
    d.do(
        "notice",
        "dialogue",
        4,
        do="dialogue.put",
        entry="s-1",
        kind="notice",
        partner="aliansi",
        text="surat",
        place="kpu",
        notice_h=10.0,
    )
    d.do(
        "promise",
        "dialogue",
        5,
        do="dialogue.put",
        entry="j-1",
        kind="commitment",
        partner="aliansi",
        text="bubar pukul 10",
        due=3000.0,
    )
    d.do(
        "promise 2",
        "dialogue",
        5,
        do="dialogue.put",
        entry="j-2",
        kind="commitment",
        partner="aliansi",
        text="jalur ambulans",
        due=1200.0,
    )
    d.do("board 1", f"hospital:{HOSPITAL}", 6, do="hospital.update", hospital=HOSPITAL, igd_free=8, igd_waiting=1)
    d.do("kept", "dialogue", 15, do="dialogue.close", entry="j-1", kept=True, text="ditepati")
    d.do("drop", "controller", 16, do="msel.drop", item="pers", why="waktu habis")
    d.do("add", "controller", 16, do="msel.put", item="tambahan", to=["kpu"], text="Tambahan <b>", expected="jawab")
    d.do("arrive", "controller", 20, do="inject.arrive", place="kpu", people=1500, over=300.0)
    d.do("incident", "controller", 25, do="inject.incident", place=setup.city.find("dinoyo").ref, kind="vandalism")
    d.do("board 2", f"hospital:{HOSPITAL}", 28, do="hospital.update", hospital=HOSPITAL, igd_free=5, igd_waiting=4)
    d.do("provoke", "controller", 30, do="inject.provoke", place="kpu", people=300)
    d.tick()
    t = d.until_stage(at.MERAH) + 0.1
    d.do("over 1", "polresta", t, do="command.hand_over", place="kpu")
    d.do("over 2", "polda", t + 0.5, do="command.hand_over", place="kpu")
    force = {"do": "request.make", "kind": "kekuatan", "to": "polda", "place": "kpu"}
    d.do("ask 4", "polresta", t + 1, **force, step=4, why="pelemparan batu", until=(t + 11) * 60)
    d.do(
        "grant 4",
        "polda",
        t + 3.5,
        do="request.answer",
        request=d.did["ask 4"].n,
        granted=True,
        authority="Kapolda",
        why="terukur",
    )
    d.do("ask 5", "polresta", t + 4, **force, step=5, why="massa mendesak", until=(t + 14) * 60)
    d.do(
        "refuse 5",
        "polda",
        t + 5,
        do="request.answer",
        request=d.did["ask 5"].n,
        granted=False,
        authority="Kapolda",
        why="masih ada dialog",
    )
    d.do("vote", "kpu", t + 6, do="voting", place="kpu", state="paused", why="pagar rusak")
    d.do(
        "ask lapsed",
        "polresta",
        t + 7,
        do="request.make",
        kind="perkuatan",
        to="polda",
        why="cadangan habis",
        until=(t + 8) * 60,
    )
    d.do("saw", "evaluator", t + 9, do="observe", text="radio penuh", task="alih-kendali")
    end = t + 12
    d.do("plan 0", "evaluator", end, do="improve.put", item="peta", text="peta jalur", owner="Dishub", due="2027-01-31")
    d.tick()
    d.do("end", "controller", end, do="clock.end")
    d.do("rate P", "evaluator", end, do="rate", task="dialog-awal", rating="P", text="kontak lebih dahulu")
    d.do("rate M", "evaluator", end, do="rate", task="ambulans", rating="M", text="antrean")
    d.do(
        "plan 1",
        "controller",
        end,
        do="improve.put",
        item="radio",
        text="kanal kedua",
        owner="Kabag Ops",
        due="2026-12-15",
    )
    d.do(
        "plan 2", "controller", end, do="improve.put", item="papan", text="papan IGD", owner="Dinkes", due="2026-11-01"
    )
    d.do("done 3", "evaluator", end, do="improve.close", item="peta", evidence="peta ditempel")
    return d
