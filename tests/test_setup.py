"""The set-up: what `make` does before anything of ours can run, and what it says when it cannot."""

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tools" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The script as a module, with its .venv in a scratch folder and every command noted instead of run."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ran = []
    monkeypatch.setattr(module, "VENV", str(tmp_path / "venv"))
    monkeypatch.setattr(module, "STATE", str(tmp_path / "venv" / "setup.json"))
    monkeypatch.setattr(module, "run", lambda command, what: module.ran.append(what))
    monkeypatch.setattr(module, "warm", lambda: None)
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "run"])
    monkeypatch.setattr(module, "choose_python", lambda: sys.executable)
    return module


def test_script__parses_on_old_pythons():
    """No syntax after 2.7 and 3.6: an old Python must get as far as its message."""
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    new = (ast.JoinedStr, ast.NamedExpr, ast.AnnAssign, ast.AsyncFunctionDef, ast.Nonlocal, ast.MatMult)
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, new)] == []
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if f.returns or f.args.kwonlyargs or any(a.annotation for a in f.args.args)] == []
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.cause] == []


def test_setup__is_done_once(bootstrap):
    bootstrap.main()
    assert bootstrap.ran == [
        "making the venv",
        "installing requirements.lock",
        "installing requirements-build.lock",
        "installing sispamkota",
    ]
    bootstrap.ran.clear()
    bootstrap.main()
    assert bootstrap.ran == []


def test_setup__adds_the_tools_to_what_stands(bootstrap, monkeypatch):
    bootstrap.main()
    bootstrap.ran.clear()
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "dev"])
    bootstrap.main()
    assert bootstrap.ran == ["installing requirements-dev.lock"]


def test_setup__adds_the_large_rival_last_and_says_how_large(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "jupedsim"])
    bootstrap.main()
    assert bootstrap.ran[-3:] == [f"installing requirements-{each}.lock" for each in ("dev", "bench", "jupedsim")]
    assert "requirements-jupedsim.lock names (about 1.2 GB to fetch, once)" in capsys.readouterr().err


def test_locks__the_large_rival_only_adds():
    pins = {
        name: set(
            re.findall(r"^[\w.\[\]-]+==\S+", (ROOT / f"requirements-{name}.lock").read_text("utf-8"), re.MULTILINE)
        )
        for name in ("bench", "jupedsim")
    }
    assert pins["bench"] < pins["jupedsim"]


def test_setup__starts_anew_after_an_interrupt(bootstrap, monkeypatch):
    def interrupted(command, what):
        if "requirements" in what:
            raise KeyboardInterrupt

    noted = bootstrap.run
    monkeypatch.setattr(bootstrap, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.main()
    assert json.loads(Path(bootstrap.STATE).read_text())["state"] == "building"
    (Path(bootstrap.VENV) / "half-installed").touch()
    monkeypatch.setattr(bootstrap, "run", noted)
    bootstrap.main()
    assert len(bootstrap.ran) == 4
    assert not (Path(bootstrap.VENV) / "half-installed").exists()


def test_setup__follows_the_lock(bootstrap, tmp_path, monkeypatch):
    bootstrap.main()
    bootstrap.ran.clear()
    for name in (*bootstrap.LOCKS["run"], *bootstrap.LOCKS["dev"]):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes() + b"\n")
    monkeypatch.setattr(bootstrap, "ROOT", str(tmp_path))
    bootstrap.main()
    assert len(bootstrap.ran) == 4


def test_setup__leaves_a_foreign_venv_alone(bootstrap, capsys):
    Path(bootstrap.VENV).mkdir()
    (Path(bootstrap.VENV) / "pyvenv.cfg").touch()
    with pytest.raises(SystemExit) as stopped:
        bootstrap.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert bootstrap.ran == []


@pytest.mark.parametrize(
    ("version", "remedy"), [((3, 8, 18), "3.11 or newer is needed"), ((3, 11, 2), "apt install python3.11-venv")]
)
def test_python__gets_one_line_when_it_cannot(bootstrap, monkeypatch, capsys, version, remedy):
    monkeypatch.undo()
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(bootstrap, "works", lambda python: False)
    with pytest.raises(SystemExit) as stopped:
        bootstrap.choose_python()
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert remedy in said
    assert said.count("\n") == 1


def test_mutants__each_names_a_test_that_exists():
    for patch in (ROOT / "tests" / "mutants").glob("*.patch"):
        found = re.match(r"# test: (\S+?)::(\w+)(\[\S+\])?( plain)?\n", patch.read_text(encoding="utf-8"))
        assert found, f"{patch.name}: its first line names no test"
        assert f"def {found[2]}(" in (ROOT / found[1]).read_text(encoding="utf-8"), patch.name
