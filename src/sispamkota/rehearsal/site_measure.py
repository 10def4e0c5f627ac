"""Measure a site: play its trials, and find the city's rates that come nearest, with how sure they are.

A pure function of the compound's plan and the seed. The usual value is of the usual figures; each row is a draw of its
own ground, strengths, holds and misfit, and a replicate takes a row whole: its rates hang together.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

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
from .site_rates import NAMES, LeavingRow, LiftedRow, MisfitRow, RateRow, SiteRates, SiteRatesFile, site_digest
from .site_trials import (
    GIVE_UP,
    LEAST_ROOM,
    NEGOTIATORS,
    VIOLENT,
    Ground,
    Leaving,
    drawn_ground,
    largest_exit,
    leave_ground,
    lifted,
    numbers_of,
    press_ground,
    room_in_space,
    usual_ground,
)

__all__ = ["SCENES", "check_site", "measure_site", "measuring_digest", "rates_of"]

USUAL, DRAWN, MATERIALS = 3, 8, 48  # grounds with the usual figures, grounds drawn, draws of all there is
MIDDLE = (0.02, 0.98)
BARRIERS = ("line", "gate", "door")
SCENES = (USUAL + DRAWN) * (len(BARRIERS) * len(VIOLENT) + 1) + 1
SEED = 1
METHODS = {
    "site_leave_asked_rate": "who hears a negotiator where she stands, times the city's rate; and the way out",
    "site_door_strength": "time that the door bears, by who finds room before it; mean of logarithms over the setups "
    "without officers and guards",
}
LAW = "law of the city fitted to when line and gate fall, over 126 setups of violent people, officers and guards"
DRAWS = ("hold_per_officer", "hold_per_guard", "fence_strength", "door_strength", "leave_asked_rate", "n_half")
CODE = (  # what a measured rate hangs on beside kernels and data; a change of it measures anew
    "rehearsal/site_measure.py",
    "rehearsal/site_fit.py",
    "rehearsal/site_trials.py",
    "rehearsal/scene_people.py",
    "place/compound.py",
    "place/compound_yard.py",
    "place/yard.py",
    "place/walking.py",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Seen:
    """Hold what the trials of one ground gave."""

    pressing: Pressing
    flat_s: Mapping[str, Floats]
    leaving: Leaving
    heard: NDArray[np.int64]


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
        room = room_in_space(compound)
        if room < LEAST_ROOM:
            expected, got = f"room for {LEAST_ROOM} people", f"room for {room}"
            remedy = "Draw the whole space in which people gather; trials are played in the first."
            faults.add(where=where, field="spaces.0.ring", expected=expected, got=got, remedy=remedy)
    faults.raise_if_any()


def rates_of(
    compound: Compound, *, beside: Path | None = None, progress: Callable[[int], object] = lambda done: None
) -> SiteRates:
    """Give a site's rates: the embedded ones, those kept in the folder `beside` by this engine, or measured now."""
    check_site(compound)
    found = SiteRates.embedded(compound)
    if found is not None:
        return found
    digest = site_digest(compound)[:8] + sources_digest()[:8] + measuring_digest()[:8]
    path = None if beside is None else beside / f"{Path(compound.plan.name).name}.{digest}.rates.yaml"
    if path is not None and path.is_file():
        return SiteRates.load(path)
    measured = measure_site(compound, progress=progress)
    return measured if path is None else measured.save(path)


