"""Place, for all inputs: components, generated streets, references, and files of any content."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from sispamkota.errors import SispamkotaError
from sispamkota.inputs import DATA
from sispamkota.kernels import travel
from sispamkota.place import build_city
from sispamkota.place.roads import Roads
from sispamkota.place.synthetic import grow_streets

MINI = DATA.parents[2] / "examples" / "minicity"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19), st.booleans()), max_size=60))
def test_components__are_those_of_scipy(nodes, arcs):
    """Strongly connected parts agree up to their numbers."""
    arcs = [(u % nodes, v % nodes, usable) for u, v, usable in arcs]
    u, v, usable = np.array(arcs or np.empty((0, 3)), int).reshape(-1, 3).T
    x = np.zeros(nodes)
    one_way = np.ones(len(u), bool)
    roads = Roads.from_edges((x, x, x, x), np.column_stack([u, v]), length_m=one_way, kind=one_way, oneway=one_way)
    label = np.empty(nodes, np.int64)
    open_arc = usable.astype(bool)[roads.edge]
    count = travel.components(roads.indptr, roads.head, open_arc, label)
    graph = csr_array((np.ones(open_arc.sum()), (roads.tail[open_arc], roads.head[open_arc])), shape=(nodes, nodes))
    theirs, their_label = connected_components(graph, connection="strong")
    assert count == theirs
    assert len(set(zip(label, their_label, strict=True))) == count
    assert label.min() >= 0


area = st.tuples(st.floats(-2e4, 2e4), st.floats(-2e4, 2e4), st.floats(1e-3, 5.0), st.floats(1.0, 1e5))


@settings(max_examples=30, deadline=None)
@given(st.lists(area, min_size=1, max_size=25))
def test_streets__of_any_areas_are_one_network(areas):
    x, y, km2, people = np.array(areas).T
    table = pd.DataFrame({"x": 6.8e5 + x, "y": 9.1e6 + y, "area_km2": km2, "population": people})
    roads = grow_streets(table, 32749)
    assert roads.main.all()
    assert np.isfinite(roads.lon).all()
    assert (roads.length_m > 0).all()
    again = grow_streets(table, 32749)
    assert again.head.tobytes() == roads.head.tobytes()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(area, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_streets__do_not_depend_on_the_order_of_the_areas(areas, random):
    """The same areas in another order give the same streets, for places that are apart."""
    spots = {(round(x, -3), round(y, -3)): (round(x, -3), round(y, -3), km2, people) for x, y, km2, people in areas}
    rows = list(spots.values())
    shuffled = random.sample(rows, len(rows))
    made = []
    for part in (rows, shuffled):
        x, y, km2, people = np.array(part).T
        table = pd.DataFrame({"x": 6.8e5 + x, "y": 9.1e6 + y, "area_km2": km2, "population": people})
        roads = grow_streets(table, 32749)
        made.append((roads.x.tobytes(), roads.head.tobytes()))
    assert made[0] == made[1]


# --- files of any content ---------------------------------------------------------------------------------------------

TEXTS = {role: (MINI / name).read_text() for role, name in
         (("roads", "roads.geojson"), ("areas", "areas.geojson"), ("venues", "venues.csv"))}  # fmt: skip
JUNK = ("", "null", "-", "91", "1e999", "NaN", '"x"', "[]", "{}", "[[]]", "9" * 30, "true", "\x00", "ÿ", "112,0",
        "=1+1", '"', "\n", ",,,,", "-181", "[[[1,2]]]")  # fmt: skip
VALUES = (None, 1, -1e300, 1e18, "x", "", [], {}, True, [1, 2], [[1, 2]], 91.0, "112")


def broken_text(text, draw):
    """Cut, doubled or sprinkled with junk."""
    for _ in range(draw(st.integers(1, 6))):
        i = draw(st.integers(0, len(text)))
        j = min(len(text), i + draw(st.integers(0, 150)))
        text = draw(st.sampled_from([text[:i], text[:i] + draw(st.sampled_from(JUNK)) + text[j:], text[:j] + text[i:]]))
    return text


def broken_value(value, draw, depth=0):
    """The same JSON with one value somewhere replaced."""
    if not isinstance(value, dict | list) or not value or (depth > 1 and draw(st.integers(0, 4)) == 0):
        return draw(st.sampled_from(VALUES))
    key = draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
    value[key] = broken_value(value[key], draw, depth + 1)
    return value


@st.composite
def broken_files(draw):
    """The mini-city with one of its files broken somehow, sometimes in another encoding."""
    texts = dict(TEXTS)
    role = draw(st.sampled_from(sorted(texts)))
    if role != "venues" and draw(st.booleans()):
        texts[role] = json.dumps(broken_value(json.loads(texts[role]), draw))
    else:
        texts[role] = broken_text(texts[role], draw)
    return role, texts[role].encode(draw(st.sampled_from(["utf-8"] * 9 + ["utf-16"])), "replace")


def build_or_refuse(tmp_path, role, content):
    """Build, or be refused with faults that each have a remedy; anything else is a bug."""
    files = {name: MINI / f"{name}.geojson" for name in ("roads", "areas")} | {"venues": MINI / "venues.csv"}
    files[role] = Path(tmp_path) / files[role].name
    files[role].write_bytes(content)
    refusal = None
    try:
        city = build_city(**files, out=Path(tmp_path) / "city")
    except SispamkotaError as error:
        refusal = error
    if refusal:
        assert refusal.faults
        assert all(fault.remedy and fault.where for fault in refusal.faults)
        assert not (Path(tmp_path) / "city").exists()
        return
    assert np.isfinite(city.venues[["lon", "lat", "x", "y", "access_m"]].to_numpy()).all()
    assert np.isfinite(city.kelurahan[["lon", "lat", "population", "voters", "tps", "access_m"]].to_numpy()).all()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(broken_files())
def test_build__survives_any_file(tmp_path_factory, broken):
    build_or_refuse(tmp_path_factory.mktemp("fuzz"), *broken)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(broken_files())
def test_build__survives_ten_thousand_files(tmp_path_factory, broken):
    build_or_refuse(tmp_path_factory.mktemp("fuzz"), *broken)
