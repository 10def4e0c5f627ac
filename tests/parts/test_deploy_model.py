"""The model of a deployment against brute force, and each of its rules against what happens without it."""

import functools
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sispamkota.plan.deploy.board import Level
from sispamkota.plan.deploy.fresh import _bare, _standing, _weighed, fresh_days
from sispamkota.plan.deploy.ground import Choice, Crews, Demand, Ground, Layer, Need, Stations, Term
from sispamkota.plan.deploy.levels import Outcome, in_order, solve_levels
from sispamkota.plan.deploy.model import LEVELS, write_model
from sispamkota.plan.deploy.relax import ways_out
from sispamkota.plan.solver import Draft, Highs, Row, make_solver
from sispamkota.plan.standards import Standard

HOUR = 3600.0


def crews(ids, supply, choices, *, people=10, pool=True, move=None, level=-1):
    move = np.arange(len(choices), dtype=float) * HOUR if move is None else np.array(move, float) * HOUR
    return Crews(tuple(ids), people, supply, 60.0, "car", pool, tuple(Choice(*each) for each in choices), move, level)


def ground(groups, *, posts=3, shifts=1, seed=0, **more):
    rng = np.random.default_rng(seed)
    times = rng.integers(0, 2000, (posts, posts)).astype(float)
    np.fill_diagonal(times, 0.0)
    base = Ground(
        posts=tuple(f"p{j}" for j in range(posts)), capacity=np.full(posts, np.inf), crews=tuple(groups),
        on=np.eye(shifts, dtype=bool), patterns=(None,) * shifts, times={"car": times}, ways={"car": times},
    )  # fmt: skip
    return replace(base, **more)


def solved(where, *, drop=(), gap=0.0):
    model = write_model(where)
    model = replace(model, problem=model.problem.without(drop)) if drop else model
    found = solve_levels(model, Highs(), seconds=20.0, gap=gap)
    return model, found


def chosen(model, x):
    counts = np.round(x[model.picks.column]).astype(int)
    return [
        (int(g), int(c), int(n)) for g, c, n in zip(model.picks.group, model.picks.choice, counts, strict=True) if n
    ]


def picked(where):
    model, found = solved(where)
    return chosen(model, found.x)


# --- an evaluator of its own: no columns, no rows ---


def everything(where):
    """Every way to give each group's crews their choices."""
    parts = [
        list(itertools.combinations_with_replacement(range(len(each.choices)), len(each.ids))) for each in where.crews
    ]
    return itertools.product(*parts)


def placed(where, way):
    return [(each, each.choices[c]) for each, cs in zip(where.crews, way, strict=True) for c in cs]


def allowed(where, way):
    units = placed(where, way)
    kept = sum(each.people for each, choice in units if choice.task in ("reserve", "bko"))
    if kept < where.kept * sum(each.people for each, _ in units) - 1e-9:
        return False
    for s in range(where.shifts):
        now = [(each, choice) for each, choice in units if where.on[choice.pattern, s]]
        talking = {c.post for each, c in now if each.supply.get("dialogue") and c.task not in ("reserve", "bko")}
        shown = [(c.post, each.level) for each, c in now if each.supply.get("guard") and c.task in ("guard", "mobile")]
        if where.talks is not None and any(where.talks[j, level + 1] and j not in talking for j, level in shown):
            return False
        for j in range(len(where.posts)):
            held = [each for each, choice in now if choice.post == j and "pair" not in each.supply]
            if sum(each.people for each in held) > where.capacity[j]:
                return False
        for need in where.needs:
            gives = sum(
                each.supply.get(need.ability, 0) for each, choice in now
                if choice.post == need.post and choice.task == "guard"
            )  # fmt: skip
            if s in need.shifts and gives < need.floor:
                return False
        pool = [(each, choice) for each, choice in now if each.pool]
        kept = sum(each.people for each, choice in pool if choice.task in ("reserve", "bko"))
        if kept < where.reserve * sum(each.people for each, _ in pool) - 1e-9:
            return False
    return True


def worth(where, way):
    """Standards, guards, harm, layers, ballots, votes, uncovered, late, movement of a way, by counting."""
    units = placed(where, way)
    harm = left_of(where, units, where.base, where.terms)
    ballots = left_of(where, units, where.ballots_base, where.ballots)
    uncovered, late = risk(where, units)
    picks = zip(where.crews, way, strict=True)
    movement = sum(float(each.move[c]) for each, cs in picks for c in cs) / HOUR
    lacks = missing(where, units)
    return (
        unmet(where, units),
        short(where, units),
        harm,
        lacks,
        ballots,
        votes(where, units),
        uncovered,
        late,
        movement,
    )


def left_of(where, units, base, terms):
    """What a surrogate leaves of its base."""
    for term in terms:
        there = 0.0
        for each, choice in units:
            seconds = each.turnout + where.ways["car"][choice.post, term.post]
            sent = choice.task != "guard" and term.within > 0 and seconds <= term.within
            kept = choice.task == "bko" or (choice.task == "reserve" and term.ability != "phh")
            if where.on[choice.pattern, term.shift] and not kept and (choice.post == term.post or sent):
                there += each.people * (term.ability in each.supply)
        base -= term.spared * min(term.cap, there)
    return max(base, 0.0)