def measure_site(
    compound: Compound, *, seed: int = SEED, progress: Callable[[int], object] = lambda done: None
) -> SiteRates:
    """Measure a site; `progress` is told how many scenes have been played. Raises InputError for a site without sense.

    How far the law lies from what was seen stands in the file, and each row's strengths hold a draw of it.
    """
    check_site(compound)
    shut = largest_exit(compound)
    grounds = [usual_ground(seed, n) for n in range(USUAL)] + [drawn_ground(seed, USUAL + n) for n in range(DRAWN)]
    seen = [_see(compound, ground, progress) for ground in grounds]
    one_shut, _ = leave_ground(compound, grounds[0], shut=(shut,))
    progress(1)
    _check_left(compound, max(each.leaving.most_s for each in seen))
    usual_seen, trials = seen[:USUAL], seen[0].pressing.trials
    mean = {b: np.mean([getattr(each.pressing, b) for each in usual_seen], axis=0) for b in BARRIERS}
    away = float(np.mean([each.leaving.mean_s for each in usual_seen]))
    lags = {b: np.mean([each.pressing.lags[b] for each in usual_seen], axis=0) for b in BARRIERS}
    usual_fit = fit_law(Pressing(**mean, trials=trials, lags=lags), _material({}, None))
    usual = _rates(usual_fit, (away, np.concatenate([each.heard for each in usual_seen])), {})
    rows = [_draw_row(seen[USUAL + n % DRAWN], (seed, n), usual_fit) for n in range(MATERIALS)]
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
            measuring=measuring_digest(),
            scenes=SCENES,
            misfit=MisfitRow(**_figures(vars(usual_fit.misfit))),
            leaving=LeavingRow(**_figures(vars(seen[0].leaving))),
            leaving_one_shut=LeavingRow(**_figures(vars(one_shut))),
            shut=shut,
            pressing={"violent": trials} | {b: tuple(map(_figure, mean[b])) for b in BARRIERS},
            lag_s={b: tuple(map(_figure, lags[b])) for b in BARRIERS},
            flat_s={b: tuple(np.max([each.flat_s[b] for each in usual_seen], axis=0)) for b in BARRIERS},
            lifted={b: _lifted([getattr(each.pressing, b) for each in seen]) for b in BARRIERS},
            rates={name: _row(name, usual[name], [row[name] for row in rows]) for name in NAMES},
            columns=NAMES,
            rows=tuple(tuple(row[name] for name in NAMES) for row in rows),
        )
    )


def measuring_digest() -> str:
    """Hash what measures beside kernels and plan: its code, how people walk, what is drawn; 16 hexadecimal digits."""
    digest, home = hashlib.sha256(), Path(__file__).parents[1]
    for name in CODE:
        digest.update(name.encode() + b"\0" + (home / name).read_bytes())
    drawn = [(q.name, q.low, q.default, q.high) for q in map(schema.quantity, (*DRAWS, *NAMES))]
    digest.update(json.dumps([motion_figures().model_dump(mode="json"), drawn], sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _see(compound: Compound, ground: Ground, progress: Callable[[int], object]) -> _Seen:
    """Play the trials of one ground."""
    pressed = dict[str, Floats]()
    flat, lags = dict[str, Floats](), dict[str, Floats]()
    for barrier in BARRIERS:
        pressed[barrier], flat[barrier], lags[barrier] = press_ground(compound, ground, barrier)
        progress(len(VIOLENT))
    leaving, heard = leave_ground(compound, ground)
    progress(1)
    return _Seen(Pressing(**pressed, trials=numbers_of(compound), lags=lags), flat, leaving, heard)


def _draw_row(seen: _Seen, luck: tuple[int, int], near: Fit) -> dict[str, float]:
    """Draw one row of rates: what people and things bear, on a ground, and how far the law lies from what it fits.

    Fence and door are each multiplied by e^(s·z), s the row's own misfit and z a standard normal draw: a replicate has
    one setup, and the law is off there by so much. No strength is beyond its range in variables.toml.
    """
    values = _drawn(*luck)
    fit = fit_law(seen.pressing, _material(values, luck), near=near)
    rates = _rates(fit, (seen.leaving.mean_s, seen.heard), values)
    for part, spread in (("fence", fit.misfit.fence), ("door", fit.misfit.door)):
        u = rng.uniform(*luck, rng.PARAMETER, stream_id(f"site:misfit_{part}"), 0)
        name = f"site_{part}_strength"
        off = math.exp(spread * NormalDist().inv_cdf(min(max(float(u), 1e-9), 1.0 - 1e-9)))
        rates[name] = min(rates[name] * off, schema.quantity(name).high or math.inf)
    return {name: _figure(rate) for name, rate in rates.items()}


def _lifted(pressed: Sequence[Floats]) -> LiftedRow:
    """Say in how many trials the count of a smaller one was taken, and by how many persons at most."""
    off = np.array([lifted(each) for each in pressed])
    return LiftedRow(trials=int((off > 0.0).sum()), of=off.size, most=_figure(float(off.max())))


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


def _row(name: str, value: float, drawn: Sequence[float]) -> RateRow:
    """Say what is known of one rate."""
    low, high = np.quantile(drawn, MIDDLE)
    unit, method = schema.quantity(name).unit, METHODS.get(name, LAW)
    return RateRow(value=_figure(value), q02=_figure(low), q98=_figure(high), unit=unit, method=method)


def _figures(said: Mapping[str, float]) -> dict[str, Any]:
    """Keep four digits of what is no whole number."""
    return {name: each if isinstance(each, int) else _figure(each) for name, each in said.items()}


def _figure(value: float) -> float:
    """Keep four digits: more would not be known."""
    return float(f"{float(value):.4g}")
