"""What a finished replicate is worth: one row of measures, one row a crowd; names as in data/variables.toml."""

import math

import numpy as np

from . import crowd, log
from . import memory as m
from ._compile import kernel
from .casualty import count_care
from .damage import fire_energy
from .incident import count_cost
from .layout import (
    BAY,
    BURNT,
    CALLED,
    CONTROLLED,
    DEAD,
    DOORS_DOWN,
    FENCE_DOWN,
    GROWING,
    INTACT,
    KUNING,
    LEVELS,
    MERAH,
    NO_FIRE,
    NONE,
    OFF_DUTY,
    OPEN,
    OUT,
    OUTSIDE,
    POLICE_SERVICE,
    ROOMS_LOST,
    STILL_OPEN,
    UNREST,
    Record,
)

__all__ = ["CROWD_MEASURES", "MAY_LACK", "MEASURES", "burnt_share", "finish"]

MEASURES = (
    "harm_people", "injured_civilians", "injured_by_force", "injured_officers", "deaths",
    "deaths_averted_by_earlier_care",
    "violent_person_s", "seconds_kuning", "seconds_merah", "merah", "perimeter_damaged", "breached", "ballots_lost",
    "fires",
    "burnt_share", "dispersed", "detained", "force_stage_max", "seconds_force_3up", "tear_gas", "response_police_s",
    "response_fire_s", "response_ambulance_s", "first_care_s", "definitive_care_s", "hospital_peak_share", "diversions",
    "by_ambulance", "self_transport", "reserve_low_people", "unresolved", "attendance_peak", "events",
    "tps_closed_s", "voters_kept_people", "ballots_held_s", "people_held_s", "duty_longest_s", "retasked",
    "neighbour_fires", "turned_away",
)  # fmt: skip
MAY_LACK = (  # NaN in a replicate in which there was nothing to measure
    "response_police_s", "response_fire_s", "response_ambulance_s", "first_care_s", "definitive_care_s",
    "hospital_peak_share", "duty_longest_s",
)  # fmt: skip
CROWD_MEASURES = (
    "seconds_hijau", "seconds_kuning", "seconds_merah", "peak_present", "peak_violent", "violent_person_s", "layer",
    "fires", "burnt_share", "dispersed", "detained", "hurt", "force_stage_max",
)  # fmt: skip
(
    HARM, CIVILIANS, FORCED, OFFICERS, DEATHS, AVERTABLE, VIOLENT_S, KUNING_S, MERAH_S, WAS_MERAH, DAMAGED, BREACHED,
    BALLOTS, FIRES, BURNT_SHARE, DISPERSED, DETAINED, FORCE_MAX, FORCE_S, GAS, POLICE_S, FIRE_S, AMBULANCE_S, CARE_S,
    DEFINITIVE_S, PEAK_SHARE, DIVERSIONS, CARRIED, SELF, RESERVE, UNRESOLVED, PEAK, EVENTS, TPS_S, VOTERS, BALLOTS_S,
    HELD_S, DUTY_S, RETASKED, NEIGHBOURS, TURNED_AWAY,
) = range(41)  # fmt: skip


@kernel
def burnt_share(w: Record, c: Record, now: float) -> float:
    """Return the share of the fire load burnt by now, 0 to 1; a fire still burning counts by its free growth."""
    p = m.param(w, 0)
    energy = c.fire_energy
    if c.fire == NO_FIRE:
        return 0.0
    if c.fire == GROWING:
        energy = fire_energy(p, now - c.fire_from)
    elif c.fire == CONTROLLED:
        part = (now - c.fire_from) / p.fire_knockdown
        energy += c.fire_power * p.fire_knockdown * part * (1.0 - 0.5 * part)
    return min(1.0, energy / p.fire_load)


