import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sispamkota import manifest
from sispamkota.errors import StoreError
from sispamkota.manifest import LIBRARIES, Manifest, sha256_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def inputs(tmp_path):
    (tmp_path / "plan.yaml").write_text("kind: plan\n")
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "a.csv").write_text("a\n1\n")
    return {"plan": tmp_path / "plan.yaml", "city": tmp_path / "city"}


def test_collect__names_software_libraries_and_inputs(inputs):
    made = Manifest.collect(inputs=inputs, seed=7, streams_scheme="philox", settings={"replicates": 10})
    assert (made.software, made.seed, made.streams_scheme, made.settings) == (
        "sispamkota",
        7,
        "philox",
        {"replicates": 10},
    )
    assert set(made.libraries) == set(LIBRARIES)
    assert all(made.libraries.values())
    assert list(made.inputs) == ["city", "plan"]
    assert all(len(digest) == 64 for digest in made.inputs.values())


def test_collect__holds_no_time_host_or_worker_count():
    """The results of 1 and of 2 workers are the same bytes, so their manifests are."""
    names = {field.name for field in dataclasses.fields(Manifest)}
    assert names == {
        "software", "version", "git", "python", "platform", "libraries", "inputs", "seed", "streams_scheme",
        "parents", "settings",
    }  # fmt: skip


def test_collect__two_processes_agree_to_the_byte(inputs):
    code = (
        "import sys; from pathlib import Path; from sispamkota.manifest import Manifest\n"
        f"sys.stdout.write(Manifest.collect(inputs={{'plan': Path({str(inputs['plan'])!r})}}, seed=1).to_json())"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(manifest.__file__).parents[1])}
    command = [sys.executable, "-c", code]
    outputs = [subprocess.run(command, capture_output=True, check=True, env=environment).stdout for _ in range(2)]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["seed"] == 1


def test_sha256_of__is_the_published_digest(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("change", ["content", "name", "extra"])
def test_sha256_of__a_folder_changes_with_any_file(inputs, change):
    folder = inputs["city"]
    before = sha256_of(folder)
    assert before == sha256_of(folder)
    if change == "content":
        (folder / "a.csv").write_text("a\n2\n")
    elif change == "name":
        (folder / "a.csv").rename(folder / "b.csv")
    else:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.csv").write_text("a\n1\n")
    assert sha256_of(folder) != before


@given(st.integers(0, 2**64 - 1) | st.none(), st.dictionaries(st.text(max_size=4), JSON, max_size=3))
def test_json__round_trip(seed, settings):
    made = Manifest("sispamkota", "0.1", "", "3.11", "Linux", seed=seed, parents=("ab", "cd"), settings=settings)
    again = Manifest.from_json(made.to_json())
    assert again == made
    assert again.digest() == made.digest()


def test_digest__does_not_hang_on_the_order_of_inputs():
    one, other = (Manifest("s", "0", "", "3", "L", inputs=dict(pairs)) for pairs in (["ab", "cd"], ["cd", "ab"]))
    assert one == other
    assert one.digest() == other.digest()


def test_digest__changes_with_every_field():
    made = Manifest("sispamkota", "0.1", "g", "3.11", "Linux")
    changed = {
        "software": "x", "version": "x", "git": "x", "python": "x", "platform": "x", "libraries": {"numpy": "2"},
        "inputs": {"a": "b"},
        "seed": 1, "streams_scheme": "x", "parents": ("x",), "settings": {"a": 1},
    }  # fmt: skip
    digests = {dataclasses.replace(made, **{name: value}).digest() for name, value in changed.items()}
    assert len(digests - {made.digest()}) == len(dataclasses.fields(Manifest))


def test_collect__parents_by_their_digests():
    parent = Manifest("sispamkota", "0.1", "", "3.11", "Linux")
    assert Manifest.collect(parents=[parent]).parents == (parent.digest(),)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"software": "x"}', '{"new_field": 1}', '{"parents": 3}', "[" * 100_000]
)
def test_from_json__refuses_what_is_no_manifest(text):
    with pytest.raises(StoreError):
        Manifest.from_json(text)
