"""The figures: what they show is what the tables say, in one style, in files that are always the same."""

from __future__ import annotations

import importlib.util
import re
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from laws.worlds import inputs
from parts.ensemble_fixture import make_ensemble
from sispamkota.errors import InputError
from sispamkota.plotting import colour, rc, save_figure
from sispamkota.rehearsal import compare, rehearse
from sispamkota.rehearsal.compare import Comparison, Difference
from sispamkota.rehearsal.draw import HARM
from sispamkota.rehearsal.sensitivity import Design, Effect, Sensitivity
from sispamkota.review import plots
from sispamkota.risk import RiskMap
from sispamkota.show import html_table
from sispamkota.words import catalogue

ROOT = Path(__file__).parents[2]
OF_ENSEMBLES = ("harm", "ladder", "responses", "force_ledger", "hospitals", "reserve", "late_places")


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def ensemble():
    return make_ensemble()


@pytest.fixture(scope="module")
def good(ensemble):
    return ensemble.rows[ensemble.rows["status"] == "ok"]


def dots_of(axes) -> list[float]:
    """Where the dots of a figure of rows stand, from the top."""
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]


# --- what they show ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_ENSEMBLES)
@pytest.mark.parametrize("lang", ["id", "en"])
def test_figures__speak_the_language_and_draw_where_they_are_told(ensemble, name, lang):
    ax = plt.figure().subplots()
    assert plots.FIGURES[name](ensemble, ax=ax, lang=lang) is ax
    assert ax.get_title(loc="left") == catalogue(lang)[f"figures.{name}"]
    assert ax.get_xlabel()


def test_responses__at_the_standard_is_the_share_counted_by_hand(ensemble):
    axes = plots.responses(ensemble, lang="en")
    lines = {line.get_label(): line for line in axes.lines}
    for service, minutes in (("police", 10.0), ("fire", 15.0), ("ambulance", 15.0)):
        calls = ensemble.responses[ensemble.responses["service"] == service]
        expected = 100.0 * (calls["seconds"] <= 60.0 * minutes).sum() / len(calls)
        line = lines[service]
        at = np.flatnonzero(np.isclose(line.get_xdata(), minutes))[0]
        assert line.get_ydata()[at] == pytest.approx(expected)
    assert (
        len({line.get_linestyle() for line in lines.values() if line.get_label() in ("police", "fire", "ambulance")})
        == 3
    )


def test_ladder__bars_fill_the_time_with_the_means(ensemble):
    axes = plots.ladder(ensemble, lang="en")
    ok = ensemble.rows.loc[ensemble.rows["status"] == "ok", "replicate"]
    kpu = ensemble.places[(ensemble.places["place"] == "kpu") & ensemble.places["replicate"].isin(ok)]
    bars = [container.patches for container in axes.containers]
    assert len(bars) == 3
    row = [text.get_text() for text in axes.get_yticklabels()].index("KPU")
    widths = [patches[row].get_width() for patches in bars]
    merah = 100.0 * kpu["seconds_merah"].mean() / ensemble.horizon_s
    kuning = 100.0 * kpu["seconds_kuning"].mean() / ensemble.horizon_s
    assert widths == pytest.approx([100.0 - kuning - merah, kuning, merah])
    assert [to_hex(patches[row].get_facecolor()) for patches in bars] == [
        colour(s) for s in ("hijau", "kuning", "merah")
    ]


def test_harm__dots_are_the_medians_and_force_stands_apart(ensemble, good):
    axes = plots.harm(ensemble, lang="en")
    assert dots_of(axes) == [float(good[name].median()) for name in HARM]
    assert HARM[-1] == "injured_by_force"
    assert any(line.get_ydata()[0] == len(HARM) - 1.5 for line in axes.lines)


def test_force_ledger__counts_replicates_by_stage(ensemble, good):
    axes = plots.force_ledger(ensemble, lang="en")
    reached = [100.0 * (good["force_stage_max"] >= stage).mean() for stage in range(1, 7)]
    anybody = [100.0 * (good[name] > 0).mean() for name in ("dispersed", "detained", "injured_by_force")]
    assert dots_of(axes) == pytest.approx([*reached, *anybody])


