"""Measure a site: play its trials, and find the city's rates that come nearest, with how sure they are.

A pure function of the compound's plan and the seed. The usual value is of the usual figures; the range holds the middle
96 of 100 draws, each of its own ground, strengths and holds, drawn from their ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sispamkota import schema
from sispamkota.errors import Faults, InputError
from sispamkota.kernels import rng
from sispamkota.kernels._compile import sources_digest
from sispamkota.kernels.prior import triangular
from sispamkota.kernels.rng import stream_id
from sispamkota.place.compound import Compound
from sispamkota.place.compound_check import check_compound, space_rows
from sispamkota.place.walking import motion_figures

from .site_fit import Fit, Material, Pressing, fit_law
from .site_rates import NAMES, LeavingRow, RateRow, SiteRates, SiteRatesFile, site_digest
from .site_trials import (
    GIVE_UP,
    LEAVERS,
    NEGOTIATORS,
    VIOLENT,
    drawn_ground,
    largest_exit,
    leave_ground,
    press_ground,
    usual_ground,
)

__all__ = ["SCENES", "check_site", "measure_site", "rates_of"]

USUAL, DRAWN, MATERIALS = 3, 8, 48  # grounds with the usual figures, grounds drawn, draws of all there is
MIDDLE = (0.02, 0.98)
BARRIERS = ("line", "gate", "door")
SCENES = (USUAL + DRAWN) * (len(BARRIERS) * len(VIOLENT) + 1) + 1
SEED = 1
METHODS = {
    "site_leave_asked_rate": "who hears a negotiator where she stands, times the city's rate; and the way out",
    "site_door_strength": "time that the door bears, by who finds room before it; mean of logarithms over the setups",
}
LAW = "law of the city fitted to when line and gate fall, over 126 setups of violent people, officers and guards"
DRAWS = ("hold_per_officer", "hold_per_guard", "fence_strength", "door_strength", "leave_asked_rate", "n_half")

Floats = NDArray[np.float64]


def check_site(compound: Compound) -> None:
    """Raise InputError where rates of a compound would mean nothing: no way out, nothing that keeps people out."""
    faults, plan = Faults(), compound.plan
    where = str(compound.path)
    rows = {"no gate": plan.gates, "no door": plan.doors, "no space for people": plan.spaces}
    for got in (name for name, parts in rows.items() if not parts):
        expected, remedy = "a gate, a door, and a space where people gather", "Draw what stands there."
        faults.add(where=where, field="plan", expected=expected, got=got, remedy=remedy)
    remedy = "See `sispamkota place site`, and mend the plan."
    for each in check_compound(compound):
        if each.key == "site_cut_off":
            faults.add(where=where, field="ground", expected="a way out from everywhere", got="none", remedy=remedy)
    for row in space_rows(compound)[:1]:
        if not row["out_m"] > 0.0:
            faults.add(where=where, field="spaces.0.out", expected="a way out", got="none", remedy=remedy)
    faults.raise_if_any()


def rates_of(
    compound: Compound, *, beside: Path | None = None, progress: Callable[[int], object] = lambda done: None
) -> SiteRates:
    """Give a site's rates: the embedded ones, those kept in the folder `beside` by this engine, or measured now."""
    check_site(compound)
    found = SiteRates.embedded(compound)
    if found is not None:
        return found
    digest = site_digest(compound)[:8] + sources_digest()[:8]
    path = None if beside is None else beside / f"{Path(compound.plan.name).name}.{digest}.rates.yaml"
    if path is not None and path.is_file():
        return SiteRates.load(path)
    measured = measure_site(compound, progress=progress)
    return measured if path is None else measured.save(path)


