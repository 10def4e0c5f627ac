"""Any city of 3 to 60 places, any force, any scenario: the engine plays it, and everything stays accounted for."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from laws.worlds import scaled
from properties.checks import check_bytes, check_finish, check_now, play_checked
from properties.random_files import Files, random_files, set_up, set_up_open
from properties.random_worlds import RandomWorld, random_worlds
from sispamkota.errors import InputError
from sispamkota.rehearsal import Scenario
from sispamkota.rehearsal.tables import build_tables
from sispamkota.rehearsal.world import World
from sispamkota.schema import parameters

EACH, MOST = 60, scaled(1500, 60)  # events after each of which the balance is drawn; events in all
SOUND = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink), print_blob=False,
)  # fmt: skip


def hold(made: RandomWorld) -> None:
    """Play a world once, again in a fresh one with pauses, and again in the used one: sound, and the same bytes."""
    tables = build_tables(made.spec)
    world = World(tables, log=True)
    world.reset(seed=made.seed, replicate=made.replicate)
    check_now(world)
    end = play_checked(world, made.until, each=EACH, most=MOST)
    left = check_bytes(world), check_finish(world).tobytes()
    fresh = World(tables, log=True)
    for again, pauses in ((fresh, sorted(made.pauses)), (world, [])):
        again.reset(seed=made.seed, replicate=made.replicate)
        for part in pauses:
            again.advance(part * end)
        again.advance(end)
        assert (check_bytes(again), check_finish(again).tobytes()) == left


def hold_files(files: Files, seed: int) -> None:
    """Set files up as a user would, and play what they say."""
    setting = set_up_open(files)
    hold(RandomWorld(setting.spec, seed, seed % 1000, setting.scenario.horizon, (0.3, 0.7), files))


@settings(SOUND, max_examples=scaled(100, 3))
@given(random_worlds())
def test_worlds__are_sound_and_repeatable(made: RandomWorld) -> None:
    hold(made)


@settings(SOUND, max_examples=scaled(20, 2))
@given(random_files(), st.integers(0, 2**63 - 1))
def test_files__are_sound_and_repeatable(files: Files, seed: int) -> None:
    hold_files(files, seed)


@pytest.mark.slow
@settings(SOUND, max_examples=scaled(500, 5))
@given(random_worlds())
def test_worlds__five_hundred(made: RandomWorld) -> None:
    hold(made)


@pytest.mark.slow
@settings(SOUND, max_examples=scaled(500, 5))
@given(random_files(), st.integers(0, 2**63 - 1))
def test_files__five_hundred(files: Files, seed: int) -> None:
    hold_files(files, seed)


def test_parameters__vote_closes_after_it_opens() -> None:
    """Minutes of a closed TPS were counted below zero."""
    with pytest.raises(InputError, match="vote_close_hour"):
        parameters({"vote_open_hour": 12.0, "vote_close_hour": 8.0})


# --- files that are wrong ---------------------------------------------------------------------------------------------

BASE: dict[str, Any] = {
    "kind": "scenario", "version": 1, "name": "acak", "title_id": "acak", "title_en": "random", "source": "acak",
    "quality": "assumed", "start": "2024-06-12T09:00", "duration_min": 60, "hazards": "none",
    "phases": [{"id": "f0", "from_min": 0, "minutes": 30}, {"id": "f1", "after": "f0", "minutes": 30}],
    "places": [{"at": "kpu"}, {"at": "bawaslu"}],
    "gatherings": [{"id": "g0", "at": "kpu", "people": 9, "arrive": [{"phase": "f0", "share": 1}]}],
    "injects": [{"id": "i0", "at": "kpu", "do": "ask_to_leave", "at_min": 9},
                {"id": "i1", "at": "kpu", "do": "incident", "incident": "clash", "phase": "f1"}],
    "closures": [{"at": "98.76.01.1000", "radius_m": 1, "phase": "f0"}],
}  # fmt: skip
FORCE = {
    "kind": "force", "version": 1, "name": "acak", "title": "acak", "on": "2024-06-12", "total": 10, "source": "acak",
    "quality": "assumed", "units": [{"id": "u-0", "kind": "patroli", "people": 10}],
}  # fmt: skip
PLAN = {
    "kind": "plan", "version": 1, "name": "acak", "title": "acak", "city": "kota-2", "force": "force.yaml",
    "source": "acak", "quality": "assumed", "posts": [{"unit": "u-0", "at": "polresta", "task": "mobile"}],
}  # fmt: skip
# where → what it is set to; those of one row are found in one reading, and every one of them is told
WRONG: tuple[dict[tuple[str | int, ...], Any], ...] = (
    {  # what the file says by itself
        ("start",): "noon", ("quality",): "good", ("duration_min",): -1, ("phases", 0, "minutes"): 0,
        ("phases", 1, "from_min"): 3, ("places", 0, "volatility"): 2, ("gatherings", 0, "people"): 0,
        ("gatherings", 0, "arrive", 0, "share"): 1.5, ("injects", 0, "phase"): "f0", ("injects", 1, "people"): 4,
        ("closures", 0, "radius_m"): 0, ("closures", 0, "from_min"): 5, ("injects", 0, "do"): "sing", ("typo",): 1,
    },
    {  # what its parts say of each other
        ("phases", 1, "after"): "f9", ("gatherings", 0, "arrive", 0, "phase"): "f8", ("injects", 1, "phase"): "f7",
        ("closures", 0, "phase"): "f6", ("gatherings", 0, "at"): "dprd", ("injects", 0, "at"): "pasar",
        ("places", 1, "at"): "kpu", ("injects", 1, "id"): "i0", ("parameters",): {"beta": 99.0},
    },
    {  # what the city says
        ("places", 1, "at"): "atlantis", ("injects", 1, "at"): "utopia", ("injects", 1, "incident"): "tsunami",
        ("screening",): ["eldorado"], ("places", 0, "answer"): "oracle",
    },
)  # fmt: skip
LONE = (  # faults after which nothing more can be told
    {("phases", 0): {"id": "f0", "after": "f1", "minutes": 5}},
    {("phases", 0): {"id": "f0", "after": "f0", "minutes": 5}},
    {("extends",): "scenario.yaml"},
    {("extends",): "nowhere.yaml"},
    {("extends",): "nothing-of-this-name"},
    {("closures", 0, "radius_m"): 5000},
    {("closures",): [{"at": "kpu", "radius_m": 1, "from_min": i, "to_min": i + 1} for i in range(5)]},
    {("closures",): [{"at": "atlantis", "radius_m": 1}]},
    {("gatherings", 0, "arrive"): [{"phase": "f0", "share": 0.5}, {"from_min": 5, "to_min": 9, "share": 0.5}]},
    {("hazards",): "nothing-of-this-name"},
    {("parameters",): {"vote_open_hour": 20, "vote_close_hour": 2}},
)
JUNK = (None, -1, 1e300, float("nan"), "", "x", [], {}, [[]], True, "kpu", 10**30, {"at": "kpu"}, "2024-06-12")


def broken(changes: dict[tuple[str | int, ...], Any]) -> Files:
    """The sound files with some values set to others."""
    document = deepcopy(BASE)
    for where, value in changes.items():
        at: Any = document
        for key in where[:-1]:
            at = at[key]
        at[where[-1]] = value
    return Files(2, document, None, FORCE, PLAN)


def refusal(files: Files) -> InputError:
    """What the files are refused with: faults that each say where, and what to do."""
    with pytest.raises(InputError) as caught:
        set_up(files)
    for fault in caught.value.faults:
        assert fault.where
        assert fault.remedy
        assert fault.expected
    return caught.value


def test_wrong_files__extend_one_another(tmp_path) -> None:
    """Two scenarios that extend each other are refused; it was an endless recursion."""
    for mine, other in (("a", "b"), ("b", "a")):
        document = BASE | {"name": mine, "extends": f"{other}.yaml"}
        (tmp_path / f"{mine}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(InputError, match="again"):
        Scenario.load(tmp_path / "a.yaml")


def test_base__is_sound() -> None:
    set_up(broken({}))


@settings(SOUND, max_examples=scaled(40, 40))
@given(st.sampled_from(range(len(WRONG))).flatmap(lambda row: st.tuples(st.just(row), st.sets(
    st.sampled_from(sorted(WRONG[row], key=str)), min_size=1, max_size=5))))  # fmt: skip
def test_wrong_files__every_fault_is_told(drawn: tuple[int, set[tuple[str | int, ...]]]) -> None:
    """As many items are named as were broken."""
    row, where = drawn
    told = refusal(broken({key: WRONG[row][key] for key in sorted(where, key=str)})).faults
    items = {key[:2] for key in where}
    assert len(told) >= len(items), [str(fault) for fault in told]


@pytest.mark.parametrize("changes", LONE, ids=str)
def test_wrong_files__are_refused(changes) -> None:
    refusal(broken(changes))


@settings(SOUND, max_examples=scaled(150, 60))
@given(st.integers(0, 2**32 - 1))
def test_junk__is_refused_or_played(seed: int) -> None:
    """One to three values anywhere in the file replaced by junk: a setting, or one InputError; never a traceback."""
    r, files = Random(seed), broken({})
    for _ in range(r.randint(1, 3)):
        at, key = files.scenario, r.choice(sorted(files.scenario))
        while isinstance(at[key], dict | list) and at[key] and r.random() < 0.8:
            at = at[key]
            key = r.choice(sorted(at)) if isinstance(at, dict) else r.randrange(len(at))
        at[key] = deepcopy(r.choice(JUNK))
    with suppress(InputError):
        set_up(files)
