import pickle

import pytest

from sispamkota.errors import EngineError, Fault, Faults, InputError, SispamkotaError, StoreError, shown, suggest

FAULT = Fault("plan.yaml:12", "posts[3].at", "a place of the city", '"kpuu"', 'did you mean "kpu"?')


@pytest.mark.parametrize(
    ("leaf", "builtin"), [(InputError, ValueError), (StoreError, OSError), (EngineError, RuntimeError)]
)
def test_tree__each_leaf_is_also_the_builtin_that_callers_expect(leaf, builtin):
    assert issubclass(leaf, SispamkotaError)
    assert issubclass(leaf, builtin)


def test_fault__prints_where_field_expected_got_and_remedy_in_one_line():
    text = str(FAULT)
    assert text == 'plan.yaml:12: posts[3].at: expected a place of the city, got "kpuu". Did you mean "kpu"?'
    assert "\n" not in str(Fault("a", "b", "c", "line\nbreak", "d"))


@pytest.mark.parametrize("leaf", [InputError, StoreError, EngineError])
def test_error__keeps_its_faults_through_a_pickle(leaf):
    """A worker raises it in another process."""
    error = pickle.loads(pickle.dumps(leaf([FAULT, FAULT])))
    assert type(error) is leaf
    assert error.faults == (FAULT, FAULT)
    assert str(error) == f"{FAULT}\n{FAULT}"


@pytest.mark.parametrize("leaf", [InputError, StoreError, EngineError])
def test_error__may_be_one_sentence(leaf):
    error = pickle.loads(pickle.dumps(leaf("kernel code 7")))
    assert error.faults == ()
    assert str(error) == "kernel code 7"


def test_error__prints_fifty_faults_and_counts_the_rest():
    lines = str(InputError([FAULT] * 60)).splitlines()
    assert len(lines) == 51
    assert lines[-1] == "… and 10 more faults"


def test_faults__raise_once_with_all_of_them_in_order():
    faults = Faults()
    faults.raise_if_any()
    for line in (3, 1, 2):
        faults.add(where=f"a:{line}", field="f", expected="e", got="g", remedy="r")
    faults.extend([FAULT])
    assert len(faults) == 4
    with pytest.raises(InputError) as caught:
        faults.raise_if_any()
    assert [fault.where for fault in caught.value.faults] == ["a:3", "a:1", "a:2", "plan.yaml:12"]


@pytest.mark.parametrize(
    ("word", "known", "answer"),
    [
        ("kpuu", ["bawaslu", "kpu"], 'did you mean "kpu"?'),
        ("KPU", ["kpu"], 'did you mean "kpu"?'),
        ("Dalmas", ["DALMAS", "phh"], 'did you mean "DALMAS"?'),
        ("xyz", ["kpu", "bawaslu"], "known: kpu, bawaslu"),
        ("xyz", [], "there are none"),
        ("xyz", ["", "kpu"], "known: kpu"),
    ],
)
def test_suggest__nearest_name_or_the_known_ones(word, known, answer):
    assert suggest(word, known) == answer


def test_suggest__long_lists_are_cut():
    answer = suggest("?", [f"tps-{i:03}" for i in range(57)])
    assert answer.startswith("known: tps-000, tps-001")
    assert answer.endswith("tps-011, … (45 more)")


@pytest.mark.parametrize(("value", "text"), [("a", '"a"'), (3, "3"), (None, "None"), ("a\nb", '"a b"')])
def test_shown__quotes_on_one_line(value, text):
    assert shown(value) == text


def test_shown__is_cut_at_sixty_characters():
    assert len(shown("x" * 500)) == 60
    assert shown(["x"] * 500).endswith("…")
