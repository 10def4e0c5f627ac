"""JSON Schemas of the input files, generated from the models that check them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from sispamkota.inputs import DATA
from sispamkota.store import atomic_write

__all__ = ["MODELS", "schema_of", "write_schemas"]

# kind of file → where its model lives
MODELS: Mapping[str, tuple[str, str]] = {
    "doctrine": ("sispamkota.force.doctrine", "DoctrineFile"),
    "force": ("sispamkota.force.force", "ForceFile"),
    "plan": ("sispamkota.plan.plan", "PlanFile"),
    "scenario": ("sispamkota.rehearsal.scenario", "ScenarioFile"),
}


def schema_of(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of one kind of file."""
    module, name = MODELS[kind]
    schema: dict[str, Any] = getattr(import_module(module), name).model_json_schema()
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"sispamkota {kind}"}


def write_schemas(*, folder: Path = DATA / "schema") -> list[Path]:
    """Write every schema to a folder and give the paths; equal models give equal bytes."""
    paths = []
    for kind in sorted(MODELS):
        with atomic_write(folder / f"{kind}.json") as path:
            path.write_text(json.dumps(schema_of(kind), indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
        paths.append(folder / f"{kind}.json")
    return paths
