"""A scene at a compound as a compact document that the player plays: docs/reference/scene-playback.md describes it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.kernels import motion_layout as at
from sispamkota.place.compound import Compound, width
from sispamkota.place.walking import motion_figures
from sispamkota.rehearsal.scene import DENSITY_EVERY, DENSITY_UNIT, Scene

__all__ = ["FORMAT", "ScenePlayback", "make_scene_playback", "varints"]

FORMAT = 1
MOST_BYTES = (
    2_900_000  # packed, before base64 makes four bytes of three: with the page's script below 4 MB and a bundle
)
FINENESS = ((2, 1), (5, 1), (5, 2), (10, 2), (10, 4), (20, 8), (20, 16), (50, 32))  # cm, frames kept of so many
TURNS = 32  # headings told apart
HEADING_STEP = 256 // TURNS
COARSER = 5  # steps of a map of density in one of the document: 0.25 persons/m²
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ScenePlayback:
    """Hold a scene for the player: `head` in plain JSON values, and its arrays as bytes by name."""

    head: Mapping[str, Any]
    arrays: Mapping[str, bytes]

    def to_bytes(self) -> bytes:
        """Write the document: the length of the head (four bytes, the least first), the head, then the arrays."""
        lengths = {name: len(part) for name, part in self.arrays.items()}
        text = json.dumps(
            dict(self.head) | {"arrays": lengths}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )
        head = text.encode()
        return b"".join([len(head).to_bytes(4, "little"), head, *self.arrays.values()])

    def packed(self) -> bytes:
        """Pack it by gzip, without a time: the same bytes for the same scene."""
        return gzip.compress(self.to_bytes(), 9, mtime=0)


def make_scene_playback(
    scene: Scene, compound: Compound, *, start_s: float | None = None, place: str | None = None
) -> ScenePlayback:
    """Write a scene for the player, as fine as fits into 4 MB of a page.

    `start_s` is the second of the day at the scene's time 0; without it the clock counts from there. `place` names
    whose crowd of a rehearsal it is.
    """
    head = _head(scene, compound, start_s)
    head["about"]["place"] = place
    for cm, every in FINENESS:
        made = _encode(scene, head, cm, every)
        if len(made.packed()) <= MOST_BYTES:
            break
    return made


def varints(values: Any) -> bytes:
    """Write whole numbers of up to 28 bits, small ones in one byte: zigzag, then seven bits a byte, the least first."""
    whole = np.asarray(values, np.int64).ravel()
    coded = (whole << 1) ^ (whole >> 63)
    longer = [coded >> bits > 0 for bits in (7, 14, 21)]
    sizes: I8 = np.stack(longer).sum(axis=0, dtype=np.int64) + 1
    first = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), np.uint8)
    for k in range(4):
        chosen = sizes > k
        part = (coded[chosen] >> (7 * k)) & 127
        out[first[chosen] + k] = part | np.where(sizes[chosen] > k + 1, 128, 0)
    return out.tobytes()


def _steps(values: I8) -> I8:
    """Give each value but the first as the step from the one before, along the last axis."""
    return np.diff(values, axis=-1, prepend=0)


def _runs(rows: I8) -> bytes:
    """Write rows of values that seldom change: of each the number of runs, then value and length of each run."""
    out: list[int] = []
    for row in rows:
        starts = np.flatnonzero(np.diff(row, prepend=row[0] - 1))
        lengths = np.diff(starts, append=len(row))
        out.append(len(starts))
        out += np.column_stack([row[starts], lengths]).ravel().tolist()
    return varints(out)


def _encode(scene: Scene, head: Mapping[str, Any], cm: int, every: int) -> ScenePlayback:
    """Write the arrays so fine: positions by person, only while inside, as steps from frame to frame."""
    kept = slice(None, None, every)
    unit = scene.unit_m * 100.0 / cm
    inside = scene.xy[kept, :, 0].T >= 0
    state = scene.state[kept].T.astype(np.int64)
    away = np.where(state == int(at.NOT_YET), int(at.NOT_YET), int(at.OUT))
    state = np.where(inside, state, away)
    places = np.rint(scene.xy[kept].astype(np.float64) * unit).astype(np.int64)
    heading = scene.heading[kept].T.astype(np.int64) // HEADING_STEP
    turns = (_between(heading, inside) + TURNS // 2) % TURNS - TURNS // 2
    cells, maps = _density(scene)
    arrays = {
        "state": _runs(state),
        "x": varints(_between(places[:, :, 0].T, inside)),
        "y": varints(_between(places[:, :, 1].T, inside)),
        "heading": varints(turns),
        "posts": _runs(
            np.stack([each[kept].astype(np.int64) for each in (scene.stage, scene.officers, scene.negotiators)])
        ),
        "passed": varints(_steps(scene.passed[kept].T.astype(np.int64) * np.array(head["inward"])[:, None])),
        "bears": varints(_steps(scene.bears[kept].T.astype(np.int64))),
        "cells": varints(_steps(cells)),
        "density": varints(_steps(maps)),
    }
    times = scene.times[kept]
    fine = {
        "frames": len(times),
        "first_s": float(times[0]),
        "every_s": float(times[1] - times[0]) if len(times) > 1 else 1.0,
    }
    return ScenePlayback(dict(head) | fine | {"unit_m": cm / 100.0}, arrays)


def _between(rows: I8, inside: NDArray[np.bool_]) -> I8:
    """Give the steps of each row between the frames in which its person is inside, the first from 0."""
    person, frame = np.nonzero(inside)
    values = rows[person, frame]
    before = np.concatenate([[0], values[:-1]]) * np.concatenate([[0], person[1:] == person[:-1]])
    return np.asarray(values - before, np.int64)


def _density(scene: Scene) -> tuple[I8, I8]:
    """Give the squares in which anybody ever was, by number, and their density over the maps in quarters, rounded up.

    Rounded up, more than the threshold stays more than the threshold.
    """
    rows = scene.density.reshape(len(scene.density), -1).T.astype(np.int64)
    cells = np.flatnonzero(rows.any(axis=1))
    return cells, -(-rows[cells] // COARSER)


def _head(scene: Scene, compound: Compound, start_s: float | None) -> dict[str, Any]:
    """Say what is played, and where."""
    figures = motion_figures()
    settings = dict(scene.manifest.settings)
    guard, crowd = dict(settings.get("guard", {})), dict(settings.get("crowd", {}))
    return {
        "format": FORMAT,
        "about": {
            "title": compound.plan.title,
            "site": scene.site,
            "people": scene.state.shape[1],
            "violent": crowd.get("violent"),
            "guards": guard.get("guards"),
            "seed": scene.manifest.seed,
            "replicate": int(settings.get("replicate", 0)),
            "start_s": start_s,
            "ends_at": crowd.get("ends_at"),
            "rests": [{"id": each.id, "en": each.en, "tag": each.tag} for each in scene.assumptions],
        },
        "plan": _plan(compound),
        "lines": list(scene.names["lines"]),
        "inward": [_inward(compound, name) for name in scene.names["lines"]],
        "barriers": list(scene.names["barriers"]),
        "origin": list(scene.origin),
        "grid": {"rows": scene.density.shape[1], "columns": scene.density.shape[2], "maps": len(scene.density)},
        "map_every_s": DENSITY_EVERY * float(scene.times[1] - scene.times[0]) if len(scene.times) > 1 else 1.0,
        "density_unit": DENSITY_UNIT * COARSER,
        "crush": figures.crush_density[0],
        "body_m": figures.body_m[0],
        "hazards": [asdict(each) for each in scene.hazards],
        "cleared_at": scene.measures.get("cleared_at"),
    }


def _inward(compound: Compound, name: str) -> int:
    """Give 1 where a scene counts an opening's crossings as a reader does, else −1: in at gates, out at exits.

    A scene counts from the left of an opening's points to their right.
    """
    inner = [each for each in (*compound.plan.gates, *compound.plan.doors) if each.name == name]
    rings = [corner for each in compound.plan.buildings for corner in each.ring]
    if not inner or not rings:
        return 1
    (ax, ay), (bx, by) = inner[0].points
    x, y = np.mean(rings, axis=0)
    return -1 if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0 else 1


def _plan(compound: Compound) -> dict[str, Any]:
    """Give what stands there, metres to the centimetre."""
    plan = compound.plan

    def points(way: Any) -> list[list[float]]:
        """Round the points of a way."""
        return [[round(float(x), 2), round(float(y), 2)] for x, y in way]

    openings = [("gate", each) for each in plan.gates] + [("door", each) for each in plan.doors]
    openings += [("exit", each) for each in plan.exits]
    return {
        "ground": points(plan.ground),
        "buildings": [[each.name, points(each.ring)] for each in plan.buildings],
        "obstacles": [[each.name, points(each.ring)] for each in plan.obstacles],
        "walls": [[round(float(value), 2) for value in row] for row in compound.walls()],
        "openings": [[each.name, kind, points(each.points), round(width(each.points), 2)] for kind, each in openings],
        "spaces": [[each.name, points(each.ring)] for each in plan.spaces],
        "stands": [[each.name, each.vehicle, points(each.way)] for each in plan.stands],
        "line": points(plan.line or ()),
        "front": points(plan.front or ()),
    }
