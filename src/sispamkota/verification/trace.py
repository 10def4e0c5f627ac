"""Where everything that the model knows is done, tested and seen: `sispamkota verify --trace`.

Each embedded scenario is played, event by event, until all names have occurred or so many replicates have been played.
"""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import EngineError
from ..inputs import DATA
from ..kernels import layout as at
from ..kernels.door import play
from ..kernels.measure import MEASURES
from ..place import City
from ..plan.plan import Plan
from ..rehearsal import Scenario, Setting, World
from ..rehearsal.policy import AskToLeave, CallReinforcement, Nearest, Order, Recall, Send
from ..rehearsal.tables import build_tables
from .trace_table import SILENT, STATES, TABLE, Told

__all__ = ["TESTS", "Trace", "trace"]

SEED, REPLICATES = 1, 4  # a scenario is played at most so often
DEFAULT_PLAN, CITY = "malang-500", "malang"
DRAIN = 400_000  # rows of the log, after which they are counted and taken out
# what no embedded scenario shows by itself, shown by one with these parameters
# an order to use gas; offices that catch fire easily and light their neighbours (both ends of their ranges)
VARIED: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("kpu-bawaslu", {"tear_gas_authority": 1.0}),
    ("kpu-bawaslu", {"ignition": 2e-5, "neighbour_rate": 0.0011, "tear_gas_authority": 1.0}),
)
FIRST = ("sispamkota-2024", "kpu-bawaslu", "vote-day", "season")  # these show most; of the others one replicate will do
_TESTS = DATA.parents[2] / "tests"
TESTS = _TESTS if (_TESTS / "laws").is_dir() else None  # none: they are not in this installation
ORDERS = {Send: "send", Recall: "recall", AskToLeave: "ask_to_leave", CallReinforcement: "reinforce"}
Counts = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Trace:
    """Say of one name where it is done, tested and seen; `gap` says what is missing, "" where nothing is."""

    what: str
    name: str
    kernel: str
    test: str
    scenario: str
    count: int
    gap: str


class _EveryOrder(Nearest):
    """Give every order there is: those of the engine's own policy, now and then a recall and a word to the crowd."""

    def __init__(self) -> None:
        self.given: Counter[str] = Counter()

    def decide(self, world: World, incident: int) -> Iterator[Order]:
        """Yield the orders, and count those that could be carried out."""
        for order in super().decide(world, incident):
            yield order
            self.given[ORDERS[type(order)]] += 1
        busy = np.flatnonzero(np.isin(world.state.unit.state, (at.TURNOUT, at.TRAVEL)))
        crowds = np.flatnonzero(world.state.crowd.S.sum(axis=1) > 0)
        more: list[Order] = [*(Recall(int(u)) for u in busy[:1]), *(AskToLeave(int(k)) for k in crowds[:1])]
        for order in more:
            if self.given[ORDERS[type(order)]] < 1:
                yield order
                self.given[ORDERS[type(order)]] += 1


def trace(*, table: Mapping[str, Mapping[str, Told]] = TABLE) -> list[Trace]:
    """Play the embedded scenarios, and give one row a name of the model, in the order of the table."""
    seen = _seen({(what, name) for what, names in table.items() for name in names} - SILENT)
    rows = []
    for what, names in table.items():
        for name, told in names.items():
            scenario, count = seen.get((what, name), ("", 0))
            quiet = (what, name) in SILENT
            gap = _gap(told) or ("" if count or quiet else "in no embedded scenario")
            rows.append(Trace(what, name, told.kernel, told.test, "never written" if quiet else scenario, count, gap))
    return rows


def _gap(told: Told) -> str:
    """Say what of a kernel and its test is not there; the test only where the tests are installed."""
    module, _, function = told.kernel.partition(".")
    try:
        if not hasattr(importlib.import_module(f"sispamkota.kernels.{module}"), function):
            return f"no kernel {told.kernel}"
    except ImportError:
        return f"no kernel {told.kernel}"
    file, _, name = told.test.partition("::")
    if TESTS is None:
        return ""
    path = TESTS / file
    there = path.is_file() and f"def {name}(" in path.read_text(encoding="utf-8")
    return "" if there else f"no test {told.test}"


