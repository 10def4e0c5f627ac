"""Positions: blank is unknown, anything else that is no position near the city is a fault with a remedy."""

import math

import numpy as np
import pandas as pd
import pytest

from sispamkota.errors import Faults
from sispamkota.place.position import (
    WORLD,
    box_around,
    number_in,
    place_unknown,
    project,
    read_point,
    unproject,
    utm_epsg,
)

MALANG = box_around([112.57, 112.69], [-8.05, -7.91])


def read(lon, lat, *, box=MALANG):
    faults = Faults()
    return read_point(lon, lat, where="venues.csv:7", box=box, faults=faults), list(faults)


def test_point__both_blank_is_unknown_and_no_fault():
    (lon, lat), faults = read("", "")
    assert math.isnan(lon)
    assert math.isnan(lat)
    assert faults == []


def test_point__is_read_as_written():
    assert read("112.6339", "-7.978134") == ((112.6339, -7.978134), [])


@pytest.mark.parametrize(
    ("lon", "lat", "field", "words"),
    [
        ("112.63", "91", "lat", "from -90 to 90, got 91"),
        ("112.63", "-90.5", "lat", "from -90 to 90"),
        ("181", "-7.9", "lon", "from -180 to 180"),
        ("-7.978134", "112.6339", "lon, lat", "are swapped"),
        ("0", "0", "lon, lat", "in or near the areas"),
        ("112.63", "7.97", "lon, lat", "in or near the areas"),
        ("112.63", "", "lat", "got a blank cell"),
        ("", "-7.9", "lon", "got a blank cell"),
        ("112,63", "-7.9", "lon", "with a decimal point"),
        ("timur", "-7.9", "lon", 'got "timur"'),
        ("nan", "-7.9", "lon", 'got "nan"'),
        ("inf", "-7.9", "lon", 'got "inf"'),
        ("1e999", "-7.9", "lon", "degrees"),
        ("=112+1", "-7.9", "lon", 'got "=112+1"'),
    ],
)
def test_point__a_wrong_one_is_one_fault_with_a_remedy(lon, lat, field, words):
    point, faults = read(lon, lat)
    assert math.isnan(point[0])
    assert [fault.field for fault in faults] == [field]
    assert words in str(faults[0])
    assert str(faults[0]).startswith("venues.csv:7")
    assert faults[0].remedy


def test_point__both_cells_wrong_are_two_faults():
    assert [fault.field for fault in read("x", "y")[1]] == ["lon", "lat"]


def test_point__swapped_is_named_even_without_a_city():
    assert "swapped" in str(read("-7.978134", "112.6339", box=WORLD)[1][0])


def test_number__only_plain_digits():
    assert [number_in(text) for text in ("1188", "-7.5", "+.5", "2e3")] == [1188.0, -7.5, 0.5, 2000.0]
    assert [number_in(text) for text in ("1.188.0", "1,5", "", "0x10", "1_000", "nan", "1e999", "١٢")] == [None] * 8


def test_box__of_nothing_is_the_world():
    assert box_around([], []) == WORLD
    assert box_around([math.nan], [math.nan]) == WORLD


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"), [(112.63, -7.98, 32749), (112.63, 7.98, 32649), (95.3, 5.5, 32646), (180.0, -1.0, 32760)]
)
def test_utm__zone_by_longitude(lon, lat, epsg):
    assert utm_epsg(lon, lat) == epsg


def test_project__there_and_back():
    lon, lat = np.array([112.6339, 112.57]), np.array([-7.978134, -8.05])
    x, y = project(lon, lat, 32749)
    assert x[0] == pytest.approx(680_100, abs=500)
    back = unproject(x, y, 32749)
    assert back[0] == pytest.approx(lon, abs=1e-9)
    assert back[1] == pytest.approx(lat, abs=1e-9)


def test_place_unknown__takes_the_first_rule_that_applies():
    kelurahan = pd.DataFrame({"kode": ["a", "b"], "lon": [1.0, 3.0], "lat": [2.0, 4.0]})
    kecamatan = pd.DataFrame({"kode": ["K"], "lon": [10.0], "lat": [20.0]})
    nan = math.nan
    venues = pd.DataFrame(
        {
            "lon": [5.0, nan, nan, nan, nan],
            "lat": [6.0, nan, nan, nan, nan],
            "kode_kel": ["a", "b", "", "", "elsewhere"],
            "kode_kec": ["K", "K", "K", "", ""],
        }
    )
    out = place_unknown(venues, kelurahan, kecamatan)
    assert out["lon"].tolist() == [5.0, 3.0, 10.0, 2.0, 2.0]
    assert out["lat"].tolist() == [6.0, 4.0, 20.0, 3.0, 3.0]
    assert out["placed"].tolist() == [
        "",
        "assumed: inside its kelurahan",
        "assumed: centre of its kecamatan",
        "assumed: middle of the city",
        "assumed: middle of the city",
    ]
