import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, gamma

from parts.fake_city import FakeCity
from parts.page import bare
from sispamkota import store
from sispamkota.errors import InputError
from sispamkota.risk import KINDS, RiskMap
from sispamkota.risk.riskmap import ALL_HOURS, BACKGROUND, COLUMNS, EVERYWHERE

HEAD = "place,kind,hour,rate_per_h,shape,low_per_h,high_per_h,source,tag,note\n"
ROW = "kpu,fire,all,0.2,8,0.1,0.3,S1,reported,x\n"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "rates.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults_of(path):
    with pytest.raises(InputError) as caught:
        RiskMap.load(path)
    return [(fault.where.rsplit(":", 1)[-1], fault.field) for fault in caught.value.faults]


# --- the embedded background ------------------------------------------------------------------------------------------


def test_malang__background_of_medical_accident_and_fire():
    table = RiskMap.load("malang").to_table()
    assert set(table["kind"]) == set(BACKGROUND)
    assert set(table["place"]) == {EVERYWHERE}
    assert list(table.columns) == list(COLUMNS)


def test_malang__fires_are_two_a_month_with_the_interval_of_eight_counts():
    """facts.csv: about 2 a month in the first four months of 2017."""
    (fire,) = RiskMap.load("malang").to_table().query("kind == 'fire'").to_dict("records")
    hours = 4 * 365.25 * 24 / 12
    assert fire["shape"] == 8
    assert fire["rate_per_h"] == pytest.approx(8 / hours, rel=1e-4)
    assert fire["low_per_h"] == pytest.approx(chi2.ppf(0.025, 2 * 8) / 2 / hours, rel=5e-3)
    assert fire["high_per_h"] == pytest.approx(chi2.ppf(0.975, 2 * 8 + 2) / 2 / hours, rel=5e-3)


def test_malang__an_assumed_rate_spreads_over_its_stated_range_and_not_beyond():
    """The central 90 % of the gamma lies inside [low, high] and fills at least half of it."""
    for row in RiskMap.load("malang").to_table().query("tag == 'assumed'").to_dict("records"):
        low, high = gamma.ppf([0.05, 0.95], row["shape"], scale=row["rate_per_h"] / row["shape"])
        assert row["low_per_h"] <= low < high <= row["high_per_h"]
        assert high - low >= (row["high_per_h"] - row["low_per_h"]) / 2


def test_malang__says_which_rates_are_assumed():
    (assumption,) = RiskMap.load("malang").assumptions
    assert (assumption.tag, assumption.count) == ("assumed", 2)
    assert "accident, medical" in assumption.en
    assert "fire" not in assumption.en


def test_schema__the_reference_describes_every_column():
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "reference" / "riskmap.md").read_text(encoding="utf-8")
    for name in (*COLUMNS, *KINDS):
        assert f"`{name}`" in text, name


# --- spreading --------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=8))
def test_expand__the_parts_sum_to_the_city_and_follow_the_population(population):
    riskmap = RiskMap.load("malang")
    city = FakeCity(population=population)
    wide = riskmap.expand(city)
    before = riskmap.to_array([EVERYWHERE], KINDS)[0]
    after = wide.to_array(list(city.kelurahan["kode"]), KINDS)
    np.testing.assert_allclose(after.sum(axis=0), before)
    np.testing.assert_allclose(after[:, 0, 0] / before[0, 0], np.array(population) / sum(population))


def test_expand__kelurahan_share_the_draw_of_the_city():
    wide = RiskMap.load("malang").expand(FakeCity()).to_table()
    assert set(wide["draw"]) == {f"{kind}@*" for kind in BACKGROUND}
    assert EVERYWHERE not in set(wide["place"])
    assert len(wide) == len(BACKGROUND) * 3
    assert (wide["rate_per_h"] <= wide["high_per_h"]).all()
    assert (wide["rate_per_h"] >= wide["low_per_h"]).all()


@pytest.mark.parametrize("population", [(1.0, math.nan, 2.0), (0.0, 0.0, 0.0), (1.0, -1.0, 2.0)])
def test_expand__evenly_where_a_population_is_unknown(population):
    wide = RiskMap.load("malang").expand(FakeCity(population=population)).to_table()
    assert wide.groupby("kind")["rate_per_h"].nunique().tolist() == [1, 1, 1]


