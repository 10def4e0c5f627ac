"""What a world is made of: the enumerations, the record of each entity, and the header that finds them.

Records whose name ends in _T are read-only and shared by all workers; the others are one worker's, allocated once and
reset for each replicate. Times are seconds since the scenario's start, rates are per second, strengths are persons.
"""

from typing import Any

import numpy as np

__all__ = [
    "CAMPS",
    "CAPS",
    "CASUALTY",
    "CHANNELS",
    "CROWD",
    "CROWD_T",
    "HAZARD_T",
    "HOSPITAL",
    "HOSPITAL_T",
    "INCIDENT",
    "INJECT_T",
    "KIND_T",
    "LOG",
    "MEMBER",
    "NONE",
    "ONE",
    "PARAM",
    "PARAMETERS",
    "PLACE_T",
    "POOL",
    "POOL_T",
    "PRIOR",
    "RESPONSE",
    "SECONDS",
    "SLOT",
    "UNIT",
    "UNIT_T",
    "WEIGHT",
    "WORLD",
    "ZERO",
    "Record",
    "numbers",
]  # fmt: skip

Record = Any  # one record of a table, seen in place


def numbers(n: int, *, first: int = 0) -> tuple[int, ...]:
    """Return the numbers of an enumeration, as int64: the compiler copies a kernel for each plain int passed to it."""
    return tuple(np.int64(first + i) for i in range(n))  # type: ignore[misc]


NONE, ZERO, ONE = numbers(3, first=-1)

CAMPS = 2

# --- channels of a crowd, each its own Poisson clock; the camp is added to the first of a pair
ARRIVE, _, LEAVE, _, TURN, _, CALM, _, TIRE, _ = numbers(10)
LEAVE_SPENT, REMOVE, HURT_CROWD, HURT_OFFICER, HURT_FORCE, IGNITE, SPREAD = numbers(7, first=10)
CHANNELS = 17

# --- stages, and the levels of the crowd units that answer them
HIJAU, KUNING, MERAH = numbers(3)
LEVELS = 3

# --- what a unit can do; the three levels of crowd units count apart
DIALOGUE, CROWD_0, CROWD_1, CROWD_2, PATROL, GUARD, TRAFFIC, FIRE, RESCUE, AMBULANCE, TPS, COMMAND = numbers(12)
CAPS = 12

# --- tasks and states of a unit
TASK_GUARD, TASK_MOBILE, TASK_RESERVE, TASK_STANDBY, TASK_BKO = numbers(5)
IDLE, TURNOUT, TRAVEL, SCENE, CARRY, HANDOVER, FREED, RETURN, OFF_DUTY, OUTSIDE = numbers(10)

# --- incidents: what they ask for, and how far they are
EVACUATION, OFFICE_FIRE, UNREST, PLAIN = numbers(4)
KIND_EVACUATION, KIND_FIRE, KIND_UNREST, KIND_NEIGHBOUR = numbers(4)  # the first rows of the table of kinds, always
FREE, CALLED, OPEN, CLOSED = numbers(4)
POLICE_SERVICE, FIRE_SERVICE, AMBULANCE_SERVICE, SERVICES = numbers(4)
NO_EFFECT, CLOSES_TPS, HOLDS_BALLOTS, HOLDS_PEOPLE = numbers(4)  # what an incident costs as long as it lasts

# --- casualties
T1, T2, T3 = numbers(3)
NOBODY, FOUND, SELF_WAY, WAIT_AMBULANCE, ON_SCENE, ON_WAY, QUEUE_BAY, IN_BAY, QUEUE_NEXT, IN_BED, OUT, DEAD = numbers(
    12
)
BY_VIOLENCE, BY_FORCE, BY_ACCIDENT, BY_TROUBLE = numbers(4)
CIVILIAN, OFFICER = numbers(2)
BAY, THEATRE, ICU, WARD, BEDS = numbers(5)

# --- fire at an office, and the layers of its perimeter
NO_FIRE, GROWING, CONTROLLED, FIRE_OUT, BURNT = numbers(5)
INTACT, FENCE_DOWN, DOORS_DOWN, ROOMS_LOST = numbers(4)

# --- injects
ARRIVE_RATE, MAKE_VIOLENT, MAKE_INCIDENT, ASK_TO_LEAVE, SET_TENSION, CLOSE_STREETS, OPEN_STREETS = numbers(7)

# --- service-time laws
EXPONENTIAL, FIXED, LOGNORMAL = numbers(3)

# --- how a call ends
ANSWERED, STILL_OPEN, NOT_NEEDED = numbers(3)

