"""The rates at which the office of a site wears and its crowd clears, as measured there: in place of the city's own.

A value with its file. It is measured by `site_measure`; for an embedded site it stands in data/sites/rates.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml

from sispamkota import schema, store
from sispamkota.errors import Faults, InputError
from sispamkota.inputs import DATA, Document, Model, read_yaml, validate
from sispamkota.place.compound import Compound
from sispamkota.schema import Assumption
from sispamkota.show import Table, html_table, text_table
from sispamkota.words import figure, unit_word, words

__all__ = [
    "NAMES",
    "LeavingRow",
    "LiftedRow",
    "MisfitRow",
    "RateRow",
    "SiteRates",
    "SiteRatesFile",
    "site_digest",
]

NAMES = (
    "site_hold_per_officer",
    "site_hold_per_guard",
    "site_press_most",
    "site_fence_strength",
    "site_door_strength",
    "site_leave_asked_rate",
)
HEAD = "# yaml-language-server: $schema={schema}\n# Made by a program, from a compound's plan: do not edit; {command}\n"
Digest = Annotated[str, pydantic.Field(pattern="^[0-9a-f]{16,64}$")]
Least = Annotated[float, pydantic.Field(ge=0.0)]


class RateRow(Model):
    """Describe one rate: usual value, the 2 % and 98 % quantiles of the drawn rows, how it was found."""

    value: Least
    q02: Least
    q98: Least
    unit: str
    method: Annotated[str, pydantic.Field(min_length=1)]

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> RateRow:
        """Refuse quantiles that are not in order."""
        if self.q02 > self.q98:
            raise ValueError("quantiles from low to high")
        return self


class MisfitRow(Model):
    """Describe how far the fitted law lies from what was seen, over the setups that can tell (`site_fit.Misfit`)."""

    setups: int
    telling: int
    fence: Least
    factor: Annotated[float, pydantic.Field(ge=1.0)]
    unsafe: int
    severe: int
    door: Least


class LiftedRow(Model):
    """Describe where more people pressed less, so that the smaller trial's count was taken; persons at most."""

    trials: int
    of: int
    most: Least


class LeavingRow(Model):
    """Describe how people left who were asked to at once: s, persons/s."""

    people: int
    mean_s: Least
    most_s: Least
    flow: Least


class SiteRatesFile(Model):
    """Describe a file of measured rates."""

    kind: Literal["site-rates"]
    version: Literal[1]
    site: str
    title: str
    stands_for: tuple[str, ...]
    tag: Literal["estimated"]
    source: str
    command: str
    seed: int
    plan: Digest
    engine: Digest
    measuring: Digest
    scenes: int
    misfit: MisfitRow
    leaving: LeavingRow
    leaving_one_shut: LeavingRow
    shut: str
    pressing: Mapping[str, tuple[float, ...]]
    lag_s: Mapping[str, tuple[float, ...]]
    flat_s: Mapping[str, tuple[float, ...]]
    lifted: Mapping[str, LiftedRow]
    rates: Mapping[str, RateRow]
    columns: tuple[str, ...]
    rows: Annotated[tuple[tuple[Least, ...], ...], pydantic.Field(min_length=1)]