def risk(where, units):
    """Uncovered and late, window by window: first the least uncovered, then the least late."""
    total = np.zeros(2)
    for window in sorted({demand.window for demand in where.demands}):
        demands = tuple(demand for demand in where.demands if demand.window == window)
        sent = tuple(sorted(
            (choice.post, tuple(sorted(each.supply.items())))
            for each, choice in units
            if choice.task in ("mobile", "standby") and "pair" not in each.supply
            and where.on[choice.pattern, demands[0].shift]
        ))  # fmt: skip
        total += answered(demands, sent, where.times["car"].tobytes(), len(where.posts), where.worst, where.step)
    return total


@functools.cache
def answered(demands, sent, times, posts, worst, step):
    """Uncovered and late of one window: each crew parts its time among what it can do, for each demand."""
    times = np.frombuffer(times).reshape(posts, posts)
    jobs = list[tuple[int, int, float, float]]()  # crew, demand, share of it for all of the crew's time, how late
    for u, (post, supply) in enumerate(sent):
        for d, demand in enumerate(demands):
            late = np.ceil(max(60.0 + times[post, demand.zone] - demand.standard, 0.0) / step) * step
            if dict(supply).get(demand.ability, 0.0) > 0 and late < worst:
                jobs.append((u, d, dict(supply)[demand.ability] / demand.amount, late))
    weight = np.array([demand.weight for demand in demands])
    whole = np.array([weight.sum(), weight.sum() * worst / HOUR])
    if not jobs:
        return whole
    crew, of, gives, late = (np.array(each) for each in zip(*jobs, strict=True))
    saves = np.array([gives * weight[of] * (late == 0), gives * weight[of] * (worst - late) / HOUR])
    rows = [(crew == u).astype(float) for u in range(len(sent))] + [gives * (of == d) for d in range(len(demands))]
    first = linprog(-saves[0], A_ub=rows, b_ub=np.ones(len(rows)))
    kept = [*rows, -saves[0]], [*np.ones(len(rows)), first.fun + 1e-9]
    second = linprog(-saves[1], A_ub=kept[0], b_ub=kept[1])
    return whole + np.array([first.fun, second.fun])


def unmet(where, units):
    """Zones without help in time, stations that no pair can watch or that lack Linmas."""
    lacks = 0
    for standard in where.standards:
        for s in range(where.shifts):
            able = [c.post for each, c in units
                    if each.supply.get(standard.ability) and c.task != "bko" and where.on[c.pattern, s]]  # fmt: skip
            for zone in range(len(where.posts)):
                lacks += not any(where.times["car"][j, zone] + standard.turnout <= standard.limit for j in able)
    return lacks + (0 if where.stations is None else len(where.stations.weight) + best_watch(where, units)[0])


def short(where, units):
    """What guards lack of what is usual, as shares, each in its shift with the fewest."""
    lacks = 0.0
    for need in where.needs:
        there = [sum(each.supply.get(need.ability, 0) for each, c in units if where.on[c.pattern, s]
                     and (c.post, c.task) == (need.post, "guard")) for s in need.shifts]  # fmt: skip
        lacks += max(need.amount - min(there), 0.0) / need.amount
    return lacks


def missing(where, units):
    """Persons that the layers near crowds lack."""
    lack = 0.0
    for layer in where.layers:
        there = 0.0
        for each, c in units:
            seconds = each.turnout + where.ways["car"][c.post, layer.post]
            sent = c.task != "guard" and seconds <= layer.within
            kept = c.task == "bko" or (c.task == "reserve" and layer.ability != "phh")
            if not kept and where.on[c.pattern, layer.shift] and (c.post == layer.post or sent):
                there += each.supply.get(layer.ability, 0.0)
        lack += max(layer.amount - there, 0.0)
    return lack


def votes(where, units):
    """Voters x hours: the fewest stations alone, then the least time."""
    stations = where.stations
    if stations is None:
        return 0.0
    best = best_watch(where, units)[1]
    return (best + float(stations.weight.sum()) * stations.alone) / HOUR  # nobody holds them: no Linmas here


def best_watch(where, units):
    """Stations alone and voters x seconds, every assignment of stations to pairs tried."""
    stations = where.stations
    s = int(np.argmax(stations.shares))
    pairs = np.zeros(len(where.posts))
    for each, choice in units:
        pairs[choice.post] += each.supply.get("pair", 0.0) * where.on[choice.pattern, s]
    patrols = [
        tuple(sorted(
            choice.post for each, choice in units if each.supply.get("patrol") and "pair" not in each.supply
            and choice.task in ("mobile", "standby") and where.on[choice.pattern, s]
        )) for s in range(where.shifts)
    ]  # fmt: skip
    best = (np.inf, np.inf)
    n, k = stations.near.shape
    for way in itertools.product(range(k + 1), repeat=n):
        load, cost, alone = np.zeros(len(where.posts)), 0.0, np.zeros(len(where.posts))
        for i, c in enumerate(way):
            if c < k:
                load[stations.near[i, c]] += stations.load[i]
                cost += stations.weight[i] * stations.seconds[i, c] * float(stations.shares @ stations.guarded)
            else:
                alone[stations.zone[i]] += stations.weight[i]
        if (load <= pairs + 1e-9).all() and way.count(k) <= best[0]:
            for share, part, posts in zip(stations.shares, stations.guarded, patrols, strict=True):
                cost += share * answered_by(posts, tuple(alone * part), Unequal(where))
            best = min(best, (way.count(k), cost))
    return best


