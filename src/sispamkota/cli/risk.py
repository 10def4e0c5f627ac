"""sispamkota risk: map where trouble is likely and how sure that is, rate TPS, rank by indices, score forecasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import Faults, InputError, shown
from sispamkota.words import figure, pick_language, words

from .common import (
    AsJson,
    CityName,
    Lang,
    Replace,
    free_file,
    free_folder,
    group,
    print_json,
    say_new_folder,
    t,
    talk,
    together,
)
from .risk_inputs import (
    LEVELS,
    VOTE,
    check_level,
    contested,
    joined,
    past_of,
    read_day,
    read_moment,
    read_past,
    read_shares,
    read_tables,
    rivalry_of,
    today,
)

if TYPE_CHECKING:
    from sispamkota.place import City
    from sispamkota.risk import RiskMap
    from sispamkota.risk.mapping import Fit

__all__ = ["app"]

app = group("cli.risk")
SEED = 1  # of the chains

HistoryFile = Annotated[str, typer.Argument(metavar="HISTORY", help=t("cli.history"))]
Day = Annotated[str, typer.Option("--day", metavar="YYYY-MM-DD", help=t("cli.map_day"))]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help=t("cli.as_of"))]
Start = Annotated[str | None, typer.Option("--start", metavar="YYYY-MM-DD", help=t("cli.history_start"))]
End = Annotated[str | None, typer.Option("--end", metavar="YYYY-MM-DD", help=t("cli.history_end"))]
Contest = Annotated[str | None, typer.Option("--contest", metavar="NAME", help=t("cli.contest"))]
Indices = Annotated[list[Path] | None, typer.Option("--index", metavar="FILE", help=t("cli.index"))]
OutDir = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help=t("cli.folder"))]


@app.command("map", help=t("cli.risk_map"))
def map_(
    *,
    city: CityName = "malang",
    day: Day = VOTE,
    as_of: AsOf = None,
    history: Annotated[str | None, typer.Option("--history", metavar="FILE|none", help=t("cli.history"))] = None,
    indicators: Annotated[
        list[Path] | None, typer.Option("--indicators", metavar="FILE", help=t("cli.indicators"))
    ] = None,
    index: Indices = None,
    results: Annotated[list[Path] | None, typer.Option("--results", metavar="FILE", help=t("cli.results"))] = None,
    contest: Contest = None,
    complete: Annotated[list[str] | None, typer.Option(metavar="KIND=SHARE", help=t("cli.complete"))] = None,
    phases: Annotated[Path | None, typer.Option("--calendar", metavar="FILE", help=t("cli.calendar"))] = None,
    shares: Annotated[Path | None, typer.Option("--opportunity", metavar="FILE", help=t("cli.opportunity"))] = None,
    tables: Annotated[list[str] | None, typer.Option("--hazards", metavar="NAME|FILE", help=t("cli.hazards"))] = None,
    full: Annotated[bool, typer.Option("--full", help=t("cli.full"))] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help=t("cli.xlsx"))] = False,
    out: OutDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Map the risk of a city on a day; write the map, its table and its areas to a folder, tell the first places."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.risk.calendar import calendar
    from sispamkota.risk.mapping import Evidence, map_risk
    from sispamkota.risk.opportunity import opportunities

    where, when, whole, dates, spread = together(
        lambda: City.load(city),
        lambda: read_day(day, "--day"),
        lambda: read_shares(complete or ()),
        lambda: calendar(path=phases),
        lambda: opportunities(path=shares),
    )
    folder = out or Path("hasil") / f"risk-{Path(city).name}-{when}"
    free_folder(folder, "riskmap")
    say_new_folder(out, language)
    known = read_day(as_of, "--as-of") if as_of else min(when - timedelta(days=1), today())
    past, extra = together(
        lambda: read_past(history, where, known),
        lambda: read_tables(indicators or (), index or (), where) + contested(results or (), contest, where, known),
    )
    evidence = Evidence(past, joined(extra), whole, tables, dates, spread)
    if known > today():
        faults = Faults()
        faults.add(where="--as-of", field="date", expected="today or before", got=str(known), remedy="Leave it out.")
        raise InputError(faults)
    found = map_risk(where, day=when, as_of=known, evidence=evidence, fit=_fit(full=full))
    writer = _workbook() if xlsx else None
    _write_map(found, where, folder, known, language, writer)
    if not found.basis["phases"]:
        talk(words(language)("risk_map.no_phase_note", day=day))
    if as_json:
        print_json(_map_json(found, where))
    else:
        from sispamkota.review.risk_places import tell_risk

        print(tell_risk(found, where, lang=language))
    talk(words(language)("risk_map.written", path=folder / "map.html"))


def _workbook() -> Any:
    """Give what writes a workbook; raises InputError where openpyxl is not installed, before anything is written."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        faults, remedy = Faults(), "Install it with: pip install 'sispamkota[xlsx]'; places.csv has the same."
        faults.add(
            where="--xlsx", field="format", expected="openpyxl, which writes it", got="no openpyxl", remedy=remedy
        )
        raise InputError(faults) from None
    from sispamkota.review.risk_places import write_workbook

    return write_workbook