@pytest.mark.parametrize(
    ("name", "column", "scale", "over"),
    [("hospitals", "hospital_peak_share", 100.0, True), ("reserve", "reserve_low_people", 1.0, False)],
)
def test_exceedance__is_counted_by_hand(ensemble, good, name, column, scale, over):
    (line,) = [each for each in plots.FIGURES[name](ensemble, lang="en").lines if len(each.get_xdata()) > 2]
    values = scale * good[column].to_numpy()
    for x, y in list(zip(line.get_xdata(), line.get_ydata(), strict=True))[::17]:
        hit = values >= x if over else values <= x
        assert y == pytest.approx(100.0 * hit.mean())


def test_late_places__are_the_ones_with_most_late_calls(ensemble):
    axes = plots.late_places(ensemble, lang="en")
    calls = ensemble.responses[(ensemble.responses["service"] == "fire") & (ensemble.responses["place"] == "bawaslu")]
    late = 100.0 * (1.0 - (calls["seconds"] <= 900.0).mean())
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert dots_of(axes)[labels.index("Bawaslu, fire")] == pytest.approx(late)
    assert dots_of(axes) == sorted(dots_of(axes), reverse=True)


def test_comparison__hollow_is_what_may_be_luck():
    rows = (
        Difference("harm_people", "persons", 10.0, 9.0, -1.0, -2.0, 0.1, 50, 1.0, 0.06),
        Difference("detained", "persons", 200.0, 100.0, -100.0, -110.0, -90.0, 50, 1.0, 1e-9, sure=True),
        Difference("dispersed", "persons", 10.0, 10.4, 0.4, 0.01, 0.8, 50, 1.0, 0.04),
    )
    axes = plots.comparison(Comparison("one", "two", "s", 50, rows), lang="en")
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in dots] == pytest.approx([-10.0, -50.0])  # dispersed may be luck
    assert [to_hex(line.get_color()) == colour("paper") for line in dots] == [True, False]


def test_sensitivity__the_strongest_on_top():
    effects = (Effect("beta", 5.0, 4.0, 6.0, 1.0, 1.0), Effect("kappa", 2.0, 0.0, 4.0, 1.0, 1.0))
    axes = plots.sensitivity(Sensitivity("harm_people", "persons", "s", "p", 9, 0, Design(), effects), lang="en")
    assert dots_of(axes) == [5.0, 2.0]


def test_maps__every_kelurahan_has_a_shade_and_every_post_a_disc():
    _, plan, city = inputs()
    axes = plots.plan_map(plan, city, lang="en")
    (discs,) = axes.collections
    places = {post.at for post in plan.posts}
    assert len(discs.get_offsets()) == len(places)
    assert discs.get_sizes().sum() == pytest.approx(5.0 * plan.force.people)
    empty = plots.risk_map(RiskMap.load("malang"), city, lang="en")  # of ordinary days only: no trouble to shade
    assert len(empty.patches) == len(city.kelurahan)


# --- one style --------------------------------------------------------------------------------------------------------


def test_style__colours_are_those_of_the_report():
    css = (ROOT / "src/sispamkota/review/templates/report.css").read_text(encoding="utf-8").split("@media")[0]
    said = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]+)", css))
    own = tomllib.loads((ROOT / "src/sispamkota/data/figures.toml").read_text(encoding="utf-8"))["colour"]
    assert {name: to_hex(said[name]) for name in own} == {name: to_hex(value) for name, value in own.items()}


def test_style__stages_are_told_apart_in_grey_and_by_those_who_see_less_colour():
    def light(rgb: np.ndarray) -> float:
        return float(rgb @ (0.2126, 0.7152, 0.0722))

    stages = [np.array(mpl.colors.to_rgb(colour(name))) for name in ("hijau", "kuning", "merah")]
    deutan = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])  # Machado et al. 2009
    for seen in (stages, [deutan @ each for each in stages]):
        gaps = [np.linalg.norm(a - b) for k, a in enumerate(seen) for b in seen[k + 1 :]]
        assert min(gaps) > 0.15
    assert abs(light(stages[1]) - light(stages[2])) > 0.15


