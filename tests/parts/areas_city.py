"""Malang's areas without its streets: what a list of incidents asks of a city, in milliseconds."""

from types import SimpleNamespace

import numpy as np
from shapely.geometry import box

from sispamkota.errors import Fault, Faults, UnknownPlaceError
from sispamkota.inputs import DATA, read_csv
from sispamkota.place.position import project

EPSG = 32749
SEAT = "35.73.02.1004"  # Kiduldalem, where city hall and DPRD stand


class SmallCity:
    """Hold areas as City does, and find one venue; with `squares` each area is a square of its size."""

    name, title, epsg = "malang", "Kota Malang", EPSG

    def __init__(self, *, squares=False):
        table = read_csv(DATA / "cities" / "malang" / "kelurahan.csv", required=("kode",), faults=Faults())
        for name in ("area_km2", "lon", "lat"):
            table[name] = table[name].astype(float)
        x, y = project(table["lon"], table["lat"], EPSG)
        self.kelurahan = table.assign(x=x, y=y)
        self.areas = None
        if squares:
            half = np.sqrt(table["area_km2"]) / 111.3 / 2
            corners = zip(table["kode"], table["lon"], table["lat"], half, strict=True)
            self.areas = {kode: box(lon - h, lat - h, lon + h, lat + h) for kode, lon, lat, h in corners}

    def find(self, ref):
        if ref.casefold() == "balai kota":
            return SimpleNamespace(ref="balai-kota", kode_kel=SEAT)
        raise UnknownPlaceError([Fault("city", "place", "a place", ref, "")])