class Unequal:
    """Carry a ground past the key of the cache: one is equal to itself."""

    def __init__(self, where):
        self.where = where

    def __eq__(self, other):
        return self.where is other.where

    def __hash__(self):
        return id(self.where)


@functools.lru_cache(maxsize=4096)
def answered_by(posts, alone, ground):
    """Voters x seconds of those whom no pair watches: patrols answer them, one disruption after the other."""
    where, stations = ground.where, ground.where.stations
    work = np.zeros(len(alone))
    np.add.at(work, stations.zone, stations.work)
    whole = np.zeros(len(alone))
    np.add.at(whole, stations.zone, stations.weight)
    ways = [(j, z) for j in sorted(set(posts)) for z in np.flatnonzero(alone)]
    if not ways:
        return sum(alone) * stations.alone
    saves = [alone[z] * max(stations.alone - 60.0 - where.times["car"][j, z], 0.0) for j, z in ways]
    rows = [[float(z == zone) for _, z in ways] for zone in range(len(alone))]
    rows += [[work[z] * alone[z] / whole[z] * (j == post) for j, z in ways] for post in set(posts)]
    most = [1.0] * len(alone) + [float(posts.count(post)) for post in set(posts)]
    return sum(alone) * stations.alone + linprog(-np.array(saves), A_ub=rows, b_ub=most).fun


@st.composite
def grounds(draw):
    posts, tasks = 3, ("guard", "mobile", "reserve", "bko")
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shifts = draw(st.integers(1, 2))
    abilities = ("dialogue", "patrol", "ambulance", "guard")
    groups = []
    for g in range(draw(st.integers(1, 3))):
        choices = [(j, task, p) for j in range(posts) for task in tasks for p in range(shifts)]
        picked = [choices[i] for i in rng.choice(len(choices), 3, replace=False)]
        supply = {str(a): float(rng.integers(1, 4)) for a in rng.choice(abilities, 2, replace=False)}
        supply |= {"pair": 1.0} if draw(st.booleans()) and g == 0 else {}
        names = [f"{g}-{i}" for i in range(draw(st.integers(1, 2)))]
        groups.append(crews(names, supply, picked, move=rng.integers(0, 9, 3), pool=bool(rng.integers(2)),
                            level=int(rng.integers(-1, 3)), people=int(rng.choice([4, 10]))))  # fmt: skip
    terms = [
        Term(int(rng.integers(posts)), str(rng.choice(abilities)), float(rng.choice([0, 500, 1500])),
             float(rng.integers(1, 12)), float(rng.integers(1, 4)), int(rng.integers(shifts)))
        for _ in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    demands = [
        Demand(w, w % shifts, int(rng.integers(posts)), str(rng.choice(abilities)), float(rng.integers(1, 4)),
               float(rng.integers(1, 4)), float(rng.choice([100, 900])))
        for w in range(draw(st.integers(0, 3))) for _ in range(rng.integers(1, 4))
    ]  # fmt: skip
    stations = None
    if draw(st.booleans()):
        n, k = 3, 2
        stations = Stations(
            weight=rng.integers(1, 5, n).astype(float), load=rng.choice([0.5, 1.0], n),
            near=np.array([rng.choice(posts, k, replace=False) for _ in range(n)]),
            seconds=rng.integers(60, 900, (n, k)).astype(float), zone=rng.integers(0, posts, n),
            holder=np.zeros(n, np.int64), hold=2.0, alone=1200.0, shares=np.array([[1.0], [0.7, 0.3]][shifts - 1]),
            work=rng.choice([0.0, 0.4, 1.5]) * np.ones(n), covered=rng.choice([0.0, 0.6, 1.0], shifts),
        )  # fmt: skip
    needs = list[Need]()
    if draw(st.booleans()):
        least = rng.choice([None, 0.0, 1.0])
        needs = [Need(int(rng.integers(posts)), str(rng.choice(abilities)), 3.0 if least is not None else 1.0,
                      tuple(range(int(rng.integers(1, shifts + 1)))), least)]  # fmt: skip
    more = {
        "standards": tuple(Standard("ambulance", 60.0, float(rng.choice([300, 900]))) for _ in range(rng.integers(2))),
        "talks": rng.random((posts, 4)) < 0.3 if draw(st.booleans()) else None,
        "kept": float(rng.choice([0.0, 0.2])),
        "layers": tuple(
            Layer(int(rng.integers(posts)), str(rng.choice(abilities)), float(rng.integers(1, 5)), 900.0, 0)
            for _ in range(rng.integers(3))
        ),
    }
    return ground(
        groups, seed=int(rng.integers(99)), shifts=shifts, **more, terms=tuple(terms[::2]),
        ballots=tuple(terms[1::2]), ballots_base=float(rng.choice([2.0, 20.0])), demands=tuple(demands),
        needs=tuple(needs), base=float(rng.choice([5.0, 30.0])), stations=stations,
        reserve=float(rng.choice([0.0, 0.3])), capacity=rng.choice([10.0, 20.0, np.inf], posts),
    )  # fmt: skip


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grounds())
def test_deploy__small_instances_equal_brute_force(where):
    ways = [way for way in everything(where) if allowed(where, way)]
    _, found = solved(where)
    assert (found.x is None) == (not ways)
    if ways:
        best = min((worth(where, way) for way in ways), key=lambda values: tuple(round(value, 6) for value in values))
        got = {each.name: each for each in found.outcomes}
        for name, value in zip(LEVELS, best, strict=True):
            if name in got:
                assert got[name].value == pytest.approx(value, abs=1e-4, rel=1e-5), name
                assert got[name].bound == pytest.approx(value, abs=1e-4, rel=1e-5), name


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grounds(), st.sampled_from([0.1, 0.5]))
def test_levels__no_plan_is_better_than_the_bound_of_a_coarse_answer(where, gap):
    """Level by level, solved to within a part: brute force, over plans as good on those before, is not below its bound.

    On the first level brute force is not above the value either; after that others may be held wider than they are.
    """
    ways = [dict(zip(LEVELS, worth(where, way), strict=True)) for way in everything(where) if allowed(where, way)]
    _, found = solved(where, gap=gap)
    for n, each in enumerate(found.outcomes if ways else ()):
        as_good = [w for w in ways if all(w[before.name] <= before.value + 1e-7 for before in found.outcomes[:n])]
        for way in as_good:
            assert each.bound - 1e-3 * max(1.0, abs(each.bound)) <= way[each.name], each.name
        assert n > 0 or min(way[each.name] for way in as_good) <= each.value + 1e-5


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grounds(), st.booleans())
def test_reach__posts_left_out_widen_the_gap_and_no_more(where, polling):
    """With the nearest posts alone weighed, brute force over all posts lies between the bound and what is told."""
    where = replace(where, most_answers=1, **({"demands": ()} if polling else {"stations": None}))
    ways = [way for way in everything(where) if allowed(where, way)]
    _, found = solved(where)
    for each in found.outcomes if ways else ():
        best = min(tuple(round(value, 6) for value in worth(where, way)) for way in ways)[LEVELS.index(each.name)]
        assert each.bound - 1e-4 <= best <= each.value + 1e-4, each.name
        if each.value > each.bound + 1e-4:  # what comes after is held by what is told of this one
            assert each.name in ("votes", "late")
            return


