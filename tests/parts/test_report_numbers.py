"""Every number of the page, read again from the Parquet files beside it; and what is claimed, claimed again."""

from __future__ import annotations

import functools
import html
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from parts import waiting
from parts.rehearsed import city, rehearsed, uncertain
from sispamkota.plan import Plan
from sispamkota.rehearsal import Ensemble, Scenario, rehearse
from sispamkota.review.answers import answers
from sispamkota.review.findings import sureness
from sispamkota.review.pdf import report_book
from sispamkota.review.report import render_report
from sispamkota.review.summary import choices, describe
from sispamkota.schema import quantity
from sispamkota.words import catalogue, number, words

SCALES = {"min": 60.0, "h": 3600.0, "person min": 60.0, "%": 0.01}
OUTCOMES = ["answered", "open", "not_needed"]
STAGES = ("hijau", "kuning", "merah")


class Numbers(HTMLParser):
    """Collect what carries data-of, and cells of figures that do not."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.bare: list[str] = []
        self._of: str | None = None
        self._text = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "data-of" in given or (tag == "td" and given.get("class") == "number"):
            self._inside, self._of, self._text = tag, given.get("data-of"), ""

    def handle_data(self, data):
        self._text += data

    def handle_endtag(self, tag):
        if tag == self._inside:
            if self._of:
                self.found.append((self._of, self._text))
            elif re.search(r"\d", self._text):
                self.bare.append(self._text)
            self._inside = ""


class Files:
    """Read a stored result's Parquet files, and compute what a cell of the page says."""

    def __init__(self, folder) -> None:
        self.frames = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
        rows = self.frames["rows"]
        self.ok = rows[rows.status == "ok"]
        self.horizon = self.frames["series"].t.max()
        self.calls = self.frames["responses"]

    def __call__(self, of: str) -> list[float]:
        kind, *path = of.split("/")
        return [getattr(self, kind)(*path[:-1], name) for name in path[-1].split(",")]

    def measures(self, name: str, what: str) -> float:
        service = name.split("_")[1] if name.startswith("response_") else None
        if name.startswith("within_"):
            return self._within(name.removeprefix("within_"), what)
        if name == "line_stood":
            return self._within("line", what)
        known = quantity(name)
        scale = SCALES.get(known.display_unit, 1.0)
        if what == "standard":
            return known.standard.value / scale
        if service:
            return self._response(service, what)
        values = np.sort(self.ok[name].dropna().to_numpy(float)) / scale
        if known.dtype == "bool":
            return self._event(self.ok[name].to_numpy(float), what)
        n = len(values)
        if not n:
            return {"n": 0, "censored": len(self.ok)}.get(what, math.nan)
        k = max(1, int(stats.binom.ppf(0.025, n, 0.5)))
        k = next(j for j in range(k + 2, 0, -1) if j == 1 or stats.binom.cdf(j - 1, n, 0.5) <= 0.025)
        return {
            "median": float(np.median(values)), "low": values[k - 1], "high": values[n - k],
            "p05": float(np.quantile(values, 0.05)), "p95": float(np.quantile(values, 0.95)), "n": n,
            "censored": len(self.ok) - n,
        }[what]  # fmt: skip

    def _event(self, hits, what: str) -> float:
        seen, n = int((hits > 0).sum()), len(hits)
        low = 100 * stats.beta.ppf(0.025, seen, n - seen + 1) if seen else 0.0
        high = 100 * stats.beta.ppf(0.975, seen + 1, n - seen) if seen < n else 100.0
        return {"median": 100 * seen / n, "low": low, "high": high, "n": n, "censored": 0}[what]

    def _response(self, service: str, what: str) -> float:
        calls = self.calls[self.calls.service == service]
        if what in ("n", "censored"):
            return len(calls) if what == "n" else int((calls.outcome != "answered").sum())
        if what in ("p05", "p95"):
            return waiting.quantile(calls, int(what[1:]) / 100) / 60
        return self._waits(service, "", what)

    def _within(self, service: str, what: str) -> float:
        known = quantity(f"response_{service}_s").standard
        standard = math.inf if known is None else known.value  # of a line it counts whether it ever stood
        calls = self.calls[self.calls.service == service]
        if what in ("n", "censored"):
            unknown = (calls.outcome == "open") & (calls.waited <= standard)
            return len(calls) if what == "n" else int(unknown.sum())
        if known is None:
            return [100 * end for end in waiting.share_by(calls, standard)][("median", "low", "high").index(what)]
        late = {"median": "share", "low": "share_high", "high": "share_low"}[what]
        return 100 - self._waits(service, "", late)

    def late(self, service: str, place: str, what: str) -> float:
        return self._waits(service, place, what)

    def service(self, service: str, what: str) -> float:
        return self._waits(service, "", what)

    @functools.cache  # noqa: B019 (as long-lived as the test)
    def _waits(self, service: str, place: str, what: str) -> float:
        calls = self.calls[(self.calls.service == service) & ((self.calls.place == place) | (place == ""))]
        if what in ("calls", "censored", "unneeded"):
            outcome = {"calls": OUTCOMES, "censored": ["open"], "unneeded": ["not_needed"]}[what]
            return int(calls.outcome.isin(outcome).sum())
        if what.startswith("share"):
            found = self._shares(service, place)
            return {"share": 100 - found[0], "share_high": 100 - found[1], "share_low": 100 - found[2]}[what]
        return self._medians(service, place)[("median", "low", "high").index(what)]

    @functools.cache  # noqa: B019
    def _shares(self, service: str, place: str) -> list[float]:
        calls = self.calls[(self.calls.service == service) & ((self.calls.place == place) | (place == ""))]
        standard = quantity(f"response_{service}_s").standard
        return [100 * end for end in waiting.share_by(calls, standard.value)] if standard else [math.nan] * 3

    @functools.cache  # noqa: B019
    def _medians(self, service: str, place: str) -> list[float]:
        calls = self.calls[(self.calls.service == service) & ((self.calls.place == place) | (place == ""))]
        return [end / 60 for end in waiting.median(calls)]

    def sure(self) -> dict[tuple[str, str], str]:
        """Tell of each service and place with calls enough whether it is late or in time, all together (Holm)."""
        found = {}
        for (service, place), calls in self.calls.groupby(["service", "place"]):
            standard = quantity(f"response_{service}_s").standard
            if standard is not None and len(calls) >= choices()["few_calls"]:
                late = self._shares(service, place)[0] < 50
                found[service, place] = waiting.p_half(calls, standard.value), "missed" if late else "met"
        verdicts, going = {}, True
        for k, (key, (p, said)) in enumerate(sorted(found.items(), key=lambda item: item[1][0])):
            going = going and p <= 0.05 / (len(found) - k)
            verdicts[key] = said if going else "undecided"
        return verdicts

    def places(self, place: str, what: str) -> float:
        own = self.frames["places"][self.frames["places"].place == place]
        stage, _, part = what.partition("_")
        if stage in STAGES:
            kuning, merah = own.seconds_kuning / self.horizon, own.seconds_merah / self.horizon
            share = 100 * {"hijau": 1 - kuning - merah, "kuning": kuning, "merah": merah}[stage]
            half = stats.norm.ppf(0.975) * share.sem()
            low, high = max(0.0, share.mean() - half), min(100.0, share.mean() + half)
            ends = {"p05": share.quantile(0.05), "p95": share.quantile(0.95)}
            return ({"mean": share.mean(), "low": low, "high": high} | ends)[part]
        return {
            "reached": 100 * (own.seconds_merah > 0).mean(), "breached": 100 * (own.layer >= 2).mean(),
            "fire": 100 * (own.fires > 0).mean(), "present": own.peak_present.median(),
            "violent": own.peak_violent.median(),
        }[what]  # fmt: skip

    def force(self, step: str, what: str) -> float:
        minutes = self.frames["places"].groupby("replicate")[f"force_{step}_s"].sum() / 60
        used = np.sort(minutes[minutes > 0])
        seen, n = len(used), len(minutes)
        wilson = stats.binomtest(seen, n).proportion_ci(0.95, "wilson")
        out = {"used": 100 * seen / n, "used_low": 100 * wilson.low, "used_high": 100 * wilson.high}
        if seen:
            j = next(j for j in range(seen, 0, -1) if j == 1 or stats.binom.cdf(j - 1, seen, 0.5) <= 0.025)
            out |= {"minutes": np.median(used), "minutes_low": used[j - 1], "minutes_high": used[seen - j]}
            out |= {"p05": np.quantile(used, 0.05), "p95": np.quantile(used, 0.95)}
        return out[what]

    def causes(self, part: str, aim: str, what: str) -> float:
        found = self.frames["causes"]
        return float(found[(found.part == part) & (found.aim == aim)].iloc[0][what])

    def courses(self, what: str, t: str, level: str) -> float:
        found = self.frames["courses"]
        row = found[(found.what == what) & (found.place == "") & (found.t == float(t))].iloc[0]
        return float(row[level]) * (100 if what == "bays" else 1)

    def fullest(self, place: str, what: str) -> float:
        found = self.frames["courses"]
        own = found[(found.what == "bays") & (found.place == place)]
        row = own[own.p50 == own.p50.max()].iloc[0]
        return row.t / 60 if what == "minute" else 100 * row[what]

    def hangs(self, parameter: str, what: str) -> float:
        found = self.frames["hangs"]
        return float(found[found.parameter == parameter].iloc[0][what])

    def quantile(self, name: str, percent: str) -> float:
        scale = SCALES.get(quantity(name).display_unit, 1.0)
        return float(np.quantile(self.ok[name].dropna(), int(percent) / 100)) / scale

    def series(self, place: str, t: str, what: str) -> float:
        found = self.frames["series"]
        return float(found[(found.place == place) & (found.t == float(t))].iloc[0][what])

    def timeline(self, t: str, place: str) -> float:
        found = self.frames["timeline"]
        assert ((found.t == float(t)) & (found.place == place)).any()
        return float(t) // 60  # the minute that runs, as on the player's clock

    def risk(self, place: str, what: str) -> float:
        group, _, end = what.partition("_")
        mean, low, high = self._expected(group).get(place, (0.0, 0.0, 0.0))
        return {"": mean, "low": low, "high": high}[end]

    def risk_edges(self, k: str) -> float:
        sites, trouble = self.frames["sites"], self._expected("trouble")
        found = trouble or self._expected("usual")
        means = [found.get(code, (0.0,))[0] for code in sites[sites.kind == "kelurahan"].place]
        return float(np.quantile(means, int(k) / 5))

    @functools.cache  # noqa: B019
    def _expected(self, group: str) -> dict[str, tuple[float, float, float]]:
        """Sum gammas by kelurahan, those of one draw as one: the gamma of mean and variance, its middle nine tenths."""
        found = self.frames["risk"]
        own = found[found.kind.isin(["medical", "accident", "fire"]) == (group == "usual")]
        out = {}
        for code, rows in own.groupby("kode_kel"):
            drawn = [(own["mean"].sum(), own["shape"].iloc[0]) for _, own in rows.groupby("draw")]
            mean, variance = (sum(mean**power / shape ** (power - 1) for mean, shape in drawn) for power in (1, 2))
            ends = stats.gamma.ppf([0.05, 0.95], mean**2 / variance, scale=variance / mean)
            out[code] = (mean, *ends)
        return out

    def posts(self, agency: str, what: str) -> float:
        found = self.frames["posts"]
        return float(found[found.agency == agency][what].sum())