def _fit(*, full: bool) -> Fit:
    """Choose how to fit: fast, or full Bayes (extra `bayes`)."""
    if full:
        from sispamkota.risk.bayes import fit_bayes

        return lambda counts, prior: fit_bayes(counts, prior, seed=SEED)
    from sispamkota.risk.fit import fit_fast

    return fit_fast


def _write_map(
    found: RiskMap, city: City, folder: Path, as_of: date, lang: str, book: Callable[..., None] | None = None
) -> None:
    """Write the map for rehearsals, the page, the tables and the areas, whole or not at all."""
    import json

    from sispamkota import store
    from sispamkota.review.risk_page import write_risk_page
    from sispamkota.review.risk_places import risk_geo, risk_hours, risk_table

    def beside(stage: Path) -> None:
        write_risk_page(found, city, stage / "map.html", lang=lang, disagreements=_disagreements(city, as_of, lang))
        risk_table(found, city).to_csv(stage / "places.csv", index=False, lineterminator="\n")
        risk_hours(found).to_csv(stage / "hours.csv", index=False, lineterminator="\n")
        areas = json.dumps(risk_geo(found, city), ensure_ascii=False)
        (stage / "areas.geojson").write_text(areas, encoding="utf-8")
        if book is not None:
            book(found, city, stage / "places.xlsx", lang=lang)

    store.save(found, folder, beside=beside)


def _disagreements(city: City, as_of: date, lang: str) -> list[Sequence[str]]:
    """Give what authorities said by that day, side by side, the head first; nothing where no rule held."""
    from sispamkota.risk.tps import Observations, classify_tps, disagreement_rows

    try:
        _, head, rows = disagreement_rows(classify_tps(city, Observations.none(), on=as_of), lang=lang)
    except InputError:  # the day is before the first rule, or the city has none: the map stands without them
        talk(words(lang)("risk_map.no_rules", day=as_of))
        return []
    return [head, *rows] if rows else []


def _map_json(found: RiskMap, city: City) -> dict[str, Any]:
    """Give the map as plain JSON values: what the page shows, and what it rests on."""
    import json
    from dataclasses import asdict

    from sispamkota.review.risk_places import risk_table

    return {
        "name": found.name,
        "basis": dict(found.basis),
        "places": json.loads(risk_table(found, city).to_json(orient="records", double_precision=10)),
        "assumptions": [asdict(each) for each in found.assumptions],
        "manifest": found.manifest.to_dict(),
    }


