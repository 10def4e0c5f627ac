"""What a finished replicate of the oracle is worth, by the names of the measures (model.md §7)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .damage import burnt_share
from .incidents import count_cost
from .sim import Sim
from .terms import at

__all__ = ["crowd_rows", "measure"]

Rows = dict[str, float]


def crowd_rows(sim: Sim) -> list[Rows]:
    """Give the measures of each crowd."""
    return [
        {
            "seconds_hijau": c.stage_s[0],
            "seconds_kuning": c.stage_s[1],
            "seconds_merah": c.stage_s[2],
            "peak_present": c.peak,
            "peak_violent": c.peak_violent,
            "violent_person_s": c.violent_s,
            "layer": c.layer,
            "fires": c.fires,
            "burnt_share": burnt_share(sim, c),
            "dispersed": c.dispersed,
            "detained": c.detained,
            "hurt": c.hurt,
            "force_stage_max": c.force_max,
        }
        for c in sim.crowds
    ]


def measure(sim: Sim) -> Rows:
    """Give the measures of the replicate; calls that are open are censored first, as responses that never came."""
    unresolved = _censor(sim)
    bays = sum(h.beds[at.BAY] for h in sim.hospitals)
    tally = sim.tally
    return {
        **_crowds(sim),
        **_harm(sim),
        **_responses(sim),
        "hospital_peak_share": (bays - tally.bays_low) / bays if bays else math.nan,
        "diversions": tally.diversions,
        "by_ambulance": tally.by_ambulance,
        "self_transport": tally.self_transport,
        "reserve_low_people": tally.idle_low,
        "unresolved": unresolved,
        "attendance_peak": tally.present_peak,
        "events": tally.events,
        **_costs(sim),
        "retasked": tally.retasked,
        "neighbour_fires": tally.neighbours,
        "turned_away": tally.turned_away,
    }


def _crowds(sim: Sim) -> Rows:
    """Add up the crowds."""
    crowds = sim.crowds
    lost = [c.ballots and (c.layer == at.ROOMS_LOST or c.fire == at.BURNT) for c in crowds]
    return {
        "violent_person_s": sum(c.violent_s for c in crowds),
        "seconds_kuning": sum(c.stage_s[1] for c in crowds),
        "seconds_merah": sum(c.stage_s[2] for c in crowds),
        "merah": any(c.stage_s[2] > 0.0 or c.stage == at.MERAH for c in crowds),
        "perimeter_damaged": any(c.layer >= at.FENCE_DOWN for c in crowds),
        "breached": any(c.layer >= at.DOORS_DOWN for c in crowds),
        "ballots_lost": any(lost),
        "fires": sum(c.fires for c in crowds),
        "burnt_share": max((burnt_share(sim, c) for c in crowds), default=0.0),
        "dispersed": sum(c.dispersed for c in crowds),
        "detained": sum(c.detained for c in crowds),
        "force_stage_max": max((c.force_max for c in crowds), default=0),
        "seconds_force_3up": sum(sum(c.force_s[3:]) for c in crowds),
        "tear_gas": any(c.force_max >= 5 for c in crowds),
    }


def _harm(sim: Sim) -> Rows:
    """Count who was hurt in the unrest, and how long care took for the gravely hurt who got it."""
    p = sim.p
    hurt = [q for q in sim.casualties if q.cause != at.BY_ACCIDENT]
    grave = [q for q in hurt if q.triage in (at.T1, at.T2)]
    dead = [q for q in hurt if q.state == at.DEAD]
    saved = [q for q in dead if q.luck < (p.survive_t1 if q.triage == at.T1 else p.survive_t2)]
    return {
        "harm_people": len(hurt),
        "injured_civilians": sum(q.side == at.CIVILIAN for q in hurt),
        "injured_officers": sum(q.side == at.OFFICER for q in hurt),
        "injured_by_force": sum(q.cause == at.BY_FORCE for q in hurt),
        "deaths": len(dead),
        "deaths_averted_by_earlier_care": len(saved),
        "first_care_s": _mean([q.care - q.born for q in grave if math.isfinite(q.care)]),
        "definitive_care_s": _mean([q.definitive - q.born for q in grave if math.isfinite(q.definitive)]),
    }


def _censor(sim: Sim) -> int:
    """Write down the calls that nobody has answered yet; count the places in trouble and the open incidents."""
    unresolved = 0
    for c in sim.crowds:
        unresolved += c.stage > 0
        for level in (1, 2):
            if c.calls[level] == 1 and c.incident is not None:
                police, open_ = at.POLICE_SERVICE, at.STILL_OPEN
                sim.respond(c.incident, police, called=c.called[level], outcome=open_, unit=None)
    for i in sim.active:
        if i.kind.model != at.UNREST:
            unresolved += 1
            if i.kind.service >= 0 and math.isinf(i.first):
                sim.respond(i, i.kind.service, called=i.called, outcome=at.STILL_OPEN, unit=None)
    return unresolved


def _costs(sim: Sim) -> Rows:
    """Add what the open incidents have cost to that of the closed, and find the longest turn of duty."""
    for incident in sim.active:
        count_cost(sim, incident)
    tally = sim.tally
    rosters = [u for u in sim.units if u.duty[1] > 0.0]
    on = [sim.now - u.duty_from for u in rosters if u.state not in (at.OFF_DUTY, at.OUTSIDE)]
    return {
        "tps_closed_s": tally.tps_s,
        "voters_kept_people": tally.voters_kept,
        "ballots_held_s": tally.ballots_s,
        "people_held_s": tally.held_s,
        "duty_longest_s": max([tally.duty_longest, *on]) if rosters else math.nan,
    }


def _responses(sim: Sim) -> Rows:
    """Average the answered calls by service."""
    names = {at.POLICE_SERVICE: "police", at.FIRE_SERVICE: "fire", at.AMBULANCE_SERVICE: "ambulance"}
    return {
        f"response_{name}_s": _mean(
            [r.seconds for r in sim.responses if r.service == service and r.outcome == at.ANSWERED]
        )
        for service, name in names.items()
    }


def _mean(values: Sequence[float]) -> float:
    """Average, NaN where there is nothing."""
    return sum(values) / len(values) if values else math.nan
