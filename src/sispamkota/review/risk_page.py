"""Write a risk map as one page that stands alone: where, how sure, at which hour, and why."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from sispamkota.risk import RiskMap
from sispamkota.risk.riskmap import BACKGROUND
from sispamkota.risk.totals import expected
from sispamkota.store import atomic_write
from sispamkota.words import figure, number, words

from .area_drawing import RAMP, draw_areas
from .ground import make_area_map
from .risk_places import TOP, TROUBLE, Place, kinds_of, name_kind, say_basis, say_sums, say_title, top_places
from .templating import TEMPLATES, page_environment

__all__ = ["write_risk_page"]

_JS = ("day", "hour", "per_day", "per_hour", "people", "kind", "mean", "interval")


def write_risk_page(
    riskmap: RiskMap, city: Any, path: Path | str, *, lang: str, disagreements: Sequence[Sequence[str]] = ()
) -> Path:
    """Write map.html in "id" or "en"; `disagreements` are rows of what authorities said, the head first."""
    from sispamkota import __version__

    environment = page_environment()
    t, places = words(lang), top_places(riskmap, city, lang=lang)
    script = (TEMPLATES / "risk.js").read_text(encoding="utf-8")
    script = script.replace("/*DATA*/", _data(riskmap, places, lang).replace("</", "<\\/"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    ground = make_area_map(city)
    context = {
        "t": t,
        "lang": lang,
        "version": __version__,
        "css": Markup((TEMPLATES / "report.css").read_text("utf-8") + (TEMPLATES / "risk.css").read_text("utf-8")),  # noqa: S704 (our own files)
        "script": Markup(script),  # noqa: S704 (our own file, data escaped)
        "digest": digest,
        "title": say_title(riskmap, city, lang),
        "sums": say_sums(riskmap, lang),
        "basis": say_basis(riskmap, lang)[: 2 if riskmap.basis.get("history") else 1],
        "assumptions": riskmap.assumptions,
        "places": places,
        "top": TOP,
        "say": lambda value: figure(value, lang),
        "map": draw_areas(ground, places, city, lang, key="map"),
        "guessed": ground.guessed,
        "kinds": [
            (TROUBLE, t("risk_map.all_trouble")),
            *((kind, name_kind(kind, lang)) for kind in _all_kinds(riskmap)),
        ],
        "ramp": RAMP,
        "disagreements": disagreements,
    }
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(environment.get_template("risk.html.jinja").render(context), encoding="utf-8")
    return target


def _all_kinds(riskmap: RiskMap) -> list[str]:
    """List the kinds of a map, those of trouble first."""
    return [*kinds_of(riskmap, trouble=True), *kinds_of(riskmap, trouble=False)]


def _data(riskmap: RiskMap, places: Sequence[Place], lang: str) -> str:
    """Write the figures of the page as JSON: per place and kind a day's mean and ends, per kind how hours share it."""
    codes, tension = [place.code for place in places], riskmap.basis.get("tension")
    weight = np.ones(24) if tension is None else np.array(tension)
    day = expected(riskmap, ["kind", "place"], tension=tension)
    kinds = {}
    for kind in _all_kinds(riskmap):
        rows = day.loc[kind].reindex(codes).fillna(0.0)
        rates = riskmap.to_array(codes, [kind])[:, 0].sum(axis=0) * (1.0 if kind in BACKGROUND else weight)
        kinds[kind] = {
            "name": name_kind(kind, lang),
            "day": [_short(row) for row in rows[["mean", "low", "high"]].to_numpy()],
            "hours": _short(rates / rates.sum() if rates.sum() > 0 else rates),
        }
    trouble = kinds_of(riskmap, trouble=True)
    by_hour = [expected(riskmap, ["place"], kinds=trouble, hours=[hour], tension=tension) for hour in range(24)]
    hours = [
        [_short(row) for row in each.reindex(codes).fillna(0.0)[["mean", "low", "high"]].to_numpy()] for each in by_hour
    ]
    said = {name: words(lang)(f"risk_map.js_{name}") for name in _JS}
    about = [{"name": p.name, "kec": p.kecamatan, "people": number(p.people, lang), "why": p.why} for p in places]
    whole = [_short((p.mean, p.low, p.high)) for p in places]
    return json.dumps(
        {"lang": lang, "places": about, "kinds": kinds, "trouble": {"day": whole, "hours": hours}, "said": said},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _short(values: Any) -> list[float]:
    """Round to three figures, enough to draw and to read."""
    return [float(f"{value:.3g}") for value in values]
