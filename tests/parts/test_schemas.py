import json

import pytest
from pydantic import TypeAdapter

from sispamkota.errors import Faults
from sispamkota.exchange.schemas import LAYERS, MODELS, TABLES, schema_of, schemas, write_schemas
from sispamkota.inputs import DATA, read_yaml
from sispamkota.office_columns import columns_of
from sispamkota.place.position import WORLD
from sispamkota.place.read import read_areas, read_people, read_rows
from sispamkota.place.read_roads import read_roads
from sispamkota.place.tps import TPS_OPTIONAL, TPS_REQUIRED
from sispamkota.place.venues import read_venues

FOLDER = {"doctrine": "doctrine", "force": "forces", "plan": "plans", "scenario": "scenarios"}
EXAMPLES = DATA.parents[2] / "examples"
ROWS = {
    "areas": {"kode": "35.73.01.1001", "nama": "Kasin", "area_km2": 0.9, "lon": 112.62, "lat": -7.98},
    "people": {"kode": "35.73.01.1001", "penduduk": 9400, "dpt": 7300, "quality": "reported"},
    "roads": {"lon_u": 112.62, "lat_u": -7.98, "lon_v": 112.63, "lat_v": -7.98, "kelas": "lokal", "maxspeed": "30"},
    "tps": {"kelurahan": "Kasin", "tps": 1, "dpt": 512},
    "venues": {"id": "v1", "nama": "KPU", "jenis": "kpu", "lon": 112.62, "lat": -7.98, "coord_quality": "proxy"},
}
BAD = {
    "areas": {"area_km2": None, "kode": None, "lon": 181.0, "nama": None, "quality": "good"},
    "people": {"dpt": "many", "kode": None, "penduduk": -1},
    "roads": {"lat_u": 91, "length_m": -1},
    "tps": {"dpt": 1.5, "tps": None},
    "venues": {"coord_quality": "good", "jenis": "castle", "lat": "north", "nama": None},
}
OF_JSON = {"string": str, "integer": int, "number": (int, float), "null": type(None), "array": list, "object": dict}


def faults(value, schema, at="$"):
    """What of a value a schema refuses, for the few keywords that ours have."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, OF_JSON[each]) and not isinstance(value, bool) for each in types):
        return [f"{at}: {types}"]
    out = [f"{at}: enum"] if value not in schema.get("enum", [value]) else []
    out += [f"{at}: const"] if value != schema.get("const", value) else []
    if isinstance(value, int | float):
        out += [f"{at}: range"] if not schema.get("minimum", value) <= value <= schema.get("maximum", value) else []
    if isinstance(value, dict):
        out += [f"{at}: no {key}" for key in schema.get("required", ()) if key not in value]
        for key, inner in schema.get("properties", {}).items():
            out += faults(value[key], inner, f"{at}.{key}") if key in value else []
    if isinstance(value, list):
        for i, item in enumerate(value):
            out += faults(item, schema.get("items", {}), f"{at}[{i}]")
    return out


def read_as(table, path):
    """Read a table as the program does; its faults."""
    found = Faults()
    if table == "areas":
        read_areas(path, found)
    elif table == "people":
        read_people(path, found)
    elif table == "roads":
        read_roads(path, WORLD, found)
    elif table == "tps":
        read_rows(path, required=TPS_REQUIRED, optional=TPS_OPTIONAL, faults=found, table="tps")
    else:
        kelurahan = path.with_name("areas.csv")
        kelurahan.write_text("kode,nama,area_km2,lon,lat\n1,Kasin,0.9,112.62,-7.98\n", encoding="utf-8")
        read_venues(path, read_areas(kelurahan, Faults()), found)
    return list(found)


def test_schemas__the_files_are_current(tmp_path):
    """Write them again with `python -c "from sispamkota.exchange.schemas import write_schemas as w; w()"`."""
    for path in write_schemas(folder=tmp_path):
        assert (DATA / "schema" / path.name).read_bytes() == path.read_bytes(), path.name
    assert {path.stem for path in (DATA / "schema").glob("*.json")} == set(schemas())


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_schemas__are_json_and_refuse_unknown_keys(kind):
    schema = schema_of(kind)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"]["const"] == kind
    TypeAdapter(dict).validate_python(schema)


@pytest.mark.parametrize("kind", sorted(FOLDER))
def test_schemas__every_embedded_file_names_its_own(kind):
    for path in (DATA / FOLDER[kind]).glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith(
            f"# yaml-language-server: $schema=../schema/{kind}.json\n"
        ), path
        assert read_yaml(path).data["kind"] == kind


def test_schemas__every_kind_of_our_data_has_one():
    """columns.yaml is the source of the schemas of tables, and has none itself."""
    kinds = {read_yaml(path).data.get("kind") for path in (DATA / "place").glob("*.yaml")} - {None}
    assert kinds <= set(MODELS)
    for path in (DATA / "place").glob("*.yaml"):
        data = read_yaml(path).data
        if "kind" in data:
            assert set(data) <= set(schema_of(data["kind"])["properties"]), path


@pytest.mark.parametrize("table", sorted(TABLES))
def test_tables__a_good_row_fits_and_a_bad_one_does_not(table):
    schema = schemas()[f"table-{table}"]
    assert list(schema["properties"]) == [each.name for each in columns_of(table)]
    assert all(each["description"] for each in schema["properties"].values())
    assert faults(ROWS[table], schema) == []
    for name, value in BAD[table].items():
        assert faults(ROWS[table] | {name: value}, schema), name
    for name in TABLES[table]:
        assert faults({key: value for key, value in ROWS[table].items() if key != name}, schema) == [f"$: no {name}"]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_tables__what_is_required_is_what_the_reader_asks_for(table, tmp_path):
    def told(names):
        path = tmp_path / f"{table}.csv"
        cells = ["" if ROWS[table][name] is None else str(ROWS[table][name]) for name in names]
        path.write_text(f"{','.join(names)}\n{','.join(cells)}\n", encoding="utf-8")
        return read_as(table, path)

    needed = list(TABLES[table])
    assert told(needed) == []
    for name in needed:
        if len(needed) > 1:
            assert told([each for each in needed if each != name]), name


@pytest.mark.parametrize("table", sorted(LAYERS))
def test_layers__the_examples_fit(table):
    schema = schemas()[f"layer-{table}"]
    assert faults({"type": "FeatureCollection", "features": [{}]}, schema)
    path = EXAMPLES / "minicity" / f"{table}.geojson"
    if path.exists():
        layer = json.loads(path.read_text(encoding="utf-8"))
        assert faults(layer, schema) == []
        layer["features"][0]["geometry"]["type"] = "GeometryCollection"
        assert faults(layer, schema) == ["$.features[0].geometry.type: enum"]
