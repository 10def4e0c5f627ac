"""Who leads whom: one root, chains that end, nobody beyond the span of control."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from parts.lawful import unit
from sispamkota.force import Duty
from sispamkota.plan import Post
from sispamkota.plan.command import leaders

KINDS = ("pos_komando", "negosiator", "phh_brimob", "tni_regu", "dishub", "damkar", "satpol_pp", "ambulans", "linmas",
         "polisi_tps", "patroli")  # fmt: skip
ROWS = st.tuples(st.sampled_from(KINDS), st.sampled_from([6.0, 14.0, 22.0]), st.sampled_from("abc"))


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=120), st.integers(3, 10))
def test_leaders__one_root_and_nobody_beyond_the_span(rows, span):
    units = [unit(f"u{i}", kind, duty=Duty(from_h=hour, hours=8)) for i, (kind, hour, _) in enumerate(rows)]
    pairs = [(Post(each.id, at, "guard"), each) for each, (_, _, at) in zip(units, rows, strict=True)]
    over = leaders(pairs, span=span)
    assert len([each for each, leader in over.items() if not leader]) == 1
    assert max(Counter(filter(None, over.values())).values(), default=0) <= span
    for each in over:
        seen, at = set(), each
        while at:
            assert at not in seen
            seen.add(at)
            at = over[at]


def test_leaders__the_command_post_leads_and_agencies_keep_together():
    units = [unit(f"d{i}", "damkar") for i in range(9)] + [unit("k", "pos_komando"), unit("s", "satpol_pp")]
    over = leaders([(Post(each.id, "x", "guard"), each) for each in units], span=7)
    assert (over["k"], over["d0"], over["s"]) == ("", "k", "k")
    assert {over[f"d{i}"] for i in range(1, 9)} == {"d0", "d1"}
