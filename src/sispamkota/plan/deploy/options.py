"""What a deployment may be asked for beside its city and force."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from sispamkota.force import Doctrine, Norm, norms
from sispamkota.force.doctrine import doctrine
from sispamkota.risk.tps import Observations

from ..plan import Plan
from .figures import DeployFigures, deploy_figures

__all__ = ["DeployOptions", "digest_of", "near", "rule"]


@dataclass(frozen=True)
class DeployOptions:
    """Say how to deploy.

    `shifts` of a day, the first begins at `from_h`; with one, all are on together for the `hours` of the operation
    (None: `duty.max_s`, or round the clock where units have rosters of their own); `posts`: how many candidate posts,
    or their references (None: all of deploy.yaml); `samples` days of hazards; `seconds` for all levels together,
    `gap` of each; sampled levels are held within the share `zone`; `voting`: whether polling stations are guarded
    (None: when a force has pairs of the pattern); `keep`: a plan whose units under BKO stay what they are there.
    A part of a level takes up to 5 s more, and what follows the levels is not in `seconds`: the columns left open (at
    most 4 min) and fresh days (at most 16 min); both are seconds in Malang.
    """

    shifts: int = 1
    from_h: float | None = None
    hours: float | None = None
    posts: int | tuple[str, ...] | None = None
    samples: int = 20
    seconds: float = 60.0
    gap: float = 0.001
    zone: float = 0.01
    solver: str = "highs"
    seed: int = 1
    voting: bool | None = None
    keep: Plan | None = None
    own: Doctrine | None = None
    observations: Observations = field(default_factory=Observations.none)
    figures: DeployFigures = field(default_factory=deploy_figures)

    def to_dict(self) -> dict[str, Any]:
        """Give the plain settings for a manifest."""
        names = ("shifts", "from_h", "hours", "samples", "seconds", "gap", "zone", "solver", "seed", "voting")
        posts = list(self.posts) if isinstance(self.posts, tuple) else self.posts
        keep = self.keep.name if self.keep is not None else None
        return {name: getattr(self, name) for name in names} | {"posts": posts, "keep": keep}

    def digests(self) -> dict[str, str]:
        """Give the SHA-256 of what stands in no setting: figures, own doctrine, observations, kept plan."""
        out = {"figures": digest_of(self.figures.model_dump(mode="json"))}
        if self.own is not None:
            out["doctrine"] = digest_of(asdict(self.own))
        if self.keep is not None:
            out["keep"] = digest_of(self.keep.to_dict())
        if len(self.observations.table):
            out["observations"] = digest_of(self.observations.table.astype(str).to_dict("records"))
        return out


def digest_of(value: Any) -> str:
    """Give the SHA-256 of plain values, written as JSON with sorted keys; what JSON does not know as its text."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Give a pydantic model as plain values, and anything else as text."""
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


def rule(name: str, *, on: str, own: Doctrine | None) -> float:
    """Give a norm's value on a day, or the one nearest in time (see `near`)."""
    return near(name, on=on, own=own)[0].value


def near(name: str, *, on: str, own: Doctrine | None) -> tuple[Norm, bool]:
    """Give a norm on a day, and whether it held then; else the one nearest in time, as no other is known.

    Raises KeyError for a name that no book has.
    """
    try:
        return norms(name, on=on, own=own)[0], True
    except KeyError:
        books = [own, doctrine()] if own is not None else [doctrine()]
        known = [each for book in books for each in book.norms.get(name, ())]
        if not known:
            raise
    day = date.fromisoformat(on)
    return min(known, key=lambda each: max((each.since - day).days, (day - each.until).days)), False
