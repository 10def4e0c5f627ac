"""The report on paper: A4, numbered, with the service's header, in grey; the findings in words fill the first page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sispamkota.schema import quantity
from sispamkota.store import atomic_write
from sispamkota.typesetting import typeset
from sispamkota.words import catalogue, figure, minutes, number, words

from .answers import Answers
from .audience import check_audience, for_public, public_manifest
from .city_of import why_no_city
from .drawn_risk import DrawnRisk, drawn_risk
from .evidence import evidence
from .figures import Dots, dot_plot, interval_bar, ladder
from .findings import Finding, of_100
from .ground import make_ground
from .ledger import Step
from .letterhead import letterhead
from .map import draw_map, spots
from .places import LINE, SERVICES, late_order
from .plain import five_sentence, plain_words
from .risk_places import span
from .say import manifest_lines, percenter, shower
from .standalone import standalone
from .strips import calls_of, draw_strips
from .summary import Row, Summary, choices, describe
from .templating import TEMPLATES
from .told import Told, tell_course
from .words_of import agency_code, agency_name

__all__ = ["report_book", "write_pdf"]

WIDE, CARD = 640.0, 320.0  # px of drawings: as wide as the page, as half of it
FIRST = 2  # assumptions on the first page; all of them stand at the end
LATE = 12  # rows of late places
PLACES = 8  # rows of the ladder
HALVES = (("hospital", "hospital_peak_share"), ("reserve", "reserve_low_people"))
_WORDS = (
    "paper.title", "paper.page", "page.mark_public", "paper.findings", "paper.rests_where", "paper.figure",
    "paper.value",
    "paper.tag", "paper.sources", "paper.sources_note", "paper.standard", "paper.source", "paper.manifest",
    "paper.manifest_note", "paper.entry", "paper.public_note", "paper.crew", "paper.late_top", "paper.late_none",
    "paper.rests_all", "paper.all", "paper.map_note", "report.map_title", "drawn_risk.sources",
    "drawn_risk.legend_sure", "report.told", "report.five", "report.ladder",
    "report.ladder_key", "report.breach_any_stage", "report.response", "report.response_note", "report.ledger",
    "report.ledger_note",
    "report.ledger_harm", "report.ledger_force", "report.hospital", "report.hospital_note", "report.reserve",
    "report.reserve_note", "report.col_measure", "report.col_unit", "report.col_median", "report.col_interval",
    "waits.col_spread", "report.col_standard", "report.col_met", "report.col_place", "report.col_calls",
    "report.col_late", "report.bar_key", "report.plain", "report.all_note", "report.map_synthetic", "report.map_cells",
    "report.method", "report.method_2", "report.method_3", "report.method_4", "report.method_5",
    "page.steps", "page.col_step", "page.col_used", "page.col_minutes", "page.col_authority", "page.fan_bays",
    "page.fan_reserve", "page.causes", "page.hangs", "page.hangs_fixed",
    "report.col_no", "report.col_clock", "report.col_minute", "report.col_what",
    "page.col_parameter", "page.col_correlation",
)  # fmt: skip


def write_pdf(ensemble: Any, path: Path | str, *, lang: str, audience: str = "service", city: Any = None) -> Path:
    """Write the report of an Ensemble as PDF in "id" or "en"; equal results give equal bytes.

    `city` gives the map its streets. For the audience "public" there are no posts, no reserve and no place where help
    is late; else every page says that it is restricted. Raises InputError where typst is not installed, for an unknown
    audience, or where the file cannot be written.
    """
    check_audience(audience)
    book, pictures = report_book(ensemble, lang=lang, audience=audience, city=city)
    made = typeset(TEMPLATES / "report.typ", book, pictures=pictures, option="--out")
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_bytes(made)
    return target


def report_book(ensemble: Any, *, lang: str, audience: str, city: Any = None) -> tuple[dict[str, Any], dict[str, str]]:
    """Give everything that is printed as plain texts, and the drawings as SVG by file name."""
    whole, service = describe(ensemble, lang=lang), audience == "service"
    summary = whole if service else for_public(whole)
    found = evidence(ensemble, summary, words(lang), shower(lang))
    told = tell_course(ensemble, lang=lang, width=WIDE) if service else Told()
    risk = drawn_risk(ensemble, city, lang, widths=(CARD,)) if service else None
    pictures = _pictures(ensemble, summary, found, service=service, city=city) | told.pictures
    pictures |= {"risk.svg": standalone(risk.maps[0])} if risk and risk.maps else {}
    book: dict[str, Any] = {
        **_head(ensemble, summary, service=service),
        "findings": [_finding(each, lang) for each in summary.findings],
        "answers": _answers(found["answers"], summary, service=service),
        "steps": [_step(each, lang) for each in found["steps"]],
        "causes_note": _causes_note(found, lang),
        "hangs": [_hang(each, found, lang) for each in found["hangs"]] if service else [],
        "steps_note": words(lang)("page.steps_note", share=found["bystanders"]),
        "plain": plain_words(summary),
        "five": [_five(row) for row in _five_rows(summary, service=service)],
        "map": _map(ensemble, summary, city) if service else None,
        "risk": _risk(risk, lang) if risk else None,
        "ladder": bool(summary.places),
        "strips": _strips(ensemble, summary, (*SERVICES, LINE) if service else SERVICES),
        "ledgers": [
            {"name": part, "rows": [_ledger_row(row) for row in summary.pick(f"ledger_{part}")]}
            for part in ("harm", "force")
        ],
        "halves": [_half(key, row) for key, name in HALVES if (row := summary.row(name)) is not None],
        "told": {"note": told.note, "pictures": list(told.pictures), "names": list(told.names), "events": told.events},
        "groups": [
            {"name": words(lang)(f"group.{group}"), "rows": [_measure(row, lang) for row in rows]}
            for group, rows in summary.groups()
        ],
        "sources": _sources(summary),
        "manifest": manifest_lines(ensemble.manifest) if service else public_manifest(ensemble.manifest),
    }
    return book | {"drawn": sorted(name.removesuffix(".svg") for name in pictures)}, pictures


def _head(ensemble: Any, summary: Summary, *, service: bool) -> dict[str, Any]:
    """Give what stands above and below every page, and what the result rests on."""
    lang, t, show = summary.lang, words(summary.lang), shower(summary.lang)
    told = {key: show(getattr(summary, key)) for key in ("people", "replicates", "failed")}
    hours = show(summary.horizon_s / 3600, 0 if summary.horizon_s % 3600 == 0 else 1)
    names = {"scenario": summary.scenario, "plan": summary.plan, "city": summary.city, "hours": hours}
    nothing = {"replicates": told["replicates"], "share": show(summary.unseen_percent, 1)}
    about = {"seed": ensemble.manifest.seed or 0, "version": ensemble.manifest.version}
    return {
        "lang": lang,
        "restricted": t("page.mark_service") if service else "",
        "letterhead": letterhead(ensemble.sites),
        "title": summary.scenario,
        "about": t("paper.about", **names),
        "meta": t("paper.meta" if service else "paper.meta_public", **told, **names),
        "made": t("paper.made" if service else "audience.made", **told, **names, **about),
        "failed": t("paper.failed", **told) if summary.failed else "",
        "rests": t("paper.rests", count=len(summary.assumptions)),
        "assumptions": [{"tag": t(f"tag.{e.tag}"), "text": getattr(e, lang)} for e in summary.assumptions],
        "first": FIRST,
        "method": t("report.method_1", **told),
        "nothing": [t("report.nothing"), t("report.nothing_text"), t("report.nothing_limit", **nothing)],
        "words": {key.split(".")[1]: catalogue(lang)[key] for key in _WORDS}
        | {"risk_title": t("drawn_risk.title")}
        | ({} if service else {"manifest_note": t("audience.manifest_note")}),
    }


def _finding(found: Finding, lang: str) -> dict[str, str]:
    """Write one finding: what, on which figures, how sure, and what it suggests."""
    t = words(lang)
    sure = f"{t('sure.title')} {found.say_sure(t)}" if found.sure else ""
    change = f"{t('change.title')} {found.change}" if found.change and found.key != "more" else found.change
    return {"sentence": found.sentence, "evidence": " ".join(filter(None, [found.evidence, sure, change]))}


def _answers(found: Answers, summary: Summary, *, service: bool) -> list[dict[str, Any]]:
    """Write what a commander asks: what went well, what the parts are worth, what more people would buy, how sure."""
    lang, t = summary.lang, words(summary.lang)
    kept = choices()["public"]["well"]
    well = [each for each in found.well if service or each.key.removeprefix("well.") in kept]
    parts = [("well", [_finding(each, lang) for each in well], "" if well else t("well.none"))]
    if service:
        none = t("cause.none") if found.examined else t("cause.unexamined")
        causes = [_finding(each, lang) for each in found.causes]
        parts.append(("causes", causes, " ".join(filter(None, ["" if causes else none, found.nothing]))))
        more = [_finding(found.more, lang)] if found.more else []
        parts.append(("more", more, "" if more else t("cause.unexamined")))
    sure = [t("sure.luck", replicates=shower(lang)(summary.replicates)), t("sure.model"), *summary.say_doubt()]
    parts.append(("sure", [], " ".join(sure)))
    return [{"title": t(f"page.answer_{key}"), "findings": each, "note": note} for key, each, note in parts]


def _causes_note(found: Mapping[str, Any], lang: str) -> str:
    """Say how the worth of the parts was found; nothing where it was not."""
    known = found["effects"]
    return words(lang)("page.causes_note", zone=found["difference"](known[0].zone)) if known else ""


def _hang(row: Any, found: Mapping[str, Any], lang: str) -> list[str]:
    """Write one assumption: what it is, its rank correlation and the interval."""
    shown = [shower(lang)(value, 2).replace("-", "−") for value in (row.correlation, row.low, row.high)]
    return [found["about"](row.parameter), shown[0], f"{shown[1]} … {shown[2]}"]


def _step(step: Step, lang: str) -> list[str]:
    """Write one step of the use of force: used, its interval, minutes and their interval, on whose order."""
    show, percent = shower(lang), percenter(lang)
    minutes = [show(step.minutes.value, 1), f"{show(step.minutes.low, 1)}–{show(step.minutes.high, 1)}"]
    authority = words(lang)(f"page.authority_{step.authority or 'leader'}")
    used = [percent(step.used.value), f"{of_100(step.used.low)}–{of_100(step.used.high)} %"]
    return [f"{step.number} {step.name}", *used, *(minutes if step.used.value > 0 else ["–", "–"]), authority]


def _pictures(ensemble: Any, summary: Summary, found: Mapping[str, Any], *, service: bool, city: Any) -> dict[str, str]:
    """Draw everything, each drawing a file."""
    lang, t, show = summary.lang, words(summary.lang), shower(summary.lang)
    drawn = {
        f"five-{row.name}": interval_bar(row, key=row.name, title=row.label)
        for row in _five_rows(summary, service=service)
    }
    for part in ("harm", "force"):
        drawn |= {
            f"bar-{row.name}": interval_bar(row, key=row.name, title=row.label)
            for row in summary.pick(f"ledger_{part}")
        }
    services = [calls_of(ensemble, summary, name) for name in ((*SERVICES, LINE) if service else SERVICES)]
    drawn |= {f"strip-{name}": forms[0] for name, forms in draw_strips(services, t, show, widths=(WIDE,)).items()}
    for key, name in HALVES:
        row = summary.row(name)
        if row is not None and row.values:
            limit: dict[str, Any] = (
                {"standard": 100.0, "standard_words": t("report.hospital_line")} if key == "hospital" else {}
            )
            said = t("report.dots_describe", **row.words)
            drawn[key] = dot_plot(Dots(row.label, said, row.values, row.estimate, **limit), show, key=key, width=CARD)
    if summary.places:
        rows = [row for row in summary.places if row.hijau.mean.value < 1.0][:PLACES] or summary.places[:2]
        drawn["ladder"] = ladder(rows, t, percenter(lang), city=summary.city, key="ladder", width=WIDE)
    files = {f"{name}.svg": standalone(drawing) for name, drawing in drawn.items()}
    if service:
        shown = {"causes": found["effect_plot"], "hangs": found["hangs_plot"]}
        shown |= {f"fan-{what}": forms for what, forms in found["fans"].items()}
        files |= {f"{name}.svg": standalone(forms[0]) for name, forms in shown.items() if forms}
        ground = make_ground(city, ensemble.sites)
        drawing = draw_map(spots(ensemble, summary, ground), ground, t, width=WIDE, key="map")
        files["map.svg"] = standalone(drawing, definitions=ground.definitions())
    return files


def _five_rows(summary: Summary, *, service: bool) -> list[Row]:
    """Pick the five numbers of an audience."""
    names = choices()["five"] if service else choices()["public"]["five"]
    return [row for name in names if (row := summary.row(name)) is not None]


def _five(row: Row) -> dict[str, Any]:
    """Write one of the five numbers with its interval, spread and standard."""
    t = words(row.lang)
    facts = list[str]()
    if not np.isnan(row.estimate.value):
        facts.append(t("report.interval_of", interval=row.interval))
    if not np.isnan(row.p05):
        facts.append(
            t(
                "waits.spread_of" if row.statistic == "pooled" else "report.spread_of",
                low=row.show(row.p05),
                high=row.show(row.p95),
            )
        )
    known = row.standard is not None
    facts.append(
        t("report.standard_of", standard=row.show(row.standard), unit=row.unit) if known else t("report.no_standard")
    )
    verdict = t(f"report.verdict_{row.verdict}") if known else ""
    shown = {"label": row.label, "value": row.shown, "unit": row.unit, "sentence": five_sentence(row)}
    return {"name": row.name, "facts": facts, "verdict": verdict, **shown}


def _map(ensemble: Any, summary: Summary, city: Any) -> dict[str, Any]:
    """Write what stands under the map: agencies by letter code, and the places where help came late most often."""
    lang, t, percent = summary.lang, words(summary.lang), percenter(summary.lang)
    people = ensemble.posts.groupby("agency")["people"].sum().sort_values(ascending=False, kind="stable")
    late = sorted((e for e in summary.late if e.verdict == "missed"), key=late_order)
    ground = make_ground(city, ensemble.sites)
    notes = [t("paper.map_note")]
    notes += [t("report.map_cells")] if ground.guessed_cells and ground.cells else []
    why = why_no_city(ensemble) if city is None else ""
    notes += [t(f"report.no_city_{why}")] if why else []
    return {
        "notes": notes,
        "crew": [
            [agency_code(str(agency), t), agency_name(str(agency), lang), number(float(count), lang)]
            for agency, count in people.items()
        ],
        "late": [
            [
                t("paper.late_row", place=e.name, service=t(f"service.{e.service}")),
                number(e.calls, lang),
                percent(e.share.value),
                f"{percent(e.share.low)} – {percent(e.share.high)}",
                minutes(e.standard, lang, digits=0) if e.standard is not None else "–",
            ]
            for e in late[:LATE]
        ],
    }


def _risk(risk: DrawnRisk, lang: str) -> dict[str, Any]:
    """Write what stands around the map of risk: its ranges, its sources, and the kelurahan with the most."""
    t = words(lang)
    heads = [cell for group in risk.groups for cell in (t(f"drawn_risk.col_{group}"), t("risk_map.col_interval"))]
    counts = {"shown": number(min(LATE, len(risk.rows)), lang), "all": number(len(risk.rows), lang)}
    return {
        "lead": risk.lead,
        "notes": list(risk.notes),
        "legend": t(f"drawn_risk.legend_{risk.groups[0]}") if risk.groups else "",
        "shades": [[shade, f"{figure(low, lang)}–{figure(high, lang)}"] for shade, low, high in risk.shades],
        "sure": [t(f"risk_map.{key}") for key in ("sure", "unsure", "very_unsure")],
        "sources": [
            f"{t(f'tag.{each.tag}')}: {each.kinds}" + (f" ({each.source})" if each.source else "")
            for each in risk.sources
        ],
        "heads": [t("risk_map.col_place"), t("risk_map.col_kecamatan"), *heads],
        "rows": [
            [
                row[0].name,
                row[0].kecamatan,
                *(cell for each in row for cell in (figure(each.mean, lang), span(each, lang))),
            ]
            for row in risk.rows[:LATE]
        ],
        "all": t("drawn_risk.paper_all", **counts),
    }


def _strips(ensemble: Any, summary: Summary, names: Sequence[str]) -> list[dict[str, Any]]:
    """Write what each service's strip says."""
    t, show, told = words(summary.lang), shower(summary.lang), list[dict[str, Any]]()
    for name in names:
        each, title = calls_of(ensemble, summary, name), t(f"service.{name}")
        said = {"title": title[:1].upper() + title[1:], "said": each.said(t, show)}
        told.append({"name": name, "drawn": bool(each.calls), **said})
    return told