def read(text: str, lang: str) -> list[tuple[str, float, float]]:
    """Give each number in a cell: how it is bounded (<, > or =), its value, half a step of its last figure."""
    group, mark = (".", ",") if lang == "id" else (",", ".")
    found = []
    for sign, minus, figure in re.findall(r"([<>]?)(−?)(\d[\d.,]*|∞)", text):
        plain = figure.replace(group, "").replace(mark, ".").rstrip(".")
        value = math.inf if figure == "∞" else float(plain)
        step = 10.0 ** -len(plain.partition(".")[2])
        found.append((sign, -value if minus else value, 0.5 * step))
    return found


def fits(shown: tuple[str, float, float], true: float) -> bool:
    sign, value, half = shown
    if sign:
        return 0.0 < true < value if sign == "<" else true > value
    return value == true if math.isinf(value) else abs(value - true) <= half * (1 + 1e-9) + 1e-9


@pytest.fixture(scope="module", params=["exercise", "uncertain"])
def stored(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("result") / "result"
    (rehearsed() if request.param == "exercise" else uncertain()).save(folder)
    return request.param, Ensemble.load(folder), Files(folder)


@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__every_number_is_that_of_the_parquet(stored, lang):
    which, ensemble, files = stored
    numbers = Numbers(render_report(ensemble, lang=lang, city=city()))
    assert numbers.bare == []
    wrong = []
    for of, text in numbers.found:
        true, shown = [value for value in files(of) if not math.isnan(value)], read(text, lang)
        if len(shown) < len(true) or not all(map(fits, shown, true)):
            wrong.append((of, text, true))
    assert wrong == []
    kinds = {of.split("/")[0] for of, _ in numbers.found}
    wanted = {"measures", "late", "service", "places", "force", "courses", "fullest", "quantile", "series", "timeline"}
    wanted |= {"risk", "risk_edges"}
    assert kinds >= wanted | ({"causes", "posts"} if which == "exercise" else {"hangs"})
    assert len(numbers.found) > 600


def test_risk__of_trouble_is_that_of_the_parquet_in_every_cell_and_shade(tmp_path):
    """Where rates hold trouble its shades are on the map: by all kelurahan, those too where none is expected."""
    rehearse(Scenario.load("convoy"), Plan.load("malang-500"), city(), replicates=2).save(tmp_path / "tense")
    ensemble, files = Ensemble.load(tmp_path / "tense"), Files(tmp_path / "tense")
    found = Numbers(render_report(ensemble, lang="en", city=city())).found
    risky = [(of, read(text, "en"), files(of)) for of, text in found if of.startswith("risk")]
    assert {of.split("/")[-1].split(",")[0] for of, _, _ in risky} >= {"trouble", "usual", "0", "4"}
    assert [row for row in risky if len(row[1]) < len(row[2]) or not all(map(fits, row[1], row[2]))] == []


def test_findings__every_claim_holds_on_the_parquet(stored):
    _, ensemble, files = stored
    rules = {rule["key"]: rule for rule in choices()["rule"]}
    summary = describe(ensemble, lang="en")
    assert summary.findings
    for finding in summary.findings:
        rule = rules[finding.key]
        assert rule["tag"] in ("assumed", "standard")
        if rule["test"] == "late_place":
            assert any(said == "missed" for said in files.sure().values())
            continue
        name = next(name for name in finding.measures if name in rule["measures"])
        low, high = files(f"measures/{name}/low,high")
        limit = files(f"measures/{name}/standard")[0] if rule["test"] == "beyond" else rule["limit"]
        assert low > limit
        far = low - limit >= (high - low) / 2
        assert finding.sure == ("almost certain" if far else "fairly sure")
        assert f"{limit:g}" in finding.against


def test_breach__comes_without_tahap_merah_too_and_the_page_says_so(stored):
    """Doors give way to whoever the line does not hold, at any stage: the two figures stand side by side."""
    which, ensemble, _ = stored
    places = ensemble.places
    alone = ((places["breached"] > 0) & (places["seconds_merah"] == 0)).any()
    for lang in ("id", "en"):
        said = catalogue(lang)["report.breach_any_stage"] in html.unescape(
            render_report(ensemble, lang=lang, city=city())
        )
        assert said == bool(places["breached"].any()), which
    assert alone or which != "exercise"


def test_places__are_late_for_sure_only_all_together(stored):
    _, ensemble, files = stored
    late = describe(ensemble, lang="en").late
    judged = {(each.service, each.place): each.verdict for each in late if each.verdict not in ("few", "none")}
    assert judged == files.sure()
    assert {"missed", "met"} <= set(judged.values())


def test_answers__every_claim_holds_on_the_parquet(stored):
    which, ensemble, files = stored
    found = answers(ensemble, describe(ensemble, lang="en"), choices()["well"])
    for each in found.well:
        rule = next(rule for rule in choices()["well"] if each.key == f"well.{rule['key']}")
        for name in each.measures:
            high = files(f"measures/{name}/high")[0]
            assert high <= files(f"measures/{name}/standard")[0] if rule["test"] == "kept" else high < rule["limit"]
    assert found.examined == (which == "exercise")
    assert bool(found.causes) == found.examined
    for each in found.causes:
        part, (aim,) = each.key.removeprefix("cause."), each.measures
        low, high, zone, size = files(f"causes/{part}/{aim}/low,high,zone,difference")
        assert low > zone or high < -zone
        value = next(value for _, value, _ in read(each.sentence.partition(": ")[2], "en"))
        assert value == pytest.approx(abs(size), rel=0.1)
    if found.more is not None:
        for aim in found.more.measures:
            low, high, zone = files(f"causes/more-people/{aim}/low,high,zone")
            assert low > zone or high < -zone


@pytest.mark.parametrize(
    ("low", "value", "high", "grade"),
    [
        (0.9, 1.5, 2.0, 0),
        (1.0, 1.5, 2.0, 0),
        (1.1, 1.6, 2.1, 1),
        (1.5, 2.0, 2.5, 2),
        (-3.0, -2.0, 0.9, 1),
        (3.0, 3.0, 3.0, 2),
    ],
)
def test_sureness__never_beyond_the_interval(low, value, high, grade):
    from sispamkota.rehearsal.intervals import Estimate

    assert sureness(Estimate(value, low, high), 1.0) == grade


@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__says_of_what_nine_of_ten_are(stored, lang):
    """Pooled figures spread over calls, all others over replicates; each of the five says which."""
    _, ensemble, _ = stored
    page, t = render_report(ensemble, lang=lang, city=city()), words(lang)
    for row in describe(ensemble, lang=lang).pick("five"):
        if math.isnan(row.p05):
            continue
        own = "waits.spread_of" if row.statistic == "pooled" else "report.spread_of"
        said = t(own, low=row.show(row.p05), high=row.show(row.p95))
        card = page[page.index(f'id="five-{row.name}-title"') :].partition("</li>")[0]
        assert said in re.sub(r"<[^>]+>", "", card)
    assert t("waits.col_spread") in page


@pytest.mark.parametrize("lang", ["id", "en"])
def test_page__says_how_many_calls_were_no_longer_needed(stored, lang):
    _, ensemble, files = stored
    page, t = render_report(ensemble, lang=lang, city=city()), words(lang)
    count = int((files.calls[files.calls.service == "line"].outcome == "not_needed").sum())
    assert count > 0
    assert t("waits.line_unneeded", count=number(count, lang)) in page
    assert t("waits.counted") in page


@pytest.mark.parametrize("lang", ["id", "en"])
def test_hangs__are_told_in_sentences(lang):
    """The drawing names what the registry says, and says what it shows itself; paper has the table beside it."""
    hangs, t = uncertain().hangs.head(12), words(lang)
    page = render_report(uncertain(), lang=lang, city=city())
    drawing = page[page.index('id="hangs-720-title"') :].partition("</svg>")[0]
    assert t("hangs.describe") in drawing
    for name in hangs.parameter:
        assert quantity(name).sentence(lang)[:20] in html.unescape(drawing)
        assert f">{name}<" not in drawing
    book, _ = report_book(uncertain(), lang=lang, audience="service", city=city())
    assert [row[0] for row in book["hangs"]] == [quantity(name).sentence(lang) for name in hangs.parameter]
    for row, shown in zip(hangs.itertuples(), book["hangs"], strict=True):
        assert all(map(fits, read(" ".join(shown[1:]), lang), (row.correlation, row.low, row.high)))
