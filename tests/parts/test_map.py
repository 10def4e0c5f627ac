"""Maps of a city as SVG, PNG and a page: what they say, equal bytes, where they are refused."""

import os
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from sispamkota.errors import InputError
from sispamkota.inputs import DATA
from sispamkota.place import City, Layers, Ride, build_city, closed_streets, draw_city, reach_areas, write_map
from sispamkota.place.draw import map_title
from sispamkota.words import words

MINI = DATA.parents[2] / "examples" / "minicity"
VOID = {"meta", "link", "br", "img", "hr", "input"}


def build():
    return build_city(
        roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=MINI / "venues.csv", title="Kota Contoh"
    )


@pytest.fixture(scope="module")
def city():
    return build()


def layers(city, *refs, minutes=(1, 3)):
    """All that can be laid over a city."""
    sites = [city.find(ref) for ref in refs]
    closed = closed_streets(city, ["pasar:150"], [])
    ride = Ride.of("engine")
    bands = reach_areas(
        city.roads, [site.node for site in sites], [60.0 * m for m in minutes], ride=ride, epsg=city.epsg, closed=closed
    )
    way = city.roads.path(sites[0].node, city.find("kpu").node, ride=ride)
    return Layers(bands=bands, closed=closed, way=way, origins=refs, title="Jangkauan <Damkar> & Polsek")