def _ledger_row(row: Row) -> dict[str, str]:
    """Write one line of a ledger."""
    cells = {"label": row.label, "value": row.shown, "unit": row.unit, "interval": row.interval}
    return cells | {"name": row.name, "apart": "yes" if row.name == "injured_by_force" else ""}


def _half(key: str, row: Row) -> dict[str, Any]:
    """Write what stands beside the hospitals, or the reserve."""
    t = words(row.lang)
    interval = t("report.interval_of", interval=row.interval)
    said = f"{row.label}: {row.shown} {row.unit} ({interval})."
    return {
        "name": key,
        "title": t(f"report.{key}"),
        "said": said,
        "note": t(f"report.{key}_note"),
        "drawn": bool(row.values),
    }


def _measure(row: Row, lang: str) -> list[str]:
    """Write one row of the table of all measures."""
    spread = "–" if np.isnan(row.p05) else f"{row.show(row.p05)}–{row.show(row.p95)}"
    met = f"{row.mark} {words(lang)('report.mark_' + row.verdict)}" if row.mark else ""
    return [row.label, row.shown, row.unit, row.interval, spread, row.show(row.standard), met]


def _sources(summary: Summary) -> Sequence[list[str]]:
    """List the published standards that measures of the result are held against: what, the standard, its source."""
    rows = []
    for row in summary.rows:
        known = row.standard is not None and row.name in {
            name for group in choices()["groups"].values() for name in group
        }
        standard = quantity(row.name).standard if known else None
        if standard is not None:
            rows.append([row.label, f"{row.show(row.standard)} {row.unit}", standard.source])
    return rows
