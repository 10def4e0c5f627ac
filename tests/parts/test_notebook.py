"""The example notebook: it runs from top to bottom, and holds no output in the repository."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

NOTEBOOK = Path(__file__).parents[2] / "examples" / "malang.ipynb"


def cells(kind: str) -> list[dict]:
    return [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def run(source: str, space: dict):
    """Run a cell as a notebook does: statements, then the value of a last expression."""
    tree = ast.parse(source)
    shown = not source.rstrip().endswith(";")
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) and shown else None
    exec(compile(tree, "<cell>", "exec"), space)
    return None if last is None else eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)


def test_notebook__holds_no_output():
    found = cells("code")
    assert found
    assert [cell["id"] for cell in found if cell["outputs"] or cell["execution_count"] is not None] == []


def test_notebook__runs_from_top_to_bottom(monkeypatch):
    monkeypatch.setenv("LC_ALL", "en")
    plt.switch_backend("Agg")
    space: dict = {}
    shown = {cell["id"]: run("".join(cell["source"]), space) for cell in cells("code")}
    tables = [each for each in shown.values() if hasattr(each, "_repr_html_")]
    assert len(tables) >= 4  # scenario, plan, ensemble, pandas, comparison
    assert all("<table" in each._repr_html_() for each in tables)
    assert len(plt.get_fignums()) >= 5
    plt.close("all")
    page = next(each for each in shown.values() if isinstance(each, Path))
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    for path in (page, page.parent):
        path.unlink() if path.is_file() else path.rmdir()


def test_run__a_cell_that_fails_is_noticed():
    with pytest.raises(ZeroDivisionError):
        run("x = 1\nx / 0", {})
    assert run("2 + 2;", {}) is None
    assert run("2 + 2", {}) == 4
