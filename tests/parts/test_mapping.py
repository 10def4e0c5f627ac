"""The risk map of a city: what enters, what it may not change, and that its sums are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from parts.generated import START, history_of
from sispamkota.errors import InputError
from sispamkota.place import City
from sispamkota.risk import RiskMap
from sispamkota.risk.calendar import calendar
from sispamkota.risk.fit import fit_fast
from sispamkota.risk.forecast import Known
from sispamkota.risk.forecasting import forecaster
from sispamkota.risk.history import History
from sispamkota.risk.indicators import COLUMNS as INDICATORS
from sispamkota.risk.indicators import Indicators
from sispamkota.risk.mapping import Evidence, at_level, map_risk
from sispamkota.risk.opportunity import opportunities, spread_kinds
from sispamkota.risk.riskmap import KINDS
from sispamkota.risk.score import score_history
from sispamkota.risk.tables import rates_on
from sispamkota.risk.totals import expected

VOTE, EVE = date(2024, 11, 27), date(2024, 11, 26)
BUSY = "35.73.05.1001"


@pytest.fixture(scope="module")
def city() -> City:
    return City.load("malang")


def history(city, *, n=40, place=BUSY, day="2023-05-10", kind="clash") -> History:
    """So many incidents of a kind at one place on one day."""
    places = tuple(city.kelurahan["kode"])
    table = pd.DataFrame(
        {
            "id": [f"H{i}" for i in range(n)],
            "when": pd.Timestamp(f"{day} 15:00"),
            "hour_known": True,
            "known": pd.Timestamp(day),
            "place": place,
            "lon": np.nan,
            "lat": np.nan,
            "kind": kind,
            "source": "test",
            "note": "",
        }
    )
    return History("test", table, date(2022, 1, 1), date(2024, 11, 27), places)


@pytest.fixture(scope="module")
def plain(city) -> RiskMap:
    return map_risk(city, day=VOTE, as_of=EVE)


def per_place(riskmap, kinds=None, **more):
    return expected(riskmap, ["place"], kinds=kinds, **more)["mean"]


def test_map__without_a_history_is_the_rates_before_counting(city, plain):
    """Each kind's sum over places is that of its table, spread by where it can happen."""
    table = RiskMap.join([RiskMap.load("malang"), RiskMap.load("pilkada")])
    for kind in KINDS:
        assert expected(plain, [], kinds=[kind])["mean"][0] == pytest.approx(
            expected(table, [], kinds=[kind])["mean"][0]
        )
    shares, _ = spread_kinds(city, ["attack"])
    got = per_place(plain, ["attack"]).reindex(city.kelurahan["kode"]).to_numpy()
    assert np.corrcoef(got / got.sum(), shares[:, 0])[0, 1] > 0.99


def test_map__a_list_of_unknown_completeness_says_where_and_not_how_many(city, plain):
    busy = map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=history(city)))
    assert expected(busy, [], kinds=["clash"])["mean"][0] == pytest.approx(
        expected(plain, [], kinds=["clash"])["mean"][0]
    )
    assert per_place(busy, ["clash"])[BUSY] > 5 * per_place(plain, ["clash"])[BUSY]
    assert any(note.key == "risk.incomplete" for note in busy.notes)


def test_map__a_complete_list_says_how_many_of_its_kind_and_of_no_other(city, plain):
    """n of a kind where the tables expect E, day by day at their tension: (a + n)/(a + share·E) times as many."""
    made = history(city)
    expect = 0.192 * ((date(2024, 11, 27) - made.start).days + 0.5 * 60)  # 60 days of campaign
    for share in (1.0, 0.5):
        full = map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=made, complete={"clash": share}))
        now, before = (expected(each, ["kind"])["mean"] for each in (full, plain))
        assert now["clash"] / before["clash"] == pytest.approx((1 + 40) / (1 + share * expect), rel=1e-3), share
        np.testing.assert_allclose(now.drop("clash"), before.drop("clash"), rtol=1e-9)