class Page(HTMLParser):
    """Read a page: its tables, its text, what it asks for, and whether what opens is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.asked, self.ids, self.words = [], [], [], [], []
        self.attrs = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.attrs.setdefault(tag, given)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        self.asked += [given[name] for name in ("src", "href", "xlink:href", "data", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["td"], ["th"]):
            self.tables[-1][-1][-1] += data
        if self.open[-1:] != ["style"]:
            self.words.append(data)


# --- every format -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".svg", ".png", ".html", ".SVG"])
def test_map__of_equal_cities_has_equal_bytes(city, tmp_path, suffix):
    paths = [tmp_path / f"{name}{suffix}" for name in ("a", "b", "c")]
    for path, of in zip(paths, (city, city, build()), strict=True):
        write_map(of, path, lang="id", layers=layers(of, "damkar", "polsek-timur"))
    first, *others = [path.read_bytes() for path in paths]
    start = {".svg": b"<?xml", ".png": b"\x89PNG", ".html": b"<!doctype html>"}[suffix.lower()]
    assert first.startswith(start)
    assert all(each == first for each in others)


def test_map__of_another_city_has_other_bytes(city, tmp_path):
    write_map(city, tmp_path / "a.svg", lang="id")
    write_map(city, tmp_path / "b.svg", lang="id", layers=layers(city, "damkar"))
    write_map(city, tmp_path / "c.svg", lang="en")
    assert len({(tmp_path / f"{name}.svg").read_bytes() for name in "abc"}) == 3


def test_map__leaves_no_figure_and_no_backend_state(city, tmp_path):
    from matplotlib import pyplot as plt

    for suffix in ("svg", "html"):
        write_map(city, tmp_path / f"a.{suffix}", lang="id")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ["peta.pdf", "peta", "peta.svg.txt", ".svg"])
def test_map__of_an_unknown_format_is_refused(city, tmp_path, name):
    with pytest.raises(InputError) as caught:
        write_map(city, tmp_path / name, lang="id")
    (fault,) = caught.value.faults
    assert (fault.where, fault.field) == ("--out", "file")
    assert ".html" in fault.expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_map__where_nothing_can_be_written(city, tmp_path, suffix):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        write_map(city, tmp_path / "file" / f"peta{suffix}", lang="id")
    assert caught.value.faults[0].remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_map__in_a_folder_that_is_locked(city, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError):
            write_map(city, tmp_path / "peta.svg", lang="id")
    finally:
        tmp_path.chmod(0o700)


def test_map__replaces_an_older_one(city, tmp_path):
    path = tmp_path / "baru" / "peta.svg"
    path.parent.mkdir()
    path.write_text("old")
    write_map(city, path, lang="id")
    assert path.read_text(encoding="utf-8").startswith("<?xml")
    assert list(path.parent.iterdir()) == [path]


# --- what it shows ----------------------------------------------------------------------------------------------------


def texts(path):
    return re.findall(r"<(?:text|tspan)[^>]*>([^<]+)<", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_map__names_districts_main_venues_bands_and_scale(city, lang):
    from matplotlib import pyplot as plt

    t, axes = words(lang), draw_city(city, lang=lang, layers=layers(city, "polresta"))
    shown = " | ".join(each.get_text() for each in axes.texts)
    keys = {each.get_text() for each in axes.get_legend().get_texts()}
    plt.close(axes.figure)
    assert keys >= {t(f"place.map_group_{name}") for name in ("election", "police", "fire", "health", "other")}
    assert keys >= {t("place.map_band", minutes=n) for n in "13"}
    assert any(key.startswith(t("place.times_closed", n="").strip(" .")) for key in keys)
    for text in ("BARAT", "TIMUR", "1 km", t("place.map_hollow"), "Balai Kota Contoh", "KPU |"):
        assert text in shown
    assert t("place.map_synthetic") not in shown
    assert "KPU Kota Contoh" not in shown  # the city is known; "Balai Kota" alone keeps it


def test_svg__generated_streets_are_said_to_be_so(tmp_path):
    write_map(City.load("malang"), tmp_path / "a.svg", lang="id")
    assert words("id")("place.map_synthetic") in texts(tmp_path / "a.svg")


def test_title__is_wrapped_and_whole(city, tmp_path):
    title = " ".join(["Jangkauan"] * 20)
    write_map(city, tmp_path / "a.svg", lang="id", layers=Layers(title=title))
    lines = [line for line in texts(tmp_path / "a.svg") if line.startswith("Jangkauan")]
    assert " ".join(lines) == title
    assert len(lines) > 2


@pytest.mark.parametrize(
    ("refs", "assumed"),
    [
        (["kpu"], False),
        (["polsek-timur"], True),  # a proxy
        (["bpbd"], True),  # without a position
        (["kpu", "bpbd"], True),
        (["melati"], True),  # a kelurahan: its point stands for all of it
        ([], False),
    ],
)
def test_title__says_that_positions_are_assumed(city, refs, assumed):
    if refs == ["melati"]:
        refs = [city.kelurahan["kode"].iloc[0]]
    title = map_title(city, lang="id", layers=Layers(origins=refs, title="Jangkauan"))
    assert title == ("Jangkauan — posisi asumsi" if assumed else "Jangkauan")


def test_draw__on_axes_of_the_caller(city):
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    try:
        assert draw_city(city, lang="id", ax=axes) is axes
        west, east = axes.get_xlim()
        south, north = axes.get_ylim()
        assert west <= city.roads.lon.min() < city.roads.lon.max() <= east
        assert south <= city.roads.lat.min() < city.roads.lat.max() <= north
    finally:
        plt.close(figure)


def test_draw__closed_streets_and_ways_are_drawn_as_such(city):
    """Every street is there once as a plain line; closed ones and the way again on top, each in its colour."""
    from matplotlib import pyplot as plt
    from matplotlib.colors import to_hex
    from matplotlib.patches import PathPatch

    over = layers(city, "damkar")
    figure, axes = plt.subplots()
    try:
        draw_city(city, lang="id", layers=over, ax=axes)
        starts = {}
        for patch in axes.get_children():
            if isinstance(patch, PathPatch) and not patch.get_fill():
                starts[to_hex(patch.get_edgecolor())] = int((patch.get_path().codes == 1).sum())
    finally:
        plt.close(figure)
    assert starts["#c9c9c9"] + starts["#9a9a9a"] == city.roads.n_edges
    assert starts["#d55e00"] == over.closed.sum()
    assert starts["#0072b2"] == over.way.size - 1


def test_draw__a_venue_without_a_measured_position_is_hollow(city):
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    try:
        draw_city(city, lang="id", ax=axes)
        marks = {True: 0, False: 0}
        for each in axes.collections:
            if each.get_zorder() == 3:
                marks[bool((each.get_facecolor()[0, :3] == 1).all())] += len(each.get_offsets())
    finally:
        plt.close(figure)
    hollow = int(((city.venues["quality"] == "proxy") | (city.venues["placed"] != "")).sum())
    assert marks == {True: hollow, False: len(city.venues) - hollow}
    assert hollow == 4


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["id", "en"])
def page(request, city, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "peta.html"
    write_map(city, path, lang=request.param, layers=layers(city, "damkar", "polsek-timur"))
    return request.param, path.read_text(encoding="utf-8")


def test_page__is_sound_and_stands_alone(page):
    lang, text = page
    read = Page(text)
    assert read.open == []
    assert read.attrs["html"] == {"lang": lang}
    assert all(each.startswith("#") for each in read.asked)
    assert not re.search(r"(src|href)\s*=\s*[\"']?https?:|url\(\s*[\"']?https?:|@import|<script|<link", text)
    assert len(read.ids) == len(set(read.ids))
    assert {each[1:] for each in read.asked} <= set(read.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(read.ids)
    assert text.count("<svg") == text.count("</svg>") == 2


def test_page__has_every_venue_as_a_row(page, city):
    lang, text = page
    table = Page(text).tables[-1]
    rows = [row for row in table if row[0] in set(city.venues["name"])]
    assert [row[0] for row in rows] == city.venues["name"].tolist()
    assert len(table) == len(city.venues) + 1
    assert [row[1] for row in rows] == [words(lang)(f"place.kind_{kind}") for kind in city.venues["kind"]]
    qualities = [words(lang)(f"place.quality_{tag}") for tag in city.venues["quality"]]
    assert [row[2] for row in rows] == qualities


def test_page__tells_how_far_one_gets(page, city):
    table = Page(page[1]).tables[0]
    assert [row[0] for row in table[1:]] == ["1", "3"]
    assert all(re.fullmatch(r"[0-4] / 4", row[2]) for row in table[1:])


def test_page__title_is_escaped_and_says_assumed(page):
    lang, text = page
    said = words(lang)("place.map_assumed")
    title = f"Jangkauan &lt;Damkar&gt; &amp; Polsek — {said}"
    assert f"<title>{title}</title>" in text
    assert f"<h1>{title}</h1>" in text
    assert f"{title}" in re.search(r'<figure[^>]*aria-label="([^"]*)"', text)[1]


def test_page__lists_every_assumption(page, city):
    lang, text = page
    said = "".join(Page(text).words)
    assert all((each.id if lang == "id" else each.en) in said for each in city.assumptions)


def test_page__names_of_venues_are_escaped(tmp_path):
    from matplotlib import pyplot as plt

    path = tmp_path / "venues.csv"
    text = (MINI / "venues.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("KPU Kota Contoh", '<script>alert(1)</script> & $\\frac$ "KPU"').replace(
        'v01,<script>alert(1)</script> & $\\frac$ "KPU",', 'v01,"<script>alert(1)</script> & $\\frac$ ""KPU""",', 1
    ), encoding="utf-8")  # fmt: skip
    city = build_city(roads=MINI / "roads.geojson", areas=MINI / "areas.geojson", venues=path)
    write_map(city, tmp_path / "a.html", lang="id")
    read = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in read
    assert '<script>alert(1)</script> & $\\frac$ "KPU"' in [row[0] for row in Page(read).tables[-1]]
    axes = draw_city(city, lang="id")
    assert any("frac" in each.get_text() and not each.get_parse_math() for each in axes.texts)
    plt.close(axes.figure)


def test_page__of_a_city_without_layers_has_no_reach(city, tmp_path):
    write_map(city, tmp_path / "a.html", lang="id")
    read = Page((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert len(read.tables) == 2
    assert "Kota Contoh" in read.words


def test_layers__that_are_empty_draw_nothing_more(city, tmp_path):
    nothing = Layers(closed=np.zeros(city.roads.n_edges, bool), way=np.empty(0, np.int64))
    write_map(city, tmp_path / "a.svg", lang="id")
    write_map(city, tmp_path / "b.svg", lang="id", layers=nothing)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
