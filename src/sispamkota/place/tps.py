"""The register of polling stations (TPS): synthetic where nobody gives one, the user's own list where there is one.

No positions of TPS are published. A synthetic TPS stands beside a street of its kelurahan: the junctions of the
kelurahan are halved again and again along their longer side, each half taking half of the TPS, until one is left; it
stands at the junction in the middle of its part. So TPS are dense where streets, and hence people, are dense, never two
at a junction while there is a free one, and the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sispamkota.errors import Faults, shown
from sispamkota.inputs import DATA

from .codes import find_codes
from .lines import street_lines
from .position import box_around, project, read_point
from .read import numbers, read_rows
from .ride import ROAD_KINDS, Ride
from .roads import Roads
from .voting import voting_figures

__all__ = ["TPS_COLUMNS", "TPS_OPTIONAL", "TPS_REQUIRED", "read_tps", "recount", "register", "special_stations"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
TPS_REQUIRED = ("tps",)
TPS_OPTIONAL = (
    *("kode_kel", "kelurahan", "kecamatan", "nama", "dpt", "dpt_l", "dpt_p", "khusus", "lon", "lat", "alamat"),
    "source",
)
TPS_COLUMNS = (
    *("id", "kode_kel", "number", "name", "khusus", "voters", "address", "lon", "lat", "x", "y", "node", "access_m"),
    *("placed", "source"),
)
SYNTHETIC = "assumed: synthetic, by streets of its kelurahan"
_AT_VENUE = "assumed: at its prison or home"
_MOST = 1e5
_TOLL = ROAD_KINDS.index("tol")
_YES = {"": False, "tidak": False, "no": False, "false": False, "0": False,
        "ya": True, "yes": True, "true": True, "1": True}  # fmt: skip
_KNOWN = ("lon", "lat", "voters", "number", "khusus")


def register(
    kelurahan: pd.DataFrame,
    *,
    roads: Roads,
    epsg: int,
    areas: Mapping[str, Any] | None = None,
    special: pd.DataFrame | None = None,
    own: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give one row a TPS, with the columns of TPS_COLUMNS.

    `kelurahan` needs kode, lon, lat, x, y, area_km2, voters and tps; `special` comes from `special_stations`, and its
    TPS are among those of the kelurahan; `own` comes from `read_tps` and replaces the synthetic rows of every kelurahan
    that it names. Voters of the synthetic rows sum to those of their kelurahan. `placed` is "" where a position was
    given.
    """
    theirs = set() if own is None else set(own["kode_kel"])
    extra: dict[str, list[dict[Any, Any]]] = {}
    for row in [] if special is None else special.to_dict("records"):
        extra.setdefault(row["kode_kel"], []).append(row)
    junctions, beside = _junctions(kelurahan, roads, areas), _Beside(roads)
    rows: list[dict[str, Any]] = []
    for row in kelurahan.to_dict("records"):
        kode = row["kode"]
        if own is not None and kode in theirs:
            listed = own[own["kode_kel"] == kode].to_dict("records")
            blank = [i for i, each in enumerate(listed) if not np.isfinite(each["lon"])]
            for i, spot in zip(
                blank, _spots(beside, junctions[kode], len(blank), (areas or {}).get(kode)), strict=True
            ):
                listed[i] = listed[i] | spot
            rows += listed
        else:
            spots = partial(_spots, beside, junctions[kode], area=(areas or {}).get(kode))
            rows += _synthetic(row, extra.get(kode, []), spots)
    return _on_graph(pd.DataFrame(rows, columns=[*TPS_COLUMNS]), roads, epsg)


