"""Files of a place, broken in every way: a whole city or faults that help, and never anything else."""

import faulthandler
import shutil
import signal
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from fuzz.files import ROLES, SUFFIX, TABLES, seed_table, unzipped, written, zipped
from fuzz.places import case_of, swapped
from sispamkota.errors import Faults, InputError, StoreError
from sispamkota.place import City, build_city
from sispamkota.place.osm import is_osm, read_osm_areas, read_osm_roads, read_osm_venues
from sispamkota.place.position import box_around
from sispamkota.place.read import read_areas, read_people, read_rows
from sispamkota.place.read_roads import read_roads
from sispamkota.place.tps import TPS_OPTIONAL, TPS_REQUIRED, read_tps
from sispamkota.place.venues import read_venues

SEED = 20_240_214
LIMIT_S = 20
LONGEST_FAULT = 400
PARTS = 10


class _HangError(Exception):
    """Say that a case took too long."""


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """The sound files of the small mini-city by role, and its areas as they are read."""
    folder, files = tmp_path_factory.mktemp("sound"), {}
    for role, kind in (("areas", "geojson"), ("venues", "csv"), ("roads", "csv")):
        files[role] = folder / f"{role}.{kind}"
        files[role].write_bytes(written(seed_table(role, layer=kind not in TABLES), kind))
    return files, read_areas(files["areas"], Faults())


