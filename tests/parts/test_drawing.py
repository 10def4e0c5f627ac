"""Drawing: labels never overlap, dots are counted, marks are as large as what they say."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations, pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parts.ensemble_fixture import make_city, make_ensemble
from sispamkota.rehearsal.intervals import Estimate
from sispamkota.review.figures import Dots, dot_plot, interval_bar
from sispamkota.review.ground import make_ground
from sispamkota.review.labels import Wanted, place_labels
from sispamkota.review.map import draw_map, late_shape, spots
from sispamkota.review.scale import quantile_dots, round_ticks, spread, stacks
from sispamkota.review.story import key_events
from sispamkota.review.summary import choices, describe
from sispamkota.review.svg import Box, element, path, text_width
from sispamkota.review.words_of import agency_code, agency_name, short_name
from sispamkota.words import words

FRAME = Box(0, 0, 700, 900)
wanted = st.lists(
    st.builds(
        Wanted, key=st.uuids().map(str), x=st.floats(0, 700), y=st.floats(0, 900), half=st.floats(4, 40),
        high=st.floats(4, 20), width=st.floats(20, 200), height=st.floats(12, 60),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(wanted)
def test_place_labels__never_overlap_and_stay_inside(asked):
    placed = place_labels(asked, FRAME, [])
    assert not [1 for a, b in combinations(placed, 2) if a.box.overlaps(b.box, gap=2.9)]
    assert all(label.box.inside(FRAME) for label in placed)
    assert placed == place_labels(asked, FRAME, [])


def test_place_labels__the_first_asked_is_the_last_dropped():
    crowd = [Wanted(str(k), 350, 450, 5, 5, 300, 300) for k in range(9)]
    placed = place_labels(crowd, FRAME, [])
    assert [label.key for label in placed] == [str(k) for k in range(len(placed))]
    assert 1 <= len(placed) < 9


def test_place_labels__a_distant_label_has_a_line():
    wall = [("wall", Box(200, 300, 300, 300))] * 20
    (label,) = place_labels([Wanted("a", 350, 450, 5, 5, 40, 14)], FRAME, wall)
    assert label.leader is None or label.leader[:2] != label.leader[2:]
    (near,) = place_labels([Wanted("a", 350, 450, 5, 5, 40, 14)], FRAME, [])
    assert near.leader is None


@pytest.mark.parametrize("width", [700.0, 340.0])
def test_interval__shows_beside_the_dot_of_the_median_however_narrow(width):
    """Its ends reach beyond the dot, above and below: the caption tells of a thick line, which the dot may cover."""
    dots = Dots("t", "d", [1.0, 2.0, 30.0], Estimate(2.0, 1.99, 2.01), unit="min")
    row = replace(describe(make_ensemble(), lang="en").row("harm_people"), estimate=Estimate(5.0, 4.99, 5.01))
    for drawn in (dot_plot(dots, str, key="a", width=width), interval_bar(row, key="b", title="t", width=width)):
        parts = list(ET.fromstring(drawn).iter())
        (ends,) = (each for each in parts if each.get("class") == "interval-ends")
        (dot,) = (each for each in parts if each.get("class") == "median")
        line, pairs = float(dot.get("cy")), re.findall(r"M[\d.]+ ([\d.]+)v([\d.]+)", ends.get("d"))
        assert len(pairs) == 2
        for top, high in pairs:
            assert min(line - float(top), float(top) + float(high) - line) >= float(dot.get("r")) + 3.0


@given(st.lists(st.floats(0, 500), min_size=1, max_size=20).map(sorted))
def test_spread__keeps_order_and_distance(positions):
    placed = spread(positions, gap=19, low=0, high=500)
    assert all(b - a >= 19 - 1e-9 for a, b in pairwise(placed))
    assert max(placed) <= 500


@given(st.lists(st.floats(0, 500), min_size=1, max_size=40).map(sorted))
def test_stacks__lose_no_dot_and_stay_on_their_side(positions):
    found = stacks(positions, width=12.5, low=-1e9, high=500)
    assert sum(count for _, count in found) == len(positions)
    assert max(centre for centre, _ in found) <= 500


def test_quantile_dots__each_is_five_of_a_hundred():
    dots = quantile_dots([float("nan")] * 10 + list(range(90)))
    assert len(dots) == 20
    assert dots.count(float("inf")) == 2
    assert sum(dot < 45 for dot in dots) == 10 - 1


@pytest.mark.parametrize(
    ("high", "ticks"), [(36.0, [0, 10, 20, 30, 40]), (0.0, [0, 1]), (100.0, [0, 20, 40, 60, 80, 100])]
)
def test_round_ticks__reach_over_the_highest(high, ticks):
    assert round_ticks(high) == ticks


def test_map__draws_every_post_and_every_late_service():
    ensemble = make_ensemble()
    summary, ground = describe(ensemble, lang="id"), make_ground(make_city(), ensemble.sites)
    found = spots(ensemble, summary, ground)
    assert sum(sum(spot.people.values()) for spot in found) == ensemble.posts.people.sum()
    marked = {(each.service, each.place) for spot in found for each in spot.late}
    assert marked == {(each.service, each.place) for each in summary.late if each.verdict in ("missed", "undecided")}
    root = ET.fromstring(draw_map(found, ground, words("id"), width=720, key="m"))
    drawn = [node for node in root.iter("path") if str(node.get("class")).startswith("late")]
    assert len(drawn) == len(marked)


def test_map__posts_at_unknown_sites_are_drawn():
    ensemble = make_ensemble()
    moved = ensemble.posts.assign(at="nowhere", lon=112.70, lat=-7.90)
    ensemble = replace(ensemble, posts=moved)
    found = spots(ensemble, describe(ensemble, lang="id"), make_ground(None, ensemble.sites))
    assert next(spot for spot in found if spot.people).key == "nowhere"


def test_map__posts_of_an_area_at_a_place_are_said_to_be_around_it():
    ensemble = make_ensemble()
    area = ensemble.sites.head(1).assign(place="3573011001", name="Arjosari", role="", kind="kelurahan")
    ensemble = replace(ensemble, sites=pd.concat([ensemble.sites, area], ignore_index=True))
    kpu = ensemble.sites.set_index("place").loc["kpu"]
    post = ensemble.posts.head(1).assign(lon=kpu.lon, lat=kpu.lat)
    ground = make_ground(None, ensemble.sites)
    for at, said in (("kpu", "KPU"), ("3573011001", "KPU dan sekitarnya")):
        found = spots(replace(ensemble, posts=post.assign(at=at)), describe(ensemble, lang="id"), ground)
        drawn = str(draw_map(found, ground, words("id"), width=720, key="m"))
        assert f">{said}</text>" in drawn, at
        assert ("sekitarnya" in drawn) == (at != "kpu")


def test_map__a_guessed_position_joins_no_known_place():
    ensemble = make_ensemble()
    guess = ensemble.sites.head(1).assign(place="kodim", name="Kodim", role="venue", kind="kodim", quality="unknown")
    ensemble = replace(ensemble, sites=pd.concat([ensemble.sites, guess], ignore_index=True))
    found = spots(ensemble, describe(ensemble, lang="id"), make_ground(None, ensemble.sites))
    kodim = next(spot for spot in found if spot.key == "kodim")
    kpu = next(spot for spot in found if spot.key == "kpu")
    assert (kodim.guessed, kodim.name, kpu.guessed, kpu.name) == (True, "Kodim", False, "KPU")


def test_interval_bar__of_a_wait_that_one_in_ten_never_end_runs_to_the_edge_on_the_scale_of_the_rest():
    row = describe(make_ensemble(), lang="en").row("response_police_s")
    row = replace(row, estimate=Estimate(12.0, 11.0, 13.0), p05=4.0, p95=math.inf, standard=10.0)
    bar = str(interval_bar(row, key="a", title="t", width=216.0))
    centre = float(re.search(r'cx="([\d.]+)"', bar)[1])
    assert centre == pytest.approx(8.0 + 200.0 * 12.0 / 13.0, abs=0.1)
    assert 'x2="208"' in re.search(r'<line[^>]*class="spread"[^>]*>', bar)[0]
    assert (row.show(row.p95), row.show(math.nan)) == ("∞", "–")


def test_key_events__told_once_in_time_and_in_words():
    log = [
        (0.0, "gathering", "kpu", "", "aksi/0"), (60.0, "gathering", "kpu", "", "aksi/1"),
        (90.0, "unmet", "kpu", "", "10 traffic"), (95.0, "unmet", "kpu", "", "10 traffic"),
        (100.0, "stage_kuning", "kpu", "", "from hijau"), (200.0, "stage_kuning", "kpu", "", "from hijau"),
        (210.0, "divert", "F001", "", "F005"), (220.0, "home", "kpu", "x", ""),
    ]  # fmt: skip
    timeline = pd.DataFrame(log, columns=["t", "event", "place", "unit", "detail"])
    told = key_events(replace(make_ensemble(), timeline=timeline), choices()["events_told"], "en")
    assert [(event.index, event.t, event.sentence) for event in told] == [
        (1, 0.0, "People begin to gather at KPU Kota Malang."),
        (2, 90.0, "A request from KPU Kota Malang stays unmet: 10 traffic officers."),
        (3, 100.0, "KPU Kota Malang enters tahap kuning."),
        (4, 200.0, "KPU Kota Malang enters tahap kuning."),
        (5, 210.0, "RSUD Dr. Saiful Anwar (RSSA) is full; patients are diverted to RS Lavalette."),
    ]
    assert [(event.clock, event.minute) for event in told[1:3]] == [("00:01", 1), ("00:01", 1)]  # rounded down
    many = pd.concat([timeline.assign(event="death", t=timeline.t + k, detail=str(k)) for k in range(12)])
    crowded = key_events(replace(make_ensemble(), timeline=pd.concat([many, timeline])), choices()["events_told"], "en")
    assert len(crowded) == 24
    assert all("dies" in event.sentence for event in crowded)


def test_key_events__say_kinds_and_which_way_a_stage_went():
    log = [
        (60.0, "incident", "kpu", "", "perusakan-atm"), (60.0, "call", "kpu", "", "vandalism"),
        (90.0, "provoke", "kpu", "", "pelemparan-kpu-1"), (200.0, "stage_kuning", "kpu", "", "from merah"),
    ]  # fmt: skip
    timeline = pd.DataFrame(log, columns=["t", "event", "place", "unit", "detail"])
    told = key_events(replace(make_ensemble(), timeline=timeline), choices()["events_told"], "en")
    assert [event.sentence for event in told] == [
        "Incident at KPU Kota Malang: vandalism.",
        "At KPU Kota Malang some people turn to violence.",
        "KPU Kota Malang is back at tahap kuning, down from merah.",
    ]


def test_key_events__arrivals_at_many_places_are_one():
    """Three in a minute are told each, four as one; later reinforcements of the same minute too; bays are a number."""
    log = [(600.0 + k, "gathering", f"T{k}", "", f"pantau/{k}") for k in range(4)]
    log += [(900.0, "gathering", f"L{k}", "", f"aksi/{k}") for k in range(3)]
    log += [(960.0, "reinforce", "kpu", "", f"{k} s") for k in (60, 90)] + [(970.0, "surge", "kpu", "", "3 more bays")]
    timeline = pd.DataFrame(log, columns=["t", "event", "place", "unit", "detail"])
    told = key_events(replace(make_ensemble(), timeline=timeline), choices()["events_told"], "en")
    assert [event.sentence for event in told] == [
        "People begin to gather at 4 places within a minute, T0 among them.",
        *(f"People begin to gather at L{k}." for k in range(3)),
        "Reinforcement from outside the city is asked for.",
        "KPU Kota Malang opens its surge bays: 3.",
    ]


def test_late_shape__equal_areas():
    shapely = pytest.importorskip("shapely")
    for service in ("fire", "ambulance"):
        points = [tuple(map(float, pair.split())) for pair in late_shape(service, 0, 0, 10).strip("MZ").split("L")]
        assert shapely.Polygon(points).area == pytest.approx(3.14159 * 100, rel=0.02)


def test_element__escapes_words_and_keeps_drawings():
    assert element("text", "<b>", x=1.0) == '<text x="1">&lt;b&gt;</text>'
    assert element("g", element("path", d='"')) == '<g><path d="&#34;"/></g>'
    assert path([(0, 0), (1.25, 2)], close=True) == "M0 0L1.2 2Z"


def test_text_width__is_no_underestimate():
    font = pytest.importorskip("PIL.ImageFont")
    try:
        face = font.truetype("DejaVuSans.ttf", 100)
    except OSError:
        pytest.skip("no DejaVu Sans to measure with")
    for line in (
        "Bawaslu · Polsek Blimbing",
        "pemadam terlambat 100 %",
        "POL 166 · BRI 100 · TNI 34",
        "Rumah Sakit Umum",
    ):
        assert text_width(line, 100) >= 0.97 * face.getlength(line)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("KPU Kota Malang", "KPU"),
        ("Polresta Malang Kota", "Polresta"),
        ("Balai Kota Malang (city hall)", "Balai Kota Malang"),
        ("Kota Malang", "Kota Malang"),
    ],
)
def test_short_name__leaves_something_to_read(name, short):
    assert short_name(name, "Kota Malang") == short


def test_agency__known_and_unknown():
    assert agency_code("satpol_pp", words("id")) == "SPP"
    assert agency_code("pramuka", words("id")) == "PRA"
    assert agency_name("satpol_pp", "id") == "Satpol PP"
    assert agency_name("pramuka", "en") == "pramuka"