def test_reach__far_posts_are_weighed_together_only_where_there_are_too_many():
    many = crews("abc", {"ambulance": 1.0}, [(j, "standby", 0) for j in range(3)])
    where = ground([many], demands=tuple(Demand(0, 0, zone, "ambulance", 1.0, 1.0, 100.0) for zone in range(3)))
    whole, near = (write_model(replace(where, most_answers=n)) for n in (100, 1))
    assert all(level.told is None for level in whole.levels)
    assert len(near.problem.cost) < len(whole.problem.cost)
    assert [level.name for level in near.levels if level.told is not None] == ["late"]


def test_levels__the_answer_keeps_every_row():
    where = ground([crews("abc", {"patrol": 1.0}, [(0, "mobile", 0), (1, "mobile", 0), (2, "reserve", 0)])],
                   reserve=0.3, demands=(Demand(0, 0, 1, "patrol", 2.0, 1.0, 900.0),))  # fmt: skip
    model, found = solved(where)
    assert model.problem.holds(found.x)


@pytest.mark.parametrize(("ability", "spares"), [("dialogue", 0.0), ("phh", 3.0)])
def test_harm__who_is_kept_in_reserve_spares_nothing_before_the_last_layer(ability, spares):
    term = Term(0, ability, 3000.0, 3.0, 1.0, 0)
    for at in (0, 1):
        where = ground([crews("a", {ability: 3.0}, [(at, "reserve", 0)])], terms=(term,), base=30.0)
        _, found = solved(where)
        assert found.outcomes[0].value == pytest.approx(30.0 - spares)
    where = ground([crews("a", {ability: 3.0}, [(1, "standby", 0)])], terms=(term,), base=30.0)
    assert solved(where)[1].outcomes[0].value == pytest.approx(27.0)


