"""Where results go: looked at before any work, by one rule in every command."""

import os
import subprocess
import sys

import pytest

from sispamkota.cli import main
from sispamkota.errors import InputError
from sispamkota.outputs import missing_folder, refuse_blocked, refuse_file, refuse_suffix
from sispamkota.place import City
from sispamkota.place.draw import write_map
from sispamkota.plotting import save_figure


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run the program in this process, in an empty folder, in English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    def called(*words):
        monkeypatch.setattr(sys, "argv", ["sispamkota", *map(str, words), "--lang", "en"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, ended.value.code, said.out, said.err)

    return called


def _no_work(*_args, **_options):
    raise AssertionError("work was done before the output was looked at")


@pytest.fixture
def idle(monkeypatch):
    """Let no long work begin."""
    for name in (
        "sispamkota.rehearsal.rehearse",
        "sispamkota.rehearsal.improve.improve",
        "sispamkota.rehearsal.frontier.find_frontier",
        "sispamkota.rehearsal.harm_fit.fit_harm",
        "sispamkota.plan.deploy.deploy.deploy",
        "sispamkota.plan.orders.write_orders",
        "sispamkota.risk.tps.classify_tps",
        "sispamkota.risk.mapping.map_risk",
        "sispamkota.force.pattern.tps_pattern",
    ):
        monkeypatch.setattr(name, _no_work)


FILES = {
    "plan compare malang-500 malang-pilkada": "html",
    "plan frontier": "png",
    "plan harm": "yaml",
    "plan export": "pdf",
    "risk tps": "csv",
    "force tps": "csv",
    "force export": "csv",
    "force import roster.csv": "yaml",
    "place show": "html",
}
FOLDERS = ("plan deploy", "plan improve", "plan ratio", "risk map")


@pytest.mark.parametrize("command", FILES)
def test_out__an_unknown_suffix_is_one_fault_with_those_known_before_any_work(command, call, idle):
    ended = call(*command.split(), "-o", "x.docx")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f".{FILES[command]}" in ended.stderr
    assert 'got "x.docx"' in ended.stderr


@pytest.mark.parametrize("command", [*FILES, *FOLDERS])
def test_out__a_place_below_a_file_is_refused_before_any_work(command, call, idle, tmp_path):
    (tmp_path / "plain").write_text("mine")
    ended = call(*command.split(), "-o", f"plain/deep/x.{FILES.get(command, 'd')}")
    assert ended.returncode == 2
    assert "not a directory" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


@pytest.mark.parametrize("command", sorted(set(FILES) - {"plan export"}))  # which holds a file against what it makes
def test_out__what_is_not_ours_stays(command, call, idle, tmp_path):
    mine = tmp_path / f"x.{FILES[command]}"
    mine.write_text("mine")
    ended = call(*command.split(), "-o", mine)
    assert ended.returncode == 2
    assert "Nothing was changed" in ended.stderr
    mine.unlink()
    mine.mkdir()
    ended = call(*command.split(), "-o", mine)
    assert ended.returncode == 2
    assert "folder" in ended.stderr
    assert list(tmp_path.rglob("*")) == [mine]


def test_out__a_result_of_another_kind_stays_though_its_stage_is_not_loaded(tmp_path):
    """In a process of its own: here every stage is loaded."""
    out = tmp_path / "result"
    out.mkdir()
    (out / "manifest.json").write_text('{"kind": "ensemble", "manifest": {"software": "sispamkota"}, "files": []}')
    code = "from sispamkota.cli import main; main()"
    command = [sys.executable, "-c", code, "plan", "ratio", "-o", str(out), "--lang", "en"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "an earlier plan, got ensemble" in ended.stderr
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_out__new_folders_are_made_and_said(call, tmp_path):
    ended = call("plan", "ratio", "-o", "a/b/plan")
    assert ended.returncode == 0, ended.stderr
    assert "New folder: a/b\n" in ended.stderr
    assert (tmp_path / "a/b/plan/plan.yaml").is_file()
    assert "New folder" not in call("plan", "ratio", "-o", "a/b/plan").stderr


def test_tables__are_replaced_only_when_it_is_said(call, tmp_path):
    assert call("risk", "tps", "-o", "t.csv").returncode == 0
    (tmp_path / "t.csv").write_text("filled by hand")
    assert "add --replace" in call("risk", "tps", "-o", "t.csv").stderr
    assert (tmp_path / "t.csv").read_text() == "filled by hand"
    assert call("risk", "tps", "-o", "t.csv", "--replace").returncode == 0
    assert (tmp_path / "t.csv").read_text() != "filled by hand"


def test_suffix__capitals_are_as_good(tmp_path):
    refuse_suffix(tmp_path / "X.HTML", (".html",))
    with pytest.raises(InputError, match=r"ends in \.html, \.pdf, got \"x\"\."):
        refuse_suffix(tmp_path / "x", (".html", ".pdf"))


@pytest.mark.parametrize("name", ["map.html", "map.SVG", "map.png", "figure.svg", "figure.png", "figure.PDF"])
def test_ours__pictures_and_pages_carry_our_mark(name, tmp_path):
    path = tmp_path / name
    if name.startswith("map"):
        write_map(City.load("malang"), path, lang="en")
    else:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt

        save_figure(plt.subplots()[1], path)
    refuse_file(path, (path.suffix.lower(),))


def test_ours__orders_on_paper_carry_our_mark(call, tmp_path):
    pytest.importorskip("typst")
    assert call("plan", "export", "-o", "x.PDF").returncode == 0
    refuse_file(tmp_path / "x.PDF", (".pdf",))


@pytest.mark.parametrize("name", ["notes.html", "notes.svg", "notes.png", "notes.pdf"])
@pytest.mark.parametrize("text", ["", "<title>Notes</title> on sispamkota, by hand", "x" * 5000 + "sispamkota"])
def test_ours__what_only_speaks_of_us_stays(name, text, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match="did not write"):
        refuse_file(tmp_path / name, (".html", ".svg", ".png", ".pdf"))


def test_harm__a_file_that_a_hand_may_have_changed_is_replaced_only_when_it_is_said(call, idle, tmp_path):
    (tmp_path / "h.yaml").write_text("# Written by: sispamkota plan harm\nconstant: 3 # by hand")
    assert "add --replace" in call("plan", "harm", "-o", "h.yaml").stderr
    with pytest.raises(AssertionError, match="work was done"):
        call("plan", "harm", "-o", "h.yaml", "--replace")


def test_blocked__where_one_may_not_write(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the tests may run as root, who may
    with pytest.raises(InputError, match="permission denied"):
        refuse_blocked(tmp_path / "new" / "x.html")
    assert missing_folder(tmp_path / "new" / "x.html") == tmp_path / "new"
    assert missing_folder(tmp_path / "x.html") is None
