import json
import string
from contextlib import suppress
from typing import Literal

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sispamkota.errors import Faults, InputError
from sispamkota.inputs import Model, locate, read_csv, read_geojson, read_yaml, validate

FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def written(tmp_path):
    """Write a text or bytes to a file and give its path."""

    def write(content, name="file.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def faults_of(call, *args, **kwargs):
    """The faults that a call raises, or that the document it gives back holds."""
    try:
        document = call(*args, **kwargs)
    except InputError as error:
        return error.faults
    assert document.faults
    return document.faults


def test_validate__tells_a_key_twice_with_all_other_faults(written):
    faults = Faults()
    document = read_yaml(written("number: 1\nnumber: 2\nunknown: 3\n"))
    assert validate(Outer, document, faults) is None
    assert {fault.expected for fault in faults} >= {"each key once", "a known key"}


# --- YAML -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-12", -12), ("+3", 3), ("0", 0), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("2.", 2.0),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("12:30", "12:30"), ("007", "007"), ("08", "08"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"), ("2024-11-27", "2024-11-27"), ("35.73.01.1001", "35.73.01.1001"), ("'1'", "1"),
        ('"true"', "true"),
        (".nan", ".nan"), ("9" * 30, 1e30), ("kpu", "kpu"), ("[1, a]", [1, "a"]), ("{b: 2}", {"b": 2}),
        ("|\n  x\n", "x\n"),
    ],
)  # fmt: skip
def test_read_yaml__scalars_mean_what_they_look_like(written, text, value):
    got = read_yaml(written(f"a: {text}\n")).data["a"]
    assert got == value
    assert type(got) is type(value)


def test_read_yaml__knows_the_line_of_every_key_and_item(written):
    document = read_yaml(
        written("# top\nkind: plan\nposts:\n  - unit: a\n    at: kpu\n  - {unit: b,\n     at: dprd}\n")
    )
    path = document.path
    lines = {(): 2, ("kind",): 2, ("posts",): 3, ("posts", 0): 4, ("posts", 0, "at"): 5, ("posts", 1): 6}
    assert {loc: document.where(*loc) for loc in lines} == {loc: f"{path}:{line}" for loc, line in lines.items()}
    assert document.where("posts", 1, "at") == f"{path}:7"


def test_read_yaml__where_of_what_is_absent_is_its_parent(written):
    document = read_yaml(written("a: 1\nposts:\n  - unit: a\n"))
    assert document.where("posts", 0, "task").endswith(":3")
    assert document.where("nothing").endswith(":1")


@pytest.mark.parametrize(
    "text", ["a: 1\na: 2", "{a: 1, a: 2}", "x: 0\ny:\n - {b: {a: 1, a: 2}}", "a: 1\n'a': 2", "1: x\n1: y"]
)
def test_read_yaml__a_key_twice_is_refused_anywhere(written, text):
    (fault,) = faults_of(read_yaml, written(text))
    assert fault.expected == "each key once"
    assert "first on line" in fault.got


def test_read_yaml__all_faults_at_once_with_their_lines(written):
    text = "a: 1\na: 2\nb: &x [1]\nc: *x\nd: !!python/object:os.system x\n? [k]\n: 3\ne: {f: 1, f: 2}\n"
    faults = faults_of(read_yaml, written(text))
    assert [fault.where.rsplit(":", 1)[1] for fault in faults] == ["2", "4", "5", "6", "8"]


