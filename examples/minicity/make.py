"""Make the files of the mini-city beside this script: a small town that does not exist, in the real file formats.

Kota Contoh lies in the open Java Sea, so nobody takes it for a place. A river parts it; two bridges cross. Everything
is computed, nothing is random: the script writes the same bytes every time.

    python examples/minicity/make.py
"""

import csv
import json
import math
from pathlib import Path

HERE = Path(__file__).parent
WEST, SOUTH = 112.0, -5.5  # the south-west corner, degrees
STEP_M, COLUMNS, ROWS = 260.0, 13, 12
RIVER = 6  # the river runs between column 6 and column 7
BRIDGES = (3, 9)  # rows in which a street crosses it
M_PER_DEG_LAT = 110_600.0
M_PER_DEG_LON = 111_320.0 * math.cos(math.radians(SOUTH))
SOURCE = "fictional: examples/minicity/make.py"

KELURAHAN = (  # kode, nama, kode_kec, kecamatan, west or east, south or north, penduduk, dpt, tps
    ("99.99.01.1001", "Melati", "99.99.01", "Barat", 0, 0, 9_400, 7_300, 14),
    ("99.99.01.1002", "Kenanga", "99.99.01", "Barat", 0, 1, 12_100, 9_500, 18),
    ("99.99.02.1001", "Cempaka", "99.99.02", "Timur", 1, 0, 8_200, 6_400, 12),
    ("99.99.02.1002", "Dahlia", "99.99.02", "Timur", 1, 1, 10_600, 8_200, 15),
)
VENUES = (  # id, nama, jenis, pemilik, kelas_rs, column and row (None: unknown), kode_kel, kecamatan, coord_quality
    ("v01", "KPU Kota Contoh", "kpu", "negara", "", (8.2, 8.1), "99.99.02.1002", "Timur", "reported"),
    ("v02", "Bawaslu Kota Contoh", "bawaslu", "negara", "", (3.1, 9.2), "99.99.01.1002", "Barat", "reported"),
    ("v03", "Balai Kota Contoh", "balai_kota", "pemkot", "", (5.1, 5.9), "99.99.01.1002", "Barat", "reported"),
    ("v04", "DPRD Kota Contoh", "dprd", "pemkot", "", (4.2, 6.2), "99.99.01.1002", "Barat", "proxy"),
    ("v05", "Polresta Contoh", "polresta", "polri", "", (5.8, 3.2), "99.99.01.1001", "Barat", "reported"),
    ("v06", "Polsek Barat", "polsek", "polri", "", (2.2, 4.1), "99.99.01.1001", "Barat", "reported"),
    ("v07", "Polsek Timur", "polsek", "polri", "", (10.1, 4.9), "99.99.02.1001", "Timur", "proxy"),
    ("v08", "Kompi Brimob Contoh", "brimob", "polri", "", (11.3, 1.2), "99.99.02.1001", "Timur", "reported"),
    ("v09", "Kodim Contoh", "kodim", "tni", "", (1.2, 2.1), "99.99.01.1001", "Barat", "reported"),
    ("v10", "Satpol PP Kota Contoh", "satpol_pp", "pemkot", "", (5.2, 6.4), "99.99.01.1002", "Barat", "reported"),
    ("v11", "Dishub Kota Contoh", "dishub", "pemkot", "", (9.2, 2.8), "99.99.02.1001", "Timur", "reported"),
    ("v12", "Damkar Kota Contoh", "damkar", "pemkot", "", (4.8, 1.1), "99.99.01.1001", "Barat", "reported"),
    ("v13", "PMI Kota Contoh", "pmi", "pmi", "", (8.7, 5.2), "99.99.02.1001", "Timur", "reported"),
    ("v14", "RSUD Contoh", "rs_umum", "pemkot", "B", (9.9, 6.8), "99.99.02.1002", "Timur", "reported"),
    ("v15", "RS Samudra", "rs_umum", "swasta", "C", (1.9, 7.2), "99.99.01.1002", "Barat", "reported"),
    ("v16", "Puskesmas Melati", "puskesmas", "pemkot", "", (3.2, 2.2), "99.99.01.1001", "Barat", "reported"),
    ("v17", "Puskesmas Dahlia", "puskesmas", "pemkot", "", (11.1, 9.8), "99.99.02.1002", "Timur", "reported"),
    ("v18", "Alun-Alun Contoh", "ruang_publik", "pemkot", "", (5.0, 5.2), "99.99.01.1001", "Barat", "reported"),
    ("v19", "Pasar Besar Contoh", "pasar", "pemkot", "", (8.1, 3.9), "99.99.02.1001", "Timur", "reported"),
    ("v20", "Gudang KPU Kota Contoh", "gudang_kpu", "negara", "", None, "99.99.02.1002", "Timur", ""),
    ("v21", "BPBD Kota Contoh", "bpbd", "pemkot", "", None, "", "Timur", ""),
)


