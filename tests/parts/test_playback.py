"""The document that the map plays, held against the engine's own state, the city's streets and the stored result."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely

from parts.ensemble_fixture import make_city, make_ensemble
from sispamkota.errors import InputError, StoreError
from sispamkota.inputs import own_file
from sispamkota.kernels import layout as at
from sispamkota.place import City, Ride
from sispamkota.place.lines import street_lines
from sispamkota.place.ride import VEHICLES
from sispamkota.plan import Plan
from sispamkota.rehearsal import Ensemble, Scenario, World, rehearse
from sispamkota.rehearsal.scenario_file import Requirements
from sispamkota.review.playback import make_playback
from sispamkota.review.story import key_events
from sispamkota.review.ways import Ways, packed, thinned
from sispamkota.words import catalogue

REPLICATE = 3
GRID = 1e5


@pytest.fixture(scope="module")
def city() -> City:
    return City.load("malang")


@pytest.fixture(scope="module")
def result(city, tmp_path_factory) -> Ensemble:
    """Read from its Parquet files, as a reader of the report would have it."""
    folder = tmp_path_factory.mktemp("playback") / "out"
    rehearse(Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), city, replicates=8, seed=11, out=folder)
    return Ensemble.load(folder)


@pytest.fixture(scope="module", params=range(4))
def played(request, result, city):
    """Four replicates: in some a unit is turned on its way home or from its way to a lesser incident."""
    return request.param, make_playback(result, replicate=request.param, city=city).to_dict()


@pytest.fixture(scope="module")
def document(result, city) -> dict:
    return make_playback(result, replicate=REPLICATE, city=city).to_dict()


def decoded(steps):
    return np.cumsum(steps)


def way_points(way):
    lon, lat, share = (decoded(each) for each in way)
    return np.stack([lon, lat], axis=1) / GRID, share / 10_000


def position(document, unit, t):
    """Where the document puts a unit: (lon, lat), and whether it is on its way. Written apart from the page's code."""
    place = document["places"][document["units"][unit][4]]
    at, moving = np.array(place[4:6], float), False
    for start, end, way, first, last in document["legs"][unit]:
        if start / 10 > t:
            break
        points, share = way_points(document["ways"][way])
        gone = min(1.0, (t - start / 10) / ((end - start) / 10))
        where = (first + (last - first) * gone) / 1000
        at = np.array([np.interp(where, share, axis) for axis in points.T])
        moving = t < end / 10
    return at, moving


def test_units__stand_where_the_engine_has_them(result, played):
    """Look at the engine itself, moment by moment: who is present at a place stands there on the map."""
    replicate, document = played
    world = World(result.tables)
    world.reset(seed=result.seed, replicate=replicate)
    unit, moved = world.state.unit.view(np.ndarray), 0
    for t in np.arange(17.0, result.horizon_s, 61.0):
        world.advance(float(t))
        for index in range(len(unit)):
            at, moving = position(document, index, t)
            moved += moving
            if unit["present"][index]:
                site = document["places"][
                    [row[0] for row in document["places"]].index(result.names.places[unit["place"][index]])
                ]
                assert np.abs(at - site[4:6]).max() < 2e-5, (t, document["units"][index][0])
    assert moved > 20


def test_units__arrive_when_the_log_says(document):
    """An arrival in the log is the end of a leg, or the unit was there already."""
    ends = {(unit, leg[1]) for unit, legs in enumerate(document["legs"]) for leg in legs}
    starts = [row for row in document["events"] if row[1] == "depart" and not row[5].startswith("0 s")]
    assert starts
    for t, _, place, unit, _, _ in starts:
        after = next((row for row in document["events"] if row[3] == unit and row[0] > t), None)
        if after is not None and after[1] == "arrive" and after[2] == place:
            assert any(u == unit and abs(end - after[0]) <= 1 for u, end in ends)


def test_units__on_their_way_are_as_far_as_the_engine_has_them(result, played, city):
    """Between two places a unit is where its share of the time on the shortest way puts it."""
    replicate, document = played
    world, ways, judged = World(result.tables), Ways(result, city), 0
    world.reset(seed=result.seed, replicate=replicate)
    unit, names = world.state.unit.view(np.ndarray), result.names.places
    vehicles = result.tables.unit_t["vehicle"]
    for t in np.arange(11.0, result.horizon_s, 23.0):
        world.advance(float(t))
        on_way = (unit["present"] == 0) & (unit["left"] <= t) & (t < unit["arrives"]) & (unit["place"] != unit["to"])
        for index in np.flatnonzero(on_way):
            row = unit[index]
            way = ways.found[ways.number(int(vehicles[index]), names[row["place"]], names[row["to"]])]
            share = (t - row["left"]) / (row["arrives"] - row["left"])
            expected = [np.interp(share, way.share, axis) for axis in way.points.T]
            assert np.abs(position(document, index, t)[0] - expected).max() < 2e-4, (t, document["units"][index][0])
            judged += 1
    assert judged > 50