def test_ballots__are_spared_after_harm_and_before_votes():
    """One crew, two places: where both spare, harm decides; else the ballots do, against movement and votes."""
    choices = [(0, "standby", 0), (1, "standby", 0)]
    where = ground([crews("a", {"dalmas_lanjut": 3.0}, choices, move=(0, 9))], base=30.0, ballots_base=0.5)
    ballots = (Term(1, "dalmas_lanjut", 100.0, 3.0, 0.1, 0),)
    _, found = solved(replace(where, ballots=ballots))
    level = next(each for each in found.outcomes if each.name == "ballots")
    assert level.value == pytest.approx(0.2)
    harm = (Term(0, "dalmas_lanjut", 100.0, 3.0, 1.0, 0),)
    _, found = solved(replace(where, terms=harm, ballots=ballots))
    assert [(each.name, each.value) for each in found.outcomes][:2] == [
        ("harm", pytest.approx(27.0)), ("ballots", pytest.approx(0.5)),
    ]  # fmt: skip


# --- each rule: with it the plan keeps it, without it the plan breaks it ---


def test_rule__one_post_each():
    where = ground([crews("ab", {"patrol": 1.0}, [(0, "mobile", 0), (1, "mobile", 0)], move=(1, 1))])
    model, kept = solved(where)
    assert sum(n for _, _, n in chosen(model, kept.x)) == 2
    model, broken = solved(where, drop=["one post"])
    assert sum(n for _, _, n in chosen(model, broken.x)) == 0


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("guard", {"needs": (Need(1, "patrol", 1.0, (0,)),)}),
        ("reserve", {"reserve": 0.5}),
        ("capacity", {"capacity": np.array([10.0, np.inf, np.inf])}),
    ],
)
def test_rule__without_it_the_plan_breaks_it(rule, more):
    choices = [(0, "mobile", 0), (1, "guard", 0), (2, "reserve", 0)]
    where = ground([crews("ab", {"patrol": 1.0}, choices)], **more)
    for drop in ((), (rule,)):
        model, found = solved(where, drop=drop)
        way = [[c for _, c, n in chosen(model, found.x) for _ in range(n)]]
        assert allowed(where, way) == (not drop)


def test_rule__a_need_in_a_shift_is_met_in_that_shift():
    choices = [(0, "guard", 0), (0, "guard", 1)]
    where = ground([crews("ab", {"guard": 5.0}, choices)], shifts=2, needs=(Need(0, "guard", 5.0, (0, 1)),))
    model, found = solved(where)
    assert chosen(model, found.x) == [(0, 0, 1), (0, 1, 1)]


def stations(n=4, load=0.5):
    return Stations(
        weight=np.ones(n), load=np.full(n, load), near=np.zeros((n, 1), np.int64), seconds=np.full((n, 1), 60.0),
        zone=np.zeros(n, np.int64), holder=np.zeros(n, np.int64), hold=2.0, alone=7200.0, shares=np.ones(1),
    )  # fmt: skip


def value_of(found, name):
    return next(each.value for each in found.outcomes if each.name == name)


def test_rule__guards_in_sight_stand_where_somebody_talks():
    talks = np.zeros((3, 4), bool)
    talks[0, 1] = True  # crowd units of level 0 at the first post
    front = crews("a", {"guard": 30.0}, [(0, "guard", 0), (1, "guard", 0)], level=0)
    team = crews("b", {"dialogue": 10.0}, [(1, "guard", 0), (0, "guard", 0)])
    where = ground([front, team], talks=talks)
    for drop, choice in (((), {(0, 1), (1, 0)}), (("talks",), {(0, 0), (1, 0)})):
        model, found = solved(where, drop=drop)
        assert {(g, c) for g, c, _ in chosen(model, found.x)} == choice


@pytest.mark.parametrize(("task", "shift", "stands"), [("guard", 0, True), ("guard", 1, False), ("mobile", 2, True),
                                                       ("bko", 0, False), ("reserve", 2, False)])  # fmt: skip
def test_rule__who_talks_is_on_duty_when_guards_are_and_not_kept_back(task, shift, stands):
    talks = np.zeros((3, 4), bool)
    talks[0, 1] = True
    on = np.array([[True, False], [False, True], [True, True]])
    front = crews("a", {"guard": 30.0}, [(0, "guard", 0)], level=0)
    team = crews("b", {"dialogue": 10.0}, [(0, task, shift)])
    where = ground([front, team], talks=talks, shifts=2, on=on, patterns=(None,) * 3)
    assert (solved(where)[1].x is not None) == stands
    both = replace(where, crews=(crews("a", {"guard": 30.0}, [(0, "guard", 2)], level=0), team))
    assert (solved(both)[1].x is not None) == (stands and shift == 2)
    parts = np.array([[False, True], [True, True], [True, True]])  # within the shifts all talk while the guards stand
    assert (solved(replace(where, hours=parts))[1].x is not None) == (task in ("guard", "mobile"))


def test_rule__help_within_the_standard_comes_before_movement_and_bko_is_no_help():
    times = np.full((3, 3), 1000.0)
    np.fill_diagonal(times, 0.0)
    times[2] = 100.0  # from the third post everybody is reached
    standard = (Standard("ambulance", 60.0, 900.0),)
    for task, unmet_zones, choice in (("standby", 0, 1), ("bko", 3, 0)):
        one = crews("a", {"ambulance": 1.0}, [(0, task, 0), (2, task, 0)])
        where = ground([one], standards=standard, times={"car": times})
        model, found = solved(where)
        assert value_of(found, "standards") == unmet_zones
        assert chosen(model, found.x) == [(0, choice, 1)]
    model, broken = solved(ground([one], standards=standard), drop=["standard"])
    assert chosen(model, broken.x) == [(0, 0, 1)]


