"""What a scene of moving people is made of: states, goals, records, and the two bundles of arrays that kernels take.

Metres, seconds, m/s. `spot` (people, 2) is where they are, kept apart and dense because neighbours ask for it most;
`body` (people, 5) is their velocity, heading and free speed; everything asked less often stands in `PERSON`.
"""

from typing import Any, NamedTuple

import numpy as np

from .layout import numbers

__all__ = [
    "BARRIER",
    "BODY",
    "EVENT",
    "FREE",
    "GO_FRONT",
    "GO_OUT",
    "GO_PRESS",
    "HX",
    "HY",
    "LED",
    "LINE",
    "MOTION",
    "NOT_YET",
    "OUT",
    "PEACEFUL",
    "PERSON",
    "POST",
    "PUSH_STEPS",
    "SEGMENT",
    "SEG_BARRIER",
    "SEG_COUNT",
    "SEG_EXIT",
    "SEG_WALL",
    "SPENT",
    "STEPPED",
    "TOO_CLOSE",
    "VIOLENT",
    "VX",
    "VY",
    "Ground",
    "People",
    "Walls",
    "X",
    "Y",
]  # fmt: skip

f4, f8, i4, i8, u1 = np.float32, np.float64, np.int32, np.int64, np.uint8

# --- where a person is in the scene; the first four are inside, LED is being led out and counts in no crowd
PEACEFUL, VIOLENT, SPENT, LED, OUT, NOT_YET = numbers(6)

# --- what a person walks to: a way out, the front of the gathering, what keeps people out of the office
GO_OUT, GO_FRONT, GO_PRESS = numbers(3)

# --- columns of `spot` and of `body`
X, Y = numbers(2)
VX, VY, HX, HY, FREE = numbers(5)
BODY = 5

# --- segments: a wall never opens, a barrier stops people while it is shut, the others only count who crosses
SEG_WALL, SEG_BARRIER, SEG_COUNT, SEG_EXIT = numbers(4)

# --- why `advance_motion` came back
STEPPED, EVENT, TOO_CLOSE = numbers(3)

PERSON = np.dtype(
    [
        ("state", u1),
        ("was", u1),  # the state at the beginning of a round of moods
        ("begins", u1),  # the state in which the person comes in
        ("goal", u1),
        ("camp", u1),
        ("escorted", u1),  # 1: others make way for who is led out
        ("at_risk", u1),  # 1 while the density about the person is above the crush threshold
        ("exit", i4),  # the line that the person left by, -1 inside
        ("who", i8),  # stable number of the person: keys the draws
        ("k", i8),  # its own count of changes
        ("sways", i8),  # its own count of idle steps
        ("left", f8),  # of the unit-rate clock, until the state changes
        ("leave_left", f8),  # of the clock of leaving
        ("enter_at", f8),  # s
        ("out_at", f8),  # s, inf inside
        ("stand", f8),  # distance to the front at which the person stops, m
        ("space", f8),  # least distance to the person in front when standing, m
        ("sway", f8),  # angle of the idle step, rad
        ("sway_x", f8),
        ("sway_y", f8),
        ("sway_until", f8),
        ("stuck", f8),  # s without a step
        ("density", f8),  # persons/m², last measured
        ("pressure", f8),  # 1/s², last measured
    ],
    align=True,
)

PUSH_STEPS = np.int64(2048)  # a square metre

SEGMENT = np.dtype([("ax", f8), ("ay", f8), ("bx", f8), ("by", f8), ("kind", i4), ("of", i4)], align=True)

BARRIER = np.dtype(
    [
        ("open", u1),
        ("opens", u1),  # 1: opens at `due`, 2: shuts at `due`, 0: neither
        ("wears", u1),  # 1: pressing people wear it down
        ("due", f8),  # s
        ("hold", f8),  # pressing people that it bears for ever
        ("left", f8),  # person-seconds beyond that until it gives way
        ("pressing", f8),
        ("most", f8),
        ("fell_at", f8),  # s, inf while it stands
    ],
    align=True,
)

POST = np.dtype([("x", f8), ("y", f8), ("officers", f8), ("negotiators", f8)], align=True)

LINE = np.dtype([("there", i8), ("back", i8)], align=True)  # crossings from left to right of a → b, and the other way

