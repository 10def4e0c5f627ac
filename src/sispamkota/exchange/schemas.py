"""JSON Schemas of all that is read: of files by the models that check them, of tables and layers by columns.yaml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from sispamkota.inputs import DATA
from sispamkota.office_columns import Column, columns_of
from sispamkota.place.read import QUALITIES
from sispamkota.place.ride import ROAD_KINDS
from sispamkota.place.venues import VENUE_KINDS
from sispamkota.store import atomic_write

__all__ = ["LAYERS", "MODELS", "TABLES", "schema_of", "schemas", "write_schemas"]

# kind of file → where its model lives
MODELS: Mapping[str, tuple[str, str]] = {
    "answers": ("sispamkota.plan.answers", "AnswersFile"),
    "calendar": ("sispamkota.risk.calendar", "Calendar"),
    "causes": ("sispamkota.rehearsal.causes", "CausesFile"),
    "checks": ("sispamkota.place.figures", "PlaceFigures"),
    "city": ("sispamkota.place.assemble", "CityFile"),
    "compound": ("sispamkota.place.compound_figures", "CompoundFigures"),
    "contest": ("sispamkota.risk.contests", "ContestFile"),
    "deploy": ("sispamkota.plan.deploy.figures", "DeployFigures"),
    "doctrine": ("sispamkota.force.doctrine", "DoctrineFile"),
    "exercise": ("sispamkota.exercise.exercise_file", "ExerciseFile"),
    "force": ("sispamkota.force.force", "ForceFile"),
    "harm": ("sispamkota.plan.harm", "HarmFile"),
    "forecast": ("sispamkota.exercise.forecast_file", "ForecastFile"),
    "gates": ("sispamkota.place.gates", "GateFigures"),
    "hazard-model": ("sispamkota.risk.prior", "HazardModel"),
    "improve": ("sispamkota.rehearsal.zones", "ImproveFile"),
    "incidents": ("sispamkota.risk.words_of_incidents", "IncidentWords"),
    "indicators": ("sispamkota.risk.definitions", "IndexFile"),
    "judging": ("sispamkota.risk.judging", "Judging"),
    "kinds": ("sispamkota.risk.words_of_incidents", "KindWords"),
    "letterhead": ("sispamkota.review.letterhead", "LetterheadFile"),
    "motion": ("sispamkota.place.walking", "MotionFigures"),
    "opportunity": ("sispamkota.risk.opportunity", "Opportunities"),
    "osm": ("sispamkota.place.osm_tags", "TagFigures"),
    "people": ("sispamkota.place.assemble", "PeopleFigures"),
    "plan": ("sispamkota.plan.plan", "PlanFile"),
    "plan-parity": ("sispamkota.plan.parity", "ParityFile"),
    "plan-rules": ("sispamkota.plan.rules.breach", "RulesFile"),
    "ranking": ("sispamkota.risk.ranking", "RankingFigures"),
    "roads": ("sispamkota.place.ride", "RoadFigures"),
    "roles": ("sispamkota.exercise.roles", "RolesFile"),
    "scenario": ("sispamkota.rehearsal.scenario", "ScenarioFile"),
    "site-rates": ("sispamkota.rehearsal.site_rates", "SiteRatesFile"),
    "site": ("sispamkota.place.compound", "SiteFile"),
    "statements": ("sispamkota.risk.rules", "StatementsFile"),
    "talk": ("sispamkota.rehearsal.frontier", "TalkFile"),
    "tps-classes": ("sispamkota.risk.rules", "ClassesFile"),
    "voting": ("sispamkota.place.voting", "VotingFigures"),
    "weights": ("sispamkota.risk.ranking", "WeightsFile"),
    "window": ("sispamkota.risk.history", "Window"),
}
# table → the columns that its reader asks for
TABLES: Mapping[str, tuple[str, ...]] = {
    "areas": ("kode", "nama", "area_km2", "lon", "lat"),
    "people": ("kode", "penduduk"),
    "roads": ("lon_u", "lat_u", "lon_v", "lat_v"),
    "tps": ("tps",),
    "venues": ("nama", "jenis", "lon", "lat"),
}
# layer → its geometries, the properties that its reader asks for, the columns that the geometry stands for
LAYERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "areas": (("Polygon", "MultiPolygon"), ("kode", "nama"), ("area_km2", "lon", "lat")),
    "roads": (("LineString", "MultiLineString"), (), ("lon_u", "lat_u", "lon_v", "lat_v")),
    "venues": (("Point",), ("nama", "jenis"), ("lon", "lat")),
}

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Mapping[str, dict[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "code": {"type": ["string", "integer", "null"]},
    "whole": {"type": ["integer", "null"], "minimum": 0},
    "number": {"type": ["number", "null"], "minimum": 0},
    "degrees": {"type": ["number", "null"], "minimum": -180, "maximum": 180},
}
_SAID = {
    "access": "who is let in: yes, private, no, or vehicle classes with commas between",
    "alamat": "address of the place, never of a person; its last part may name the kecamatan",
    "area_km2": "size, km²",
    "coord_quality": "of the position; proxy is a stand-in point",
    "dpt": "registered voters",
    "dpt_l": "registered voters, men",
    "dpt_p": "registered voters, women",
    "highway": "road kind in the words of OpenStreetMap",
    "id": "names the row, each once",
    "jenis": "kind of venue",
    "kecamatan": "name of the district",
    "kecepatan": "posted speed, km/h",
    "kelas": "road kind",
    "kelas_rs": "class of a hospital, A to D",
    "kelurahan": "name of the ward",
    "khusus": "whether it is a TPS khusus: ya or tidak",
    "kode": "official code of the kelurahan, each once",
    "kode_kec": "official code of the kecamatan",
    "kode_kel": "official code of the kelurahan",
    "lat": "latitude, degrees (WGS 84)",
    "length_m": "length, m; counts with u and v only",
    "lon": "longitude, degrees (WGS 84)",
    "maxspeed": "posted speed, km/h, or with its unit: 30 mph",
    "name": "name of the street",
    "nama": "name",
    "note": "remarks",
    "oneway": "yes, no, or -1: against the line",
    "pemilik": "owner, an organisation",
    "penduduk": "people",
    "quality": "of the figures",
    "source": "where it is from",
    "tps": "number of polling stations",
    "u": "name of the junction at the first point",
    "v": "name of the junction at the last point",
    "lat_u": "latitude of the first point, degrees",
    "lat_v": "latitude of the last point, degrees",
    "lon_u": "longitude of the first point, degrees",
    "lon_v": "longitude of the last point, degrees",
}
_WORDS: Mapping[str, tuple[str, ...]] = {"jenis": VENUE_KINDS, "quality": QUALITIES, "coord_quality": QUALITIES}


def schema_of(kind: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of one kind of file."""
    module, name = MODELS[kind]
    schema: dict[str, Any] = getattr(import_module(module), name).model_json_schema()
    return schema | {"$schema": _DRAFT, "title": f"sispamkota {kind}"}


