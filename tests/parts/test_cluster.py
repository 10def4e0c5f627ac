"""A real scheduler and real workers, killed in mid-run: the same bytes as here, none lost; every way to fail is said."""

import logging
import shutil
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from parts.grid import ROOT, Grid
from parts.test_ensembles import contents
from sispamkota import City, Plan, Scenario, rehearse
from sispamkota.cli import main
from sispamkota.errors import InputError
from sispamkota.kernels.memory import PLAIN
from sispamkota.rehearsal import Cluster, Run
from sispamkota.rehearsal.play import BATCH

pytest.importorskip("distributed", reason="the extra cluster (distributed) is not installed")
if PLAIN:
    pytest.skip("the uncompiled engine takes minutes here", allow_module_level=True)

N = 2000


@pytest.fixture(scope="module")
def inputs():
    return Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), City.load("malang")


@pytest.fixture(scope="module")
def local(inputs, tmp_path_factory):
    """The result of two threads on this machine."""
    out = tmp_path_factory.mktemp("local") / "out"
    rehearse(*inputs, replicates=N, seed=9, out=out, run=Run(workers=2))
    return contents(out)


@pytest.fixture
def grid(tmp_path):
    (tmp_path / "grid").mkdir()
    grid = Grid(tmp_path / "grid")
    yield grid
    grid.end()


def shards(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob(".out.*.parts/[0-9]*")}


def play(inputs, out, url, *, wait=60.0, progress=lambda done: None):
    rehearse(*inputs, replicates=N, seed=9, out=out, run=Run(cluster=Cluster(url, wait), progress=progress))
    return contents(out)


def test_cluster__gives_the_bytes_of_this_machine(grid, inputs, local, tmp_path, caplog):
    """Two workers and a third with two threads that comes late; nothing of where it was played is in the result."""
    url = grid.scheduler()
    grid.worker()
    grid.worker()
    calls = count()
    assert play(inputs, tmp_path / "out", url, progress=lambda _: next(calls) or grid.worker(threads=2)) == local
    told = b"".join(local.values())
    assert not any(word in told for word in (url.encode(), b"tcp://", str(tmp_path).encode()))
    assert not shards(tmp_path)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_cluster__a_killed_worker_loses_nothing(grid, inputs, local, tmp_path):
    url = grid.scheduler()
    grid.worker()
    doomed = grid.worker()
    seen = []

    def progress(done):
        seen.append(done)
        if len(seen) == 6:
            doomed.kill()

    assert play(inputs, tmp_path / "out", url, progress=progress) == local
    assert doomed.wait(timeout=10) == -9
    assert seen == list(range(BATCH, N + 1, BATCH))


def test_cluster__without_workers_it_ends_and_goes_on_later(grid, inputs, local, tmp_path):
    """All workers lost: one error after the wait, what is done is kept, and is not played again."""
    url = grid.scheduler()
    doomed = [grid.worker(), grid.worker()]
    seen = []

    def progress(done):
        seen.append(done)
        if len(seen) == 5:
            for each in doomed:
                each.kill()

    with pytest.raises(InputError, match=r"expected a worker, got none at .* for 1 s. .*the same command goes on"):
        play(inputs, tmp_path / "out", url, wait=1.0, progress=progress)
    kept = shards(tmp_path)
    assert N // BATCH > len(kept) >= 5
    assert not (tmp_path / "out").exists()
    grid.worker()
    still = []
    assert play(inputs, tmp_path / "out", url, progress=lambda _: still.append(shards(tmp_path))) == local
    assert len(still) == N // BATCH - len(kept)
    assert all(each.items() >= kept.items() for each in still)


def test_cluster__a_scheduler_that_dies_is_said(grid, inputs, tmp_path):
    url = grid.scheduler()
    grid.worker()
    seen = []
    with pytest.raises(InputError, match=r"is gone. Start it again. Finished replicates are kept"):
        play(inputs, tmp_path / "out", url, progress=lambda done: seen.append(done) or grid.children[0].kill())
    assert len(shards(tmp_path)) == len(seen) >= 1


