"""What the model has names for, each with the kernel that does it and the test that holds it to account.

Names follow the numbers of `kernels.layout`. A test is a file below tests/ and a function in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["SILENT", "STATES", "TABLE", "Told"]


class Told(NamedTuple):
    """Name the kernel (module.function) and the test (file::function) of something that the model knows."""

    kernel: str
    test: str


_ENGINE = "laws/test_engine.py::test_balance__holds_at_every_event"
_ORACLE = "laws/test_oracle.py::test_worlds__engine_equals_oracle_at_every_event"
_ANSWERS = "laws/test_answers.py::"
_HARM = _ANSWERS + "test_harm__at_one_rate_before_the_work_and_another_after"
_ROSTER = _ANSWERS + "test_roster__on_and_off_to_the_second"
_BKO = _ANSWERS + "test_reinforcement__comes_after_its_delay_once_a_place_is_kuning"
_PATIENTS = _ANSWERS + "test_patients__of_the_ordinary_day_keep_the_share_taken"
_SURGE = _ANSWERS + "test_surge__opens_bays_after_its_delay"
_NEIGHBOURS = _ANSWERS + "test_neighbours__a_free_fire_lights_them_in_proportion_to_what_it_burns"
_RETASK = _ANSWERS + "test_retask__only_upward_and_what_is_left_asks_again"
_TENSION = _ANSWERS + "test_tension__multiplies_the_hazards_of_trouble_and_no_others"
_STREETS = _ANSWERS + "test_streets__closed_between_two_times"
_TPS = _ANSWERS + "test_costs__a_closed_tps_counts_within_voting_hours_only"
_FADE = _ANSWERS + "test_costs__what_nobody_answers_fades"
_ALL = _ANSWERS + "test_costs__work_that_needs_all_begins_with_the_last"
_ORDERS = "laws/test_policy.py::test_order__is_carried_out_or_refused_in_words"
_BEDS = "laws/test_hospitals.py::test_beds__none_is_double_booked_at_any_event"
_HAZARD = "laws/test_hazards.py::test_counts__are_poisson_with_the_hours_rates"
_FORCE = "laws/test_more_officers.py::test_engine__violence_until_calm_is_exact"
_LIMIT = "laws/test_deterministic_limit.py::test_mean__of_the_largest_crowd_is_the_equations"
_SIR = "laws/test_contagion.py::test_outbreak__final_size_is_exact"
_SPREAD = "laws/test_progeny.py::test_outbreak__total_progeny_is_exact"
_QUEUE = "laws/test_queues.py::test_queue__is_erlang_c"
_DISPATCH = "laws/test_dispatch.py::test_decisions__ten_incidents_taken_again_by_hand_agree"
_BREACH = "laws/test_splitting.py::test_breach__agrees_with_plain_replication_where_that_is_possible"
_RANDOM = "properties/test_scenarios.py::test_worlds__are_sound_and_repeatable"

_EVENTS = {
    "crowd": Told("people.crowd_step", _LIMIT), "stage": Told("command.stage_step", _ORACLE),
    "control": Told("command.control_step", _ORACLE), "line": Told("command.line_step", _ORACLE),
    "perimeter": Told("damage.layer_falls", _ORACLE), "fire": Told("damage.fire_step", _ORACLE),
    "unit": Told("scene.unit_step", _ORACLE), "incident": Told("incident.step", _QUEUE),
    "casualty": Told("casualty.step", _BEDS), "hazard": Told("events.hazard_step", _HAZARD),
    "inject": Told("events.inject_step", _ORACLE), "duty": Told("unit.duty_step", _ROSTER),
    "bed": Told("casualty.others_step", _PATIENTS), "surge": Told("casualty.surge_step", _SURGE),
}  # fmt: skip
_ORDER = {
    "send": Told("order.send", _ORDERS), "recall": Told("order.recall", _ORDERS),
    "ask_to_leave": Told("order.ask_to_leave", _ORDERS), "reinforce": Told("order.call_reinforcement", _ORDERS),
}  # fmt: skip
_ACTIONS = {
    "arrive": Told("events._gather", _ORACLE), "provoke": Told("events.inject_step", _ORACLE),
    "incident": Told("events._call_out", _ORACLE), "ask_to_leave": Told("events.inject_step", _ORACLE),
    "tension": Told("events._set_tension", _TENSION), "close_streets": Told("events.inject_step", _STREETS),
    "open_streets": Told("events.inject_step", _STREETS),
}  # fmt: skip
_PLAIN = Told("incident.start_service", _QUEUE)
_KINDS = {
    "evacuation": Told("scene._treat", _ORACLE), "office-fire": Told("damage.engine_arrives", _ORACLE),
    "neighbour-fire": Told("damage._light_neighbour", _NEIGHBOURS), "unrest": Told("scene._answer_call", _ORACLE),
    "medical": Told("events._call_out", _ORACLE), "clash": Told("incident.start_service", _ALL),
    "attack": Told("incident.start_service", _HARM), "hostage": Told("incident.set_harm", _HARM),
    "vandalism": Told("incident.step", _FADE), "threat": Told("incident.step", _FADE),
    "tps-disruption": Told("incident.count_cost", _TPS), "convoy-blocked": Told("incident.count_cost", _ALL),
    **dict.fromkeys(("accident", "fire", "arson", "crush"), _PLAIN),
}  # fmt: skip
_CHANNELS = {
    **dict.fromkeys(("arrive 0", "arrive 1", "leave 0", "leave 1"), Told("people._move_people", _LIMIT)),
    **dict.fromkeys(("turn 0", "turn 1", "calm 0", "calm 1", "tire 0", "tire 1"), Told("people._move_people", _SIR)),
    "leave spent": Told("people._move_people", _LIMIT), "remove": Told("people._move_people", _FORCE),
    **dict.fromkeys(("hurt crowd", "hurt officer", "hurt by force"), Told("people._hurt", _ORACLE)),
    "ignite": Told("damage.ignite", _ORACLE), "spread": Told("people._spread", _SPREAD),
}  # fmt: skip
STATES = ("idle", "turnout", "travel", "scene", "carry", "handover", "freed", "return", "off duty", "outside")
_STATES = {
    "idle": Told("unit.come_home", _ENGINE), "turnout": Told("unit.dispatch", _DISPATCH),
    "travel": Told("unit.depart", _ORACLE), "scene": Told("scene._arrive", _ORACLE),
    "carry": Told("scene._carry", _ORACLE), "handover": Told("scene._hand_over", _ORACLE),
    "freed": Told("unit.release", _ORACLE), "return": Told("unit.go_on", _ORACLE),
    "off duty": Told("unit.go_off", _ROSTER), "outside": Told("unit.reinforce", _BKO),
}  # fmt: skip
_LOG = {
    "stage": Told("command.stage_step", _ORACLE), "control": Told("command.control_step", _ORACLE),
    "line": Told("command.line_step", _ORACLE), "force": Told("log.note", _ORACLE),
    "perimeter": Told("damage.layer_falls", _ORACLE), "fire": Told("damage.ignite", _ORACLE),
    "call": Told("incident.open_incident", _ORACLE), "open": Told("incident.step", _ORACLE),
    "close": Told("incident.close", _ORACLE), "dispatch": Told("unit.dispatch", _DISPATCH),
    "depart": Told("unit.depart", _ORACLE), "arrive": Told("scene._arrive", _ORACLE),
    "release": Told("unit.release", _ORACLE), "home": Told("unit.come_home", _ORACLE),
    "casualty": Told("casualty.add_casualty", _ORACLE), "triage": Told("casualty._triage", _ORACLE),
    "carry": Told("scene._carry", _ORACLE), "hospital": Told("casualty.admit", _ORACLE),
    "care": Told("casualty._enter_bay", _BEDS), "death": Told("casualty._die", _ORACLE),
    "inject": Told("events.inject_step", _ORACLE), "crowd": Told("log.note", _ORACLE),
    "unmet": Told("incident.decide", _ORACLE), "divert": Told("casualty.choose_hospital", _ORACLE),
    "consider": Told("choose.explain", _DISPATCH), "retask": Told("unit.retask", _RETASK),
    "off_duty": Told("unit.go_off", _ROSTER), "on_duty": Told("unit.come_on", _ROSTER),
    "reinforce": Told("unit.reinforce", _BKO), "surge": Told("casualty.surge_step", _SURGE),
    "neighbour": Told("damage._light_neighbour", _NEIGHBOURS),
}  # fmt: skip
_MEASURES = {
    **dict.fromkeys(("harm_people", "injured_civilians", "injured_by_force", "injured_officers", "deaths",
                     "deaths_averted_by_earlier_care", "first_care_s", "definitive_care_s"),
                    Told("measure._casualties", _ORACLE)),
    **dict.fromkeys(("violent_person_s", "seconds_kuning", "seconds_merah", "merah", "perimeter_damaged",
                     "ballots_lost", "fires", "burnt_share",
                     "dispersed", "detained", "force_stage_max", "seconds_force_3up",
                     "tear_gas"), Told("measure._crowds", _ORACLE)),
    "breached": Told("measure._crowds", _BREACH), "unresolved": Told("measure._open_calls", _ORACLE),
    **dict.fromkeys(("response_police_s", "response_fire_s", "response_ambulance_s"), Told("measure._costs", _ORACLE)),
    **dict.fromkeys(("hospital_peak_share", "diversions", "by_ambulance", "self_transport", "reserve_low_people",
                     "attendance_peak", "events"), Told("measure.finish", _ORACLE)),
    **dict.fromkeys(("tps_closed_s", "voters_kept_people"), Told("incident.count_cost", _TPS)),
    "ballots_held_s": Told("incident.count_cost", _ALL), "people_held_s": Told("incident.count_cost", _RANDOM),
    "duty_longest_s": Told("measure._costs", _ROSTER), "retasked": Told("unit.retask", _RETASK),
    "neighbour_fires": Told("damage._light_neighbour", _NEIGHBOURS),
    "turned_away": Told("casualty.others_step", _PATIENTS),
}  # fmt: skip
TABLE: Mapping[str, Mapping[str, Told]] = {
    "event": _EVENTS, "order": _ORDER, "inject": _ACTIONS, "incident": _KINDS, "measure": _MEASURES,
    "unit": _STATES, "log": _LOG, "channel": _CHANNELS,
}  # fmt: skip
SILENT = {("log", "force"), ("log", "crowd")}  # numbers that are kept free: no kernel writes such a row