def test_map__incidents_without_a_place_count_for_the_city_and_are_told(city):
    placed, whole = history(city), Evidence(history=history(city), complete={"clash": 1.0})
    table = placed.table.copy()
    table.loc[:29, "place"] = ""
    lost = Evidence(history=replace(placed, table=table), complete={"clash": 1.0})
    maps = [map_risk(city, day=VOTE, as_of=EVE, evidence=each) for each in (whole, lost)]
    a, b = (expected(each, [], kinds=["clash"])["mean"][0] for each in maps)
    assert a == pytest.approx(b)
    assert [note.count for note in maps[1].notes if note.key == "risk.nowhere"] == [30]
    assert maps[0].basis["counted"] - maps[1].basis["counted"] == 30


def test_map__an_incident_at_an_hour_of_no_rate_counts_without_its_hour(city):
    """Polling is over at 23: a disruption written down for then does not stop the map."""
    late = history(city, n=1, kind="tps-disruption")
    late = replace(late, table=late.table.assign(when=pd.Timestamp("2024-02-14 23:00")))
    found = map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=late))
    assert found.basis["counted"] == 1
    assert [note.count for note in found.notes if note.key == "risk.closed"] == [1]


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_map__a_share_that_is_none_is_refused(city, share):
    with pytest.raises(InputError, match="above 0"):
        map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(complete={"clash": share}))


@pytest.mark.parametrize("day", [VOTE, date(2024, 12, 1)])
def test_map__nothing_of_the_day_itself_may_be_known(city, day):
    with pytest.raises(InputError, match="before"):
        map_risk(city, day=VOTE, as_of=day)


def test_map__what_was_written_down_later_is_not_known(city):
    """Incidents of last year that were reported next month do not enter; nor do indicators of a later day."""
    made = history(city)
    late = replace(made, table=made.table.assign(known=pd.Timestamp("2024-12-20")))
    none = map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=late))
    assert none.basis["counted"] == 0
    columns = {
        "place": city.kelurahan["kode"],
        "level": "kelurahan",
        "indicator": "x.a",
        "unit": "1",
        "direction": "up",
    }
    table = pd.DataFrame(columns).assign(
        direction="up", value=np.arange(57.0), source="t", date="2024-11-27", quality="official", tag="official"
    )
    later = Indicators("x", table[list(INDICATORS)])
    assert map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(indicators=later)).basis["indicators"] == []
    known = replace(later, table=later.table.assign(date="2024-11-26"))
    assert map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(indicators=known)).basis["indicators"] == ["x.a"]


def test_map__draws_of_the_posterior_have_the_level_that_the_map_has(city):
    """What nobody knows to be complete leaves the level before counting, in the draws too."""
    held = []

    def fit(counts, prior):
        found = fit_fast(counts, prior)
        held.append((found.level, prior.rate.mean(axis=1)))
        return found

    map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=history(city)), fit=fit)
    level, before = held[0]
    at = at_level(fit_fast(*_fitted(city)), _fitted(city)[1], (np.ones(12), _fitted(city)[1].shape))
    drawn = at.draws(20_000, seed=1).level.mean(axis=0)
    np.testing.assert_allclose(drawn, before, rtol=0.1)
    assert not np.allclose(level, before, rtol=0.1)


def _fitted(city):
    """The counts and rates that `map_risk` fits."""
    held = []

    def fit(counts, prior):
        held.append((counts, prior))
        return fit_fast(counts, prior)

    map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=history(city)), fit=fit)
    return held[0]


def test_tables__each_hour_has_those_of_its_own_phase(city):
    """A calendar with two phases on one day: no hour has the rates of both."""
    phases = [each for each in calendar().phases if each.id in ("coblos", "kampanye")]
    day, night = (each.model_copy(update={"start": VOTE, "end": VOTE}) for each in phases[::-1])
    split = calendar().model_copy(
        update={"phases": (day.model_copy(update={"to_h": 13}), night.model_copy(update={"from_h": 13, "to_h": 24}))}
    )
    rates = rates_on(VOTE, split, background="malang").to_array(["*"], ["clash", "tps-disruption", "medical"])[0]
    assert set(rates[0]) == {0.008}
    assert (rates[1][:13] > 0).any()
    assert not (rates[1][13:] > 0).any()
    assert rates[2].sum() == pytest.approx(24.0)


def test_opportunity__offices_draw_what_is_about_offices(city, plain):
    attack, medical = (per_place(plain, [kind]) / per_place(plain, [kind]).sum() for kind in ("attack", "medical"))
    kpu = "35.73.01.1007"
    assert attack[kpu] > 2 * medical[kpu]
    none = map_risk(replace(city, venues=city.venues[city.venues["kind"] != "kpu"]), day=VOTE, as_of=EVE)
    assert per_place(none, ["attack"])[kpu] < per_place(plain, ["attack"])[kpu] / 2