@kernel
def _crowds(w: Record, row: np.ndarray, rows: np.ndarray) -> None:
    """Add up the crowds; rows[crowd, CROWD_MEASURES]."""
    now = w.now
    for k in range(w.crowds):
        c = m.crowd(w, k)
        crowd.sync(c, now)
        burnt = burnt_share(w, c, now)
        row[VIOLENT_S] += c.violent_s
        row[KUNING_S] += c.stage_s[KUNING]
        row[MERAH_S] += c.stage_s[MERAH]
        row[WAS_MERAH] = max(row[WAS_MERAH], 1.0 if c.stage_s[MERAH] > 0.0 or c.stage == MERAH else 0.0)
        row[DAMAGED] = max(row[DAMAGED], 1.0 if c.layer >= FENCE_DOWN else 0.0)
        row[BREACHED] = max(row[BREACHED], 1.0 if c.layer >= DOORS_DOWN else 0.0)
        lost = m.crowd_t(w, k).ballots == 1 and (c.layer == ROOMS_LOST or c.fire == BURNT)
        row[BALLOTS] = max(row[BALLOTS], 1.0 if lost else 0.0)
        row[FIRES] += c.fires
        row[BURNT_SHARE] = max(row[BURNT_SHARE], burnt)
        row[DISPERSED] += c.dispersed
        row[DETAINED] += c.detained
        row[FORCE_MAX] = max(row[FORCE_MAX], c.force_max)
        for stage in range(3, c.force_s.shape[0]):
            row[FORCE_S] += c.force_s[stage]
        row[GAS] = max(row[GAS], 1.0 if c.force_max >= 5 else 0.0)
        rows[k, 0], rows[k, 1], rows[k, 2] = c.stage_s[0], c.stage_s[1], c.stage_s[2]
        rows[k, 3], rows[k, 4], rows[k, 5], rows[k, 6] = c.peak, c.peak_violent, c.violent_s, c.layer - INTACT
        rows[k, 7], rows[k, 8], rows[k, 9], rows[k, 10] = c.fires, burnt, c.dispersed, c.detained
        rows[k, 11], rows[k, 12] = c.hurt, c.force_max


@kernel
def _casualties(w: Record, row: np.ndarray) -> None:
    """Count who was hurt and how long care took; means over T1 and T2 who got it, NaN where nobody did."""
    for j in range(w.rows):
        q = m.casualty(w, j)
        if q.state != OUT and not (q.state == DEAD and q.ambulance < 0):
            count_care(w, q)
    row[HARM], row[CIVILIANS], row[OFFICERS], row[FORCED] = w.harmed, w.civilians, w.officers, w.forced
    row[DEATHS], row[AVERTABLE] = w.deaths, w.avertable
    row[CARE_S] = w.care_s / w.cared if w.cared > 0 else math.nan
    row[DEFINITIVE_S] = w.definitive_s / w.treated if w.treated > 0 else math.nan


@kernel
def _open_calls(w: Record, row: np.ndarray) -> None:
    """Count what was unresolved at the end and censor its response times."""
    for k in range(w.crowds):
        c = m.crowd(w, k)
        row[UNRESOLVED] += 1 if c.stage > 0 else 0
        for level in range(1, LEVELS):
            if c.calls[level] == 1 and c.incident >= 0:
                log.respond(w, m.incident(w, c.incident), POLICE_SERVICE, NONE, c.called[level], STILL_OPEN)
    after = w.first_open
    while after >= 0:
        incident = m.incident(w, after)
        after = incident.after
        kt = m.kind(w, incident.kind)
        if kt.model == UNREST or (incident.state != OPEN and incident.state != CALLED):
            continue
        row[UNRESOLVED] += 1
        if kt.service >= 0 and math.isinf(incident.first):
            log.respond(w, incident, kt.service, NONE, incident.called, STILL_OPEN)


@kernel
def _costs(w: Record, row: np.ndarray) -> None:
    """Average the answered response times by service (NaN where none was), and sum what incidents cost.

    The longest duty is that of units with a roster; NaN where none has one.
    """
    for service in range(3):
        n = w.answered[service]
        row[POLICE_S + service] = w.answer_s[service] / n if n > 0 else math.nan
    i = w.first_open
    while i >= 0:
        count_cost(w, m.incident(w, i))
        i = m.incident(w, i).after
    row[TPS_S], row[VOTERS], row[BALLOTS_S], row[HELD_S] = w.tps_s, w.voters_kept, w.ballots_s, w.held_s
    longest, rosters = w.duty_longest, 0
    for u in range(w.units):
        unit = m.unit(w, u)
        if m.unit_t(w, u).duty_length <= 0.0:
            continue
        rosters += 1
        if unit.state != OFF_DUTY and unit.state != OUTSIDE:
            longest = max(longest, w.now - unit.duty_from)
    row[DUTY_S] = longest if rosters > 0 else math.nan
    row[RETASKED], row[NEIGHBOURS], row[TURNED_AWAY] = w.retasked, w.neighbours, w.turned_away


@kernel
def finish(w: Record, row: np.ndarray, rows: np.ndarray) -> int:
    """Close a replicate at its end: row[MEASURES] and rows[crowd, CROWD_MEASURES]; return 0 or a fault code."""
    row[:] = 0.0
    _crowds(w, row, rows)
    _casualties(w, row)
    _open_calls(w, row)
    _costs(w, row)
    bays = 0
    for h in range(w.hospitals):
        bays += m.hospital_t(w, h).beds[BAY]
    row[PEAK_SHARE] = (bays - w.bays_low) / bays if bays > 0 else math.nan
    row[PEAK] = w.present_peak
    row[DIVERSIONS] = w.diversions
    row[CARRIED] = w.by_ambulance
    row[SELF] = w.self_transport
    row[RESERVE] = w.idle_low
    row[EVENTS] = w.events
    return w.fault
