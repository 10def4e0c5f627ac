"""One scene at a compound: people who come, stand, turn violent, calm, press, go; a line, gates and doors that bear.

The rates are those of the city's crowd (docs/explanation/crowd.md), local in space; the walking is docs/explanation/
motion.md. No weapons are modelled. What is measured is density, a proxy of pressure, flow, minutes, people at risk. A
scene is a function of (compound, crowd, line, parameters, seed, replicate).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota import store
from sispamkota.errors import EngineError, Faults, InputError, shown
from sispamkota.kernels import motion_layout as at
from sispamkota.kernels.gauge import density_map, take_people
from sispamkota.kernels.moods import start_clocks
from sispamkota.kernels.motion import advance_motion, free_speed
from sispamkota.kernels.motion_layout import People
from sispamkota.manifest import Manifest
from sispamkota.place.compound import Compound
from sispamkota.place.compound_yard import Bearing, compound_lines, line_posts
from sispamkota.place.walking import motion_figures
from sispamkota.place.yard import Yard, build_yard
from sispamkota.schema import Assumption, parameters
from sispamkota.streams import SCHEME

from .scene_people import Crowd, place_people

__all__ = ["HOME", "HZ", "OPENED", "Crowd", "Film", "Guard", "Hazard", "Scene", "make_scene", "play_scene"]

HZ = 2.0  # frames a second
DENSITY_EVERY = 4  # frames between two maps of density
HOME = 6  # state of a frame: on the way home and no part of the crowd any more; only where a replicate is followed
OPENED = 1  # of 255 in `bears`: open, and nobody broke it
DENSITY_UNIT = 0.05  # persons/m² of one step of a map; 255 is that much or more
MOODS = (
    *("epsilon", "beta", "gamma", "omega", "rho", "kappa", "pi", "delta", "nu", "n_half"),
    *("kuning_violent", "kuning_share", "merah_violent", "merah_share", "leave_rate", "leave_asked_rate"),
)


@dataclass(frozen=True)
class Guard:
    """Say who stands at the office: officers and negotiators on the line, guards at the gates, the posture shown."""

    officers: int = 0
    negotiators: int = 0
    guards: int = 0
    posture: int = 0

    def faults(self, faults: Faults) -> None:
        """Note numbers that make no sense."""
        for name, most in (("officers", 2000), ("negotiators", 200), ("guards", 2000), ("posture", 2)):
            value = getattr(self, name)
            if not 0 <= value <= most:
                remedy = "Choose a number in the range."
                faults.add(where="guard", field=name, expected=f"0 to {most}", got=shown(value), remedy=remedy)


@dataclass(frozen=True)
class Hazard:
    """Say that somewhere people stood closer than the threshold: when it was first seen, where, how dense it became."""

    at: float
    x: float
    y: float
    densest: float
    people: int


@dataclass(frozen=True, eq=False)
class Scene:
    """Hold what happened at a compound; docs/reference/site-files.md describes the arrays.

    `xy` (frames, people, 2) int16 in steps of `unit_m` from `origin`, -1 for who is not inside; `state` and `heading`
    (frames, people) uint8, a heading of 256 is a full turn; `density` (maps, rows, columns) uint8 in steps of 0.05
    persons/m² over squares of 1 m; `passed` (frames, lines) people across each line so far, net; `bears` (frames,
    barriers) uint8, 255 whole, 1 opened on purpose, 0 fallen; `stage` (frames,) uint8, 0 hijau, 1 kuning, 2 merah;
    `officers` and `negotiators` (frames,) int16 are on the line. A state of `HOME` is on the way home and counts in no
    crowd.
    """

    site: str
    times: NDArray[np.float64]
    xy: NDArray[np.int16]
    state: NDArray[np.uint8]
    heading: NDArray[np.uint8]
    density: NDArray[np.uint8]
    passed: NDArray[np.int32]
    bears: NDArray[np.uint8]
    stage: NDArray[np.uint8]
    officers: NDArray[np.int16]
    negotiators: NDArray[np.int16]
    names: Mapping[str, tuple[str, ...]]
    origin: tuple[float, float]
    unit_m: float
    measures: Mapping[str, float | None]
    hazards: tuple[Hazard, ...]
    assumptions: tuple[Assumption, ...]
    manifest: Manifest

    def metres(self, frame: int) -> NDArray[np.float64]:
        """Give positions of a frame, (people, 2) m; NaN for who is not inside."""
        here: NDArray[np.float64] = self.xy[frame].astype(np.float64) * self.unit_m + np.array(self.origin)
        here[self.xy[frame, :, 0] < 0] = np.nan
        return here

    def to_dict(self) -> dict[str, Any]:
        """Give all but the arrays as plain values."""
        about: dict[str, Any] = {
            "site": self.site,
            "measures": dict(self.measures),
            "hazards": [asdict(each) for each in self.hazards],
        }
        about |= {"names": {key: list(value) for key, value in self.names.items()}, "origin": list(self.origin)}
        return about | {"unit_m": self.unit_m, "assumptions": [asdict(each) for each in self.assumptions]}

    def save(self, folder: str | Path) -> None:
        """Write the scene to a folder, whole or not at all."""
        store.save(self, folder)


ARRAYS = ("times", "xy", "state", "heading", "density", "passed", "bears", "stage", "officers", "negotiators")


def _save(scene: Scene, folder: Path) -> None:
    """Write the arrays, and the rest as JSON."""
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(scene, name), allow_pickle=False)
    store.write_json(scene.to_dict(), folder / "scene.json")


def _load(folder: Path, manifest: Manifest) -> Scene:
    """Read a scene back."""
    about = store.read_json(folder / "scene.json")
    arrays = {name: store.read_array(folder / f"{name}.npy") for name in ARRAYS}
    return Scene(
        site=about["site"],
        **arrays,
        names={key: tuple(value) for key, value in about["names"].items()},
        origin=tuple(about["origin"]),
        unit_m=about["unit_m"],
        measures=about["measures"],
        hazards=tuple(Hazard(**each) for each in about["hazards"]),
        assumptions=tuple(Assumption(**each) for each in about["assumptions"]),
        manifest=manifest,
    )


store.register("scene", _save, _load)


def play_scene(
    compound: Compound,
    crowd: Crowd,
    guard: Guard,
    *,
    minutes: float = 10.0,
    seed: int = 1,
    replicate: int = 0,
    given: Mapping[str, float] | None = None,
) -> Scene:
    """Play a scene; `given` replaces parameters of the city's crowd by name. Raises InputError, or EngineError."""
    faults = Faults()
    crowd.faults(faults)
    guard.faults(faults)
    if not 0.0 < minutes <= 240.0:
        remedy = "Choose a number in the range."
        faults.add(where="scene", field="minutes", expected="0 to 240", got=shown(minutes), remedy=remedy)
    rates = _parameters(given, faults)
    faults.raise_if_any()
    yard = _yard(compound, guard, rates, crowd)
    m = yard.m
    m.seed, m.replicate = seed, replicate
    people = place_people(compound, crowd, yard)
    for i in range(people.spot.shape[0]):
        mean, spread = motion_figures().free_mean[0], motion_figures().free_spread[0]
        people.body[i, at.FREE] = free_speed(mean, spread, seed, replicate, i)
    start_clocks(m, people)
    film = Film.empty(yard, people, round(minutes * 60.0 * HZ) + 1)
    _play(yard, people, film)
    manifest = _manifest(compound, (crowd, guard), minutes, seed, replicate, given)
    return make_scene(compound, film, yard, people, manifest)


