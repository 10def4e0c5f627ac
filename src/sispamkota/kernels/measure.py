"""What a finished replicate is worth: one row of measures, one row a crowd; names as in data/variables.toml."""

import math

import numpy as np

from . import crowd, log
from . import memory as m
from ._compile import kernel
from .damage import fire_energy
from .layout import (
    BAY,
    BURNT,
    BY_ACCIDENT,
    BY_FORCE,
    CALLED,
    CIVILIAN,
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
    OPEN,
    POLICE_SERVICE,
    ROOMS_LOST,
    STILL_OPEN,
    T1,
    T2,
    UNREST,
    Record,
)

__all__ = ["CROWD_MEASURES", "MEASURES", "burnt_share", "finish"]

MEASURES = (
    "harm_people", "injured_civilians", "injured_by_force", "injured_officers", "deaths",
    "deaths_averted_by_earlier_care",
    "violent_person_s", "seconds_kuning", "seconds_merah", "merah", "perimeter_damaged", "breached", "ballots_lost",
    "fires",
    "burnt_share", "dispersed", "detained", "force_stage_max", "seconds_force_3up", "tear_gas", "response_police_s",
    "response_fire_s", "response_ambulance_s", "first_care_s", "definitive_care_s", "hospital_peak_share", "diversions",
    "by_ambulance", "self_transport", "reserve_low_people", "unresolved", "attendance_peak", "events",
)  # fmt: skip
CROWD_MEASURES = (
    "seconds_hijau", "seconds_kuning", "seconds_merah", "peak_present", "peak_violent", "violent_person_s", "layer",
    "fires", "burnt_share", "dispersed", "detained", "hurt", "force_stage_max",
)  # fmt: skip
(
    HARM, CIVILIANS, FORCED, OFFICERS, DEATHS, AVERTABLE, VIOLENT_S, KUNING_S, MERAH_S, WAS_MERAH, DAMAGED, BREACHED,
    BALLOTS, FIRES, BURNT_SHARE, DISPERSED, DETAINED, FORCE_MAX, FORCE_S, GAS, POLICE_S, FIRE_S, AMBULANCE_S, CARE_S,
    DEFINITIVE_S, PEAK_SHARE, DIVERSIONS, CARRIED, SELF, RESERVE, UNRESOLVED, PEAK, EVENTS,
) = range(33)  # fmt: skip


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
    p = m.param(w, 0)
    cared, treated = 0, 0
    for j in range(w.casualties):
        q = m.casualty(w, j)
        if q.cause == BY_ACCIDENT:
            continue
        row[HARM] += 1
        row[CIVILIANS if q.side == CIVILIAN else OFFICERS] += 1
        row[FORCED] += 1 if q.cause == BY_FORCE else 0
        if q.state == DEAD:
            row[DEATHS] += 1
            row[AVERTABLE] += 1 if q.luck < (p.survive_t1 if q.triage == T1 else p.survive_t2) else 0
        if q.triage <= T2:
            if not math.isinf(q.care):
                cared += 1
                row[CARE_S] += q.care - q.born
            if not math.isinf(q.definitive):
                treated += 1
                row[DEFINITIVE_S] += q.definitive - q.born
    row[CARE_S] = row[CARE_S] / cared if cared > 0 else math.nan
    row[DEFINITIVE_S] = row[DEFINITIVE_S] / treated if treated > 0 else math.nan


@kernel
def _open_calls(w: Record, row: np.ndarray) -> None:
    """Count what was unresolved at the end and censor its response times."""
    for k in range(w.crowds):
        c = m.crowd(w, k)
        row[UNRESOLVED] += 1 if c.stage > 0 else 0
        for level in range(1, LEVELS):
            if c.calls[level] == 1 and c.incident >= 0:
                log.respond(w, m.incident(w, c.incident), POLICE_SERVICE, NONE, c.called[level], STILL_OPEN)
    for j in range(w.open):
        incident = m.incident(w, m.active(w, j).incident)
        kt = m.kind(w, incident.kind)
        if kt.model == UNREST or (incident.state != OPEN and incident.state != CALLED):
            continue
        row[UNRESOLVED] += 1
        if kt.service >= 0 and math.isinf(incident.first):
            log.respond(w, incident, kt.service, NONE, incident.called, STILL_OPEN)


@kernel
def _responses(w: Record, row: np.ndarray) -> None:
    """Average the answered response times by service; NaN where none was answered."""
    n = np.zeros(3)
    for r in range(w.responses):
        response = m.response(w, r)
        if not math.isnan(response.seconds):
            n[response.service] += 1
            row[POLICE_S + response.service] += response.seconds
    for service in range(3):
        row[POLICE_S + service] = row[POLICE_S + service] / n[service] if n[service] > 0 else math.nan


@kernel
def finish(w: Record, row: np.ndarray, rows: np.ndarray) -> int:
    """Close a replicate at its end: row[MEASURES] and rows[crowd, CROWD_MEASURES]; return 0 or a fault code."""
    row[:] = 0.0
    _crowds(w, row, rows)
    _casualties(w, row)
    _open_calls(w, row)
    _responses(w, row)
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