def test_style__leaves_the_users_own_alone(ensemble):
    before = dict(mpl.rcParams)
    plots.harm(ensemble, lang="en")
    assert dict(mpl.rcParams) == before
    assert set(rc()) <= set(before)


def test_save__equal_figures_give_equal_bytes_and_text_stays_text(ensemble, tmp_path):
    files = [save_figure(plots.ladder(ensemble, lang="en"), tmp_path / f"{k}.svg") for k in range(2)]
    assert files[0].read_bytes() == files[1].read_bytes()
    texts = {"".join(each.itertext()).strip() for each in ET.parse(files[0]).iter() if each.tag.endswith("}text")}
    assert {"KPU", "Bawaslu", catalogue("en")["figures.ladder"]} <= texts
    for suffix in ("png", "pdf"):
        two = [save_figure(plots.harm(ensemble), tmp_path / f"{k}.{suffix}").read_bytes() for k in range(2)]
        assert two[0] == two[1]


def test_save__another_suffix_is_refused(ensemble, tmp_path):
    with pytest.raises(InputError, match=r"\.svg, \.png, \.pdf"):
        save_figure(plots.harm(ensemble), tmp_path / "harm.gif")


# --- the gallery ------------------------------------------------------------------------------------------------------


def gallery():
    spec = importlib.util.spec_from_file_location("figures_tool", ROOT / "tools" / "figures.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def said_by(axes) -> set[str]:
    """The words of a figure that no seed changes: title, axes, key."""
    key = axes.get_legend()
    words = [axes.get_title(loc="left"), axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
    words += [text.get_text() for text in key.get_texts()] if key else []
    return {line for each in words for line in each.split("\n") if line and not re.search(r"\d", line)}


def test_gallery__every_function_is_shown_and_its_lines_still_make_the_picture(monkeypatch):
    monkeypatch.setenv("LC_ALL", "en")
    seen = set()
    for name, axes, path in gallery().drawn():
        seen.add(name)
        assert path.is_file(), name
        assert path.stat().st_size < 400_000, name
        if path.suffix == ".svg":
            texts = {"".join(each.itertext()).strip() for each in ET.parse(path).iter() if each.tag.endswith("}text")}
            assert said_by(axes) <= texts, name
            drawn = sum(bool(each.get_text()) for each in axes.get_yticklabels()) if axes.axison else 0
            assert len(texts) >= min(drawn, 5), name
        plt.close(axes.figure)
    assert seen == set(plots.FIGURES) == set(plots.__all__) - {"FIGURES"}


# --- values show themselves -------------------------------------------------------------------------------------------


class Table(HTMLParser):
    """Count the heads and cells of a table, and gather its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows, self.scopes, self.text = 0, [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.rows += tag == "tr"
        self.scopes += [dict(attrs).get("scope")] if tag == "th" else []

    def handle_data(self, data):
        self.text += data + " "


def test_values__show_the_same_rows_as_text_and_as_a_table(monkeypatch):
    monkeypatch.setenv("LC_ALL", "en")
    scenario, plan, city = inputs()
    runs = rehearse(scenario, plan, city, replicates=20, seed=4)
    values = [city, plan, plan.force, scenario, runs, compare(runs, replace(runs, plan="B")), RiskMap.load("malang")]
    for value in values:
        kind, table = type(value).__name__, Table(value._repr_html_())
        assert table.rows >= 3, kind
        assert table.scopes.count("col") >= 2, kind
        assert table.scopes.count("row") == table.rows - 1, kind
        words = [set(re.findall(r"\w{4,}", each)) for each in (str(value), table.text)]
        assert words[1], kind
        assert words[1] <= words[0], kind
        assert kind == "City" or words[0] <= words[1], kind  # a city's text goes on with its places


def test_html__is_escaped():
    page = html_table("<b>&", ["a<"], [["<script>"]])
    assert "<script>" not in page
    assert "<b>" not in page
    assert page.count("&lt;") == 3