def at(column: float, row: float) -> tuple[float, float]:
    """The position of a point of the grid, degrees; the grid is bent a little, so that it looks like a town."""
    east = STEP_M * column + 45.0 * math.sin(1.7 * row + 0.6 * column)
    north = STEP_M * row + 45.0 * math.cos(1.3 * column + 0.4 * row)
    return round(WEST + east / M_PER_DEG_LON, 6), round(SOUTH + north / M_PER_DEG_LAT, 6)


def kelas(column: int, row: int, *, across: bool) -> str:
    """The road kind of the street that leaves a junction eastwards (across) or northwards."""
    if (row in BRIDGES) if across else (column in (3, 9)):
        return "kolektor"
    if (column + 2 * row) % 11 == 0:
        return "setapak"
    return "lokal" if (column + row) % 3 else "lain"


def streets() -> list[tuple[int, int, str]]:
    """All streets as (u, v, kelas): a grid with a few left out, and a piece beyond the river that no bridge reaches."""
    found = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            here = row * COLUMNS + column
            over_river = column == RIVER and row not in BRIDGES
            if column + 1 < COLUMNS and not over_river and (3 * column + 5 * row) % 13:
                found.append((here, here + 1, kelas(column, row, across=True)))
            if row + 1 < ROWS and (5 * column + 3 * row) % 17:
                found.append((here, here + COLUMNS, kelas(column, row, across=False)))
    island = ROWS * COLUMNS
    return [*found, (island, island + 1, "lain")]


def place_of(node: int) -> tuple[float, float]:
    """The position of a junction; the last two are the island."""
    if node >= ROWS * COLUMNS:
        return at(13.6, 0.5 + (node - ROWS * COLUMNS))
    return at(node % COLUMNS, node // COLUMNS)


def length_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The length of a street, m: a little more than the straight line."""
    return round(1.02 * math.hypot((a[0] - b[0]) * M_PER_DEG_LON, (a[1] - b[1]) * M_PER_DEG_LAT), 1)


def feature(properties: dict[str, object], kind: str, coordinates: list[object]) -> dict[str, object]:
    """One GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def write_geojson(name: str, features: list[dict[str, object]]) -> None:
    """Write features, one a line."""
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in features)
    head = f'{{"type":"FeatureCollection","name":"{name}","features":[\n'
    (HERE / f"{name}.geojson").write_text(f"{head}{lines}\n]}}\n", encoding="utf-8", newline="\n")


def main() -> None:
    """Write roads.geojson, areas.geojson and venues.csv."""
    roads = []
    for edge, (u, v, kind) in enumerate(streets()):
        a, b = place_of(u), place_of(v)
        properties = {"edge": edge, "u": u, "v": v, "kelas": kind, "length_m": length_m(a, b)}
        roads.append(feature(properties, "LineString", [a, b]))
    write_geojson("roads", roads)

    columns, rows = (-0.6, 6.5, 12.6), (-0.6, 5.5, 11.6)
    areas = []
    for kode, nama, kode_kec, kecamatan, i, j, people, voters, tps in KELURAHAN:
        corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1), (i, j)]
        ring = [at(columns[a], rows[b]) for a, b in corners]
        names = {"kode": kode, "nama": nama, "kode_kec": kode_kec, "kecamatan": kecamatan}
        figures = {"penduduk": people, "dpt": voters, "tps": tps, "quality": "assumed", "source": SOURCE}
        areas.append(feature(names | figures, "Polygon", [ring]))
    write_geojson("areas", areas)

    header = (
        "id",
        "nama",
        "jenis",
        "pemilik",
        "kelas_rs",
        "lon",
        "lat",
        "kode_kel",
        "kecamatan",
        "coord_quality",
        "source",
    )
    with (HERE / "venues.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for *names, cell, kode, kecamatan, quality in VENUES:
            position = at(*cell) if cell else ("", "")
            writer.writerow([*names, *position, kode, kecamatan, quality, SOURCE])


if __name__ == "__main__":
    main()