MOTION = np.dtype(
    [
        ("seed", i8),
        ("replicate", i8),
        ("step", i8),
        ("mood_step", i8),  # the last step whose round of moods is done
        ("dt", f8),
        ("now", f8),
        # locomotion (Tordeux, Chraibi & Seyfried 2016)
        ("time_gap", f8),
        ("body", f8),  # diameter of a person, m
        ("clear", f8),  # least distance of a person's centre to a wall, m
        ("push", f8),  # strength of the repulsion by people
        ("push_range", f8),
        ("wall_push", f8),
        ("wall_range", f8),
        ("shy", f8),  # m; who goes out keeps so far off walls where there is room
        ("shy_pace", f8),  # of the pace, at the wall itself
        ("shy_room", f8),  # m from wall to wall; where it is narrower nobody keeps off
        ("sway_angle", f8),  # rad; how far a walker's way strays from the shortest one
        ("sway_s", f8),
        ("escort", f8),  # of the free speed, for who is led out
        ("idle_speed", f8),
        ("stuck_s", f8),
        ("sideways", f8),
        # search of neighbours
        ("reach", f8),  # m; how far a neighbour may matter to a speed
        ("felt", f8),  # m; how far one is felt, measured, and kept from
        ("skin", f8),
        ("slack", f8),  # m; how far people may still move before the lists are made anew
        ("x0", f8),
        ("y0", f8),
        ("cell", f8),
        ("nx", i8),
        ("ny", i8),
        ("period", f8),  # m; length of a corridor that closes on itself along x, 0: none
        # the fields' grid
        ("fx0", f8),
        ("fy0", f8),
        ("fh", f8),
        ("fnx", i8),
        ("fny", i8),
        # measures
        ("gauge_every", i8),  # steps
        ("disc", f8),  # m
        ("crush", f8),  # persons/m²
        ("at_risk", i8),
        ("at_risk_most", i8),
        ("at_risk_s", f8),  # person-seconds
        ("crush_at", f8),  # s, inf: never
        ("crush_x", f8),
        ("crush_y", f8),
        ("densest", f8),
        ("pressed", f8),
        # moods: the rates of docs/explanation/crowd.md, local in space
        ("mood_every", i8),
        ("mood_radius", f8),
        ("press_reach", f8),
        ("epsilon", f8),
        ("beta", f8),
        ("gamma", f8),
        ("omega", f8),
        ("rho", f8),
        ("kappa", f8),
        ("pi", f8),
        ("delta", f8),
        ("nu", f8),
        ("n_half", f8),
        ("volatility", f8),
        ("posture", f8),
        ("stage", f8),
        ("kuning_violent", f8),
        ("kuning_share", f8),
        ("merah_violent", f8),
        ("merah_share", f8),
        ("leave_rate", f8),
        ("leave_asked_rate", f8),
        ("end_at", f8),  # s; from then on everyone goes home
        # accounts
        ("n_in", i8),
        ("n_out", i8),
        ("violent", i8),
        ("violent_s", f8),
        ("turned", i8),
        ("calmed", i8),
        ("tired", i8),
        ("led", i8),
        ("moves", i8),  # agent-steps made
        ("held", i8),  # moves that a wall stopped
    ],
    align=True,
)


class Walls(NamedTuple):
    """Hold the segments, `first` (cells + 1,) and `item` that list those near each search cell, and the barriers."""

    segment: Any
    first: Any
    item: Any
    barrier: Any


class Ground(NamedTuple):
    """Hold what stands still: walls, posts, counted lines, and the fields by goal.

    `far` and `way` are (goals, fny, fnx) and (goals, fny, fnx, 2); `room` is (fny, fnx), m² of ground within the
    measuring disc; `push` is the repulsion over the distance, 1/m, at squared distances in steps of 1 / PUSH_STEPS m².
    """

    walls: Walls
    post: Any
    line: Any
    far: Any
    way: Any
    room: Any
    push: Any


class People(NamedTuple):
    """Hold who moves: rows of `spot`, `body` and `person`, the next positions, and the lists of neighbours.

    `near` is (people, most): who was close when it was made stands at the front of a row, who was only within reach at
    its back; `count` (people, 2) says how many of each. `cell` is where each then stood; `order`, `packed` (people, 2)
    are numbers and positions by cell, `first` (cells + 1,) where each begins; `code` (people,)
    is what each of `order` counts as in a round of moods; `seen` (most, 2) is for one person at a time.
    """

    spot: Any
    body: Any
    person: Any
    ahead: Any
    near: Any
    count: Any
    cell: Any
    first: Any
    order: Any
    packed: Any
    seen: Any
    code: Any
