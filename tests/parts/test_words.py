import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sispamkota.errors import InputError
from sispamkota.words import LANGUAGES, catalogue, minutes, number, percent, pick_language, words

LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


def test_catalogue__same_keys_in_both_languages():
    assert set(catalogue("id")) == set(catalogue("en"))


def test_catalogue__texts_are_text_and_their_fields_have_names():
    for lang in LANGUAGES:
        for key, text in catalogue(lang).items():
            assert isinstance(text, str), key
            fields = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
            assert all(fields), f"{key}: a field without a name"


def test_catalogue__no_third_language():
    with pytest.raises(KeyError):
        catalogue("de")


def test_words__fill_and_refuse(monkeypatch):
    from sispamkota import words as module

    monkeypatch.setattr(module, "catalogue", lambda _lang: {"report.n": "{n} kali", "report.plain": "ya"})
    t = words("id")
    assert t("report.n", n=3) == "3 kali"
    assert t("report.plain", unused=1) == "ya"
    for key, fields in (("report.absent", {}), ("report.n", {})):
        with pytest.raises(KeyError):
            t(key, **fields)


@pytest.mark.parametrize(
    ("setting", "lang"),
    [
        ({}, "id"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "C.UTF-8"}, "id"),
        ({"LANG": "POSIX"}, "id"),
        ({"LANG": "de_DE.UTF-8"}, "id"),
        ({"LANG": "en"}, "en"),
        ({"LANG": "en.UTF-8"}, "en"),
        ({"LANG": "English_United States.1252"}, "en"),
        ({"LANG": "id_ID", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "id_ID"}, "id"),
        ({"LANG": "en_US", "LC_MESSAGES": "id_ID", "LC_ALL": ""}, "id"),
    ],
)
def test_pick_language__from_the_locale_and_id_if_unclear(monkeypatch, setting, lang):
    for name in LOCALE:
        monkeypatch.delenv(name, raising=False)
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    assert pick_language(None) == lang


def test_pick_language__the_option_goes_first(monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert pick_language("id") == "id"
    with pytest.raises(InputError, match="--lang"):
        pick_language("de")


@pytest.mark.parametrize(
    ("value", "digits", "indonesian", "english"),
    [
        (0, 0, "0", "0"),
        (1234.56, 1, "1.234,6", "1,234.6"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (-0.04, 1, "0,0", "0.0"),
        (-2.5, 1, "-2,5", "-2.5"),
        (3, 2, "3,00", "3.00"),
        (math.nan, 1, "–", "–"),
        (math.inf, 0, "–", "–"),
    ],
)
def test_number__in_both_languages(value, digits, indonesian, english):
    assert number(value, "id", digits=digits) == indonesian
    assert number(value, "en", digits=digits) == english


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_number__can_be_read_back(value, digits):
    text = number(value, "id", digits=digits)
    back = float(text.replace(".", "").replace(",", "."))
    assert abs(back - value) <= 0.5001 * 10**-digits + abs(value) * 1e-12
    assert len(text.partition(",")[2]) == digits


def test_minutes_and_percent__carry_their_unit():
    assert (minutes(750, "id"), minutes(750, "en")) == ("12,5 menit", "12.5 min")
    assert (percent(0.125, "id", digits=1), percent(0.5, "en")) == ("12,5 %", "50 %")
