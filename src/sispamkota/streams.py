"""The names of all random decisions, and the scheme by which a draw is keyed.

A draw is Philox 4x32-10 with key = seed and counter = (replicate, stream, who, k): `stream` names the decision, `who`
the thing that decides (a place, a unit, a hazard, by its stable name), k its own draw count. Never the clock, never a
row.

A program that rehearses for more than one end (search, choose, prove) gives each its own luck: a seed derived from the
user's by the name of the end, so that no end ever meets what another was chosen by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

__all__ = ["LUCKS", "SCHEME", "STREAMS", "luck_of"]

SCHEME = "philox4x32-10/1"

STREAMS: Mapping[str, str] = {
    "crowd.clock": "waiting time of a channel of a crowd; who: place, k: count · 32 + channel",
    "crowd.choice": "whom an event of a channel means; who: place, k: count · 64 + channel (+ 32: second choice)",
    "gathering.size": "size of a gathering; who: gathering, k: camp",
    "hazard.clock": "time to the next incident of a hazard; who: hazard, k: count",
    "hazard.rate": "factor of an uncertain rate; who: the draw that hazards share",
    "parameter.value": "value of an uncertain parameter; who: the parameter, k: 0",
    "incident.service": "length of the work on an incident; who: its source, k: its number there",
    "incident.call": "time until a call is understood; who: its source, k: its number there",
    "unit.turnout": "turnout of a unit, and how long a reinforcement takes; who: unit, k: its count of orders",
    "command.delay": "hand-over of control and of the line; who: place, k: count",
    "casualty.fate": "triage, survival, delays, stays of a casualty; who: its source, k: its number there · 16 + which",
    "hospital.occupancy": "beds taken at the start; who: hospital, k: kind of bed",
    "hospital.others": "which ordinary patient comes or goes, and when; who: hospital, k: count · 16 + bed",
    "incident.harm": "when an incident hurts somebody; who: its source, k: (its number there · 1024 + count) · 2",
    "incident.fade": "when an unanswered incident ends by itself; who: its source, k: its number there",
    "fire.neighbour": "what a fire burns before it reaches a neighbour; who: place, k: count",
    "person.clock": "when a person in a scene changes; who: the person, k: its count of changes",
    "person.choice": "which change it is; who: the person, k: its count of changes",
    "person.leave": "when a person goes home unasked; who: the person, k: 0",
    "person.speed": "free speed of a person; who: the person, k: attempt",
    "person.sway": "how a person strays and shifts, and for how long; who: the person, k: 2 · its count (+ 1)",
    "person.place": "where and when a person of a scene comes in, and where she stands; who: the person, k: which",
    "deploy.clock": "time to the next incident of a sampled day; who: row of the risk map, k: count; replicate: sample",
    "deploy.rate": "factor of an uncertain rate on a sampled day; who: the draw that rows share; replicate: sample",
    "verify.order": "order of turns in Epstein's model; who: 0, k: blocks of four drawn so far",
    "verify.person": "moves, arrests and terms in Epstein's model; who: agent, k: blocks of four drawn so far",
    "verify.lattice": "events of the recruitment lattice; who: 0 when, 1 what; k: the event",
    "branch.key": "key of a branch, 64 bits; who and k: lower and upper half of its number",
}

LUCKS: Mapping[str, str] = {
    "harm.drawn": "which plans the surrogate of harm is fitted on and judged by",
    "harm.fitted": "what happens to the plans that the surrogate is fitted on",
    "harm.judged": "what happens to the plans that it is judged by",
    "improve.moves": "which changes of a plan the search tries",
    "improve.search": "what happens to them",
    "improve.choice": "what happens to the finalists of the search",
    "improve.proof": "what happens to the plan that is proven, and to the old one",
    "regret.pick": "what the best plan of a scenario is picked by",
}


def luck_of(seed: int, name: str) -> int:
    """Derive the seed of one end of LUCKS from the user's: 64 bits, the same on every machine.

    Two ends, or an end and a seed that a user types, meet the same luck with a probability of 2**-64. Source: BLAKE2b,
    RFC 7693, of "name/seed". Raises KeyError for a name that is none.
    """
    if name not in LUCKS:
        raise KeyError(name)
    return int.from_bytes(hashlib.blake2b(f"{name}/{seed}".encode(), digest_size=8).digest(), "big")
