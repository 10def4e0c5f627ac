import json

import pytest
from pydantic import TypeAdapter

from sispamkota.exchange.schemas import MODELS, schema_of, write_schemas
from sispamkota.inputs import DATA, read_yaml

FOLDER = {"doctrine": "doctrine", "force": "forces", "plan": "plans", "scenario": "scenarios"}


def test_schemas__the_files_are_current(tmp_path):
    """Write them again with `python -c "from sispamkota.exchange.schemas import write_schemas as w; w()"`."""
    for path in write_schemas(folder=tmp_path):
        assert (DATA / "schema" / path.name).read_bytes() == path.read_bytes(), path.name
    assert {path.stem for path in (DATA / "schema").glob("*.json")} == set(MODELS)


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_schemas__are_json_and_refuse_unknown_keys(kind):
    schema = schema_of(kind)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"]["const"] == kind
    TypeAdapter(dict).validate_python(schema)


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_schemas__every_embedded_file_names_its_own(kind):
    for path in (DATA / FOLDER[kind]).glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith(
            f"# yaml-language-server: $schema=../schema/{kind}.json\n"
        ), path
        assert read_yaml(path).data["kind"] == kind
