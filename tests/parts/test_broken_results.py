"""A stored result that was changed by hand or by a bad disk: one clear fault, in words, before anything is written."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from parts.rehearsed import bare
from sispamkota.errors import StoreError
from sispamkota.fault_words import tell
from sispamkota.rehearsal import Ensemble
from sispamkota.rehearsal.ensemble import ASKED


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "result"
    bare().save(folder)
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "result")
    return tmp_path / "result"


def fault(folder):
    """The one fault of a result that cannot be read."""
    with pytest.raises(StoreError) as error:
        Ensemble.load(folder)
    (found,) = error.value.faults
    return found


@pytest.mark.parametrize(("table", "column"), [(name, each) for name, of in ASKED.items() for each in (*of[0], *of[1])])
def test_table__without_a_column_that_is_read(folder, table, column):
    path = folder / f"{table}.parquet"
    pd.read_parquet(path).drop(columns=column).to_parquet(path, index=False)
    found = fault(folder)
    assert (found.where, found.expected) == (str(path), f'a column "{column}"')


@pytest.mark.parametrize(("table", "column"), [(name, of[1][0]) for name, of in ASKED.items()])
def test_table__with_words_for_numbers(folder, table, column):
    path = folder / f"{table}.parquet"
    pd.read_parquet(path).assign(**{column: "many"}).to_parquet(path, index=False)
    assert fault(folder).expected == f'numbers in the column "{column}"'
    with pytest.raises(StoreError) as error:
        Ensemble.load(folder)
    assert f'angka dalam kolom "{column}"' in tell(error.value, "id")


def test_table__without_rows_has_no_numbers_and_is_read(folder):
    path = folder / "timeline.parquet"
    pd.DataFrame({name: pd.Series(dtype=object) for name in pd.read_parquet(path)}).to_parquet(path, index=False)
    assert len(Ensemble.load(folder).timeline) == 0
