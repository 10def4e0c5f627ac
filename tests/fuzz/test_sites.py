"""Plans of compounds, broken in every way: a compound that can be checked, or faults that help; nothing else."""

from math import isfinite

import numpy as np
import pytest

from fuzz.sites import KINDS, site_case
from fuzz.test_place_inputs import PARTS, SEED, check_faults, time_limit
from sispamkota.errors import InputError
from sispamkota.place.compound import Compound
from sispamkota.place.compound_check import check_compound, space_rows


def answer(case, folder, *, whole):
    """Read a case, and check the compound where there is one; what goes wrong names the case and keeps its file."""
    path = folder / case.name
    path.write_bytes(case.content)
    try:
        with time_limit(case):
            compound = refusal = None
            try:
                compound = Compound.load(path)
            except InputError as error:
                refusal = error
            if refusal is not None:
                check_faults(refusal.faults, folder)
            elif whole:
                check(compound)
            else:
                assert np.isfinite(compound.walls()).all()
    except BaseException as error:
        raise AssertionError(f"{case}\nfile: {path}\n{type(error).__name__}: {error}") from error
    path.unlink()
    return refusal is None


def check(compound):
    """Ask that all that is said of a compound can be said."""
    for finding in check_compound(compound):
        assert all("{" not in finding.line(lang) for lang in ("id", "en"))
    for row in space_rows(compound):
        assert all(value is None or isinstance(value, str | list) or isfinite(value) for value in row.values()), row


@pytest.mark.parametrize("kind", KINDS)
def test_sites__of_any_content(kind, tmp_path):
    """200 broken plans a format are read; a twentieth of them is checked. Some are sound enough for it."""
    sound = sum(
        answer(site_case(kind, seed=SEED, index=index), tmp_path, whole=index % 20 == 0) for index in range(200)
    )
    assert 10 < sound < 190


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", KINDS)
def test_sites__ten_thousand_of_each(kind, part, tmp_path):
    """10,000 broken plans a format; every tenth is checked."""
    for index in range(part * 1000, part * 1000 + 1000):
        answer(site_case(kind, seed=SEED, index=index), tmp_path, whole=index % 10 == 0)


@pytest.mark.parametrize("kind", KINDS)
def test_cases__are_the_same_again(kind):
    for index in range(20):
        assert site_case(kind, seed=1, index=index) == site_case(kind, seed=1, index=index)
