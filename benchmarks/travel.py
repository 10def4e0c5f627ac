"""P5, P6: travel times beside rivals on one graph in one run, equal answers asserted; closures; cities from PBF."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sispamkota.place import Ride, Roads, Trees
from sispamkota.place.streets import Streets

Line = tuple[str, str, str, str]
RIDE = Ride(np.array([16.0, 11.0, 9.0, 7.0, 4.0, 0.0]))
HERE = Path(__file__).parents[1]


def grid(side: int, streets: int) -> Roads:
    """A square grid with random lengths, of which `streets` are kept: side² junctions."""
    rng = np.random.default_rng(1)
    number = np.arange(side * side).reshape(side, side)
    right = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    down = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    ends = np.concatenate([right, down])
    ends = ends[rng.permutation(len(ends))[:streets]]
    x, y = (each.ravel().astype(float) * 100 for each in np.meshgrid(range(side), range(side)))
    kind, length = rng.integers(1, 5, len(ends)), rng.uniform(50, 200, len(ends))
    return Roads.from_streets(Streets.plain(x, y, ends, length, kind.astype(np.int8)), x, y)


def clock(work: Callable[[], object], *, times: int = 3) -> float:
    """The least of some wall times, s."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def quietly(work: Callable[[], Any]) -> Any:
    """Do a rival's work without what it prints and warns of."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def lines() -> Iterator[Line]:
    """Every measurement, in order."""
    roads = grid(224, 60_000)
    rng = np.random.default_rng(2)
    origins, ends = (rng.choice(roads.n_nodes, n, replace=False) for n in (200, 2000))
    yield from _matrix(roads, origins, ends)
    yield from _closures(roads, origins, ends)
    yield from _pbf()
    yield from _province()


def _matrix(roads: Roads, origins: np.ndarray, ends: np.ndarray) -> Iterator[Line]:
    """200 × 2,000 times by us and by rivals, each with what it can do best."""
    truth = roads.travel_times(origins, ends, ride=RIDE)
    ours = clock(lambda: roads.travel_times(origins, ends, ride=RIDE))
    one = clock(lambda: roads.travel_times(origins, ends, ride=RIDE, threads=1))
    what = f"200 × 2,000 times, {roads.n_nodes:,} junctions, {roads.head.size:,} arcs"
    yield "P5", what, f"{ours:.3f} s", f"≤ 0.25 s (one thread {one:.3f} s)"
    for name, make in RIVALS.items():
        try:
            work, exact = quietly(lambda make=make: make(roads, origins, ends))
        except ImportError:
            yield "P5", f"  {name}", "not here", "make bench installs it"
            continue
        theirs = np.asarray(quietly(work))
        reached = np.isfinite(truth)
        off = np.abs(theirs[reached] - truth[reached]).max()
        if exact:
            assert off <= 1e-9 * truth[reached].max(), f"{name} differs by {off} s"
        told = "equal" if exact else f"off by up to {off:.2f} s"
        seconds = clock(lambda work=work: quietly(work), times=1)
        yield "P5", f"  {name} ({told})", f"{seconds:.3f} s", f"ours is {seconds / ours:.1f}× faster"


def _seconds(roads: Roads) -> np.ndarray:
    return roads.graph(RIDE)[1]["seconds"]


def _scipy(roads: Roads, origins: np.ndarray, ends: np.ndarray) -> tuple[Callable[[], object], bool]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    graph = csr_array((_seconds(roads), roads.head, roads.indptr), shape=(roads.n_nodes, roads.n_nodes))
    return lambda: dijkstra(graph, indices=origins)[:, ends], True


def _networkit(roads: Roads, origins: np.ndarray, ends: np.ndarray) -> tuple[Callable[[], object], bool]:
    import networkit as nk

    graph = nk.Graph(roads.n_nodes, weighted=True, directed=True)
    for u, v, w in zip(roads.tail.tolist(), roads.head.tolist(), _seconds(roads).tolist(), strict=True):
        graph.addEdge(u, v, w)

    def work() -> np.ndarray:
        spsp = nk.distance.SPSP(graph, origins.tolist())
        spsp.run()
        return np.asarray(spsp.getDistances())[:, ends]

    return work, True


def _igraph(roads: Roads, origins: np.ndarray, ends: np.ndarray) -> tuple[Callable[[], object], bool]:
    import igraph

    pairs = np.column_stack([roads.tail, roads.head]).tolist()
    graph = igraph.Graph(roads.n_nodes, pairs, directed=True)
    weights = _seconds(roads).tolist()
    return lambda: np.asarray(graph.distances(origins.tolist(), ends.tolist(), weights=weights)), True


def _pandana(roads: Roads, origins: np.ndarray, ends: np.ndarray) -> tuple[Callable[[], object], bool]:
    import pandana
    import pandas as pd

    weights = pd.DataFrame({"s": _seconds(roads)})
    tail, head = pd.Series(roads.tail), pd.Series(roads.head.astype(np.int64))
    net = pandana.Network(pd.Series(roads.x), pd.Series(roads.y), tail, head, weights, twoway=False)
    a, b = np.repeat(origins, ends.size), np.tile(ends, origins.size)
    return lambda: np.asarray(net.shortest_path_lengths(a, b)).reshape(origins.size, ends.size), False


RIVALS = {"scipy": _scipy, "networkit": _networkit, "igraph": _igraph, "pandana": _pandana}


def _closures(roads: Roads, origins: np.ndarray, ends: np.ndarray) -> Iterator[Line]:
    """A square of 1 % of the arcs shuts, at eleven places: the times again, against a full run; equal to the bit."""
    rng = np.random.default_rng(5)
    x, y = ((each[roads.tail] + each[roads.head]) / 2 for each in (roads.x, roads.y))
    half, size = np.sqrt(0.01) * np.ptp(roads.x) / 2, np.ptp(roads.x)
    trees, ratios, shadows = Trees(roads, origins, ride=RIDE), [], []
    nothing = np.zeros(roads.n_edges, bool)
    for _ in range(11):
        cx, cy = rng.uniform(half, size - half, 2)
        closed = nothing.copy()
        closed[roads.edge[(abs(x - cx) < half) & (abs(y - cy) < half)]] = True
        trees.shut(nothing)
        began = time.perf_counter()
        worked = trees.shut(closed)
        again = trees.times(ends)
        took = time.perf_counter() - began
        full = clock(lambda shut=closed: roads.travel_times(origins, ends, ride=RIDE, closed=shut), times=2)
        assert (again == roads.travel_times(origins, ends, ride=RIDE, closed=closed)).all()
        ratios.append(took / full)
        shadows.append(worked / 2 / origins.size / roads.n_nodes)
    got = f"{np.median(ratios):.0%} ({min(ratios):.0%}–{max(ratios):.0%})"
    what = f"a closure of 1 % of the arcs (shadow {np.mean(shadows):.0%} of the nodes)"
    yield "P5", what, got, "≤ 20 % of a full run, median of 11 places"


def _pbf() -> Iterator[Line]:
    """A city from a real OSM extract, in a fresh process that has compiled its kernels."""
    extract = HERE / ".cache" / "extracts" / "monaco.osm.pbf"
    if not extract.exists():
        subprocess.run([sys.executable, str(HERE / "tools" / "extracts.py")], check=False, stdout=subprocess.DEVNULL)
    if not extract.exists():
        yield "P6", "city from an OSM PBF", "not here", "python tools/extracts.py fetches it"
        return
    code = f"""
