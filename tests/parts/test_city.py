"""The embedded city: its facts, where they come from, how places are found, and the way to disk and back."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sispamkota import store
from sispamkota.errors import Faults, InputError, SispamkotaError, StoreError
from sispamkota.inputs import DATA, read_yaml
from sispamkota.place import HOSPITAL_KINDS, VENUE_KINDS, City, build_city, show_city
from sispamkota.place.read import QUALITIES
from sispamkota.place.venues import name_slug, refs_of, slug

FOLDER = DATA / "cities" / "malang"
MINI = DATA.parents[2] / "examples" / "minicity"


@pytest.fixture(scope="module")
def malang():
    return City.load("malang")


@pytest.fixture(scope="module")
def contoh():
    return build_city(
        roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv", name="contoh"
    )


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- facts ------------------------------------------------------------------------------------------------------------


def test_facts__official_totals(malang):
    kelurahan = malang.kelurahan
    assert (len(malang.kecamatan), len(kelurahan)) == (5, 57)
    assert kelurahan[["population", "voters", "tps"]].sum().tolist() == [847_182, 660_744, 1_188]
    assert kelurahan["area_km2"].sum() == pytest.approx(111.077, abs=0.01)
    by_name = kelurahan.groupby("kecamatan")[["voters", "tps"]].sum()
    assert by_name.loc["Kedungkandang"].tolist() == [157_365, 280]
    assert by_name.loc["Klojen"].tolist() == [77_233, 141]


def test_facts__kecamatan_agree_with_their_kelurahan(malang):
    sums = malang.kelurahan.groupby("kode_kec")[["population", "voters", "tps", "area_km2"]].sum()
    for row in malang.kecamatan.to_dict("records"):
        for name in ("population", "voters", "tps"):
            if not np.isnan(row[name]):  # unknown stays unknown: only two kecamatan have published voters and TPS
                assert row[name] == sums.loc[row["kode"], name]
        assert row["area_km2"] == pytest.approx(sums.loc[row["kode"], "area_km2"], abs=0.002)
    assert malang.kecamatan["voters"].notna().sum() == malang.kecamatan["tps"].notna().sum() == 2


def test_facts__official_codes(malang):
    assert all(re.fullmatch(r"35\.73\.0[1-5]\.10\d\d", code) for code in malang.kelurahan["kode"])
    assert malang.kelurahan["kode"].is_unique
    assert (malang.kelurahan["kode"].str[:8] == malang.kelurahan["kode_kec"]).all()
    assert set(malang.kelurahan["kode_kec"]) == set(malang.kecamatan["kode"])


def test_facts__key_venues_are_there(malang):
    kinds = malang.venues["kind"].value_counts()
    once = ("kpu", "bawaslu", "balai_kota", "dprd", "polresta", "damkar", "bpbd", "kodim", "brimob", "satpol_pp",
            "dishub", "gudang_kpu", "ruang_publik")  # fmt: skip
    assert {kind: kinds[kind] for kind in once} == dict.fromkeys(once, 1)
    assert (kinds["polsek"], kinds["puskesmas"], kinds["lapas"]) == (5, 16, 2)
    assert (kinds["ppk"], kinds["gerbang"]) == (5, 3)
    assert sum(kinds[kind] for kind in HOSPITAL_KINDS) == 25


def test_facts__every_row_has_source_and_quality(malang):
    known = read_yaml(FOLDER / "city.yaml").data["sources"]
    for table in (malang.kecamatan, malang.kelurahan, malang.venues):
        assert set(table["quality"]) <= set(QUALITIES)
        for source in table["source"]:
            assert source
            assert set(source.split("; ")) <= set(known)


def test_facts__unknown_positions_are_blank_in_the_file_and_listed(malang):
    blank = {row["id"] for row in rows("venues.csv") if not row["lon"] and not row["lat"]}
    unknown = malang.venues[malang.venues["placed"] != ""]
    assert set(unknown["id"]) == blank == set(malang.venues.loc[malang.venues["quality"] == "unknown", "id"])
    assert len(blank) == 12
    assert np.isfinite(malang.venues[["lon", "lat", "x", "y", "access_m"]].to_numpy()).all()
    placed = dict(zip(unknown["ref"], unknown["placed"], strict=True))
    assert placed["polsek-sukun"] == "assumed: centre of its kecamatan"
    assert placed["brimob"] == "assumed: middle of the city"


def test_facts__no_votes_and_no_geometry():
    """Places and counts only: no candidate, no camp, no person, no line and no polygon.

    Published results hold votes by the number of a choice, from which closeness and mixing are measured, and no name.
    """
    results = rows("results.csv")
    assert {row["choice"].isdigit() or row["choice"] == "" for row in results} == {True}
    files = [file.name for file in FOLDER.glob("*.csv") if file.name != "results.csv"]
    columns = {name for file in files for name in rows(file)[0]}
    assert not [name for name in columns if re.search("pilpres|pilkada|suara|vote|calon|paslon|nik|telp|phone", name)]
    assert {file.suffix for file in FOLDER.iterdir()} <= {".csv", ".yaml"}


# --- assumptions and the sheet ----------------------------------------------------------------------------------------


def test_assumptions__say_what_the_city_rests_on(malang):
    stated = {each.key: (each.tag, each.count) for each in malang.assumptions}
    assert stated == {
        "streets_synthetic": ("synthetic", malang.roads.n_edges),
        "tps_synthetic": ("synthetic", 1_188),
        "speeds_assumed": ("assumed", 6),
        "positions_proxy": ("proxy", 14),
        "positions_unknown": ("assumed", 12),
        "people_estimated": ("estimated", 57),
    }
    assert all(each.id and each.en and each.id != each.en for each in malang.assumptions)


def test_sheet__both_languages(malang):
    for lang, words in (
        ("id", ("660.744", "1.188", "Polsek Sukun: di pusat")),
        ("en", ("660,744", "Polsek Sukun: centre")),
    ):
        sheet = show_city(malang, lang=lang)
        assert [word for word in words if word not in sheet] == []
        table = sheet.split("\n\n")[0].splitlines()
        assert max(map(len, table)) <= 86
    lines = show_city(malang, lang="id").split("\n\n")[0].splitlines()[3:]
    named = [line for line in lines if not line.startswith(" ")]  # a long cell goes on in lines without a name
    assert malang._repr_html_().count("<tr>") == len(named) + 1


def test_sheet__as_plain_json(malang):
    sheet = json.loads(json.dumps(malang.to_dict(), allow_nan=False))
    assert (sheet["voters"], sheet["tps"], len(sheet["placed"])) == (660_744, 1_188, 12)


def test_plot__draws_streets_and_hollow_guesses(malang):
    from matplotlib import pyplot as plt
    from matplotlib.collections import PathCollection

    from sispamkota.place import draw_city

    axes = draw_city(malang, lang="en")
    assert any("synthetic" in text.get_text() for text in axes.texts)
    marks = [each for each in axes.collections if isinstance(each, PathCollection)]
    hollow = [each for each in marks if (each.get_facecolor() == 1.0).all() and len(each.get_offsets())]
    assert sum(len(each.get_offsets()) for each in hollow) == 26  # proxies and unknown positions
    plt.close(axes.figure)


def test_table__one_row_a_place(malang):
    table = malang.to_table()
    assert len(table) == 75 + 57 + 5
    assert not table[["ref", "name", "kind", "node", "quality"]].isna().any(axis=None)


# --- finding places ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", ["kpu", "KPU", "F044", "kpu-kota-malang", "KPU Kota Malang"])
def test_find__a_venue_by_kind_id_or_name(malang, ref):
    site = malang.find(ref)
    assert (site.ref, site.name, site.kind, site.kode_kel) == ("kpu", "KPU Kota Malang", "kpu", "35.73.01.1007")


@pytest.mark.parametrize(
    ("ref", "kind", "code"),
    [
        ("klojen", "kelurahan", "35.73.02.1001"),
        ("kel-klojen", "kelurahan", "35.73.02.1001"),
        ("35.73.02.1001", "kelurahan", "35.73.02.1001"),
        ("kec-klojen", "kecamatan", "35.73.02"),
        ("35.73.02", "kecamatan", "35.73.02"),
        ("Oro-oro Dowo", "kelurahan", "35.73.02.1008"),
    ],
)
def test_find__an_area_by_name_or_code(malang, ref, kind, code):
    site = malang.find(ref)
    assert (site.kind, site.ref) == (kind, code)
    assert site.quality == "proxy"


@pytest.mark.parametrize("row", [0, 500, 1187])
def test_find__a_polling_station_by_its_id(malang, row):
    tps = malang.tps.iloc[row]
    site = malang.find(tps["id"])
    assert (site.ref, site.node, site.kode_kel) == (tps["id"], tps["node"], tps["kode_kel"])
    assert (site.lon, site.lat, site.kind, site.quality) == (tps["lon"], tps["lat"], "tps", "assumed")
    assert malang.find(site.ref) == site


def test_find__an_unknown_polling_station_gets_the_nearest_id(malang):
    with pytest.raises(SispamkotaError, match=r"id you mean .35\.73\.01\.1001/00"):
        malang.find("35.73.01.1001/099")


def test_find__every_place_by_its_own_ref(malang, contoh):
    for city in (malang, contoh):
        table = city.to_table()
        assert table["ref"].is_unique
        found = [city.find(ref) for ref in table["ref"]]
        assert [(site.name, site.node) for site in found] == list(zip(table["name"], table["node"], strict=True))


def test_find__several_are_listed(malang):
    with pytest.raises(KeyError, match=r"5 places.*polsek-klojen"):
        malang.find("polsek")


def test_find__unknown_gets_the_nearest_name(malang):
    with pytest.raises(SispamkotaError, match='id you mean "bawaslu"'):
        malang.find("bawaslo")


def test_find__or_a_fault(malang):
    faults = Faults()
    assert malang.find_or_fault("kpu", faults, "plan.yaml:3").ref == "kpu"
    assert len(faults) == 0
    assert malang.find_or_fault("kpuu", faults, "plan.yaml:4") is None
    assert [(fault.where, fault.got) for fault in faults] == [("plan.yaml:4", '"kpuu"')]


def test_refs__are_short_and_their_own():
    venues = pd.DataFrame(
        {
            "id": ["dprd", "a", "b", "c", "d"],
            "kind": ["kpu", "dprd", "pasar", "pasar", "pasar"],
            "name": ["KPU", "DPRD Kota", "Pasar Besar", "Pasar Baru", "Pasar Baru"],
        }
    )
    assert refs_of(venues) == ["kpu", "dprd-kota", "pasar-besar", "c", "d"]


def test_slug__of_names():
    assert slug("  Jl. Sérayu / No_3 ") == "jl-serayu-no-3"
    assert name_slug("RSUD Dr. Saiful Anwar (RSSA)") == "rsud-dr-saiful-anwar"
    assert name_slug("(baru)") == "baru"


def test_kinds__are_lower_case_words_once():
    assert len(set(VENUE_KINDS)) == len(VENUE_KINDS)
    assert all(re.fullmatch("[a-z0-9_]+", kind) for kind in VENUE_KINDS)


# --- to disk and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["malang", "contoh"])
def test_save__comes_back_the_same(which, tmp_path, request):
    city = request.getfixturevalue(which)
    city.save(tmp_path / "one")
    back = City.load(tmp_path / "one")
    for name in ("kecamatan", "kelurahan", "venues"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(city, name))
    for name in ("lon", "lat", "x", "y", "indptr", "head", "length_m", "kind", "edge"):
        ours, theirs = getattr(city.roads, name), getattr(back.roads, name)
        assert (ours.dtype, ours.tobytes()) == (theirs.dtype, theirs.tobytes()), name
    assert (back.name, back.title, back.epsg, back.assumptions) == (city.name, city.title, city.epsg, city.assumptions)
    assert back.manifest == city.manifest
    assert (back.areas is None) == (city.areas is None)
    assert all(polygon.equals_exact(city.areas[kode], 0) for kode, polygon in (back.areas or {}).items())
    back.save(tmp_path / "two")
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_content__is_that_of_what_is_in_the_city_and_not_of_who_read_it(contoh, tmp_path):
    contoh.save(tmp_path / "c")
    again = replace(City.load(tmp_path / "c"), manifest=replace(contoh.manifest, git="f" * 40, version="9.9"))
    assert again.content == contoh.content
    farther = contoh.roads.length_m.copy()
    farther[0] += 0.001
    others = [
        replace(contoh, roads=replace(contoh.roads, length_m=farther)),
        replace(contoh, roads=replace(contoh.roads, name=np.zeros_like(contoh.roads.name), names=("Jalan Lain",))),
        replace(contoh, venues=contoh.venues.assign(lon=contoh.venues["lon"] + 1e-6)),
        replace(contoh, kelurahan=contoh.kelurahan.assign(voters=contoh.kelurahan["voters"] + 1)),
        replace(contoh, epsg=contoh.epsg + 1),
    ]
    assert len({each.content for each in (contoh, *others)}) == 6


def test_load__unknown_name_is_one_fault():
    with pytest.raises(InputError, match='id you mean "malang"'):
        City.load("malangg")


@pytest.mark.parametrize("damage", ["city.json", "streets.parquet", "venues.parquet"])
def test_load__a_broken_folder_is_one_message(contoh, tmp_path, damage):
    contoh.save(tmp_path / "city")
    (tmp_path / "city" / damage).write_bytes(b"{}")
    with pytest.raises(StoreError) as caught:
        City.load(tmp_path / "city")
    assert len(caught.value.faults) == 1


def test_load__a_folder_of_something_else(tmp_path, malang):
    (tmp_path / "x").mkdir()
    with pytest.raises(StoreError):
        City.load(tmp_path / "x")
    store.write_json({"kind": "ensemble", "manifest": malang.manifest.to_dict()}, tmp_path / "x" / "manifest.json")
    with pytest.raises(StoreError):
        City.load(tmp_path / "x")