# --- log
(
    LOG_STAGE, LOG_CONTROL, LOG_LINE, LOG_FORCE, LOG_PERIMETER, LOG_FIRE, LOG_CALL, LOG_OPEN, LOG_CLOSE, LOG_DISPATCH,
    LOG_DEPART, LOG_ARRIVE, LOG_RELEASE, LOG_HOME, LOG_CASUALTY, LOG_TRIAGE, LOG_CARRY, LOG_HOSPITAL, LOG_CARE,
    LOG_DEATH, LOG_INJECT, LOG_CROWD, LOG_UNMET, LOG_DIVERT, LOG_CONSIDER, LOG_RETASK, LOG_OFF_DUTY, LOG_ON_DUTY,
    LOG_REINFORCE, LOG_SURGE, LOG_NEIGHBOUR,
) = numbers(31)  # fmt: skip

# --- why a unit can be sent, or not
AVAILABLE, BUSY, GUARDS_ELSEWHERE, HELD_IN_RESERVE, NO_ROAD, RESTS, NOT_IN_CITY, AT_A_DESK, SERVES_LOWER = numbers(9)

# --- fault codes of `advance`; 0 is fine, PAUSED means that the event budget ended first
DONE, PAUSED, FULL_INCIDENTS, FULL_CASUALTIES, FULL_RESPONSES, FULL_LOG, NEGATIVE, UNREACHABLE, LOST = numbers(9)
ASKED = numbers(1, first=9)[0]  # a decision waits for an answer from outside

f4, f8, i8, u8 = np.float32, np.float64, np.int64, np.uint64