@dataclass(frozen=True)
class SiteRates:
    """Hold measured rates; `usual`, `ranges`, `drawn` go by the names of parameters (data/variables.toml)."""

    file: SiteRatesFile
    path: Path | None = None

    @classmethod
    def load(cls, path: Path) -> SiteRates:
        """Read measured rates; raises InputError with every fault."""
        document, faults = read_yaml(path), Faults()
        content = validate(SiteRatesFile, document, faults)
        if content is not None:
            _check(content, document, faults)
        faults.raise_if_any()
        assert content is not None  # noqa: S101 - no fault, so it is there
        return cls(content, path)

    @classmethod
    def embedded(cls, compound: Compound) -> SiteRates | None:
        """Give the rates that stand in data/sites/rates, if they are of this very plan."""
        path = DATA / "sites" / "rates" / f"{compound.plan.name}.yaml"
        if not path.is_file():
            return None
        found = cls.load(path)
        return found if found.file.plan == site_digest(compound) else None

    @property
    def usual(self) -> dict[str, float]:
        """Give the usual value of each parameter."""
        return {name: self.file.rates[name].value for name in NAMES}

    @property
    def ranges(self) -> dict[str, tuple[float, float, float]]:
        """Give (2 % quantile, usual, 98 % quantile) of each parameter that is not sure; wider where the usual is."""
        rows = {name: self.file.rates[name] for name in NAMES}
        spans = {name: sorted((row.q02, row.value, row.q98)) for name, row in rows.items()}
        return {name: (low, rows[name].value, high) for name, (low, _, high) in spans.items() if low < high}

    @property
    def drawn(self) -> tuple[dict[str, float], ...]:
        """Give the rows that a replicate draws one of, whole: rates that were measured together stay together."""
        return tuple(dict(zip(self.file.columns, row, strict=True)) for row in self.file.rows)

    @property
    def assumption(self) -> Assumption:
        """State what a result rests on that takes these rates."""
        n, site, off = self.file.scenes, self.file.title, self.file.misfit
        factor, unsafe, telling = math.exp(off.fence), off.unsafe, off.telling
        said_id = (
            f"Ketahanan perimeter dan laju pulang di kantor diukur pada denah “{site}” ({n} adegan); "
            f"waktu robohnya lazim meleset {figure(factor, 'id')} kali, dan pada {unsafe} dari {telling} susunan yang "
            "dapat dibandingkan disebut bertahan padahal roboh; "
            "kekuatan pagar, pintu, dan petugas tetap asumsi, dan di sini hanya menanggung yang sempat mendesak: "
            "kantor tampak lebih kuat daripada tanpa denah; rencanakan untuk yang lebih buruk dari keduanya"
        )
        said_en = (
            f"How the office's perimeter bears and its crowd leaves was measured at the site “{site}” ({n} scenes); "
            f"when it falls is typically off by a factor of {figure(factor, 'en')}, and in {unsafe} of {telling} "
            "setups that can be compared it is said to stand where it falls; "
            "what fence, door and officers bear is still assumed, and here meets only those who find room to press: "
            "an office looks stronger than without a site; plan for the worse of the two"
        )
        return Assumption("engine.site", said_id, said_en, "estimated", len(NAMES))

    @property
    def settings(self) -> dict[str, Any]:
        """Say for a manifest what was measured, where, with which luck and engine."""
        file = self.file
        told = {name: getattr(file, name) for name in ("site", "plan", "seed", "engine", "measuring")}
        rows = json.dumps([file.columns, file.rows])
        return told | {"rates": self.usual, "rows": hashlib.sha256(rows.encode()).hexdigest()[:16]}

    def rows(self, lang: str) -> Table:
        """Give title, header and a row a rate, in "id" or "en"."""
        t, rows = words(lang), []
        for name in NAMES:
            row = self.file.rates[name]
            told = (figure(each, lang) if each >= 0.001 else f"{each:.1e}" for each in (row.value, row.q02, row.q98))
            rows.append((schema.quantity(name).sentence(lang), *told, unit_word(row.unit, lang)))
        title = t("site.rates", site=self.file.title, scenes=self.file.scenes)
        return title, tuple(t(f"site.{name}") for name in ("rate", "usual", "q02", "q98", "unit")), rows

    def __str__(self) -> str:
        """Print the rates in a plain table."""
        return text_table(*self.rows("en"))

    def _repr_html_(self) -> str:
        return html_table(*self.rows("en"))

    def save(self, path: Path, *, schema_at: str = "../../schema/site-rates.json") -> SiteRates:
        """Write the file, whole or not at all; return the same rates as read from there."""
        text = HEAD.format(schema=schema_at, command=self.file.command)
        said = self.file.model_dump(mode="json")
        text += yaml.safe_dump(said, default_flow_style=None, sort_keys=False, allow_unicode=True, width=118)
        path.parent.mkdir(parents=True, exist_ok=True)
        with store.atomic_write(path) as stage:
            stage.write_text(text, encoding="utf-8")
        return SiteRates.load(path)


def site_digest(compound: Compound) -> str:
    """Hash what a compound's plan says, 64 hexadecimal digits; its words of explanation do not count."""
    said = compound.plan.model_dump(mode="json", exclude={"title", "about_id", "about_en", "source", "tag"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _check(content: SiteRatesFile, document: Document, faults: Faults) -> None:
    """Note rates that are missing, unknown, or outside what the engine takes."""
    remedy = "Measure the site again."
    for name in (name for name in NAMES if name not in content.rates):
        faults.add(where=document.where("rates"), field="rates", expected=f"a rate {name}", got="none", remedy=remedy)
    if content.columns != NAMES or any(len(row) != len(NAMES) for row in content.rows):
        expected, got = f"{len(NAMES)} rates a row", ", ".join(content.columns)
        faults.add(where=document.where("rows"), field="rows", expected=expected, got=got, remedy=remedy)
        return
    values = [{name: row.value for name, row in content.rates.items()}]
    values += [dict(zip(content.columns, row, strict=True)) for row in content.rows]
    for each in values:
        try:
            schema.parameters(each)
        except InputError as error:
            faults.extend(error.faults)