@contextmanager
def time_limit(case):
    """Fail a case that works too long; one that does not even answer to that is shown where it hangs, and ended.

    The work of this process counts, so that a busy machine fails nothing; the end comes by the clock.
    """

    def stop(number, frame):
        raise _HangError(f"more than {LIMIT_S} s of work: {case}")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    with suppress(OSError, ValueError, RuntimeError):  # no real file behind stderr
        faulthandler.dump_traceback_later(15 * LIMIT_S, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def check_faults(faults, folder):
    """Ask of each fault that it says all that it should, in few words."""
    assert len(faults)
    for fault in faults:
        parts = (fault.where, fault.field, fault.expected, fault.got, fault.remedy)
        assert all(isinstance(part, str) and part.strip() for part in parts), parts
        text = str(fault).replace(str(folder), "")
        assert len(text) < LONGEST_FAULT, text
        text.encode()


def read_one(role, path, areas):
    """Read one file by its role, as build_city does."""
    faults, kelurahan = Faults(), areas[0]
    box = box_around(kelurahan["lon"], kelurahan["lat"])
    if role == "areas":
        read_osm_areas(path, faults) if is_osm(path) else read_areas(path, faults)
    elif role == "roads":
        read_osm_roads(path, faults, box) if is_osm(path) else read_roads(path, box, faults)
    elif role == "venues":
        read_venues(path, areas, faults, rows=read_osm_venues(path, faults) if is_osm(path) else None)
    elif role == "people":
        read_people(path, faults)
    else:
        rows = read_rows(path, required=TPS_REQUIRED, optional=TPS_OPTIONAL, faults=faults, table="tps")
        read_tps(rows, kelurahan, faults)
    return faults


def build_one(role, path, files):
    """Build the city with one file in the place of its sound one; faults, or a city that is there as a whole."""
    out = path.parent / "out"
    beside = sorted(path.parent.iterdir())
    city = refusal = None
    try:
        city = build_city(**(files | {role: path}), out=out)
    except (InputError, StoreError) as error:
        refusal = error
    if refusal is not None:
        assert sorted(path.parent.iterdir()) == beside, "something half-written is left"
        check_faults(refusal.faults, path.parent)
        return
    assert sorted(path.parent.iterdir()) == sorted([*beside, out])
    same(city, City.load(out))
    shutil.rmtree(out)


def same(city, again):
    """Ask that a city came back as it was, and that it has a place and a figure for everything."""
    for name in ("kecamatan", "kelurahan", "venues", "tps"):
        pd.testing.assert_frame_equal(getattr(city, name), getattr(again, name))
    for name in ("lon", "lat", "x", "y", "indptr", "head", "length_m", "edge"):
        np.testing.assert_array_equal(getattr(city.roads, name), getattr(again.roads, name))
    assert (city.title, city.epsg, city.assumptions) == (again.title, again.epsg, again.assumptions)
    assert np.isfinite(city.roads.length_m).all()
    assert np.isfinite(city.venues[["lon", "lat", "x", "y", "access_m"]].to_numpy()).all()
    assert np.isfinite(city.kelurahan[["lon", "lat", "population", "voters", "tps", "access_m"]].to_numpy()).all()
    assert np.isfinite(city.tps[["lon", "lat", "x", "y", "access_m"]].to_numpy()).all()


def answer(case, folder, sound, *, whole):
    """Read a case, or build the city of it; what goes wrong names the case and keeps its file."""
    files, areas = sound
    path = Path(folder) / case.name
    path.write_bytes(case.content)
    try:
        with time_limit(case):
            if whole:
                build_one(case.role, path, files)
            else:
                faults = read_one(case.role, path, areas)
                if len(faults):
                    check_faults(faults, path.parent)
    except BaseException as error:
        raise AssertionError(f"{case}\nfile: {path}\n{type(error).__name__}: {error}") from error
    path.unlink()


def test_seeds__are_sound(sound, tmp_path):
    """What is broken here was whole before: each format builds the mini-city in each role."""
    files, areas = sound
    for kind, roles in ROLES.items():
        for role in roles:
            path = tmp_path / f"{role}{SUFFIX[kind]}"
            path.write_bytes(written(seed_table(role, layer=kind not in TABLES), kind))
            assert list(read_one(role, path, areas)) == [], (kind, role)
    assert len(build_city(**files).kelurahan) == 4


def refused(sound, path, role):
    """Give the faults for which a file is refused."""
    with pytest.raises(InputError) as error:
        build_city(**(sound[0] | {role: path}))
    check_faults(error.value.faults, path.parent)
    return error.value.faults


def test_found__half_a_character_in_json(sound, tmp_path):
    """Half a character, which no file can take, is a fault of its feature."""
    path = tmp_path / "areas.geojson"
    path.write_bytes(written(seed_table("areas", layer=True), "geojson").replace(b"Kenanga", rb"Ken\ud800"))
    (fault,) = refused(sound, path, "areas")
    assert (fault.where, fault.field) == (f"{path}:3", "encoding")


def test_found__a_cell_without_a_place(sound, tmp_path):
    """A cell that says it is in row 99999999999 is not laid out, which would end the process."""
    members = unzipped(written(seed_table("tps", layer=False), "xlsx"))
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = members[sheet].replace(b'r="A2"', b'r="A99999999999"')
    path = tmp_path / "tps.xlsx"
    path.write_bytes(zipped(members))
    (fault,) = refused(sound, path, "tps")
    assert "a cell without a place" in fault.got


def test_found__a_sheet_of_excel_97_that_is_too_wide(sound, tmp_path):
    """A stray cell far to the right is refused, and is not laid out."""
    table = seed_table("tps", layer=False).copy()
    content = bytearray(written(table, "xls"))
    at = content.rindex(b"\x03\x02\x0e\x00")  # the last number: its column
    content[at + 6 : at + 8] = (60_000).to_bytes(2, "little")
    path = tmp_path / "tps.xls"
    path.write_bytes(content)
    (fault,) = refused(sound, path, "tps")
    assert "1,000 columns" in fault.expected
    assert "60,000" in fault.got


@pytest.mark.parametrize("odd", [shapely.box(-180, -90, 180, 90), shapely.box(-112.02, 5.48, -112.01, 5.49)])
def test_found__areas_that_do_not_lie_together(odd, sound, tmp_path):
    """An area of the whole Earth, or on its other side, is named by its row."""
    table = seed_table("areas", layer=True).copy()
    table.shapes[1] = odd
    path = tmp_path / "areas.geojson"
    path.write_bytes(written(table, "geojson"))
    faults = refused(sound, path, "areas")
    assert any(fault.where == f"{path}:3" and fault.field == "lon, lat" for fault in faults)


def test_found__codes_that_are_texts(sound, tmp_path):
    """A code of a hundred thousand letters is refused, and no fault repeats it."""
    table = seed_table("areas", layer=True).copy()
    table.put("kode", 1, "x" * 100_000)
    path = tmp_path / "areas.geojson"
    path.write_bytes(written(table, "geojson"))
    assert any(fault.field == "kode" and fault.got == "100,000" for fault in refused(sound, path, "areas"))


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp"])
def test_found__stations_of_a_layer_stand_where_it_says(kind, sound, tmp_path):
    """Polling stations of a layer keep their positions."""
    path = tmp_path / f"tps{SUFFIX[kind]}"
    path.write_bytes(written(seed_table("tps", layer=True), kind))
    city = build_city(**sound[0], tps=path)
    assert (city.tps["placed"] == "").all()


@pytest.mark.parametrize("kind", ["pbf", "osm"])
def test_found__venues_of_an_extract(kind, sound, tmp_path):
    """A city takes its venues from an extract."""
    path = tmp_path / f"venues{SUFFIX[kind]}"
    path.write_bytes(written(seed_table("venues", layer=True), kind))
    city = build_city(**(sound[0] | {"venues": path}))
    assert (len(city.venues), city.venues["source"].unique().tolist()) == (19, ["OpenStreetMap"])


@pytest.mark.parametrize("kind", ROLES)
def test_inputs__of_any_content(kind, sound, tmp_path):
    """200 broken files a format are read; a tenth of them goes through to the city."""
    for index in range(200):
        answer(case_of(kind, seed=SEED, index=index), tmp_path, sound, whole=index % 10 == 0)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", ROLES)
def test_inputs__ten_thousand_of_each(kind, part, sound, tmp_path):
    """10,000 broken files a format; every third goes through to the city."""
    for index in range(part * 1000, part * 1000 + 1000):
        answer(case_of(kind, seed=SEED, index=index), tmp_path, sound, whole=index % 3 == 0)


@pytest.mark.parametrize("kind", ROLES)
def test_cases__are_the_same_again(kind):
    """A case that is made again is the same, byte by byte, so that a failure can be looked at."""
    if kind in ("gpkg", "xlsx", "shp"):  # these hold the time at which they were written
        pytest.skip("the format keeps the time")
    for index in range(20):
        assert case_of(kind, seed=1, index=index) == case_of(kind, seed=1, index=index)


@pytest.mark.parametrize(("kind", "role"), [(kind, role) for kind in ROLES for role in ROLES[kind] if role != "people"])
def test_swapped__coordinates_are_named(kind, role, sound, tmp_path):
    """Latitude where longitude belongs: the fault says so, and in which row."""
    path = tmp_path / f"{role}{SUFFIX[kind]}"
    path.write_bytes(swapped(kind, role))
    with pytest.raises(InputError) as refused:
        build_city(**(sound[0] | {role: path}))
    found = [fault for fault in refused.value.faults if "swapped" in fault.remedy and "exchange" in fault.remedy]
    assert found, str(refused.value)
    assert found[0].where.startswith(str(path))
    row = found[0].where.removeprefix(str(path))
    assert any(mark in row for mark in (":4", "!4", "feature 3", "n3", "(node ")), row