def test_expand__rows_of_one_place_stay(written):
    riskmap = RiskMap.load(written(HEAD + ROW)).expand(FakeCity())
    assert riskmap.to_table()["place"].tolist() == ["kpu"]


def test_to_array__hours_add_to_all(written):
    rows = ROW + ROW.replace("all", "7") + ROW.replace("all", "23").replace("kpu", "dprd")
    rates = RiskMap.load(written(HEAD + rows)).to_array(["dprd", "kpu"], ["medical", "fire"])
    assert rates.shape == (2, 2, 24)
    assert rates[:, 0].sum() == 0
    assert rates[0, 1].nonzero()[0].tolist() == [23]
    np.testing.assert_allclose(rates[1, 1], np.where(np.arange(24) == 7, 0.4, 0.2))


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("kpu,", ",", "place"), ("fire", "flood", "kind"), ("all", "24", "hour"), ("all", "-1", "hour"),
        ("all", "7.5", "hour"),
        ("all", "", "hour"), ("0.2", "-0.2", "rate_per_h"), ("0.2", "nan", "rate_per_h"), ("0.2", "inf", "rate_per_h"),
        ("0.2", "0,2", "row"), ("0.2", "0.4", "rate_per_h"), ("0.2", "0.05", "rate_per_h"), (",8,", ",0,", "shape"),
        (",8,", ",,", "shape"), ("S1", "", "source"), ("reported", "sure", "tag"), ("0.3", "x", "high_per_h"),
    ],
)  # fmt: skip
def test_load__a_bad_cell_is_named_by_line_and_column(written, old, new, field):
    assert ("3", field) in faults_of(written(HEAD + ROW.replace("kpu", "dprd") + ROW.replace(old, new, 1)))


def test_load__all_faults_at_once(written):
    text = HEAD + ROW.replace("fire", "x").replace("8", "-1") + ROW.replace("all", "99") + ROW + ROW
    assert faults_of(written(text)) == [("2", "kind"), ("2", "shape"), ("3", "hour"), ("5", "place")]


def test_load__a_missing_column_does_not_flood_the_list(written):
    found = faults_of(written(HEAD.replace("shape", "shap") + ROW))
    assert found == [("1", "shape")]


@pytest.mark.parametrize("name", ["malagn", "nowhere"])
def test_load__unknown_city(name):
    with pytest.raises(InputError) as caught:
        RiskMap.load(name)
    assert "malang" in caught.value.faults[0].remedy


# --- the value --------------------------------------------------------------------------------------------------------


def test_riskmap__save_and_load_keep_the_table(tmp_path):
    riskmap = RiskMap.load("malang").expand(FakeCity())
    riskmap.save(tmp_path / "out")
    again = store.load(tmp_path / "out")
    assert again.to_table().equals(riskmap.to_table())
    assert set(again.to_table()["hour"]) == {ALL_HOURS}


def test_riskmap__prints_incidents_a_day():
    riskmap = RiskMap.load("malang")
    line = next(line for line in str(riskmap).splitlines() if line.startswith("medical"))
    assert line.split()[1:3] == ["1", "24.0"]
    assert "<td>medical</td><td>1</td><td>24.0</td>" in bare(riskmap._repr_html_())


def test_riskmap__plot_has_a_line_for_each_kind():
    import matplotlib as mpl

    mpl.use("Agg")
    axes = RiskMap.load("malang").plot()
    assert len(axes.lines) == len(BACKGROUND)
    mpl.pyplot.close(axes.figure)


def test_load__hours_that_share_a_draw_are_equally_sure(written):
    rows = "kpu,fire,1,0.2,8,0.1,0.3,S1,reported,x\nkpu,fire,2,0.2,9,0.1,0.3,S1,reported,x\n"
    assert faults_of(written(HEAD + rows)) == [("3", "shape")]
    assert len(RiskMap.load(written(HEAD + rows.replace(",9,", ",8,"))).table) == 2


def test_none__has_no_rows_and_stays_so_when_expanded():
    riskmap = RiskMap.none()
    assert riskmap.table.empty
    assert riskmap.assumptions == ()