def test_units__never_jump(played):
    """Where one leg ends, the next begins: at the same moment or, after a rest, at the same place."""
    document = played[1]
    for legs in document["legs"]:
        assert all(leg[0] < leg[1] for leg in legs)
        for before, after in pairwise(legs):
            assert before[1] <= after[0]
            ends = []
            for leg, share in ((before, before[4]), (after, after[3])):
                points, shares = way_points(document["ways"][leg[2]])
                ends.append([np.interp(share / 1000, shares, axis) for axis in points.T])
            assert np.abs(np.array(ends[0]) - ends[1]).max() < 2e-4


def test_units__are_turned_in_some_replicate(result, city):
    """The tests above look at what is hard: a unit ordered on while it is on its way home."""
    turned = [
        leg
        for replicate in range(4)
        for legs in make_playback(result, replicate=replicate, city=city).parts["legs"]
        for leg in legs
        if leg[4] != 1000
    ]
    assert len(turned) > 0


def test_ways__run_along_streets(result, document, city):
    """Every point but the two ends lies on a street, and so does the middle between two points."""
    tree = shapely.STRtree(street_lines(city.roads))
    judged = 0
    for way in document["ways"]:
        points, share = way_points(way)
        assert (np.diff(share) >= 0).all()
        assert (share[0], share[-1]) == (0.0, 1.0)
        inner = points[1:-1]
        if len(inner) < 2:
            continue  # two places at one junction
        judged += 1
        looked = np.concatenate([inner, (inner[1:] + inner[:-1]) / 2])
        away = tree.query_nearest(shapely.points(looked), return_distance=True, all_matches=False)[1]
        assert away.max() < 6e-5
    assert judged > 3


def test_ways__take_the_time_that_the_streets_take(result, city):
    """The time of a way is an independent shortest path's, and the engine's own table has the same."""
    ways, (a, b) = Ways(result, city), ("polresta", "kpu")
    vehicle = VEHICLES.index("truck")
    found = ways.found[ways.number(vehicle, a, b)]
    nodes = [city.find(ref).node for ref in (a, b)]
    expected = city.roads.travel_times(nodes[:1], nodes[1:], ride=Ride.of("truck", blue_light=True))[0, 0]
    assert found.seconds == pytest.approx(expected)
    assert ways.seconds(vehicle, a, b) == pytest.approx(expected, rel=1e-5)


def test_ways__are_straight_without_a_city_and_say_so(result):
    document = make_playback(result, replicate=REPLICATE).to_dict()
    assert document["about"]["straight"]
    assert all(len(way[0]) == 2 for way in document["ways"])


def test_crowds__are_those_of_the_stored_result(result, city):
    """The told replicate, read from its Parquet: the same people, minute by minute, and the same stages."""
    document = make_playback(result, city=city).to_dict()
    for crowd in document["crowds"]:
        place = document["places"][crowd["place"]][0]
        rows = result.series[result.series["place"] == place].sort_values("t")
        for name in ("t", "peaceful", "violent", "spent", "officers"):
            assert (decoded(crowd[name]) == rows[name].to_numpy()).all(), name
        times = np.array([t / 10 for t, _ in crowd["stages"]])
        stage = [crowd["stages"][np.searchsorted(times, t, side="right") - 1][1] for t in rows["t"]]
        at_change = np.isin(rows["t"], times)
        assert (np.array(stage) == rows["stage"].to_numpy())[~at_change].all()
    told = int(result.series["replicate"].iloc[0])
    assert document["about"]["replicate"] == told


def test_hospitals__stay_within_the_peak_of_the_stored_result(result, document):
    used, opened = np.zeros(121), np.zeros(121)
    for each in document["hospitals"]:
        k = np.searchsorted(decoded(each["t"]), np.arange(0.0, 7201.0, 60.0), side="right") - 1
        used, opened = used + decoded(each["used"])[k], opened + decoded(each["open"])[k]
    peak = float(result.rows.set_index("replicate").loc[REPLICATE, "hospital_peak_share"])
    assert (used / opened).max() <= peak + 1e-9
    assert (used / opened).max() > peak - 0.05


def test_decisions__send_who_is_there_first(document):
    """Nearest first among those available: nobody who was free and nearer was left out."""
    judged = 0
    for incident in document["incidents"]:
        for decision in incident["decisions"]:
            free = {unit: s for unit, standing, s in decision["candidates"] if standing == "available"}
            sent = [unit for unit in decision["sent"] if unit in free]
            left = [s for unit, s in free.items() if unit not in decision["sent"]]
            if sent and left:
                judged += 1
                assert max(free[unit] for unit in sent) <= min(left) + 1
    assert judged > 2