def test_rule__a_standard_is_held_in_every_shift():
    one = crews("ab", {"ambulance": 1.0}, [(0, "standby", 0), (0, "standby", 1)], move=(0, 1))
    where = ground([one], shifts=2, standards=(Standard("ambulance", 60.0, 9000.0),))
    model, found = solved(where)
    assert chosen(model, found.x) == [(0, 0, 1), (0, 1, 1)]
    half = replace(where, whole=np.array([[False, False], [False, True]]))  # a roster that holds no shift whole
    assert value_of(solved(half)[1], "standards") == 3


def test_rule__who_a_stage_asks_for_is_near_before_risk_and_movement():
    one = crews("a", {"phh": 100.0}, [(0, "reserve", 0), (2, "reserve", 0), (1, "bko", 0)])
    where = ground([one], layers=(Layer(1, "phh", 100.0, 900.0, 0),))
    where = replace(where, ways={"car": np.array([[0, 1000.0, 0], [0, 0, 0], [0, 500.0, 0]])})
    model, found = solved(where)
    assert (value_of(found, "layers"), chosen(model, found.x)) == (0.0, [(0, 1, 1)])
    assert not [each for each in solved(where, drop=["layer"])[1].outcomes if each.name == "layers" and each.value]


def test_rule__units_under_bko_spare_no_harm():
    one = crews("a", {"phh": 100.0}, [(1, "bko", 0)])
    where = ground([one], terms=(Term(1, "phh", 900.0, 100.0, 0.1, 0),), base=30.0)
    assert value_of(solved(where)[1], "harm") == 30.0


def test_rule__who_watches_stations_takes_no_place_at_the_post():
    one = crews("ab", {"pair": 1.0}, [(0, "mobile", 0)], pool=False)
    assert solved(ground([one], stations=stations(), capacity=np.array([10.0, 10.0, 10.0])))[1].x is not None
    other = crews("ab", {"patrol": 1.0}, [(0, "mobile", 0)])
    assert solved(ground([other], capacity=np.array([10.0, 10.0, 10.0])))[1].x is None


def test_rule__calls_are_understood_sooner_only_where_linmas_stand():
    demand = (Demand(0, 0, 1, "ambulance", 1.0, 2.0, 3000.0),)
    answer = crews("b", {"ambulance": 1.0}, [(1, "standby", 0)], pool=False)
    for at, late in ((1, 0.0), (0, 2.0 * 60 / HOUR)):
        squad = crews("a", {"squad": 1.0}, [(at, "guard", 0)], pool=False)
        where = ground([squad, answer], demands=demand, watched=np.arange(3), saves=60.0)
        found, broken = solved(where)[1], solved(where, drop=["calls"])[1]
        assert value_of(found, "late") == pytest.approx(late)
        assert value_of(broken, "late") == pytest.approx(0.0)


def test_rule__a_share_of_all_people_is_in_reserve_in_any_case():
    one = crews("ab", {"ambulance": 1.0}, [(0, "standby", 0), (0, "reserve", 0)], pool=False)
    for kept, choices in ((0.5, {0, 1}), (0.0, {0})):
        model, found = solved(ground([one], kept=kept))
        assert {c for _, c, _ in chosen(model, found.x)} == choices


def test_rule__a_pair_watches_as_many_stations_as_its_pattern_says():
    where = ground([crews("a", {"pair": 1.0}, [(0, "mobile", 0)], pool=False)], stations=stations())
    model, found = solved(where)
    assert found.x[model.watch[:4]].sum() == pytest.approx(2.0)
    model, broken = solved(where, drop=["pattern"])
    assert broken.x[model.watch[:4]].sum() == pytest.approx(4.0)


def test_rule__a_station_is_watched_or_not_where_one_patrol_answers_all():
    """Found by chance in 500 cases: thirds of a station were left alone so that a busy patrol came to all of them."""
    groups = [
        crews(["a"], {"pair": 1.0}, [(0, "mobile", 0)], people=4),
        crews(["b"], {"patrol": 3.0}, [(1, "mobile", 1)], people=4),
    ]
    stations = Stations(
        weight=np.array([2.0, 3.0, 3.0]), load=np.ones(3), near=np.array([[1, 0], [0, 1], [0, 1]]),
        seconds=np.array([[256.0, 367.0], [305.0, 96.0], [432.0, 870.0]]), zone=np.array([2, 1, 0]),
        holder=np.zeros(3, np.int64), hold=2.0, alone=1200.0, shares=np.array([0.7, 0.3]), work=np.full(3, 1.5),
        covered=np.array([0.0, 1.0]),
    )  # fmt: skip
    where = ground(groups, shifts=2, stations=stations)
    times = np.array([[0.0, 1995.0, 1308.0], [1709.0, 0.0, 435.0], [1966.0, 1960.0, 0.0]])
    where = replace(where, times={"car": times}, ways={"car": times})
    model, found = solved(where)
    alone = found.x[model.watch[-3:]]
    assert alone == pytest.approx(np.round(alone))
    best = min(worth(where, way)[LEVELS.index("votes")] for way in everything(where))
    assert {each.name: each.value for each in found.outcomes}["votes"] == pytest.approx(best)