def _seen(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, int]]:
    """Play the embedded scenarios; give for each name the scenario where it occurred most, and how often."""
    city = City.load(CITY)
    found: dict[tuple[str, str], tuple[str, int]] = {}
    names = [*FIRST, *sorted({path.stem for path in (DATA / "scenarios").glob("*.yaml")} - {*FIRST})]
    runs: list[tuple[str, Mapping[str, float]]] = [*((name, {}) for name in names), *VARIED]
    for name, parameters in runs:
        if parameters and wanted <= set(found):
            continue
        scenario = Scenario.load(name).vary(**parameters)
        setting = Setting.make(scenario, Plan.load(scenario.file.plan or DEFAULT_PLAN), city)
        label = " ".join([name, *(f"{key}={value:g}" for key, value in parameters.items())])
        for key, count in _play(setting, wanted - set(found)).items():
            if count > found.get(key, ("", 0))[1] and not (parameters and key in found):
                found[key] = label, count
    return found


def _play(setting: Setting, lacking: set[tuple[str, str]]) -> Counts:
    """Play replicates of a setting until nothing lacks any more, one at least, and one with all orders."""
    world, counts = World(build_tables(setting.spec), log=True), Counts()
    for replicate in range(REPLICATES if setting.scenario.horizon < 7 * 86_400.0 else 2):
        if replicate and lacking <= set(counts):
            break
        world.reset(seed=SEED, replicate=replicate)
        _play_one(world, setting, counts)
    if any(what == "order" for what, _ in lacking):
        policy = _EveryOrder()
        asked = World(world.tables, policy=policy)
        asked.reset(seed=SEED, replicate=0)
        asked.advance(min(setting.scenario.horizon, 7200.0))
        counts.update({("order", name): n for name, n in policy.given.items()})
    return counts


def _play_one(world: World, setting: Setting, counts: Counts) -> None:
    """Play one replicate event by event, and count what occurs."""
    header, until = world.state.world.view(np.ndarray), setting.scenario.horizon
    first = [int(n) for n in world.tables.offset]
    top, state = world.state.slot.view(np.ndarray)["heap"], world.state.unit.view(np.ndarray)["state"]
    drawn, families = world.state.crowd.k.sum(axis=0), list(TABLE["event"])
    events, states = Counter[int](), Counter[int]()
    while True:
        slot = int(top[0])
        family = bisect_right(first, slot) - 1
        unit = slot - first[6] if family == 6 else -1
        before = int(state[unit])  # of the last unit where no unit is due; then not counted
        code = play(header, until, 1)
        if code != at.PAUSED:
            break
        events[family] += 1
        if unit >= 0:
            states[before] += 1
            states[int(state[unit])] += 1
        if header["logged"][0] > DRAIN:
            _count_log(world, setting, counts)
    if code != at.DONE:
        raise EngineError(f"{setting.scenario.name}: fault {code}")
    _count_log(world, setting, counts)
    counts.update({("event", families[n]): k for n, k in events.items()})
    counts.update({("unit", STATES[n]): k for n, k in states.items()})
    fired = world.state.crowd.k.sum(axis=0) - drawn
    counts.update({("channel", name): int(n) for name, n in zip(TABLE["channel"], fired, strict=True) if n})
    medical = [spec.id.rpartition("/")[2] == "medical" or "/medical/" in spec.id for spec in setting.spec.hazards]
    struck = int(world.state.hazard.k[np.array(medical, bool)].sum())
    counts.update({("incident", "medical"): struck} if struck else {})
    row, _ = world.finish()
    counts.update({("measure", name): 1 for name, value in zip(MEASURES, row, strict=True) if value > 0.0})


def _count_log(world: World, setting: Setting, counts: Counts) -> None:
    """Count the rows of the log, the kinds of incident and the injects that they tell of, and take them out."""
    log: Any = world.log()
    names, injects = list(TABLE["log"]), list(TABLE["inject"])
    for n, count in enumerate(np.bincount(log.event, minlength=len(names))):
        counts.update({("log", names[n]): int(count)} if count else {})
    for event, field, what, known in (
        (at.LOG_CALL, "a", "incident", setting.kinds),
        (at.LOG_INJECT, "b", "inject", injects),
    ):
        for n, count in zip(*np.unique(log[field][log.event == event], return_counts=True), strict=True):
            counts.update({(what, known[int(n)]): int(count)})
    world.state.world["logged"][0] = 0