def _parameters(given: Mapping[str, float] | None, faults: Faults) -> dict[str, float]:
    """Give all parameters; what is wrong with the given ones is noted."""
    try:
        return parameters(given or {})
    except InputError as error:
        faults.extend(error.faults)
        return parameters()


def _yard(compound: Compound, guard: Guard, rates: Mapping[str, float], crowd: Crowd) -> Yard:
    """Make the yard with its line and posts, and the crowd's rates in its header."""
    bearing = Bearing(
        line_hold=rates["hold_per_officer"] * guard.officers,
        line_strength=motion_figures().line_strength[0],
        gate_hold=rates["hold_per_guard"] * guard.guards,
        gate_strength=rates["fence_strength"],
        door_strength=rates["door_strength"],
        posts=line_posts(compound, guard.officers, guard.negotiators),
    )
    changed = {name: rates[name] for name in MOODS} | {"volatility": crowd.volatility, "posture": float(guard.posture)}
    if crowd.ends_at is not None:
        changed["end_at"] = crowd.ends_at
    return build_yard(compound_lines(compound, bearing=bearing, line=guard.officers > 0), changed=changed)


@dataclass(eq=False)
class Film:
    """Hold the frames while they are made."""

    times: NDArray[np.float64]
    xy: NDArray[np.int16]
    state: NDArray[np.uint8]
    heading: NDArray[np.uint8]
    density: NDArray[np.uint8]
    passed: NDArray[np.int32]
    bears: NDArray[np.uint8]
    stage: NDArray[np.uint8]
    officers: NDArray[np.int16]
    negotiators: NDArray[np.int16]
    unit_m: float
    whole: NDArray[np.float64]
    cleared_at: float = inf
    violent_most: int = 0
    inside_most: int = 0

    @classmethod
    def empty(cls, yard: Yard, people: People, frames: int) -> Film:
        """Make room for so many frames."""
        m, n = yard.m, people.spot.shape[0]
        wide, high = float(m.fnx * m.fh), float(m.fny * m.fh)
        maps, lines, barriers = -(-frames // DENSITY_EVERY), len(yard.ground.line), len(yard.ground.walls.barrier)
        return cls(
            times=np.zeros(frames),
            xy=np.full((frames, n, 2), -1, np.int16),
            state=np.zeros((frames, n), np.uint8),
            heading=np.zeros((frames, n), np.uint8),
            density=np.zeros((maps, int(high) + 1, int(wide) + 1), np.uint8),
            passed=np.zeros((frames, lines), np.int32),
            bears=np.zeros((frames, barriers), np.uint8),
            stage=np.zeros(frames, np.uint8),
            officers=np.full(frames, round(float(yard.ground.post["officers"].sum())), np.int16),
            negotiators=np.full(frames, round(float(yard.ground.post["negotiators"].sum())), np.int16),
            unit_m=0.01 if max(wide, high) < 320.0 else max(wide, high) / 32_000.0,
            whole=np.array([row["left"] for row in yard.ground.walls.barrier]),
        )

    def take(self, k: int, yard: Yard, people: People) -> None:
        """Take frame k."""
        m = yard.m
        self.times[k], self.stage[k] = m.now, int(m.stage)
        inside, violent = take_people(m, people, self.unit_m, (self.xy[k], self.state[k], self.heading[k]))
        self.passed[k] = yard.ground.line["there"] - yard.ground.line["back"]
        barrier = yard.ground.walls.barrier
        wears = np.isfinite(self.whole) & (self.whole > 0)
        left = np.where(wears, barrier["left"], 1.0) / np.where(wears, self.whole, 1.0)
        fell = np.isfinite(barrier["fell_at"])
        opened = np.where(fell, 0, OPENED)
        self.bears[k] = np.where(barrier["open"] == 1, opened, np.clip(np.ceil(left * 255.0), OPENED + 1, 255))
        if k % DENSITY_EVERY == 0:
            out = np.zeros(self.density.shape[1:])
            density_map(m, people, yard.ground, out)
            self.density[k // DENSITY_EVERY] = np.minimum(np.rint(out / DENSITY_UNIT), 255)
        self.violent_most = max(self.violent_most, int(violent))
        self.inside_most = max(self.inside_most, int(inside))

    def seek_ways(self, k: int, yard: Yard, people: People) -> None:
        """Let people find the quickest way out anew, where it is time and many are on it."""
        figures, person = motion_figures(), people.person
        going = int(((person["goal"] == at.GO_OUT) & (person["state"] <= at.LED)).sum())
        if k % round(figures.look_s[0] * HZ) == 0 and going >= figures.look_people[0]:
            yard.find_quickest(self.density[k // DENSITY_EVERY] * DENSITY_UNIT)


def _play(yard: Yard, people: People, film: Film) -> None:
    """Play to the end, frame by frame; ways are found anew when a barrier changes."""
    for k in range(len(film.times)):
        while (code := advance_motion(yard.m, people, yard.ground, k / HZ)) == at.EVENT:
            yard.refresh_fields()
        if code == at.TOO_CLOSE:
            raise EngineError("more people stand about one than bodies can: the scene is broken")
        film.take(k, yard, people)
        film.seek_ways(k, yard, people)
        counts = np.bincount(people.person["state"], minlength=int(at.NOT_YET) + 1)
        inside = int(counts[: int(at.LED) + 1].sum())
        if yard.m.n_in - yard.m.n_out != inside or counts.sum() != len(people.person):
            raise EngineError("people do not balance: somebody vanished")
        if inside == 0 and counts[at.NOT_YET] == 0 and film.cleared_at == inf:
            film.cleared_at = float(yard.m.now)


def _measures(film: Film, yard: Yard, people: People) -> dict[str, float | None]:
    """Say what was measured; None for what did not happen."""
    m, person = yard.m, people.person
    fell = [float(each) for each in yard.ground.walls.barrier["fell_at"]]
    out: dict[str, float | None] = {
        "people": float(len(person)),
        "inside_most": float(film.inside_most),
        "outside": float((person["state"] == at.NOT_YET).sum()),
        "left": float(m.n_out),
        "crush_at": float(m.crush_at),
        "densest": float(m.densest),
        "at_risk_most": float(m.at_risk_most),
        "at_risk_s": float(m.at_risk_s),
        "pressure_most": float(m.pressed),
        "violent_most": float(film.violent_most),
        "violent_s": float(m.violent_s),
        "turned": float(m.turned),
        "calmed": float(m.calmed),
        "tired": float(m.tired),
        "led": float(m.led),
        "cleared_at": film.cleared_at,
        "first_fell_at": min(fell, default=inf),
        "agent_steps": float(m.moves),
    }
    return {name: (value if value is not None and isfinite(value) else None) for name, value in out.items()}


def make_scene(compound: Compound, film: Film, yard: Yard, people: People, manifest: Manifest) -> Scene:
    """Put a scene together from its frames."""
    plan, m = compound.plan, yard.m
    gates = compound.gate_names()
    lined = len(yard.ground.walls.barrier) > len(gates)
    lines = (*(each.name for each in plan.exits), *gates)
    hazards = tuple[Hazard, ...]()
    if isfinite(m.crush_at):
        first = [float(each) for each in (m.crush_at, m.crush_x, m.crush_y, m.densest)]
        hazards = (Hazard(first[0], first[1], first[2], first[3], int(m.at_risk_most)),)
    return Scene(
        site=plan.name,
        **{name: getattr(film, name) for name in ARRAYS},
        names={"lines": lines, "barriers": (("line",) if lined else ()) + gates},
        origin=(float(m.fx0), float(m.fy0)),
        unit_m=film.unit_m,
        measures=_measures(film, yard, people),
        hazards=hazards,
        assumptions=(*compound.assumptions, _UNCALIBRATED),
        manifest=manifest,
    )


_UNCALIBRATED = Assumption(
    "moods_uncalibrated",
    "Laju berubahnya peserta aksi di denah ini belum dikalibrasi pada kejadian nyata.",
    "The rates at which people change are not calibrated on real events.",
    "assumed",
)


def _manifest(
    compound: Compound,
    who: tuple[Crowd, Guard],
    minutes: float,
    seed: int,
    replicate: int,
    given: Mapping[str, float] | None,
) -> Manifest:
    """Say what made the scene."""
    settings = {"site": compound.plan.name, "minutes": minutes, "replicate": replicate, "given": dict(given or {})}
    settings |= {"crowd": asdict(who[0]), "guard": asdict(who[1])}
    return Manifest.collect(inputs={"site": compound.path}, seed=seed, streams_scheme=SCHEME, settings=settings)