def measure_site(
    compound: Compound, *, seed: int = SEED, progress: Callable[[int], object] = lambda done: None
) -> SiteRates:
    """Measure a site; `progress` is told how many scenes have been played. Raises InputError for a site without sense.

    The law's own misfit is not in the ranges; it stands in the file.
    """
    check_site(compound)
    shut = largest_exit(compound)
    grounds = [usual_ground(seed, n) for n in range(USUAL)] + [drawn_ground(seed, USUAL + n) for n in range(DRAWN)]
    seen = []
    for ground in grounds:
        pressed = []
        for barrier in BARRIERS:
            pressed.append(press_ground(compound, ground, barrier))
            progress(len(VIOLENT))
        leaving, heard = leave_ground(compound, ground)
        progress(1)
        seen.append((Pressing(*pressed), leaving, heard))
    one_shut, _ = leave_ground(compound, grounds[0], shut=(shut,))
    progress(1)
    _check_left(compound, max(each[1].most_s for each in seen))
    pressing = Pressing(*(np.mean([getattr(each[0], b) for each in seen[:USUAL]], axis=0) for b in BARRIERS))
    away = float(np.mean([each[1].mean_s for each in seen[:USUAL]]))
    heard = np.concatenate([each[2] for each in seen[:USUAL]])
    usual_fit = fit_law(pressing, _material({}, None))
    usual = _rates(usual_fit, (away, heard), {})
    drawn = []
    for n in range(MATERIALS):
        values = _drawn(seed, n)
        room, leaving, heard = seen[USUAL + n % DRAWN]
        fit = fit_law(room, _material(values, (seed, n)), near=usual_fit)
        drawn.append(_rates(fit, (leaving.mean_s, heard), values))
    table = np.array([[row[name] for name in NAMES] for row in drawn])
    return SiteRates(
        SiteRatesFile(
            kind="site-rates",
            version=1,
            site=compound.plan.name,
            title=compound.plan.title,
            stands_for=compound.plan.stands_for,
            tag="estimated",
            source=f"measured at the site's plan; {compound.plan.source}",
            command=f"sispamkota place rates {compound.plan.name} --seed {seed}",
            seed=seed,
            plan=site_digest(compound),
            engine=sources_digest(),
            scenes=SCENES,
            misfit=_figure(usual_fit.misfit),
            leaving=_leaving(seen[0][1]),
            leaving_one_shut=_leaving(one_shut),
            shut=shut,
            pressing={"violent": tuple(map(float, VIOLENT))}
            | {b: tuple(_figure(float(x)) for x in getattr(pressing, b)) for b in BARRIERS},
            rates={name: _row(name, usual[name], table[:, k]) for k, name in enumerate(NAMES)},
        )
    )


def _check_left(compound: Compound, most: float) -> None:
    """Raise InputError where people did not get out of the first space at all."""
    if most >= GIVE_UP:
        faults, got = Faults(), f"some still there after {GIVE_UP / 60:g} minutes"
        remedy = "See `sispamkota place site`, and mend the plan."
        faults.add(where=str(compound.path), field="exits", expected="a way out", got=got, remedy=remedy)
        raise InputError(faults)


def _usual(name: str) -> float:
    """Give the usual value of a parameter."""
    return float(schema.quantity(name).default or 0.0)


def _drawn(seed: int, n: int) -> dict[str, float]:
    """Draw what people and things bear, and how they listen, from their ranges."""
    out = {}
    for name in DRAWS:
        q = schema.quantity(name)
        u = rng.uniform(seed, n, rng.PARAMETER, stream_id(f"site:{name}"), 0)
        out[name] = triangular(u, q.low or 0.0, q.default or 0.0, q.high or 0.0)
    return out


def _material(values: Mapping[str, float], luck: tuple[int, int] | None) -> Material:
    """Give what people and things bear: given values over the usual ones; the line's strength is drawn by a luck."""
    usual, low, high = motion_figures().line_strength
    line = usual
    if luck is not None:
        u = rng.uniform(luck[0], luck[1], rng.PARAMETER, stream_id("site:line_strength"), 0)
        line = triangular(u, low, usual, high)
    names = ("hold_per_officer", "hold_per_guard", "fence_strength", "door_strength")
    return Material(**{name: values.get(name, _usual(name)) for name in names}, line_strength=line)


def _rates(fit: Fit, out: tuple[float, NDArray[np.int64]], values: Mapping[str, float]) -> dict[str, float]:
    """Put a fit, and how people hear and get out, into the city's parameters.

    A person who hears n negotiators leaves at the city's rate times n/(n + n½), and is then on the way for a while.
    """
    away, heard = out
    half, asked = (values.get(name, _usual(name)) for name in ("n_half", "leave_asked_rate"))
    part = float(np.mean(heard / (heard + half))) / (NEGOTIATORS / (NEGOTIATORS + half))
    rate = asked * part
    return {
        "site_hold_per_officer": fit.hold_per_officer,
        "site_hold_per_guard": fit.hold_per_guard,
        "site_press_most": fit.press_most,
        "site_fence_strength": fit.fence_strength,
        "site_door_strength": fit.door_strength,
        "site_leave_asked_rate": rate / (1.0 + rate * away),
    }


def _row(name: str, value: float, drawn: Floats) -> RateRow:
    """Say what is known of one rate."""
    low, high = np.quantile(drawn, MIDDLE)
    return RateRow(
        value=_figure(value),
        low=_figure(min(float(low), value)),
        high=_figure(max(float(high), value)),
        draws=len(drawn),
        unit=schema.quantity(name).unit,
        method=METHODS.get(name, LAW),
    )


def _leaving(seen: object) -> LeavingRow:
    """Write down how people left."""
    return LeavingRow(people=LEAVERS, **{k: _figure(float(v)) for k, v in vars(seen).items()})


def _figure(value: float) -> float:
    """Keep four digits: more would not be known."""
    return float(f"{value:.4g}")