# --- what cannot be done is said once, in the style of the house ------------------------------------------------------


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run `sispamkota rehearse` in this process; return the lines of its complaint."""

    def called(*words):
        out = ["--out", str(tmp_path / "out"), "--lang", "en", "-n", "60"]
        monkeypatch.setattr(sys, "argv", ["sispamkota", "rehearse", *map(str, words), *out])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert ended.value.code == 2
        assert said.out == ""
        assert not (tmp_path / "out").exists()
        return said.err.splitlines()

    return called


@pytest.mark.parametrize(
    "url", ["tcp://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:1", "tcp://no.such.host.invalid:1", "?", ""]
)
def test_address__nobody_answers(call, monkeypatch, url):
    monkeypatch.setattr("sispamkota.rehearsal.cluster.ANSWER", 1.0)
    (line,) = call("--cluster", url)
    assert line.startswith("--cluster: URL: expected ")
    assert line.endswith("as in tcp://host:8786.")
    assert f'"{url}"' in line


def test_extra__missing_is_said(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    (line,) = call("--cluster", "tcp://127.0.0.1:1")
    assert "sispamkota[cluster]" in line


def test_options__idle_ones_are_refused(call):
    (line,) = call("--cluster-wait", "3")
    assert line.startswith("--cluster-wait: ")
    (line,) = call("--cluster", "tcp://127.0.0.1:1", "--workers", "2")
    assert line.startswith("--workers: ")


def test_wait__no_worker_from_the_start(grid, call):
    began = time.monotonic()
    (line,) = call("--cluster", grid.scheduler(), "--cluster-wait", "0.5")
    assert "expected a worker, got none" in line
    assert time.monotonic() - began < 20


def copy_of_sources(folder: Path) -> Path:
    shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edited(folder: Path, module: str) -> Path:
    """Copy the sources with one more comment in a module."""
    with (copy_of_sources(folder) / "sispamkota" / module).open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    return folder


def test_code__another_one_on_a_worker_is_refused(grid, call, tmp_path):
    """Other Python code, another engine, no package at all: a fault each, and what to do."""
    broken = tmp_path / "none" / "sispamkota"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text('raise ImportError("no such package here")\n')
    url = grid.scheduler()
    grid.worker()
    grid.worker(source=edited(tmp_path / "edited", "rehearsal/play.py"))
    grid.worker(source=edited(tmp_path / "engine", "kernels/crowd.py"))
    grid.worker(source=broken.parent)
    wait_for(url, 4)
    lines = call("--cluster", url)
    assert sorted(line.split(": ")[1] for line in lines) == ["code", "code", "code", "engine"]
    assert all(line.endswith("and start it again.") for line in lines)
    assert any("no such package here" in line for line in lines)


def test_library__another_version_on_a_worker_is_refused(grid, call, tmp_path):
    """A worker that says another version of numpy."""
    source = copy_of_sources(tmp_path / "copy")
    (source / "sitecustomize.py").write_text(
        "import importlib.metadata as m\nv = m.version\nm.version = lambda n: '1.0' if n == 'numpy' else v(n)\n"
    )
    url = grid.scheduler()
    grid.worker(source=source)
    (line,) = call("--cluster", url)
    assert ": numpy: expected " in line
    assert 'got "1.0"' in line


def test_code__a_worker_that_comes_late_is_refused(grid, inputs, tmp_path):
    url = grid.scheduler()
    grid.worker()
    source = edited(tmp_path / "edited", "rehearsal/play.py")
    seen = []

    def progress(done):
        seen.append(done)
        if len(seen) == 2:
            grid.worker(source=source)
            grid.children[1].kill()

    with pytest.raises(InputError, match="this worker: code: expected"):
        play(inputs, tmp_path / "out", url, progress=progress)
    assert shards(tmp_path)


def wait_for(url: str, workers: int) -> None:
    """Wait until a scheduler has so many workers."""
    code = f"from distributed import Client\nwith Client({url!r}) as c: c.wait_for_workers({workers}, timeout=60)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=90)
