import math

import pytest

from sispamkota.errors import InputError
from sispamkota.schema import (
    TAGS,
    VARIABLES,
    Assumption,
    Standard,
    parameters,
    quantities,
    quantity,
    read_quantities,
)

PARAMETER = """
[parameter.beta]
unit = "1/s"
sentence_id = "Laju penularan"
sentence_en = "Contagion rate"
source = "model.md 3"
tag = "assumed"
default = 0.003
low = 0.001
high = 0.01
"""
MEASURE = """
[measure.response_fire_s]
unit = "s"
display_unit = "min"
sentence_id = "Waktu tanggap kebakaran"
sentence_en = "Fire response time"
source = "S47"
tag = "official"
standard = {value = 900, source = "S47"}
"""


@pytest.fixture
def registry(tmp_path):
    def write(text):
        path = tmp_path / "variables.toml"
        path.write_text(text)
        return read_quantities(path)

    return write


def faults_of(registry, text):
    with pytest.raises(InputError) as caught:
        registry(text)
    return [(fault.where.rsplit(":", 1)[1], fault.field, fault.got) for fault in caught.value.faults]


# --- the embedded registry --------------------------------------------------------------------------------------------


def test_variables__are_in_order():
    """Every table of variables.toml passes the format check, and names are unique over all kinds."""
    assert len({each.name for each in quantities()}) == len(quantities()) == len(read_quantities(VARIABLES))


def test_variables__parameters_have_a_range_and_a_source():
    for each in quantities(kind="parameter"):
        assert each.low <= each.default <= each.high, each.name
        assert each.source, each.name
        assert each.tag in TAGS, each.name
        assert each.tag != "assumed" or each.low < each.high, f"{each.name}: an assumed value needs a real range"


def test_variables__sentences_differ_between_languages():
    same = [each.name for each in quantities() if each.sentence("id") == each.sentence("en")]
    assert same == []


# --- looking up -------------------------------------------------------------------------------------------------------


def test_quantity__by_name_or_with_the_nearest_one():
    name = quantities()[0].name
    assert quantity(name).name == name
    with pytest.raises(KeyError, match=f'did you mean "{name}"'):
        quantity(f"{name}x")


def test_parameters__defaults_then_overrides_the_last_one_winning():
    first = quantities(kind="parameter")[0]
    assert parameters() == {each.name: each.default for each in quantities(kind="parameter")}
    values = parameters({first.name: first.low}, {first.name: first.high})
    assert values[first.name] == first.high
    assert parameters({}, {first.name: first.low})[first.name] == first.low


def test_parameters__all_faults_at_once():
    first = quantities(kind="parameter")[0]
    with pytest.raises(InputError) as caught:
        parameters({"no_such_thing": 1.0, first.name: first.high + 1})
    assert [fault.where for fault in caught.value.faults] == ["parameters.no_such_thing", f"parameters.{first.name}"]


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None])
def test_parameters__only_finite_numbers(value):
    name = next(each.name for each in quantities(kind="parameter") if each.low <= 1 <= each.high)
    assert parameters({name: 1})[name] == 1.0
    with pytest.raises(InputError):
        parameters({name: value})


@pytest.mark.parametrize("bound", ["low", "high"])
def test_parameters__both_ends_of_the_range_are_in_it(bound):
    for each in quantities(kind="parameter"):
        assert parameters({each.name: getattr(each, bound)})[each.name] == getattr(each, bound)


# --- the format -------------------------------------------------------------------------------------------------------


def test_read_quantities__parameter_and_measure(registry):
    found = registry(PARAMETER + MEASURE)
    assert (found["beta"].kind, found["beta"].default, found["beta"].standard) == ("parameter", 0.003, None)
    assert found["response_fire_s"].standard == Standard(900, "S47")
    assert found["response_fire_s"].sentence("id") == "Waktu tanggap kebakaran"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('unit = "1/s"\n', "", "unit"),
        ("low = 0.001\n", "", "low"),
        ("default = 0.003", 'default = "0.003"', "default"),
        ("default = 0.003", "default = true", "default"),
        ("default = 0.003", "default = 0.5", "default"),
        ("default = 0.003", "default = nan", "default"),
        ('tag = "assumed"', 'tag = "guessed"', "tag"),
        ('source = "model.md 3"', 'source = ""', "source"),
        ('unit = "1/s"', "unit = 3", "unit"),
        ("low = 0.001", "low = 0.001\nlwo = 1", "lwo"),
    ],
)
def test_read_quantities__a_malformed_table_is_named_by_line_and_field(registry, old, new, field):
    assert old in PARAMETER
    (fault,) = faults_of(registry, MEASURE + PARAMETER.replace(old, new))
    assert fault[:2] == ("11", f"parameter.beta.{field}")


def test_read_quantities__a_standard_has_value_and_source(registry):
    (fault,) = faults_of(registry, MEASURE.replace(', source = "S47"}', "}"))
    assert fault[1] == "measure.response_fire_s.standard"


def test_read_quantities__all_faults_of_all_tables(registry):
    text = (
        PARAMETER.replace("low = 0.001\n", "")
        + MEASURE.replace('tag = "official"', 'tag = "x"')
        + "[thing.a]\nunit = ''\n"
    )
    assert [field for _, field, _ in faults_of(registry, text)] == [
        "parameter.beta.low",
        "measure.response_fire_s.tag",
        "thing.a.",
    ]


def test_read_quantities__a_name_is_used_once_over_all_kinds(registry):
    twin = MEASURE.replace("response_fire_s", "beta")
    assert faults_of(registry, PARAMETER + twin) == [("12", "measure.beta.name", '"beta"')]


@pytest.mark.parametrize(("text", "line"), [("[parameter.a]\nunit = \n", "2"), ("[parameter.a]\n[parameter.a]\n", "2")])
def test_read_quantities__broken_toml_by_its_line(registry, text, line):
    ((where, field, _),) = faults_of(registry, text)
    assert (where, field) == (line, "TOML")


@pytest.mark.parametrize("text", ["parameter = 3\n", "x = 1\n", "[parameter]\na = 1\n"])
def test_read_quantities__what_is_no_table_is_a_fault(registry, text):
    assert len(faults_of(registry, text)) == 1


def test_assumption__is_a_value():
    assert Assumption("k", "a", "b", "assumed") == Assumption("k", "a", "b", "assumed", 0)
