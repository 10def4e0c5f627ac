"""What is known before a count: rates by kind and hour from a table, and the priors of the hazard model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
import pydantic
from numpy.typing import NDArray

from sispamkota.errors import Faults
from sispamkota.inputs import Model, own_file, read_yaml, validate
from sispamkota.place.voting import Ranged

from .riskmap import ALL_HOURS, EVERYWHERE, RiskMap

__all__ = ["HazardModel", "Prior", "hazard_model"]

F8 = NDArray[np.float64]


class HazardModel(Model):
    """Describe data/risk/model.yaml: the priors of the spreads; each figure with its range and source."""

    kind: Literal["hazard-model"]
    version: Literal[1]
    place_spread: Ranged
    kind_spread: Ranged
    hour_spread: Ranged
    tail: Ranged
    unstructured: Ranged
    indicator_sd: Ranged
    hour_reach_h: Ranged

    @pydantic.model_validator(mode="after")
    def _positive(self) -> HazardModel:
        for name in type(self).model_fields:
            each = getattr(self, name)
            if isinstance(each, Ranged) and not each.low > 0:
                raise ValueError(f"{name} above 0")
        if not (self.tail.high < 1 and self.unstructured.high < 1):
            raise ValueError("chances below 1")
        return self


def hazard_model(*, path: str | Path | None = None) -> HazardModel:
    """Read the priors of the model, the embedded ones or those of a file; raises InputError with every fault."""
    if path is None:
        return own_file(HazardModel, "risk", "model")
    faults = Faults()
    model = validate(HazardModel, read_yaml(path), faults)
    faults.raise_if_any()
    return cast("HazardModel", model)


@dataclass(frozen=True, eq=False)
class Prior:
    """Hold rates before counting: rate (k, 24) a city's incidents an hour, and the gamma shape of each kind's level.

    An hour whose rate is 0 is closed to the kind: nothing of it can happen then. `source` and `tag`: one a kind.
    """

    kinds: tuple[str, ...]
    rate: F8
    shape: F8
    source: tuple[str, ...]
    tag: tuple[str, ...]

    @classmethod
    def load(cls, names: Sequence[str | Path], kinds: Sequence[str]) -> Prior:
        """Read tables of the whole city ("pilkada", a city, a file); where two rate a kind, their rates add.

        Raises InputError for a kind that no table rates.
        """
        return cls.of(RiskMap.join([RiskMap.load(name) for name in names]), kinds)

    @classmethod
    def of(cls, riskmap: RiskMap, kinds: Sequence[str]) -> Prior:
        """Take the rows of the whole city; the shape of a sum keeps the sum's variance.

        Raises InputError for a kind without a row.
        """
        table = riskmap.table[riskmap.table["place"] == EVERYWHERE]
        faults, shape, source, tag = Faults(), [], [], []
        for kind in kinds:
            rows = table[(table["kind"] == kind) & (table["rate_per_h"] > 0)]
            if rows.empty:
                where, remedy = f"risk map {riskmap.name}", "Add a row of the whole city (place *), or leave it out."
                faults.add(where=where, field="kind", expected=f"a rate of {kind}", got="none", remedy=remedy)
                continue
            hours = rows["hour"].map(lambda hour: 24.0 if hour == ALL_HOURS else 1.0)
            sums = (rows["rate_per_h"] * hours).groupby(rows["draw"]).sum()
            shapes = rows.groupby("draw")["shape"].first()
            shape.append(float(sums.sum() ** 2 / (sums**2 / shapes).sum()))
            source.append("; ".join(dict.fromkeys(rows["source"])))
            tag.append(max(rows["tag"], key=("official", "reported", "estimated", "assumed").index))
        faults.raise_if_any()
        rate = riskmap.to_array([EVERYWHERE], list(kinds))[0]
        return cls(tuple(kinds), rate, np.array(shape), tuple(source), tuple(tag))