def schemas() -> dict[str, dict[str, Any]]:
    """Give every schema by its name: files, then "table-…" (one row of it) and "layer-…" (a FeatureCollection)."""
    out = {kind: schema_of(kind) for kind in MODELS}
    out |= {f"table-{table}": _row(table) for table in TABLES}
    return out | {f"layer-{table}": _layer(table) for table in LAYERS}


def _row(table: str) -> dict[str, Any]:
    """Give the schema of one row, its cells read; other columns are allowed, and left out."""
    properties = {each.name: _property(table, each, needed=each.name in TABLES[table]) for each in columns_of(table)}
    about = {"$schema": _DRAFT, "title": f"sispamkota row of {table}", "type": "object"}
    return about | {"properties": properties, "required": list(TABLES[table]), "additionalProperties": True}


def _layer(table: str) -> dict[str, Any]:
    """Give the schema of a GeoJSON layer, longitude and latitude in WGS 84."""
    types, required, drawn = LAYERS[table]
    named = [each for each in columns_of(table) if each.name not in drawn]
    properties = {each.name: _property(table, each, needed=each.name in required) for each in named}
    geometry = {"type": "object", "required": ["type", "coordinates"]} | {
        "properties": {"type": {"enum": list(types)}, "coordinates": {"type": "array"}}
    }
    values = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": True}
    feature = {"type": "object", "required": ["type", "geometry", "properties"]} | {
        "properties": {"type": {"const": "Feature"}, "geometry": geometry, "properties": values}
    }
    return {
        "$schema": _DRAFT,
        "title": f"sispamkota layer of {table}",
        "type": "object",
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": feature, "minItems": 1},
        },
        "required": ["type", "features"],
    }


def _property(table: str, column: Column, *, needed: bool) -> dict[str, Any]:
    """Describe one column; the names under which offices keep it stand in "x-also"."""
    out: dict[str, Any] = dict(_TYPES[column.kind])
    said = "number of the TPS in its kelurahan" if (table, column.name) == ("tps", "tps") else _SAID[column.name]
    filled = needed and column.kind in ("text", "code", "whole") and (table, column.name) != ("people", "penduduk")
    if filled or (table, column.kind) == ("areas", "number"):
        out["type"] = [each for each in out["type"] if each != "null"]
    if column.name.startswith("lat"):
        out |= {"minimum": -90, "maximum": 90}
    if column.name in _WORDS:
        out["enum"] = [*_WORDS[column.name], *([] if filled else ["", None])]
    if column.name == "kelas":
        out["examples"] = list(ROAD_KINDS)
    return out | {"description": said} | ({"x-also": list(column.aliases)} if column.aliases else {})


def write_schemas(*, folder: Path = DATA / "schema") -> list[Path]:
    """Write every schema to a folder and give the paths; equal models give equal bytes."""
    paths = []
    for name, schema in sorted(schemas().items()):
        with atomic_write(folder / f"{name}.json") as path:
            path.write_text(json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
        paths.append(folder / f"{name}.json")
    return paths