def _synthetic(
    area: Mapping[Any, Any], special: Sequence[Mapping[Any, Any]], spots: Callable[[int], Iterator[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Make the rows of one kelurahan: its regular TPS, then the special ones, whose voters are among its own."""
    total, voters = int(area["tps"]), int(area["voters"])
    inside = [(each, number) for each in special for number in range(int(each["tps"]))][:total]
    regular = total - len(inside)
    known = [sum(int(each["voters"]) for each in special if np.isfinite(each["voters"])), voters]
    shares = _evenly(voters - min(known), regular)
    base = {"kode_kel": area["kode"], "name": "", "address": "", "source": area["source"]}
    rows = [
        base | {"number": i + 1, "khusus": False, "voters": shares[i], "placed": SYNTHETIC} | spot
        for i, spot in enumerate(spots(regular))
    ]
    for i, (each, number) in enumerate(inside):
        people = min(int(each["voters"]), voters) if np.isfinite(each["voters"]) else -1
        people = voters if not regular and len(special) == 1 else people
        share = _evenly(people, int(each["tps"]))[number] if people >= 0 else np.nan
        about = {"khusus": True, "name": each["name"], "source": each["source"], "placed": _AT_VENUE}
        rows.append(base | about | {"number": regular + i + 1, "voters": share, "lon": each["lon"], "lat": each["lat"]})
    return rows


def _evenly(total: int, parts: int) -> list[float]:
    """Part a whole number into whole numbers that differ by one at most."""
    return [float(total // parts + (i < total % parts)) for i in range(parts)]


def _junctions(kelurahan: pd.DataFrame, roads: Roads, areas: Mapping[str, Any] | None) -> dict[str, I8]:
    """Give the junctions of the main network in each kelurahan, at least one: the nearest where it has none."""
    import shapely

    main = np.flatnonzero(roads.main)
    nearest = roads.nearest(kelurahan["x"], kelurahan["y"])[0]
    if areas:
        tree = shapely.STRtree(shapely.points(roads.lon[main], roads.lat[main]))
        held = {kode: main[np.sort(tree.query(shape, predicate="intersects"))] for kode, shape in areas.items()}
    else:
        centres = shapely.points(kelurahan["x"], kelurahan["y"])
        found, owner = np.full(main.size, -1), shapely.STRtree(centres)
        pairs = owner.query_nearest(shapely.points(roads.x[main], roads.y[main]), all_matches=False)
        found[pairs[0]] = pairs[1]
        cx, cy, ground = (kelurahan[name].to_numpy(np.float64)[found] for name in ("x", "y", "area_km2"))
        radius = np.sqrt(ground * 1e6 / np.pi) * voting_figures().disk.value
        near = np.hypot(roads.x[main] - cx, roads.y[main] - cy) <= radius
        held = {kode: main[near & (found == i)] for i, kode in enumerate(kelurahan["kode"])}
    return {
        kode: nodes if (nodes := held.get(kode, main[:0])).size else nearest[i : i + 1]
        for i, kode in enumerate(kelurahan["kode"])
    }


class _Beside:
    """Find positions along the streets that leave a junction, on the streets as they are drawn."""

    def __init__(self, roads: Roads) -> None:
        self.roads, self._lines = roads, street_lines(roads)
        car = Ride.of("car")
        self._usable = (car.speed[roads.kind] > 0) & ((roads.access & car.let) > 0) & (roads.kind != _TOLL)

    def spot(self, node: int, turn: int, area: Any) -> tuple[float, float]:
        """Give the position of the TPS that is `turn`th at a junction: in the area; the junction where none is."""
        import shapely

        roads = self.roads
        arcs = [i for i in range(roads.indptr[node], roads.indptr[node + 1]) if self._usable[i]]
        for k in range(len(arcs)):
            arc = arcs[(turn + k) % len(arcs)]
            along = (1 + turn // len(arcs)) * voting_figures().along_m.value
            part = min(along / max(float(roads.length_m[arc]), 1.0), 0.5)
            ahead = roads.first_arc[roads.edge[arc]] == arc
            point = self._lines[roads.edge[arc]].interpolate(part if ahead else 1.0 - part, normalized=True)
            if area is None or shapely.intersects(area, point):
                return float(point.x), float(point.y)
        return float(roads.lon[node]), float(roads.lat[node])


def _spots(beside: _Beside, junctions: I8, count: int, area: Any = None) -> Iterator[dict[str, Any]]:
    """Find `count` positions beside the streets of some junctions, evenly over them and inside their area.

    Each is `along_m` along a street that leaves its junction, but not past its middle; TPS that share a junction take
    its streets in turn.
    """
    used: dict[int, int] = {}
    roads = beside.roads
    for node in _spread(np.column_stack([roads.x[junctions], roads.y[junctions]]), junctions, count):
        turn = used[node] = used.get(node, -1) + 1
        lon, lat = beside.spot(node, turn, area)
        yield {"lon": lon, "lat": lat, "node": node, "placed": SYNTHETIC}


def _spread(points: F8, junctions: I8, count: int) -> Iterator[int]:
    """Choose `count` junctions by halving; all are used before one is used twice."""
    if not count:
        return
    if count == 1 or len(junctions) == 1:
        middle = np.hypot(*(points - points.mean(axis=0)).T)
        yield from [int(junctions[middle.argmin()])] * count
        return
    longer = int(np.ptp(points[:, 1]) > np.ptp(points[:, 0]))
    order = np.lexsort((junctions, points[:, 1 - longer], points[:, longer]))
    left, size = count // 2, len(junctions)
    low, high = (left, size - (count - left)) if size >= count else (1, size - 1)
    cut = int(np.clip(round(size * left / count), low, high))
    for part, many in ((order[:cut], left), (order[cut:], count - left)):
        yield from _spread(points[part], junctions[part], many)


def _on_graph(table: pd.DataFrame, roads: Roads, epsg: int) -> pd.DataFrame:
    """Complete id, metres, junction and the distance to it; a synthetic TPS keeps the junction that it was put at."""
    x, y = project(table["lon"], table["lat"], epsg)
    node = roads.nearest(x, y)[0] if len(table) else np.empty(0, np.int64)
    put = table["node"].notna().to_numpy(np.bool_)
    node[put] = table.loc[put, "node"].to_numpy(np.int64)
    number = table["number"].astype("int64")
    return table.assign(
        id=[f"{kode}/{n:03d}" for kode, n in zip(table["kode_kel"], number, strict=True)],
        number=number,
        khusus=table["khusus"].astype(bool),
        voters=table["voters"].astype("float64"),
        x=x,
        y=y,
        node=node,
        access_m=np.hypot(roads.x[node] - x, roads.y[node] - y),
    ).astype(dict.fromkeys(["id", "kode_kel", "name", "address", "placed", "source"], "str"))


def special_stations(venues: pd.DataFrame, kelurahan: pd.DataFrame) -> pd.DataFrame:
    """Give the special TPS that are known by official code: kode_kel, tps, voters, name, lon, lat, source.

    They stand at the venue of their kind in their kelurahan, or at the kelurahan's point where there is none.
    """
    codes, rows = kelurahan.set_index("kode"), list[dict[str, Any]]()
    for path in sorted((DATA / "cities").glob("*/tps_khusus.csv")):
        faults = Faults()
        table = read_rows(path, required=("kode_kel", "jenis", "tps", "dpt"), optional=("source",), faults=faults)
        for name in ("tps", "dpt"):
            table[name] = numbers(table, name, faults, most=_MOST, whole=True)
        faults.raise_if_any()
        for row in table[table["kode_kel"].isin(codes.index)].to_dict("records"):
            at = venues[(venues["kind"] == row["jenis"]) & (venues["kode_kel"] == row["kode_kel"])]
            spot = at.iloc[0] if len(at) else codes.loc[row["kode_kel"]]
            given = {"kode_kel": row["kode_kel"], "tps": row["tps"], "voters": row["dpt"], "source": row["source"]}
            name = str(spot["name"]) if len(at) else ""
            rows.append(given | {"name": name, "lon": float(spot["lon"]), "lat": float(spot["lat"])})
    return pd.DataFrame(rows, columns=["kode_kel", "tps", "voters", "name", "lon", "lat", "source"])


def read_tps(rows: pd.DataFrame, kelurahan: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Read a list of TPS from the text rows of `read_rows` (TPS_REQUIRED, TPS_OPTIONAL), for `register`.

    Each row names its kelurahan by code, or by name (with the kecamatan where two bear it), and its number. A blank
    position, name or number of voters is unknown. Every fault is noted with its row.
    """
    kode = find_codes(rows, kelurahan, faults, key="kode_kel")
    box = box_around(kelurahan["lon"], kelurahan["lat"])
    cells = zip(rows["lon"], rows["lat"], rows["where"], strict=True)
    points = [read_point(lon, lat, where=where, box=box, faults=faults) for lon, lat, where in cells]
    lon, lat = np.array(points, np.float64).reshape(-1, 2).T
    frame = pd.DataFrame(
        {
            "kode_kel": kode,
            "number": _numbers(rows, kode, faults),
            "name": rows["nama"],
            "khusus": _special(rows, faults),
            "voters": _voters(rows, faults),
            "address": rows["alamat"],
            "lon": lon,
            "lat": lat,
            "node": None,
            "placed": "",
            "source": rows["source"],
        }
    )
    frame.attrs |= {name: rows.attrs.get(name) for name in ("dropped", "report")}
    return frame


def _numbers(rows: pd.DataFrame, kode: list[str], faults: Faults) -> pd.Series[float]:
    """Read the number of each TPS, from 1, once in its kelurahan."""
    values = numbers(rows, "tps", faults, most=9999, whole=True)
    first: dict[tuple[str, float], str] = {}
    for where, code, text, value in zip(rows["where"], kode, rows["tps"], values, strict=True):
        if not text or value == 0:
            remedy = "Write the number of the TPS: 1, 2, 3 …"
            faults.add(where=where, field="tps", expected="a number from 1", got=shown(text), remedy=remedy)
        elif code and np.isfinite(value):
            if (code, value) in first:
                got = f"TPS {value:g} of {code} again (first at {first[code, value]})"
                faults.add(where=where, field="tps", expected="each TPS once", got=got, remedy="Remove one of the two.")
            first.setdefault((code, value), where)
    return values


def _special(rows: pd.DataFrame, faults: Faults) -> list[bool]:
    """Read whether a TPS is a special one."""
    for where, text in zip(rows["where"], rows["khusus"], strict=True):
        if text.lower() not in _YES:
            faults.add(where=where, field="khusus", expected="ya or tidak", got=shown(text), remedy="Correct it.")
    return [_YES.get(text.lower(), False) for text in rows["khusus"]]


def _voters(rows: pd.DataFrame, faults: Faults) -> pd.Series[float]:
    """Read the voters, or add men and women; a total that is not their sum is a fault."""
    whole, men, women = (numbers(rows, name, faults, most=_MOST, whole=True) for name in ("dpt", "dpt_l", "dpt_p"))
    both = men + women
    for where, total, parts in zip(rows["where"], whole, both, strict=True):
        if np.isfinite(total) and np.isfinite(parts) and total != parts:
            expected, remedy = f"dpt_l + dpt_p, which is {parts:g}", "Correct one of the three."
            faults.add(where=where, field="dpt", expected=expected, got=f"{total:g}", remedy=remedy)
    return whole.fillna(both)


def recount(kelurahan: pd.DataFrame, tps: pd.DataFrame, own: pd.DataFrame | None) -> pd.DataFrame:
    """Count TPS, and voters where all are known, of the kelurahan that the user's own list names, by that list."""
    if own is None:
        return kelurahan
    listed = tps[tps["kode_kel"].isin(set(own["kode_kel"]))].groupby("kode_kel")
    count, voters = listed.size(), listed["voters"].agg(lambda values: values.sum(skipna=False))
    out = kelurahan.set_index("kode", drop=False)
    out.loc[count.index, "tps"] = count.astype(np.float64)
    known = voters.dropna()
    out.loc[known.index, "voters"] = known
    return out.reset_index(drop=True)