SECONDS = np.dtype([("s", f4)])
WEIGHT = np.dtype([("below", f8)])
SLOT = np.dtype([("time", f8), ("heap", i8), ("pos", i8), ("key", f8)], align=True)
PLACE_T = np.dtype([("who", i8), ("node", i8), ("crowd", i8), ("alert", f8), ("voters", f8), ("gate", i8)], align=True)
CROWD_T = np.dtype(
    [
        ("who", i8), ("place", i8), ("enclosed", i8), ("protected", i8), ("burnable", i8), ("ballots", i8),
        ("peaceful", i8, (CAMPS,)), ("violent", i8, (CAMPS,)), ("need", i8, (LEVELS, CAPS)),
        ("volatility", f8), ("site", i8),
    ],
    align=True,
)  # fmt: skip
CROWD = np.dtype(
    [
        # people present, and where those who are not have gone
        ("S", i8, (CAMPS,)), ("I", i8, (CAMPS,)), ("R", i8), ("came", i8), ("left", i8), ("dispersed", i8),
        ("detained", i8), ("hurt", i8),
        # clocks of the channels
        ("rate", f8, (CHANNELS,)), ("due", f8, (CHANNELS,)), ("residual", f8, (CHANNELS,)), ("k", i8, (CHANNELS,)),
        ("first", i8), ("arrive", f8, (CAMPS,)), ("asked", i8),
        # the answer: officers by level, what they show, who leads
        ("officers", i8, (LEVELS,)), ("shown", i8, (LEVELS,)), ("guards", i8), ("negotiators", i8), ("diverters", i8),
        ("stage", i8), ("control", i8), ("control_next", i8), ("line", i8), ("line_next", i8),
        ("stage_due", f8), ("up_since", f8, (LEVELS,)), ("down_since", f8), ("control_due", f8), ("line_due", f8),
        ("delays", i8, (2,)), ("counted", i8), ("force", i8), ("force_max", i8),
        ("posture", i8), ("calls", i8, (LEVELS,)), ("called", f8, (LEVELS,)),
        # people at a desk: they hand over control and line here, have capped the use of force, or allowed tear gas
        ("held", i8), ("cap", i8), ("gas", i8),
        # perimeter and fire
        ("layer", i8), ("left_of_layer", f8), ("pressure", f8), ("layer_due", f8),
        ("fire", i8), ("fires", i8), ("fire_from", f8), ("fire_until", f8), ("fire_due", f8), ("fire_power", f8),
        ("fire_energy", f8), ("engines", i8), ("fire_incident", i8), ("incident", i8), ("openings", i8),
        ("neighbours", i8), ("neighbour_energy", f8), ("neighbour_due", f8),
        # running integrals
        ("touched", i8), ("touched_next", i8), ("since", f8), ("violent_s", f8), ("stage_s", f8, (LEVELS,)),
        ("force_s", f8, (7,)), ("peak", i8), ("peak_violent", i8),
    ],
    align=True,
)  # fmt: skip
UNIT_T = np.dtype(
    [
        ("who", i8), ("home", i8), ("people", i8), ("caps", i8), ("level", i8), ("shown", i8), ("task", i8),
        ("vehicle", i8), ("pool", i8), ("number", i8),
        ("effective", i8), ("turnout", f8), ("turnout_spread", f8), ("redispatch", i8), ("desk", i8),
        # on duty from a second of the day, for so long, every so often; a length of 0 is always
        ("duty_start", f8), ("duty_length", f8), ("duty_every", f8),
    ],
    align=True,
)  # fmt: skip
UNIT = np.dtype(
    [
        ("state", i8), ("place", i8), ("to", i8), ("present", i8), ("cap", i8), ("incident", i8), ("casualty", i8),
        ("k", i8), ("left", f8), ("arrives", f8), ("due", f8), ("relieved", i8), ("duty_from", f8), ("homeward", i8),
    ],
    align=True,
)  # fmt: skip
# Units that are one to whoever looks for the nearest: of one post, capabilities, task, vehicle, turnout, desk.
POOL_T = np.dtype(
    [
        ("home", i8), ("caps", i8), ("task", i8), ("vehicle", i8), ("turnout", f8), ("desk", i8), ("first", i8),
        ("units", i8),
    ],
    align=True,
)  # fmt: skip
POOL = np.dtype([("idle", i8), ("low", i8)], align=True)  # how many stand idle; the number of the first of them
MEMBER = np.dtype([("unit", i8)])
KIND_T = np.dtype(
    [
        ("model", i8), ("priority", i8), ("service", i8), ("queue", i8), ("need", i8, (CAPS,)), ("law", i8), ("work",
        f8),
        ("spread", f8), ("call", f8), ("patients", i8), ("effect", i8), ("full", i8), ("harm", f8, (2,)), ("fade", f8),
        ("cause", i8), ("suited", i8),
    ],
    align=True,
)  # fmt: skip
INCIDENT = np.dtype(
    [
        ("state", i8), ("kind", i8), ("place", i8), ("priority", i8), ("crowd", i8), ("casualty", i8), ("who", i8),
        ("n", i8),
        ("called", f8), ("due", f8), ("end", f8), ("first", f8), ("need", i8, (CAPS,)), ("sent", i8, (CAPS,)),
        ("there", i8, (CAPS,)), ("units", i8), ("unit", i8), ("before", i8), ("after", i8), ("harm_due", f8),
        ("harmed", i8),
        ("fades", f8),
    ],
    align=True,
)  # fmt: skip
CASUALTY = np.dtype(
    [
        ("state", i8), ("triage", i8), ("cause", i8), ("side", i8), ("place", i8), ("hospital", i8), ("bed", i8),
        ("next", i8),
        ("who", i8), ("n", i8), ("born", f8), ("due", f8), ("death", f8), ("queued", f8), ("care", f8), ("definitive",
        f8),
        ("luck", f8), ("ambulance", i8), ("incident", i8), ("number", i8), ("link", i8),
    ],
    align=True,
)  # fmt: skip
HOSPITAL_T = np.dtype([("who", i8), ("place", i8), ("beds", i8, (BEDS,))], align=True)
HOSPITAL = np.dtype(
    [
        ("free", i8, (BEDS,)), ("open", i8, (BEDS,)), ("low", i8, (BEDS,)), ("waiting", i8, (BEDS,)),
        # patients of the ordinary day, who come and go beside the casualties of the scenario
        ("others", i8, (BEDS,)), ("come", f8, (BEDS,)), ("k", i8, (BEDS,)), ("surge", i8),
    ],
    align=True,
)  # fmt: skip
HAZARD_T = np.dtype(
    [
        ("who", i8), ("place", i8), ("kind", i8), ("draw", i8), ("tense", i8), ("gamma_shape", f8), ("rate", f8, (24,)),
    ],
    align=True,
)  # fmt: skip
HAZARD = np.dtype([("k", i8), ("due", f8), ("factor", f8), ("work", f8), ("since", f8)], align=True)
INJECT_T = np.dtype(
    [
        ("who", i8), ("time", f8), ("watch", i8), ("stage", i8), ("delay", f8), ("action", i8), ("crowd", i8),
        ("place", i8),
        ("camp", i8), ("kind", i8), ("amount", f8), ("spread", f8), ("share", f8), ("gathering", i8),
    ],
    align=True,
)  # fmt: skip
INJECT = np.dtype([("due", f8), ("fired", i8), ("luck", f8), ("rate", f8)], align=True)
RESPONSE = np.dtype(
    [
        ("service", i8),
        ("kind", i8),
        ("place", i8),
        ("unit", i8),
        ("called", f8),
        ("seconds", f8),
        ("waited", f8),
        ("outcome", i8),
    ],
    align=True,
)
LOG = np.dtype(
    [("t", f8), ("event", i8), ("place", i8), ("unit", i8), ("incident", i8), ("a", f8), ("b", f8)], align=True
)