def test_read_yaml__laughs_at_no_billion(written):
    """Aliases are refused as they are met, before anything is built from them."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    assert len(faults_of(read_yaml, written("\n".join(rows)))) == 29 * 9


@pytest.mark.parametrize("depth", [33, 900, 100_000])
def test_read_yaml__deep_nesting_is_refused(written, depth):
    faults_of(read_yaml, written("a: " + "[" * depth + "]" * depth))
    faults_of(read_yaml, written("".join(f"{' ' * i}k:\n" for i in range(min(depth, 900)))))


@pytest.mark.parametrize(
    ("content", "field", "line"),
    [
        ("", "file", 1), ("# only a comment\n", "file", 1), ("- a\n", "file", 1), ("just text", "file", 1),
        ("---\n...\n", "file", 1),
        ("a: 1\n---\nb: 2\n", "file", 2), ("a: 1\nb: [1, 2\nc: 3\n", "YAML", 3), ("a: 1\n\tb: 2\n", "YAML", 2),
        ("a: 1\nb: \x07\n", "YAML", 1), (b"a: 1\nb: \xff\n", "encoding", 2),
    ],
)  # fmt: skip
def test_read_yaml__what_is_no_mapping_says_so_with_its_line(written, content, field, line):
    (fault,) = faults_of(read_yaml, written(content))
    assert fault.field == field
    if "\x07" not in str(content):
        assert fault.where.endswith(f":{line}")
    assert fault.remedy


@pytest.mark.parametrize("name", ["absent.yaml", "", "a\0b"])
def test_read_yaml__a_file_that_cannot_be_read_is_one_fault(tmp_path, name):
    (fault,) = faults_of(read_yaml, f"{tmp_path}/{name}")
    assert fault.expected == "a readable YAML file"


def test_read_yaml__takes_a_byte_order_mark(written):
    assert read_yaml(written(b"\xef\xbb\xbfa: 1\n")).data == {"a": 1}


def test_read_yaml__pure_parser_agrees_with_the_compiled_one(written, monkeypatch):
    path = written("a: [1, {b: no}]\nc: 'x'\nd:\n  - e: 1.5\n")
    compiled = read_yaml(path)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_yaml(path) == compiled


@FUZZ
@given(st.binary(max_size=300) | st.text(alphabet="ab:-[]{}&*!|>'\"#?,%@` \n\t~01.", max_size=80).map(str.encode))
@example(b"a: &a [*a]")
@example(b"%YAML 9.9\n---\na: 1")
@example(b"? a\n? a\n")
@example(b"<<: {a: 1}")
@example(b"!<tag:yaml.org,2002:binary> a: 1")
def test_read_yaml__any_bytes_give_a_mapping_or_faults(written, content):
    with suppress(InputError):
        assert isinstance(read_yaml(written(content)).data, dict)


TEXT = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXT | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@FUZZ
@given(st.dictionaries(TEXT, PLAIN, max_size=4))
def test_read_yaml__reads_back_what_json_writes(written, data):
    """JSON (of the basic plane) is YAML: quoted text stays text, and numbers stay numbers."""
    assert read_yaml(written(json.dumps(data))).data == data


@FUZZ
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.sampled_from("abc"))
def test_read_yaml__a_duplicate_key_at_any_depth_is_refused(written, path, key):
    inner = f'{{"{key}": 1, "z": 2, "{key}": 3}}'
    for outer in path:
        inner = f'{{"x": 0, "{outer}": [{inner}]}}'
    (fault,) = faults_of(read_yaml, written(inner))
    assert fault.field.endswith(key)


# --- models -----------------------------------------------------------------------------------------------------------


class Inner(Model):
    people: int
    task: Literal["guard", "mobile"] = "guard"
    share: float = 0.5


class Outer(Model):
    kind: Literal["plan"]
    posts: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}  # noqa: RUF012
    maybe: Inner | None = None


def checked(written, text):
    faults = Faults()
    value = validate(Outer, read_yaml(written(text)), faults)
    return value, [(fault.where.rsplit(":", 1)[1], fault.field, fault.got, fault.remedy) for fault in faults]


def test_validate__good_data_gives_the_model(written):
    value, faults = checked(written, "kind: plan\nposts:\n  - people: 3\n  - {people: 4, task: mobile, share: 1}\n")
    assert faults == []
    assert value.posts[1] == Inner(people=4, task="mobile", share=1.0)


def test_validate__every_fault_with_line_field_got_and_remedy(written):
    text = "kind: plan\nposts:\n  - people: ten\n  - task: gard\n  - people: 1\n    poeple: 2\n"
    text += "named:\n  a:\n    people: true\nkin: 3\n"
    value, faults = checked(written, text)
    assert value is None
    assert faults == [
        ("3", "posts[0].people", '"ten"', "Correct this value."),
        ("4", "posts[1].people", "nothing", 'Add "people: …".'),
        ("4", "posts[1].task", '"gard"', 'Did you mean "guard"?'),
        ("6", "posts[2].poeple", '"poeple"', 'Did you mean "people"?'),
        ("9", "named.a.people", "True", "Correct this value."),
        ("10", "kin", '"kin"', 'Did you mean "kind"?'),
    ]


def test_validate__unknown_key_below_a_named_table_and_an_optional_one(written):
    _, faults = checked(written, "kind: plan\nnamed:\n  a: {people: 1, tsk: x}\nmaybe: {people: 1, shar: 2}\n")
    assert [fault[3] for fault in faults] == ['Did you mean "task"?', 'Did you mean "share"?']


@pytest.mark.parametrize("text", ["'3'", "3.5", "true", "~", "[3]"])
def test_validate__types_are_strict(written, text):
    _, faults = checked(written, f"kind: plan\nposts: [{{people: {text}}}]\n")
    assert len(faults) == 1


@pytest.mark.parametrize("text", ["1e999", "-1e999", ".nan", ".inf"])
def test_validate__numbers_are_finite(written, text):
    _, faults = checked(written, f"kind: plan\nposts: [{{people: 1, share: {text}}}]\n")
    assert [fault[1] for fault in faults] == ["posts[0].share"]


# --- names ------------------------------------------------------------------------------------------------------------


def test_locate__embedded_name_path_and_neither(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate("malang-500", "forces").is_file()
    assert str(locate("own/malang-500", "forces")) == "own/malang-500"
    assert str(locate("absent.yaml", "forces")) == "absent.yaml"
    (fault,) = faults_of(locate, "malang-50", "forces")
    assert fault.remedy == 'Did you mean "malang-500"?'
    (tmp_path / "result").mkdir()
    assert str(locate("result", "forces")) == "result"


# --- CSV --------------------------------------------------------------------------------------------------------------


def table(path, *required):
    faults = Faults()
    return read_csv(path, required=required, faults=faults), list(faults)


def test_read_csv__text_cells_with_their_lines(written):
    frame, faults = table(written('a,b\n1, x \n\n"two\nlines",\n3,y\n', "t.csv"), "a", "b")
    assert faults == []
    assert frame.to_dict("list") == {"a": ["1", "two\nlines", "3"], "b": ["x", "", "y"], "line": [2, 4, 6]}


def test_read_csv__all_faults_at_once(written):
    frame, faults = table(written("id,nam\n1,a,extra\n2,b\n3\n", "t.csv"), "id", "name", "lat")
    found = [(fault.where.rsplit(":", 1)[1], fault.field, fault.remedy) for fault in faults]
    assert found == [
        ("2", "row", "Quote cells that hold a comma, or complete the row."),
        ("4", "row", "Quote cells that hold a comma, or complete the row."),
        ("1", "name", 'Did you mean "nam"?'),
        ("1", "lat", "Known: id, nam."),
    ]
    assert frame.to_dict("list") == {"id": ["2"], "nam": ["b"], "name": [""], "lat": [""], "line": [3]}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n",
        "a,b\n",
        "a,a\n1,2\n",
        "a,line\n1,2\n",
        "a,\n1,2\n",
        'a,b\n"1,2\n',
        b"a,b\n\xe9,2\n",
        "a,b\n1,2\x00\n",
    ],
)
def test_read_csv__what_is_no_table_is_a_fault_and_keeps_its_columns(written, content):
    frame, faults = table(written(content, "t.csv"), "a", "b")
    if "\x00" not in str(content):
        assert faults
    assert {"a", "b", "line"} <= set(frame.columns)


def test_read_csv__absent_file(tmp_path):
    frame, faults = table(tmp_path / "no.csv", "a")
    assert len(faults) == 1
    assert list(frame.columns) == ["a", "line"]


@FUZZ
@given(st.binary(max_size=200) | st.text(alphabet="ab,\"'\n\r\0; 1", max_size=60).map(str.encode))
def test_read_csv__any_bytes_give_a_table_or_faults(written, content):
    frame, faults = table(written(content, "t.csv"), "a", "b")
    assert {"a", "b", "line"} <= set(frame.columns)
    assert len(frame) or faults


CELL = st.text(alphabet=string.ascii_letters + ',"\n 0', max_size=6).map(str.strip)


@FUZZ
@given(st.lists(st.tuples(CELL, CELL.filter(bool)), min_size=1, max_size=6))
def test_read_csv__reads_back_what_a_writer_writes(written, rows):
    text = "a,b\n" + "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    frame, faults = table(written(text, "t.csv"), "a", "b")
    assert not faults
    assert list(zip(frame["a"], frame["b"], strict=True)) == rows


# --- GeoJSON ----------------------------------------------------------------------------------------------------------

POINT = '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [112.6, -7.9]}}'


def features(path):
    faults = Faults()
    return read_geojson(path, faults), list(faults)


def test_read_geojson__features_with_properties(written):
    got, faults = features(written(f'{{"type": "FeatureCollection", "features": [{POINT}]}}', "t.geojson"))
    assert faults == []
    assert got[0]["properties"] == {}


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "3", '{"type": "Feature"}', '{"type": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "FeatureCollection", "features": {}}', '{"type": "FeatureCollection", "features": [NaN]}',
        "[" * 100_000,
        '{"type": "FeatureCollection", "features": [null]}', b"\xff\xfe", "9" * 5000,
    ],
)  # fmt: skip
def test_read_geojson__what_holds_no_feature_is_one_fault(written, content):
    got, faults = features(written(content, "t.geojson"))
    assert got == []
    assert len(faults) == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_read_geojson__knows_no_such_number(written, number):
    content = f'{{"type": "FeatureCollection", "features": [{POINT.replace("112.6", number)}]}}'
    assert [fault.field for fault in features(written(content, "t.geojson"))[1]] == ["JSON"]


def test_read_geojson__bad_features_are_named_and_left_out(written):
    bad = '{"geometry": null}', "7", '{"geometry": {"type": "Point"}}'
    text = f'{{"type": "FeatureCollection", "features": [{bad[0]}, {POINT}, {bad[1]}, {bad[2]}]}}'
    got, faults = features(written(text, "t.geojson"))
    assert len(got) == 1
    assert [fault.field for fault in faults] == ["features[0]", "features[2]", "features[3]"]


@FUZZ
@given(
    PLAIN
    | st.fixed_dictionaries({"type": st.just("FeatureCollection"), "features": PLAIN | st.lists(PLAIN, max_size=3)})
)
def test_read_geojson__any_json_gives_features_or_faults(written, data):
    got, faults = features(written(json.dumps(data), "t.geojson"))
    assert got or faults