def test_map__nothing_after_the_day_of_knowledge_enters(city):
    """Incidents of a later day change nothing, to the byte, but for the window."""
    early = history(city)
    late = history(city, n=300, place="35.73.01.1001", day="2024-06-01")
    both = replace(early, table=pd.concat([early.table, late.table], ignore_index=True))
    maps = [map_risk(city, day=VOTE, as_of=date(2024, 1, 1), evidence=Evidence(history=each)) for each in (early, both)]
    pd.testing.assert_frame_equal(maps[0].table, maps[1].table)
    assert maps[0].basis == maps[1].basis


def test_map__permuting_the_kelurahan_changes_nothing(city):
    """Rates stay with their places, to rounding."""
    order = np.random.default_rng(3).permutation(len(city.kelurahan))
    mixed = replace(city, kelurahan=city.kelurahan.iloc[order].reset_index(drop=True))
    a, b = (
        per_place(map_risk(each, day=VOTE, as_of=EVE, evidence=Evidence(history=history(city))))
        for each in (city, mixed)
    )
    np.testing.assert_allclose(a.sort_index(), b.sort_index(), rtol=1e-5)


def test_map__can_be_kept_and_read_back(plain, tmp_path):
    plain.save(tmp_path / "map")
    back = RiskMap.load(tmp_path / "map")
    assert back.basis == plain.basis
    assert back.notes == plain.notes
    np.testing.assert_allclose(per_place(back), per_place(plain))
    pd.testing.assert_frame_equal(back.why, plain.why)


def test_why__counts_what_was_recorded_here_and_next_door(city):
    why = map_risk(city, day=VOTE, as_of=EVE, evidence=Evidence(history=history(city, n=7))).why.set_index("place")
    assert why.loc[BUSY, "recorded"] == 7
    assert why.loc[BUSY, "beside"] == 0
    assert why["recorded"].sum() == 7
    assert (why.loc[why.index != BUSY, "beside"] == 7).sum() >= 2


def test_columns__know_no_camp_and_no_person(plain, city):
    """What a map keeps names places, kinds, rates and sources."""
    words = " ".join([*plain.table.columns, *plain.why.columns, *plain.basis]).casefold()
    assert not any(word in words for word in ("camp", "calon", "paslon", "partai", "party", "nama_", "nik", "phone"))


# --- sums


def rows(*cells) -> RiskMap:
    """A map from (place, kind, hour, rate, shape, draw)."""
    names = ("place", "kind", "hour", "rate_per_h", "shape", "draw")
    table = pd.DataFrame(cells, columns=list(names)).assign(
        low_per_h=0.0, high_per_h=9.0, source="t", tag="assumed", note=""
    )
    return RiskMap("t", table)


def test_expected__adds_what_a_draw_shares_and_what_it_does_not():
    """Means add; variances add between draws, standard deviations within one; checked by drawing."""
    it = rows(("a", "clash", 8, 2.0, 4.0, "x"), ("b", "clash", -1, 1.0, 4.0, "x"), ("a", "fire", -1, 0.5, 2.0, "y"))
    row = expected(it, []).iloc[0]
    factors = np.random.default_rng(1).gamma([4.0, 2.0], [1 / 4.0, 1 / 2.0], (400_000, 2))
    drawn = factors[:, 0] * (2.0 + 24.0) + factors[:, 1] * 12.0
    assert row["mean"] == pytest.approx(38.0)
    shape = 38.0**2 / (26.0**2 / 4 + 12.0**2 / 2)
    assert drawn.var() == pytest.approx(38.0**2 / shape, rel=0.02)
    np.testing.assert_allclose(
        row[["low", "high"]].astype(float), stats.gamma.ppf([0.05, 0.95], shape, scale=38.0 / shape)
    )
    small = expected(it, [], hours=[8], kinds=["fire"]).iloc[0]
    assert small["chance"] == pytest.approx(1 - np.mean(np.exp(-0.5 * factors[:, 1])), abs=2e-3)


