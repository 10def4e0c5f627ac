"""Some laws at a site, in every run: the same tests, with every crowd at the office of the embedded site.

L5 (contagion), L10 and L11 (engine), L13 (branch), the oracle and the ladder to a breach.
`SISPAMKOTA_LAWS_AT_SITE=1 pytest tests/laws` runs all of them there; it takes some ten minutes.
"""

from laws.test_branch import test_branch__balance_holds_and_a_world_not_branched_is_untouched  # noqa: F401
from laws.test_contagion import test_outbreak__those_who_tire_stay_in_the_crowd  # noqa: F401
from laws.test_engine import (  # noqa: F401
    test_balance__holds_at_every_event,
    test_balance__who_came_is_present_left_dispersed_detained_or_hurt,
    test_pause__advance_in_steps_equals_advance_at_once,
    test_side_effects__a_place_untouched_keeps_its_luck,
    test_side_effects__a_unit_never_dispatched_changes_nothing,
    test_snapshot__restoring_is_a_no_op,
)
from laws.test_oracle import test_mini_city__engine_equals_oracle  # noqa: F401
from laws.test_splitting import test_breach__the_ladder_ends_where_the_measure_begins  # noqa: F401
from laws.worlds import small_spec
from sispamkota.rehearsal.tables import build_tables

AT_SITE = True


def test_crowds__stand_at_the_site():
    assert build_tables(small_spec()).crowd_t["site"].tolist() == [1, 1]
