"""The rates at which the office of a site wears and its crowd clears, as measured there: in place of the city's own.

A value with its file. It is measured by `site_measure`; for an embedded site it stands in data/sites/rates.
"""

from __future__ import annotations

import hashlib
import json
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

__all__ = ["NAMES", "LeavingRow", "RateRow", "SiteRates", "SiteRatesFile", "site_digest"]

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
    """Describe one rate: usual value, range, how many draws the range is of, how it was found."""

    value: Least
    low: Least
    high: Least
    draws: Annotated[int, pydantic.Field(ge=1)]
    unit: str
    method: Annotated[str, pydantic.Field(min_length=1)]

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> RateRow:
        """Refuse a value outside its range."""
        if not self.low <= self.value <= self.high:
            raise ValueError("a value from low to high")
        return self


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
    scenes: int
    misfit: Least
    leaving: LeavingRow
    leaving_one_shut: LeavingRow
    shut: str
    pressing: Mapping[str, tuple[float, ...]]
    rates: Mapping[str, RateRow]


@dataclass(frozen=True)
class SiteRates:
    """Hold measured rates; `usual` and `ranges` go by the names of parameters (data/variables.toml)."""

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
        """Give (low, most likely, high) of each parameter that is not sure."""
        rows = {name: self.file.rates[name] for name in NAMES}
        return {name: (row.low, row.value, row.high) for name, row in rows.items() if row.low < row.high}

    @property
    def assumption(self) -> Assumption:
        """State what a result rests on that takes these rates."""
        n, site = self.file.scenes, self.file.title
        said_id = (
            f"Ketahanan perimeter dan laju pulang di kantor diukur pada denah “{site}” ({n} adegan); "
            "kekuatan pagar, pintu, dan petugas tetap asumsi, dan di sini hanya menanggung yang sempat mendesak: "
            "kantor tampak lebih kuat daripada tanpa denah; rencanakan untuk yang lebih buruk dari keduanya"
        )
        said_en = (
            f"How the office's perimeter bears and its crowd leaves was measured at the site “{site}” ({n} scenes); "
            "what fence, door and officers bear is still assumed, and here meets only those who find room to press: "
            "an office looks stronger than without a site; plan for the worse of the two"
        )
        return Assumption("engine.site", said_id, said_en, "estimated", len(NAMES))

    @property
    def settings(self) -> dict[str, Any]:
        """Say for a manifest what was measured, where, with which luck and engine."""
        file = self.file
        return {"site": file.site, "plan": file.plan, "seed": file.seed, "engine": file.engine, "rates": self.usual}

    def rows(self, lang: str) -> Table:
        """Give title, header and a row a rate, in "id" or "en"."""
        t, rows = words(lang), []
        for name in NAMES:
            row = self.file.rates[name]
            told = (figure(each, lang) if each >= 0.001 else f"{each:.1e}" for each in (row.value, row.low, row.high))
            rows.append((schema.quantity(name).sentence(lang), *told, unit_word(row.unit, lang)))
        title = t("site.rates", site=self.file.title, scenes=self.file.scenes)
        return title, tuple(t(f"site.{name}") for name in ("rate", "usual", "low", "high", "unit")), rows

    def __str__(self) -> str:
        """Print the rates in a plain table."""
        return text_table(*self.rows("en"))

    def _repr_html_(self) -> str:
        return html_table(*self.rows("en"))

    def save(self, path: Path, *, schema_at: str = "../../schema/site-rates.json") -> SiteRates:
        """Write the file, whole or not at all; return the same rates as read from there."""
        text = HEAD.format(schema=schema_at, command=self.file.command)
        text += yaml.safe_dump(self.file.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=118)
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
    for name in (name for name in NAMES if name not in content.rates):
        remedy = "Measure the site again."
        faults.add(where=document.where("rates"), field="rates", expected=f"a rate {name}", got="none", remedy=remedy)
    for name, row in content.rates.items():
        try:
            schema.parameters({name: row.low})
            schema.parameters({name: row.high})
        except InputError as error:
            faults.extend(error.faults)