def test_expected__tension_multiplies_trouble_by_the_hour_and_never_the_ordinary_day():
    it = rows(("a", "clash", -1, 1.0, np.inf, "x"), ("a", "medical", -1, 1.0, np.inf, "y"))
    tension = np.where(np.arange(24) < 12, 1.0, 3.0)
    means = expected(it, ["kind"], tension=tension)["mean"]
    assert means["clash"] == 48.0
    assert means["medical"] == 24.0
    assert expected(it, ["kind"], hours=[23], tension=tension)["mean"]["clash"] == 3.0
    certain = expected(it, []).iloc[0]
    assert certain["low"] == certain["mean"] == certain["high"]


# --- calendar and opportunity


def test_calendar__agrees_with_the_scenarios_on_days_and_tension():
    from sispamkota.rehearsal import Scenario

    dates, season = calendar(), Scenario.load("season")
    begin = pd.Timestamp(season.file.start)
    told = {phase.id: phase.tension for phase in season.file.phases if phase.id != "pemungutan"}
    known = {phase.id: phase.tension.value for phase in dates.phases}
    assert {name: known[name] for name in told} == told
    for phase in season.file.phases:
        if phase.from_min is not None:
            first = (begin + pd.Timedelta(minutes=phase.from_min)).date()
            assert dates.at(first, 12) is not None
    assert list(dates.tension(VOTE)) == [1.0] * 13 + [3.0] * 6 + [1.5] * 5
    assert dates.tables(VOTE) == ("pilkada",)
    assert dates.tables(date(2026, 1, 1)) == ("season",)


def test_opportunity__shares_are_whole_and_every_kind_is_named(city):
    book = opportunities()
    assert set(book.kinds) == set(KINDS)
    spread, notes = spread_kinds(city, KINDS)
    np.testing.assert_allclose(spread.sum(axis=0), 1.0)
    assert (spread > 0).all()
    by_tps = spread[:, KINDS.index("tps-disruption")]
    np.testing.assert_allclose(by_tps, city.kelurahan["tps"] / city.kelurahan["tps"].sum())
    assert notes[0].tag == "assumed"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{people: 0.5, tps: 0.2}", "add to 1"),
        ("{people: 0.5, venues: 0.5}", "kinds of venues"),
        ("{people: 0.5, venues: 0.5, at: [kantor-partai]}", "known"),
        ("{venues: 1, at: [kpu]}", "ruled out"),
    ],
)
def test_opportunity__a_file_that_does_not_fit_is_refused(tmp_path, text, what):
    path = tmp_path / "o.yaml"
    path.write_text(
        f"kind: opportunity\nversion: 1\nsource: us\ntag: assumed\nkinds:\n  clash: {text}\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match=what):
        opportunities(path=path)


@pytest.mark.slow
def test_forecaster__finds_a_known_signal(city):
    """Half of the kelurahan have four times the incidents a head, 200 a year: of four histories three are told."""
    places, better = tuple(city.kelurahan["kode"]), 0
    for seed in range(1, 5):
        rng = np.random.default_rng(seed)
        weight = city.kelurahan["population"].to_numpy(float) * np.where(
            rng.permutation(len(places)) % 2 == 0, 4.0, 1.0
        )
        n = rng.poisson(200)
        place = rng.choice(len(places), n, p=weight / weight.sum())
        made = history_of(rng.uniform(0, 364, n), place, ["clash"] * n, places=places, days=364)
        scores = score_history(made, horizon=timedelta(days=7), kinds=["clash"], model=forecaster(city))
        assert scores.enough
        assert scores.difference("mean").value < 0
        assert scores.difference("last").high < 0
        better += scores.better
    assert better >= 3


def test_forecaster__what_it_remembers_changes_no_forecast(city):
    """Quiet windows reuse where and when; the same forecast comes from a fresh forecaster."""
    places = tuple(city.kelurahan["kode"])
    made = history_of([1.0, 20.0, 50.0], [3, 3, 9], ["clash"] * 3, places=places, days=120)
    remembered = forecaster(city)
    for day in (60, 90):
        events, untimed, exposure = made.until(START + timedelta(days=day)).counts(places, ["clash"])
        known = Known(places, ("clash",), events, untimed, exposure)
        a, b = remembered(known, 168.0), forecaster(city)(known, 168.0)
        np.testing.assert_allclose(a.mean, b.mean, rtol=1e-9)
        np.testing.assert_allclose(a.shape, b.shape, rtol=1e-9)