def test_rule__a_station_is_watched_once_and_missing_linmas_are_counted():
    one = crews("a", {"linmas": 6.0}, [(0, "guard", 0)], pool=False)
    _, found = solved(ground([one], stations=stations()))
    alone = 4 * 7200 / HOUR
    assert value_of(found, "standards") == 4 + 1  # four that no pair watches, one without Linmas
    assert value_of(found, "votes") == pytest.approx(alone + 2 / 2 * 7200 / HOUR)  # two persons, one station
    _, broken = solved(ground([one], stations=stations()), drop=["linmas", "station", "answer"])
    assert value_of(broken, "votes") == pytest.approx(0.0)


def test_rule__a_crew_that_answers_one_call_misses_at_the_next():
    demands = tuple(Demand(0, 0, zone, "ambulance", 1.0, 1.0, 3000.0) for zone in (0, 1))
    where = ground([crews("a", {"ambulance": 1.0}, [(0, "standby", 0)], pool=False)], demands=demands)
    assert solved(where)[1].outcomes[0].value == pytest.approx(1.0)
    assert not solved(where, drop=["free"])[1].outcomes or solved(where, drop=["free"])[1].outcomes[0].value < 1e-9
    apart = replace(where, demands=(demands[0], replace(demands[1], window=1)))
    assert [each.name for each in solved(apart)[1].outcomes][:1] == ["uncovered"]
    assert solved(apart)[1].outcomes[0].value == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("wanted", "lost"), [(("traffic", "patrol"), 1.0), (("patrol", "patrol"), 1.0), (("patrol",), 0.0)]
)
def test_rule__one_crew_does_one_job_at_once(wanted, lost):
    demands = tuple(Demand(0, 0, 0, ability, 10.0, 1.0, 3000.0) for ability in wanted)
    one = crews("a", {"patrol": 10.0, "traffic": 10.0}, [(0, "mobile", 0)])
    assert value_of_all(solved(ground([one], demands=demands))[1], "uncovered") == pytest.approx(lost)
    apart = tuple(replace(demand, window=i) for i, demand in enumerate(demands))
    assert value_of_all(solved(ground([one], demands=apart))[1], "uncovered") == pytest.approx(0.0)


def value_of_all(found, name):
    return next((each.value for each in found.outcomes if each.name == name), 0.0)


@pytest.mark.parametrize(("work", "answered"), [(0.4, 2.0), (1.0, 1.0), (2.0, 0.5)])
def test_rule__a_patrol_answers_one_disruption_of_stations_after_the_other(work, answered):
    one = crews("a", {"patrol": 2.0}, [(0, "mobile", 0)])
    apart = replace(stations(2), zone=np.array([0, 1]), near=np.zeros((2, 0), np.int64), seconds=np.zeros((2, 0)),
                    work=np.full(2, work))  # fmt: skip
    where = ground([one], stations=apart, times={"car": np.zeros((3, 3))})
    saved = answered * (7200 - 60) / HOUR
    linmas = 2 * 7200 / HOUR  # nobody holds the stations
    assert value_of(solved(where)[1], "votes") == pytest.approx(2 * 7200 / HOUR - saved + linmas)


def test_harm__is_never_below_none_and_its_gap_is_of_what_can_be_spared():
    one = crews("a", {"phh": 100.0}, [(0, "standby", 0)], people=100)
    where = ground([one], terms=(Term(0, "phh", 0.0, 50.0, 1.0, 0),), base=30.0)
    assert value_of(solved(where)[1], "harm") == 0.0
    assert Outcome("harm", 200.0, 199.0, 1.0, proven=True, most=2.0).gap == pytest.approx(0.5)
    few = ground([one], terms=(Term(0, "phh", 0.0, 50.0, 0.1, 0),), base=30.0)
    (level,) = [each for each in solved(few)[1].outcomes if each.name == "harm"]
    assert (level.value, level.most) == (pytest.approx(25.0), pytest.approx(5.0))


def test_rule__a_guard_shrinks_to_what_there_is_and_no_lower_than_its_least():
    one = crews("a", {"guard": 4.0}, [(0, "guard", 0), (1, "reserve", 0)])
    _, found = solved(ground([one], needs=(Need(0, "guard", 10.0, (0,), 4.0),)))
    assert value_of(found, "guards") == pytest.approx(0.6)
    assert solved(ground([one], needs=(Need(0, "guard", 10.0, (0,), 5.0),)))[1].x is None