def test_decisions__are_all_that_the_log_holds(result, document):
    """Every dispatch of the log is in one decision, with as many candidates as the log considered."""
    log = result.log(REPLICATE)
    decisions = [each for incident in document["incidents"] for each in incident["decisions"]]
    assert sum(len(each["sent"]) for each in decisions) == (log["event"] == "dispatch").sum()
    named = sum(len(each["candidates"]) + sum(each["others"].values()) for each in decisions)
    assert named == (log["event"] == "considered").sum()
    assert len(document["events"]) == (log["event"] != "considered").sum()


def test_casualties__each_is_told_once(result, document):
    log = result.log(REPLICATE)
    assert [each["number"] for each in document["casualties"]] == list(range((log["event"] == "casualty").sum()))
    for each in document["casualties"]:
        times = [each[name] for name in ("hurt", "left", "reached") if name in each]
        assert times == sorted(times)


def test_casualties__nobody_cares_for_those_for_whom_the_engine_says_so(result, document):
    """At every moment, by place; but for the slight who walk and have not arrived at the end: the log lacks them."""
    world = World(result.tables)
    ways = {name: getattr(at, name) for name in ("FOUND", "SELF_WAY", "WAIT_AMBULANCE", "ON_SCENE")}
    ids, names, treated = [row[0] for row in document["places"]], result.names.places, 0

    def waiting(t: float) -> set[tuple[int, str]]:
        world.advance(t)
        rows = world.state.casualty[: int(world.state.world[0].rows)].view(np.ndarray)
        rows = rows[np.isin(rows["state"], list(ways.values()))]
        return {(int(row["number"]), str(names[row["place"]])) for row in rows}

    world.reset(seed=result.seed, replicate=REPLICATE)
    world.advance(result.horizon_s)
    rows = world.state.casualty[: int(world.state.world[0].rows)].view(np.ndarray)
    walking = set(rows["number"][(rows["state"] == at.SELF_WAY) & (rows["triage"] == at.T3)].tolist())
    world.reset(seed=result.seed, replicate=REPLICATE)
    for t in np.arange(13.05, result.horizon_s, 60.0):
        told = {
            (each["number"], ids[each["place"]])
            for each in document["casualties"]
            if each["hurt"] <= 10 * t
            and not any(each.get(end, np.inf) <= 10 * t for end in ("treated", "left", "reached", "died"))
        }
        found = waiting(float(t))
        assert {each for each in told ^ found if each[0] not in walking} == set(), t
        treated += len(found)
    assert treated > 20
    assert sum("treated" in each for each in document["casualties"]) > 3


def test_casualties__who_go_by_themselves_set_out_a_cars_time_before_they_arrive(result, document):
    """Not before they were found; the way drawn for them takes the time of the engine's table."""
    log, ids = result.log(REPLICATE), [row[0] for row in document["places"]]
    found = {row.detail.split(" ")[0]: row.t for row in log[log["event"] == "triage"].itertuples()}
    carried = {detail.split(" ")[0] for detail in log.loc[log["event"] == "carry", "detail"]}
    ways, own = Ways(result), [each for each in document["casualties"] if "set_out" in each]
    assert len(own) > 3
    for each in own:
        assert str(each["number"]) not in carried
        seconds = ways.seconds(VEHICLES.index("car"), ids[each["place"]], ids[each["hospital"]])
        assert each["reached"] - each["set_out"] == pytest.approx(10.0 * seconds, abs=1.0)
        assert each["set_out"] >= 10.0 * found[str(each["number"])] - 1.0
        points, _ = way_points(document["ways"][each["way"]])
        ends = [document["places"][each[name]][4:6] for name in ("place", "hospital")]
        assert np.abs(points[[0, -1]] - np.array(ends)).max() < 2e-5
    arrived = {str(each["number"]) for each in document["casualties"] if "reached" in each} - carried
    assert {str(each["number"]) for each in own} == arrived


@pytest.fixture(scope="module")
def closing(city, tmp_path_factory) -> Ensemble:
    """A scenario in which the streets about the market close for a phase, those about a clinic always."""
    scenario = Scenario.load("sispamkota-2024")
    lasting = type(scenario.file.closures[0])(at="puskesmas-cisadea", radius_m=60)
    scenario = replace(scenario, file=scenario.file.model_copy(update={"closures": (*scenario.file.closures, lasting)}))
    folder = tmp_path_factory.mktemp("closing") / "out"
    rehearse(scenario, Plan.load("malang-500"), city, replicates=2, seed=3, out=folder)
    return Ensemble.load(folder)


