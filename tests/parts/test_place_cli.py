"""The place commands: build, show, check, times and reach, their options and codes, and what they leave behind."""

import csv
import json
from itertools import pairwise

import pytest

from parts.test_cli import call  # noqa: F401 - a fixture
from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.place import City, Ride, build_city

MINI = DATA.parents[2] / "examples" / "minicity"
FILES = ("--roads", MINI / "roads.geojson", "--areas", MINI / "areas.geojson", "--venues", MINI / "venues.csv")


@pytest.fixture(scope="module", autouse=True)
def _one_malang():
    """Assemble the embedded city once: loading it is what most of these commands do most of the time."""
    load, known = City.load, {}

    def once(name):
        return known[name] if name in known else load(name)

    known["malang"] = load("malang")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(City, "load", staticmethod(once))
        yield


def answer(ended, code=0):
    assert ended.returncode == code, ended.stderr
    return json.loads(ended.stdout)


def refused(ended, *places):
    """The faults of an ended run, one line each: nothing was said on stdout."""
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = ended.stderr.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == list(places)
    return lines


# --- times ------------------------------------------------------------------------------------------------------------


def seconds(call, *more):  # noqa: F811
    return answer(call("place", "times", "--from", "damkar", "--to", "kpu", "--json", *more))["seconds"]


def test_times__of_several_from_and_to(call):  # noqa: F811
    """A kind stands for all its venues; each pair is the time of its own question."""
    found = answer(
        call("place", "times", "--from", "damkar", "--from", "polsek", "--to", "kpu", "--to", "dprd", "--json")
    )
    pairs = [(row["from"], row["to"]) for row in found["times"]]
    assert len(pairs) == len(set(pairs)) == 12
    assert {a for a, _ in pairs if a != "damkar"} == {site.ref for site in City.load("malang").find_kind("polsek")}
    assert set(found) == {"vehicle", "blue_light", "at", "closed_streets", "times", "assumptions"}
    assert found["times"][0] == {
        "from": "damkar",
        "from_name": "Damkar Kota Malang",
        "to": "kpu",
        "to_name": "KPU Kota Malang",
        "seconds": seconds(call),
        "assumed_positions": ["damkar", "kpu"],
    }


def test_times__json_of_one_pair(call):  # noqa: F811
    found = answer(call("place", "times", "--from", "damkar", "--to", "kpu", "--json", "--at", "7:00", "--blue-light"))
    assert {name: found[name] for name in ("from", "to", "vehicle", "blue_light", "at", "closed_streets")} == {
        "from": "damkar", "to": "kpu", "vehicle": "truck", "blue_light": True, "at": "7:00", "closed_streets": 0,
    }  # fmt: skip
    assert found["seconds"] == found["times"][0]["seconds"] > 0
    assert all(set(each) >= {"key", "id", "en", "tag"} for each in found["assumptions"])


def test_times__rush_is_slower_and_night_is_faster(call):  # noqa: F811
    rush, noon, night = (seconds(call, "--at", at) for at in ("07:00", "12:30", "02:00"))
    assert rush > noon > night
    assert noon == seconds(call)


def test_times__blue_light_is_faster(call):  # noqa: F811
    assert seconds(call, "--blue-light") < seconds(call)


