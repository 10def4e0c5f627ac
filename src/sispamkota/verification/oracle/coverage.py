"""What has occurred while engine and oracle ran side by side: every event, channel, log row and state, by name."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from .play import Event
from .sim import FAMILIES, Sim
from .terms import at

__all__ = ["NAMES", "Coverage"]

# each enumeration of the model in the order of its numbers; "" is a number that nothing in the model gives
NAMES: Mapping[str, tuple[str, ...]] = {
    "event": FAMILIES,
    "channel": (
        *("arrive 0", "arrive 1", "leave 0", "leave 1", "turn 0", "turn 1", "calm 0", "calm 1", "tire 0", "tire 1"),
        *("leave spent", "remove", "hurt crowd", "hurt officer", "hurt by force", "ignite", "spread"),
    ),
    "log": (
        *("stage", "control", "line", "force", "perimeter", "fire", "call", "open", "close", "dispatch", "depart"),
        *("arrive", "release", "home", "casualty", "triage", "carry", "hospital", "care", "death", "inject", "crowd"),
        *("unmet", "divert", "consider", "retask", "off duty", "on duty", "reinforce", "surge", "neighbour"),
    ),
    "stage": ("hijau", "kuning", "merah"),
    "control": ("kapolsek", "kapolresta", "kapolda"),
    "line": ("first", "second", "third"),
    "force": ("none", "1", "2", "3", "4", "5 (gas)"),
    "layer": ("intact", "fence down", "doors down", "rooms lost"),
    "fire": ("none", "growing", "controlled", "out", "burnt"),
    "unit": ("idle", "turnout", "travel", "scene", "carry", "handover", "freed", "return", "off duty", "outside"),
    "task sent": ("guard", "mobile", "reserve", "standby", "bko"),
    "capability sent": (
        *("dialogue", "crowd 0", "crowd 1", "crowd 2", "patrol", "guard", "traffic", "fire", "rescue", "ambulance"),
        *("tps", "command"),
    ),
    "standing": (
        "available",
        "busy",
        "guards elsewhere",
        "held in reserve",
        "no road",
        "rests",
        "not in city",
        "at a desk",
        "serves lower",
    ),
    "incident": ("", "called", "open", "closed"),
    "model": ("evacuation", "office fire", "unrest", "plain"),
    "work": ("exponential", "fixed", "lognormal"),
    "service": ("police", "fire", "ambulance"),
    "outcome": ("answered", "still open", "not needed"),
    "casualty": (
        *("", "found", "self way", "wait ambulance", "on scene", "on way", "queue bay", "in bay", "queue next"),
        *("in bed", "out", "dead"),
    ),
    "triage": ("t1", "t2", "t3"),
    "cause": ("violence", "force", "accident", "trouble"),
    "side": ("civilian", "officer"),
    "bed": ("bay", "theatre", "icu", "ward"),
    "action": (
        "arrive rate",
        "make violent",
        "make incident",
        "ask to leave",
        "set tension",
        "close streets",
        "open streets",
    ),
    "effect": ("none", "closes tps", "holds ballots", "holds people"),
    "surge": ("not asked", "asked", "open"),
    "tally": (
        "lost",
        "diversion",
        "deferred inject",
        "unreachable",
        "cut short",
        "ballots lost",
        "turned back",
        "turned onward",
        "turned away",
        "retasked",
        "neighbours",
        "faded",
        "rows again",
        "harmed by incidents",
        "screened",
        "no room",
        "responses thinned",
        "relieved at work",
        "rest cut",
        "closed streets",
        "tps closed",
        "voters kept",
        "opened again",
        "second neighbour",
        "looker-on turns",
    ),
}
SILENT = {("log", "force"), ("log", "crowd")}  # rows that the engine has a number for and never writes


class Coverage:
    """Count what occurs, by (enumeration, name)."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def add(self, what: str, number: int) -> None:
        """Count one occurrence of a member of an enumeration."""
        self.counts[what, NAMES[what][number]] += 1

    def tell(self, name: str) -> None:
        """Count one occurrence of something rare."""
        self.add("tally", NAMES["tally"].index(name))

    def missing(self) -> list[str]:
        """List everything that has not occurred."""
        names = [(what, name) for what, members in NAMES.items() for name in members if name]
        return [f"{what}: {name}" for what, name in names if not self.counts[what, name] and (what, name) not in SILENT]

    def see(self, sim: Sim, event: Event, notes: int) -> None:
        """Count an event, what the log has gained since row `notes`, and the states in which things are."""
        self.add("event", FAMILIES.index(event.family))
        if event.channel >= 0:
            self.add("channel", event.channel)
        self._see_notes(sim, notes)
        for c in sim.crowds:
            for what in ("stage", "control", "line", "force", "layer", "fire"):
                self.add(what, getattr(c, what))
        for state in {u.state for u in sim.units}:
            self.add("unit", state)
        for i in sim.active:
            self.add("incident", i.state)
            self.add("model", i.kind.model)
            if math.isfinite(i.end):
                self.add("work", i.kind.law)
        for q in sim.on_row.values():
            self.add("casualty", q.state)
        for h in sim.hospitals:
            self.add("surge", h.surge)
        self._see_rare(sim, event)

    def _see_rare(self, sim: Sim, event: Event) -> None:
        """Count what no single state or row tells."""
        rare = {
            "relieved at work": any(u.relieved and u.incident is not None for u in sim.units),
            "rest cut": any(u.state == at.OFF_DUTY and not u.relieved for u in sim.units),
            "closed streets": sim.streets > 0,
            "opened again": any(c.openings > 1 for c in sim.crowds),
            "second neighbour": any(c.neighbours > 2 for c in sim.crowds),
            "looker-on turns": event.channel in (at.TURN, at.TURN + 1) and sim.crowds[event.row].volatility < 1.0,
        }
        for name in (name for name, so in rare.items() if so):
            self.tell(name)

    def _see_notes(self, sim: Sim, notes: int) -> None:
        """Count the new rows of the log and what they tell."""
        for note in sim.notes[notes:]:
            self.add("log", note.event)
            if note.event == at.LOG_DISPATCH:
                self.add("task sent", sim.units[note.unit].task)
                self.add("capability sent", int(note.a))
            elif note.event == at.LOG_CONSIDER:
                self.add("standing", int(note.a))
            elif note.event == at.LOG_CARE:
                self.add("bed", int(note.b))
            elif note.event == at.LOG_CLOSE:
                self.add("incident", at.CLOSED)
                self.add("effect", sim.rows[note.incident].kind.effect)
            elif note.event == at.LOG_INJECT:
                self.add("action", int(note.b))
                if sim.injects[int(note.a)].watch is not None:
                    self.tell("deferred inject")

    def see_end(self, sim: Sim) -> None:
        """Count what a finished replicate holds."""
        for q in sim.casualties:
            self.add("triage", q.triage)
            self.add("cause", q.cause)
            self.add("side", q.side)
        for r in sim.responses:
            self.add("service", r.service)
            self.add("outcome", r.outcome)
        tally = sim.tally
        rare: dict[str, float] = {"lost": tally.lost, "diversion": tally.diversions}
        rare |= {"turned back": tally.turned_back, "turned onward": tally.turned_onward}
        rare |= {"turned away": tally.turned_away, "retasked": tally.retasked, "neighbours": tally.neighbours}
        rare |= {"faded": tally.faded, "rows again": tally.rows_again, "harmed by incidents": tally.harmed_by_incidents}
        rare |= {"screened": tally.screened, "tps closed": tally.tps_s, "voters kept": tally.voters_kept}
        rare |= {"responses thinned": sim.every > 1 and len(sim.responses) > 1}
        for name in (name for name, n in rare.items() if n):
            self.tell(name)
        if any(c.ballots and (c.layer == at.ROOMS_LOST or c.fire == at.BURNT) for c in sim.crowds):
            self.tell("ballots lost")