def test_closures__are_the_streets_and_spans_of_the_scenario(closing, city):
    """Read from the stored result: exactly the streets that come within the radius, while the log has them closed."""
    market, clinic = make_playback(closing, city=city).to_dict()["closures"]
    log = closing.timeline
    when = [float(log.loc[log["event"] == event, "t"].iloc[0]) for event in ("streets_closed", "streets_open")]
    assert market["spans"] == [round(10 * t) for t in when]
    assert clinic["spans"] == [0, round(10 * closing.horizon_s)]
    for each, name, radius in ((market, "pasar", 150.0), (clinic, "puskesmas-cisadea", 60.0)):
        site, lines = city.find(name), street_lines(city.roads, epsg=city.epsg)
        near = shapely.distance(lines, shapely.points(city.roads.x[site.node], city.roads.y[site.node])) <= radius
        assert number_of_lines(each["streets"]) == near.sum() > 0
        ends = shapely.get_coordinates(street_lines(city.roads)[near])
        first = np.array(each["streets"][1:3]) / GRID
        assert np.hypot(*(ends - first).T).min() < 2e-5


def number_of_lines(run):
    """Count the lines of a run."""
    at, n = 0, 0
    while at < len(run):
        at, n = at + 1 + 2 * run[at], n + 1
    return n


@pytest.mark.parametrize("lang", ["id", "en"])
def test_closures__are_told_by_the_name_of_their_place(closing, lang):
    events, texts = ["streets_closed", "streets_open"], catalogue(lang)
    said = [each.sentence for each in key_events(closing, events, lang)]
    names = [texts[f"event.{event}"].format(detail="Pasar Besar Malang") for event in events]
    assert [each.lower() for each in said] == [each.lower() for each in names]
    older = [each.sentence for each in key_events(replace(closing, closures=()), ["streets_closed"], lang)]
    assert [each.lower() for each in older] == [texts["event.streets_closed_somewhere"]]


def test_closures__without_a_city_are_a_mark_alone(closing):
    document = make_playback(closing).to_dict()
    assert [each["streets"] for each in document["closures"]] == [[], []]
    places = [document["places"][each["place"]] for each in document["closures"]]
    assert [place[0] for place in places] == ["pasar", "puskesmas-cisadea"]
    assert all(place[4] is not None for place in places)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_incidents__are_told_by_the_words_of_their_kind(closing, lang):
    """A kind of two words has a stroke in the log and none in the catalogue."""
    said = " ".join(each.sentence for each in key_events(closing, ["incident"], lang))
    assert catalogue(lang)["playback.kind_convoy_blocked"] in said
    assert "convoy blocked" not in said.replace(catalogue("en")["playback.kind_convoy_blocked"], "")


def test_document__is_the_same_again(result, city):
    one, two = (make_playback(result, replicate=REPLICATE, city=city).to_json() for _ in range(2))
    assert one == two
    assert json.loads(one)["format"] == 1


def test_document__of_another_engine_has_no_hospitals(result, city, monkeypatch):
    told = int(result.series["replicate"].iloc[0])
    monkeypatch.setattr("sispamkota.rehearsal.ensemble.sources_digest", lambda: "another")
    document = make_playback(result, city=city).to_dict()
    assert document["hospitals"] == []
    assert document["crowds"]
    with pytest.raises(StoreError):
        make_playback(result, replicate=told + 1 if told < 7 else 0, city=city)


def test_replicate__that_was_not_played_is_refused(result):
    with pytest.raises(InputError) as error:
        make_playback(result, replicate=8)
    assert error.value.faults[0].got == "8"


def test_fixture__without_an_engine_is_told_from_its_tables():
    document = make_playback(make_ensemble(), city=make_city()).to_dict()
    assert document["legs"] == [[]] * len(document["units"])
    assert {document["places"][crowd["place"]][0] for crowd in document["crowds"]} == {"kpu", "bawaslu"}


def test_line__is_thinned_within_its_tolerance():
    rng = np.random.default_rng(3)
    line = np.cumsum(rng.normal(0, 2e-5, (300, 2)), axis=0)
    kept = thinned(line)
    left = shapely.LineString(line[kept])
    assert len(kept) < 200
    assert (kept[0], kept[-1]) == (0, 299)
    assert shapely.distance(left, shapely.points(line)).max() < 4e-5 + 1e-12


def test_points__are_packed_to_a_metre():
    points = [(112.64634, -7.95426), (112.65748, -7.93107), (112.60961, -7.94371)]
    assert np.allclose(np.stack([decoded(each) for each in packed(points)], axis=1) / GRID, points)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_words__every_kind_of_incident_has_one(lang):
    kinds = [*own_file(Requirements, "rehearsal", "requirements").incidents, "unrest"]
    assert {kind for kind in kinds if f"playback.kind_{kind.replace('-', '_')}" not in catalogue(lang)} == set()