@app.command("tps", help=t("cli.risk_tps"))
def tps(
    *,
    city: CityName = "malang",
    on: Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help=t("cli.tps_on"))] = VOTE,
    observations: Annotated[
        Path | None, typer.Option("--observations", metavar="FILE", help=t("cli.observations"))
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.csv", help=t("cli.csv"))] = None,
    replace: Replace = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Give every TPS its class with reasons, and list where the indices disagree."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.risk.tps import Observations, class_rows, classify_tps, disagreement_rows, read_observations
    from sispamkota.show import text_table

    where, when, _ = together(
        lambda: City.load(city),
        lambda: read_day(on, "--on"),
        lambda: free_file(out, (".csv",), replace=replace),
    )
    say_new_folder(out, language)
    seen = Observations.none() if observations is None else read_observations(observations, where, on=when)
    found = classify_tps(where, seen, on=when)
    if out is not None:
        _write_csv(found.to_table(), out, language)
    if as_json:
        print_json(
            {
                "tps": _records(found.to_table()),
                "counts": _records(found.counts),
                "disagreements": _records(found.disagreements),
                "assumptions": [vars(each) for each in found.assumptions],
            }
        )
        return
    print(text_table(*class_rows(found, lang=language)))
    print("\n" + text_table(*disagreement_rows(found, lang=language)))


@app.command("rivalry", help=t("cli.risk_rivalry"))
def rivalry(
    *,
    files: Annotated[list[Path] | None, typer.Argument(metavar="RESULTS", help=t("cli.results"))] = None,
    city: CityName = "malang",
    as_of: AsOf = None,
    level: Annotated[str, typer.Option("--level", metavar="|".join(LEVELS), help=t("cli.level"))] = "kecamatan",
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell how close and how mixed published results were, at the level they were published at."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.risk.rivalry import rivalry_rows, shift_rows
    from sispamkota.show import text_table

    where, _ = together(lambda: City.load(city), lambda: check_level(level))
    found = rivalry_of(files or (), where, read_day(as_of, "--as-of") if as_of else today())
    if as_json:
        print_json({name: _records(getattr(found, name)) for name in ("table", "shifts", "flaws")})
        return
    names = _names(where)
    print(text_table(*rivalry_rows(found, lang=language, level=level, names=names)))
    print("\n" + text_table(*shift_rows(found, lang=language, names=names)))


@app.command("rank", help=t("cli.risk_rank"))
def rank(
    *,
    files: Annotated[list[Path], typer.Argument(metavar="INDICATORS", help=t("cli.indicators"))],
    city: CityName = "malang",
    index: Indices = None,
    level: Annotated[str, typer.Option("--level", metavar="|".join(LEVELS), help=t("cli.level"))] = "kelurahan",
    weights: Annotated[Path | None, typer.Option("--weights", metavar="FILE", help=t("cli.weights"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Rank places by indicators, with the range of ranks over all weightings."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.risk.ranking import ranking_rows, read_weights
    from sispamkota.show import text_table

    where, _ = together(lambda: City.load(city), lambda: check_level(level))
    tables, own = together(
        lambda: read_tables(files, index or (), where), lambda: None if weights is None else read_weights(weights)
    )
    found = tables[0].join(*tables[1:]).rank(level, weights=own)
    if as_json:
        print_json({"rows": _records(found.to_table()), "assumptions": [vars(each) for each in found.assumptions]})
    else:
        print(text_table(*ranking_rows(found, lang=language, names=_names(where))))


@app.command("update", help=t("cli.risk_update"))
def update(
    *,
    riskmap: Annotated[str, typer.Argument(metavar="MAP", help=t("cli.riskmap"))],
    reports: Annotated[str, typer.Argument(metavar="REPORTS", help=t("cli.reports"))],
    city: CityName = "malang",
    start: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DDTHH:MM", help=t("cli.watched_from"))],
    end: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DDTHH:MM", help=t("cli.watched_to"))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help=t("cli.folder"))],
    ordinary: Annotated[bool, typer.Option("--ordinary", help=t("cli.ordinary"))] = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Update a map by the reports of some hours; write the new map and the trail of what changed by which reports."""
    language = pick_language(lang)
    from sispamkota import store
    from sispamkota.place import City
    from sispamkota.review.risk_places import name_kind
    from sispamkota.risk import RiskMap
    from sispamkota.risk.reporting import Watch, bring_up_to_date, reports_of
    from sispamkota.show import text_table

    before, where, first, last, _ = together(
        lambda: RiskMap.load(riskmap),
        lambda: City.load(city),
        lambda: read_moment(start, "--from"),
        lambda: read_moment(end, "--to"),
        lambda: free_folder(out, "riskmap"),
    )
    say_new_folder(out, language)
    if Path(riskmap).resolve() == out.resolve():
        faults, remedy = Faults(), "Choose another folder: the map before the reports stays as it is."
        faults.add(where="--out", field="folder", expected="not the map itself", got=shown(str(out)), remedy=remedy)
        raise InputError(faults)
    watch = Watch(first, last, ordinary=ordinary)
    came, nowhere = reports_of(reports, where, watch)
    after, trail, unrated = bring_up_to_date(before, came, watch)
    store.save(after, out, beside=lambda stage: trail.to_csv(stage / "trail.csv", index=False, lineterminator="\n"))
    talk(words(language)("risk_map.table", path=out / "trail.csv"))
    if as_json:
        print_json({"trail": _records(trail), "unrated": list(unrated), "nowhere": nowhere})
        return
    told = trail[(trail["places"] > 1) | (trail["reports"] != "")].copy()
    told["kinds"] = [", ".join(name_kind(kind, language) for kind in kinds.split(", ")) for kinds in told["kinds"]]
    keys = ("kinds", "places", "events", "expected", "per_day_before", "per_day_after", "reports")
    rows = [tuple(_cell(row[key], language) for key in keys) for row in told.to_dict("records")]
    say = words(language)
    print(text_table(say("risk_map.trail", n=len(trail)), [say(f"risk_map.trail_{key}") for key in keys], rows))
    if nowhere:
        talk(say("risk_map.nowhere", ids=", ".join(nowhere)))
    if unrated:
        talk(say("risk_map.unrated", ids=", ".join(unrated)))


def _cell(value: object, lang: str) -> str:
    """Write one cell of the trail."""
    return figure(value, lang) if isinstance(value, float) else str(value)


@app.command("score", help=t("cli.risk_score"))
def score(
    *,
    history: HistoryFile = "malang",
    city: CityName = "malang",
    horizon: Annotated[int, typer.Option("--horizon", metavar="DAYS", min=1, help=t("cli.horizon"))] = 30,
    first: Annotated[str | None, typer.Option("--first", metavar="YYYY-MM-DD", help=t("cli.first"))] = None,
    start: Start = None,
    end: End = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Score the forecast by rolling origin against plain ones; exit 1 where data do not suffice or it is no better."""
    language = pick_language(lang)
    from sispamkota.place import City
    from sispamkota.risk.forecasting import forecaster
    from sispamkota.risk.score import score_history

    where = City.load(city)
    past = past_of(history, where, start, end)
    begins = read_day(first, "--first") if first else None
    found = score_history(past, horizon=timedelta(days=horizon), first=begins, model=forecaster(where))
    if as_json:
        print_json(found.to_dict())
    else:
        print(found.tell(language))
    raise typer.Exit(0 if found.enough and found.better else 1)


@app.command("contagion", help=t("cli.risk_contagion"))
def contagion(
    *,
    history: HistoryFile = "malang",
    city: CityName = "malang",
    start: Start = None,
    end: End = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell whether incidents of the past begot others, or some places have more of them anyway."""
    language = pick_language(lang)
    import numpy as np

    from sispamkota.place import City
    from sispamkota.risk.hawkes import fit_contagion

    where = City.load(city)
    centres = where.kelurahan[["x", "y"]].to_numpy(np.float64)
    found = fit_contagion(past_of(history, where, start, end), centres=centres)
    if as_json:
        print_json(found.to_dict())
    else:
        print("\n".join(found.sentences(language)))
    raise typer.Exit(0 if found.enough else 1)


def _names(city: City) -> dict[str, str]:
    """Name the areas of a city by code."""
    areas = (city.kecamatan, city.kelurahan)
    return {str(code): str(name) for table in areas for code, name in zip(table["kode"], table["nama"], strict=True)}


def _records(table: Any) -> Any:
    """Give the rows of a table as plain JSON values."""
    import json

    return json.loads(table.to_json(orient="records", double_precision=15, date_format="iso"))


def _write_csv(table: Any, path: Path, lang: str) -> None:
    """Write a table, whole or not at all."""
    from sispamkota.store import atomic_write

    with atomic_write(path) as draft:
        table.to_csv(draft, index=False, lineterminator="\n")
    talk(words(lang)("risk_map.table", path=path))