# The parameters that kernels read, in the order of their record; each is described in data/variables.toml.
PARAMETERS = (
    "epsilon", "beta", "beta_between", "kappa", "pi", "delta", "gamma", "omega", "rho", "nu", "n_half",
    "detained_share",
    "leave_rate", "leave_asked_rate", "divert_share",
    "kuning_violent", "kuning_share", "merah_violent", "merah_share", "hold_up", "hold_down", "hysteresis",
    "control_delay", "control_spread", "handover_delay", "handover_spread",
    "force_hijau", "force_kuning", "force_merah", "tear_gas_authority", "tear_gas_gain", "tear_gas_harm",
    "hurt_crowd", "hurt_officer", "hurt_force", "hurt_force_bystander_share", "triage_t1", "triage_t2",
    "hold_per_officer", "hold_per_guard", "fence_strength", "door_strength", "room_strength",
    "ignition", "fire_growth", "fire_power_max", "fire_load", "engine_power", "fire_knockdown",
    "find_delay", "find_spread", "call_delay_alert_factor", "self_transport_share", "self_delay", "self_spread",
    "treat_time", "treat_spread", "handover_time", "bay_time", "resus_time", "theatre_time", "icu_time", "ward_time",
    "occupancy_low", "occupancy_high",
    "survive_t1", "survive_t2", "decay_t1", "decay_t2", "shape_t1", "shape_t2", "reserve_priority", "start_hour",
    "neighbour_rate", "retask", "bko_stage", "bko_delay", "bko_spread", "rest_least", "other_patients", "surge_share",
    "surge_delay", "outside_share", "turned_back_share", "vote_open_hour", "vote_close_hour",
    "guard_priority",
    "site_hold_per_officer", "site_hold_per_guard", "site_press_most", "site_fence_strength", "site_door_strength",
    "site_leave_asked_rate",
)  # fmt: skip
PARAM = np.dtype([(name, f8) for name in PARAMETERS], align=True)

# A parameter that each replicate draws from its range: its place in the record, and the triangle.
PRIOR = np.dtype([("parameter", i8), ("who", i8), ("low", f8), ("mode", f8), ("high", f8)], align=True)

# The header of a world: its clock and counters, how long its tables are, and the address of each (see `memory`).
WORLD = np.dtype(
    [
        ("now", f8), ("seed", u8), ("replicate", i8), ("events", i8), ("heap", i8), ("open", i8), ("casualties", i8),
        ("responses", i8), ("logged", i8), ("logging", i8), ("fault", i8), ("opened", i8), ("closed", i8), ("lost", i8),
        ("idle_people", i8), ("idle_low", i8), ("touched", i8), ("present", i8), ("present_peak", i8), ("bays", i8),
        ("bays_low", i8), ("diversions", i8), ("branches", i8),
        ("by_ambulance", i8), ("self_transport", i8),
        # what is so tense that more happens, who is outside or holds a desk, what asks for an answer, whether an open
        # incident may lack units
        ("tension", f8), ("reinforced", i8), ("desks", i8), ("asking", i8), ("asked", i8), ("lacking", i8),
        ("gates", i8), ("streets", i8), ("pools", i8), ("homewards", i8), ("first_open", i8), ("last_open", i8),
        ("hole", i8), ("doubt_of", i8),
        # counts of what is over: casualties who have left their row, calls answered, what incidents cost
        ("rows", i8), ("free_first", i8), ("free_last", i8), ("harmed", i8), ("civilians", i8), ("officers", i8),
        ("forced", i8), ("deaths", i8), ("avertable", i8), ("cared", i8), ("care_s", f8), ("treated", i8),
        ("definitive_s", f8), ("answered", i8, (3,)), ("answer_s", f8, (3,)), ("calls", i8), ("every", i8),
        ("duty_longest", f8), ("tps_s", f8), ("voters_kept", f8), ("ballots_s", f8), ("held_s", f8),
        ("turned_away", i8), ("retasked", i8), ("neighbours", i8),
        ("offset", i8, (15,)), ("slots", i8), ("nodes", i8), ("vehicles", i8), ("places", i8), ("crowds", i8),
        ("units", i8), ("hospitals", i8),
        ("hazards", i8), ("injects", i8), ("max_incidents", i8), ("max_casualties", i8), ("max_responses", i8),
        ("max_log", i8),
    ]
    + [
        (table, u8)
        for table in (
            "param", "travel", "spread", "place", "crowd_t", "unit_t", "pool_t", "member", "kind",
            "hospital_t", "hazard_t", "inject_t",
            "slot", "crowd", "unit", "pool", "homeward", "incident", "casualty",
            "hospital", "hazard", "inject", "response", "log",
        )
    ],
    align=True,
)  # fmt: skip