import time, numpy as np
from sispamkota.errors import Faults
from sispamkota.place.osm import read_osm_roads
from sispamkota.place.position import WORLD, project, utm_epsg
from sispamkota.place.roads import Roads
import pyproj, osmium, shapely, pandas
def build():
    faults = Faults()
    s = read_osm_roads(__import__('pathlib').Path({str(extract)!r}), faults, WORLD)
    roads = Roads.from_streets(s, *project(s.lon, s.lat, utm_epsg(float(s.lon[0]), float(s.lat[0]))))
    roads.main
build()
t = time.perf_counter(); build(); print(time.perf_counter() - t)
"""
    took = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    yield "P6", "graph from Monaco's PBF (30,626 nodes)", f"{took:.2f} s", "≤ 2 s"


def _province() -> Iterator[Line]:
    """A million junctions: graph, one tree and 20 × 1,000 times, in a process of its own for the memory."""
    code = """
import resource, sys, time
sys.path.insert(0, "benchmarks")
import numpy as np
from travel import RIDE, grid
roads = grid(1000, 1_500_000)
roads.main
t = time.perf_counter()
roads.travel_times(np.arange(0, 10**6, 50_000), np.arange(0, 10**6, 1000), ride=RIDE)
print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE).stdout
    seconds, mb = map(float, out.split())
    yield "P6", f"a province, 10⁶ junctions: 20 × 1,000 times in {seconds:.1f} s", f"{mb:.0f} MB", "≤ 2,000 MB"