def test_times__a_closure_lengthens_them(call):  # noqa: F811
    """Half way, where the shortest way leads."""
    city = City.load("malang")
    way = city.roads.path(city.find("damkar").node, city.find("kpu").node, ride=Ride.of("truck"))
    at = way[way.size // 2]
    lon, lat, half = city.roads.lon[at], city.roads.lat[at], 0.002
    corners = [(lon + x * half, lat + y * half) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    area = "POLYGON ((" + ", ".join(f"{x} {y}" for x, y in corners) + "))"
    found = answer(call("place", "times", "--from", "damkar", "--to", "kpu", "--json", "--closed", area))
    assert found["closed_streets"] >= 3
    assert found["seconds"] > seconds(call) + 1


def test_times__where_there_is_no_way(call):  # noqa: F811
    words = ("place", "times", "--from", "damkar", "--to", "kpu", "--closed", "kpu:50")
    assert answer(call(*words, "--json"))["seconds"] is None
    for lang, said in (("id", "tidak ada jalan"), ("en", "no way")):
        ended = call(*words, "--lang", lang)
        assert (ended.returncode, ended.stdout) == (0, f"{said}\n")


@pytest.mark.parametrize("at", ["24:00", "0:00", "7.30"])
def test_times__at_any_hour_of_the_day(call, at):  # noqa: F811
    assert seconds(call, "--at", at) > 0


@pytest.mark.parametrize("at", ["24:01", "25:00", "7", "07:60", "siang", "", "-1:00", "12:30:00"])
def test_times__a_bad_hour_is_refused(call, at):  # noqa: F811
    refused(call("place", "times", "--from", "damkar", "--to", "kpu", f"--at={at}"), "--at")


def test_times__all_faults_at_once(call):  # noqa: F811
    words = (
        "--from",
        "kppu",
        "--from",
        "damkarr",
        "--to",
        "dprdd",
        "--vehicle",
        "trukk",
        "--at",
        "99",
        "--closed",
        "x",
    )
    lines = refused(call("place", "times", *words), "--from", "--from", "--to", "--vehicle", "--at", "--closed")
    assert all("kpu" in line for line in lines[:1])
    assert "truck" in lines[3]


def test_times__draws_the_way(call, tmp_path):  # noqa: F811
    for suffix in ("svg", "png", "html"):
        path = tmp_path / f"jalan.{suffix}"
        ended = call("place", "times", "--from", "damkar", "--to", "kpu", "--closed", "pasar:200", "-o", path)
        assert ended.returncode == 0
        assert str(path) in ended.stderr
        assert path.stat().st_size > 10_000


# --- reach ------------------------------------------------------------------------------------------------------------


def test_reach__json(call):  # noqa: F811
    found = answer(call("place", "reach", "--from", "damkar", "--minutes", "10, 5,7.5", "--json"))
    assert found["from"] == ["damkar"]
    assert [row["minutes"] for row in found["bands"]] == [5, 7.5, 10]
    for less, more in pairwise(found["bands"]):
        assert less["junctions"] < more["junctions"]
        assert less["people"] <= more["people"]


def test_reach__is_wider_by_blue_light_and_narrower_at_rush_hour(call):  # noqa: F811
    counts = [
        answer(call("place", "reach", "--from", "damkar", "--minutes", "5", "--json", *more))["bands"][0]["junctions"]
        for more in (("--at", "07:00"), (), ("--blue-light",))
    ]
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize("minutes", ["", "0", "-5", "5,abc", "601", "nan", "inf", "5;10"])
def test_reach__bad_minutes_are_refused(call, minutes):  # noqa: F811
    refused(call("place", "reach", "--from", "damkar", f"--minutes={minutes}"), "--minutes")


def test_reach__all_faults_at_once(call, tmp_path):  # noqa: F811
    words = ("--from", "kppu", "--minutes", "x", "--at", "x", "-o", tmp_path / "a.svg")
    refused(call("place", "reach", *words), "--from", "--minutes", "--at")
    assert list(tmp_path.iterdir()) == []


# --- maps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("show", "malang"), ("times", "--from", "damkar", "--to", "kpu")], ids=" ".join)
def test_out__of_an_unknown_format_is_refused(call, tmp_path, command):  # noqa: F811
    refused(call("place", *command, "-o", tmp_path / "peta.pdf"), "--out")
    assert list(tmp_path.iterdir()) == []


def test_show__draws_the_city(call, tmp_path):  # noqa: F811
    path = tmp_path / "malang.html"
    ended = call("place", "show", "malang", "-o", path, "--lang", "en")
    assert ended.returncode == 0
    assert str(path) in ended.stderr
    assert '<html lang="en">' in path.read_text(encoding="utf-8")
    assert answer(call("place", "show", "malang", "--json"))["venues"] == len(City.load("malang").venues)


def test_show__into_a_file_that_is_a_folder(call, tmp_path):  # noqa: F811
    (tmp_path / "peta.svg").mkdir()
    ended = call("place", "show", "malang", "-o", tmp_path / "peta.svg")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "peta.svg" in ended.stderr
    assert list((tmp_path / "peta.svg").iterdir()) == []


# --- build ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def more(tmp_path):
    """More files for the mini-city: schools without a kind, people by another name, polling stations."""
    kode = [f"99.99.0{a}.100{b}" for a in (1, 2) for b in (1, 2)]
    texts = {
        "sd.csv": "nama,lon,lat\nSDN Satu,112.0101,-5.4901\nSDN Dua,112.0201,-5.4851\n",
        "warga.csv": "kode,Jiwa Raga\n" + "".join(f"{each},{5000 + i}\n" for i, each in enumerate(kode)),
        "tps.csv": "kode_kel,tps,dpt\n" + "".join(f"{each},1,400\n" for each in kode),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_build__with_every_option(call, more):  # noqa: F811
    options = (
        "--venues", f"sekolah={more / 'sd.csv'}", "--people", more / "warga.csv", "--tps", more / "tps.csv",
        "--map", "Jiwa Raga=penduduk", "--name", "contoh", "--title", "Kota Contoh", "--out", more / "kota",
    )  # fmt: skip
    found = answer(call("place", "build", *FILES, *options, "--json"))
    assert (found["name"], found["title"], found["venues"]) == ("contoh", "Kota Contoh", 23)
    assert found["population"] == 5000 + 5001 + 5002 + 5003
    city = City.load(more / "kota")
    assert city.venues.loc[city.venues["kind"] == "sekolah", "name"].tolist() == ["SDN Satu", "SDN Dua"]
    assert set(city.manifest.inputs) == {
        "roads/roads.geojson", "areas/areas.geojson", "venues/venues.csv", "venues/sd.csv", "people/warga.csv",
        "tps/tps.csv",
    }  # fmt: skip
    assert len(city.manifest.settings["venue_files"]) == 2


def test_build__is_named_by_its_folder(call, tmp_path):  # noqa: F811
    assert answer(call("place", "build", *FILES, "-o", tmp_path / "kota-kita", "--json"))["name"] == "kota-kita"


@pytest.mark.parametrize(
    ("options", "places"),
    [
        (("--venues", "sekola={sd}"), ["--venues"]),
        (("--venues", "sekolah={folder}/tiada.csv"), ["{folder}/tiada.csv"]),
        (("--map", "Jiwa=penduduk"), ["--map"]),
        (("--map", "Jiwa Raga=pendudukk"), ["--map"]),
        (("--venues", "sekola={sd}", "--map", "Jiwa Raga=pendudukk"), ["--venues", "--map"]),
    ],
)
def test_build__writes_nothing_on_a_fault(call, more, options, places):  # noqa: F811
    before = sorted(more.iterdir())
    filled = [each.format(sd=more / "sd.csv", folder=more) for each in options]
    ended = call("place", "build", *FILES, "--people", more / "warga.csv", *filled, "-o", more / "kota")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    for place in places:
        assert place.format(folder=more) in ended.stderr
    assert sorted(more.iterdir()) == before


# --- columns by another name ------------------------------------------------------------------------------------------


def renamed(more, names):
    return build_city(
        roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv",
        people=more / "warga.csv", tps=more / "tps.csv", renamed=names,
    )  # fmt: skip


def test_renamed__a_column_of_one_table_only(more):
    """`kode` is a column of areas and people too: that those lack the name is no fault while one table has it."""
    assert renamed(more, {"Jiwa Raga": "penduduk"}).kelurahan["population"].tolist() == [5000, 5001, 5002, 5003]


def test_renamed__a_column_of_none_is_one_fault(more):
    with pytest.raises(InputError) as caught:
        renamed(more, {"Banyaknya": "dpt", "Jiwa Raga": "penduduk"})
    (fault,) = caught.value.faults
    assert fault.got == '"Banyaknya"'
    assert fault.remedy


def test_renamed__a_property_of_a_layer(more):
    """Polygons with names of their own, of which one stands for ours; case does not count."""
    text = (MINI / "areas.geojson").read_text(encoding="utf-8")
    assert text.count('"nama":') == 4
    path = more / "areas.geojson"
    path.write_text(text.replace('"nama":', '"NAMOBJ":'), encoding="utf-8")
    files = {"roads": MINI / "roads.geojson", "venues": MINI / "venues.csv"}
    with pytest.raises(InputError):
        build_city(areas=path, **files)
    plain = build_city(areas=MINI / "areas.geojson", **files)
    city = build_city(areas=path, **files, renamed={"Namobj": "nama"})
    assert city.kelurahan["nama"].tolist() == plain.kelurahan["nama"].tolist()


def test_renamed__to_none_of_ours_is_told_with_the_nearest(more):
    with pytest.raises(InputError) as caught:
        renamed(more, {"Jiwa Raga": "penduduk", "Banyaknya": "pendudukk"})
    (fault,) = caught.value.faults
    assert (fault.where, fault.got) == ("--map", '"pendudukk"')
    assert '"penduduk"' in fault.remedy


def test_renamed__every_wrong_name_is_told(more):
    with pytest.raises(InputError) as caught:
        renamed(more, {"A": "pendudukk", "B": "dpt", "Jiwa Raga": "penduduk"})
    assert [fault.got for fault in caught.value.faults] == ['"pendudukk"', '"B"']


# --- check: the shared files of Malang --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def malang(shared, tmp_path_factory):
    """Malang from its files and the list of its schools, in a folder."""
    data, out = shared / "data" / "malang", tmp_path_factory.mktemp("malang") / "kota"
    venues = [data / "facilities.csv", f"sekolah={data / 'schools_sd.csv'}"]
    build_city(roads=data / "road_edges.geojson", areas=data / "kelurahan.geojson", venues=venues, out=out)
    return out


def test_check__finds_what_is_known_of_malang(call, malang, shared):  # noqa: F811
    """43 junctions off the network, 7 venues without a position, one school outside the city."""
    findings = answer(call("place", "check", malang, "--on", "2024-11-27", "--json"), code=1)["findings"]
    by_key = {key: [each for each in findings if each["key"] == key] for key in {each["key"] for each in findings}}
    assert [each["got_en"].split(" junctions")[0] for each in by_key["islands"]] == ["43 of 3,541"]
    assert len(by_key["position_unknown"]) == 7
    city = City.load(malang)
    with (shared / "data" / "malang" / "schools_sd.csv").open(encoding="utf-8", newline="") as rows:
        names = {row["nama"] for row in csv.DictReader(rows)}
    kinds = dict(zip("venues " + city.venues["id"], city.venues["kind"], strict=True))
    schools = [each["where"] for each in by_key["outside"] if kinds[each["where"]] == "sekolah"]
    assert len(schools) == 1
    assert city.venues.loc["venues " + city.venues["id"] == schools[0], "name"].iloc[0] in names
    for each in findings:
        assert all(each[name] for name in ("where", "field", "expected", "got", "remedy"))
        assert each["severity"] in ("fault", "note")


def test_check__as_text_in_both_languages(call, malang):  # noqa: F811
    for lang, mark in (("id", "43 dari 3.541"), ("en", "43 of 3,541")):
        ended = call("place", "check", malang, "--on", "2024-11-27", "--lang", lang)
        assert ended.returncode == 1
        assert mark in ended.stdout


def test_check__the_limit_of_a_tps_is_that_of_the_day(call, malang):  # noqa: F811
    """300 voters a TPS in February 2024, 600 in November: the TPS of Malang keep only the second."""
    found = {
        day: [
            each
            for each in answer(call("place", "check", malang, "--on", day, "--json"), code=1)["findings"]
            if each["key"] == "tps_limit"
        ]
        for day in ("2024-02-14", "2024-11-27")
    }
    assert found["2024-11-27"] == []
    assert found["2024-02-14"]
    assert all("300" in each["expected"] for each in found["2024-02-14"])


def test_check__fix_mends_the_islands_of_a_folder(call, malang, tmp_path):  # noqa: F811
    import shutil

    folder = tmp_path / "kota"
    shutil.copytree(malang, folder)
    fixed = answer(call("place", "check", folder, "--on", "2024-11-27", "--fix", "--json", "--lang", "id"), code=1)
    assert len(fixed["done"]) == 1
    assert "43" in fixed["done"][0]
    assert "islands" not in {each["key"] for each in fixed["findings"]}
    again = answer(call("place", "check", folder, "--on", "2024-11-27", "--json"), code=1)
    assert again["findings"] == fixed["findings"]
    assert City.load(folder).roads.n_nodes == 3541 - 43
    twice = answer(call("place", "check", folder, "--on", "2024-11-27", "--fix", "--json"), code=1)
    assert twice["done"] == []


# --- check: codes -----------------------------------------------------------------------------------------------------


def test_check__notes_alone_end_with_0(call, tmp_path):  # noqa: F811
    build_city(
        roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv", out=tmp_path / "kota"
    )
    words = ("place", "check", tmp_path / "kota", "--on", "2024-11-27", "--json")
    before = answer(call(*words), code=1)
    assert {each["key"] for each in before["findings"] if each["severity"] == "fault"} == {"islands"}
    fixed = answer(call(*words, "--fix"))
    assert fixed["done"]
    assert {each["severity"] for each in fixed["findings"]} == {"note"}
    assert answer(call(*words))["findings"] == fixed["findings"]


def test_check__fix_of_an_embedded_city_is_refused(call, monkeypatch):  # noqa: F811
    """There is nothing to mend in what we ship; where there were, it would not be written."""
    assert answer(call("place", "check", "malang", "--on", "2024-11-27", "--fix", "--json"))["done"] == []
    monkeypatch.setattr("sispamkota.place.fix_city", lambda city, findings, *, lang: (city, ["mended"]))
    lines = refused(call("place", "check", "malang", "--on", "2024-11-27", "--fix", "--json"), "--fix")
    assert "place build" in lines[0]


@pytest.mark.parametrize("day", ["kemarin", "2024-13-01", "27-11-2024", ""])
def test_check__a_bad_day_is_refused(call, day):  # noqa: F811
    refused(call("place", "check", f"--on={day}"), "--on")