def test_rule__who_is_kept_back_answers_no_call():
    demand = (Demand(0, 0, 0, "ambulance", 1.0, 1.0, 3000.0),)
    where = ground([crews("a", {"ambulance": 1.0}, [(0, "reserve", 0)])], demands=demand)
    assert solved(where)[1].outcomes[0].value == pytest.approx(1.0)


def test_relax__names_the_rule_the_place_and_the_people_that_lack():
    one = crews("ab", {"guard": 10.0}, [(0, "guard", 0), (1, "reserve", 0)])
    where = ground([one], needs=(Need(0, "guard", 15.0, (0,)),), reserve=0.5)
    model, found = solved(where)
    assert found.x is None
    ways = ways_out(model, Highs(), seconds=10)
    assert {(each.rule, each.place, each.amount) for each in ways.missing} == {("guard", "p0", 5.0)}
    assert [(*way.parts, way.amount) for way in ways.ways] == [
        (("guard", "guard"), 5.0), (("reserve", "people"), 10.0),
    ]  # fmt: skip


def test_relax__rules_that_must_bend_together_are_one_way():
    one = crews("a", {"patrol": 10.0}, [(0, "guard", 0)])
    needs = (Need(0, "guard", 5.0, (0,)), Need(1, "dialogue", 3.0, (0,)))
    ways = ways_out(write_model(ground([one], needs=needs)), Highs(), seconds=10, names={"p0": "Kantor"})
    (way,) = ways.ways
    assert set(way.parts) == {("guard", "guard"), ("guard", "dialogue")}
    assert way.amount == 8.0
    assert "Kantor (5)" in ways.tell("id")
    assert "negosiator" in ways.tell("id")


def test_solvers__agree():
    pytest.importorskip("ortools")
    where = ground([crews("abcd", {"patrol": 1.0}, [(0, "mobile", 0), (1, "mobile", 0), (2, "reserve", 0)])],
                   reserve=0.3, demands=tuple(Demand(0, 0, z, "patrol", 2.0, 1.0, 900.0) for z in (0, 1)))  # fmt: skip
    model = write_model(where)
    values = [
        [each.value for each in solve_levels(model, make_solver(name), seconds=20, gap=0.0).outcomes]
        for name in ("highs", "ortools")
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-5)


def test_fresh__the_same_days_give_the_value_that_was_minimised():
    demands = tuple(Demand(0, 0, zone, "ambulance", 1.0, 1.0, 100.0) for zone in (0, 1))
    where = ground([crews("ab", {"ambulance": 1.0}, [(0, "standby", 0)], pool=False)], demands=demands)
    model, found = solved(where)
    again = _weighed(*_standing(_bare(where), model, found.x), Highs())
    assert again == {name: pytest.approx(value_of(found, name)) for name in ("uncovered", "late")}
    assert again["uncovered"] > 0


@pytest.mark.parametrize("most", [1000, 1])
def test_fresh__the_same_days_are_told_as_they_were_where_far_posts_are_weighed_together(most):
    """All ambulances at one post and most calls far from it: with one post weighed, the others may come, or nobody."""
    ways = np.array([[0.0, 1500.0, 1500.0], [1500.0, 0.0, 0.0], [1500.0, 0.0, 0.0]])
    demands = tuple(Demand(0, 0, zone, "ambulance", 1.0, 1.0, 100.0) for zone in (0, 1, 2, 1, 2, 1))
    many = crews("abc", {"ambulance": 1.0}, [(0, "standby", 0)], pool=False)
    where = ground([many], demands=demands, times={"car": ways}, ways={"car": ways}, most_answers=most)
    model, found = solved(where)
    again = _weighed(*_standing(_bare(where), model, found.x), Highs())
    assert again == {name: pytest.approx(value_of(found, name), abs=1e-5) for name in ("uncovered", "late")}
    if most == 1:
        assert again["late"] == pytest.approx(5.0)  # five of six calls are an hour late
    far = next(level for level in model.levels if level.name == "late")
    assert (far.told is not None) == (most == 1)


def test_order__what_comes_later_never_costs_what_came_before():
    draft = Draft()
    draft.add("a", 2, upper=1.0)
    draft.hold((np.array([0, 1]), np.ones(2)), row=Row("demand"), lower=1.0)
    first, second = Level("uncovered", np.array([1.0, 1.001])), Level("late", np.array([1e6, 0.0]))
    assert in_order(draft.problem(), [first, second], Highs(), seconds=5.0) == pytest.approx([1.0, 0.0], abs=1e-2)
    assert in_order(draft.problem(), [second, first], Highs(), seconds=5.0) == pytest.approx([0.0, 1.0], abs=1e-2)
    draft.hold((np.array([0, 1]), np.ones(2)), row=Row("demand"), upper=0.5)
    assert in_order(draft.problem(), [first, second], Highs(), seconds=5.0) is None


@pytest.mark.parametrize(
    ("samples", "demands", "days"), [(20, 560, 20), (5, 1950, 5), (1, 390, 3), (1, 0, 20), (40, 9, 40)]
)
def test_fresh__a_batch_has_calls_enough_and_no_fewer_days_than_the_plan(samples, demands, days):
    assert fresh_days(samples, demands) == days
