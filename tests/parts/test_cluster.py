"""A real scheduler and real workers, killed in mid-run: the same bytes as here, none lost; every failure is said."""

import importlib
import logging
import shutil
import sys
from pathlib import Path

import pytest

from parts.grid import ROOT, Grid
from parts.test_ensembles import contents, same
from sispamkota import City, Plan, Scenario, rehearse
from sispamkota.cli import main
from sispamkota.errors import InputError
from sispamkota.kernels.memory import PLAIN
from sispamkota.rehearsal import Cluster, Run
from sispamkota.rehearsal.cluster import workers_of
from sispamkota.rehearsal.play import BATCH
from sispamkota.rehearsal.setting import Setting
from sispamkota.rehearsal.spread import Work, spread, threads
from sispamkota.rehearsal.tables import build_tables

pytest.importorskip("distributed", reason="the extra cluster (distributed) is not installed")
if PLAIN:
    pytest.skip("the uncompiled engine takes minutes here", allow_module_level=True)

N = 1000


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


def shards(folder, name="out"):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob(f".{name}.*.parts/[0-9]*")}


def play(inputs, out, url, *, wait=60.0, progress=lambda done: None):
    rehearse(*inputs, replicates=N, seed=9, out=out, run=Run(cluster=Cluster(url, wait), progress=progress))
    return contents(out)


def test_cluster__loses_workers_and_nothing_else(grid, inputs, local, tmp_path, caplog):
    """Two workers, one killed in mid-run, then the other too; later a new one comes, and at last the scheduler dies."""
    url, seen = grid.scheduler(), []
    first, last = grid.worker(), grid.worker()

    def after(batches, act):
        return lambda done: seen.append(done) or (len(seen) == batches and act())

    wait_for(url, 2)
    assert play(inputs, tmp_path / "out", url, progress=after(6, first.kill)) == local
    assert first.wait(timeout=10) == -9
    assert seen == list(range(BATCH, N + 1, BATCH))  # each batch once
    assert not shards(tmp_path)
    assert not any(word in b"".join(local.values()) for word in (b"tcp://", str(tmp_path).encode()))

    seen.clear()
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(InputError, match=r"expected a worker, got none at .* for 1 s. .*the same command goes on"):
        play(inputs, tmp_path / "out", url, wait=1.0, progress=after(5, last.kill))
    kept = shards(tmp_path)
    assert N // BATCH > len(kept) >= 5
    assert not (tmp_path / "out").exists()

    still = []
    grid.worker(threads=2)
    assert play(inputs, tmp_path / "out", url, progress=lambda _: still.append(shards(tmp_path))) == local
    assert len(still) == N // BATCH - len(kept)
    assert all(each.items() >= kept.items() for each in still)  # not played again

    seen.clear()
    with pytest.raises(InputError, match=r"any more. Start it again. Finished replicates are kept"):
        play(inputs, tmp_path / "new", url, progress=after(1, grid.children[0].kill))
    assert len(shards(tmp_path, "new")) == len(seen) >= 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_cluster__a_batch_that_is_given_up_is_sent_again(grid, inputs):
    """A scheduler that gives a task up with the first worker that is lost with it."""
    work = Work(build_tables(Setting.make(*inputs).spec), 9, 1800.0)
    url = grid.scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    doomed, _ = grid.worker(), grid.worker()
    wait_for(url, 2)
    seen = []
    with workers_of(work, Cluster(url)) as pool:
        there = spread(pool, range(600), progress=lambda done: seen.append(done) or (len(seen) == 3 and doomed.kill()))
    with threads(work, 1) as pool:
        here = spread(pool, range(600))
    assert all(same(a, b) for a, b in zip(here, there, strict=True))
    assert seen == list(range(BATCH, 601, BATCH))
    assert doomed.poll() == -9


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


def copy_of_sources(folder: Path) -> Path:
    shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edited(folder: Path, module: str) -> Path:
    """Copy the sources with one more comment in a module."""
    with (copy_of_sources(folder) / "sispamkota" / module).open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    return folder


def test_code__another_one_on_a_worker_is_refused(grid, call, tmp_path):
    """No worker at all; then other code, another engine, no package, another numpy: a fault each, and what to do."""
    url = grid.scheduler()
    (line,) = call("--cluster", url, "--cluster-wait", "0")
    assert "expected a worker, got none" in line
    broken = tmp_path / "none" / "sispamkota"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text('raise ImportError("no such package here")\n')
    older = copy_of_sources(tmp_path / "older")
    (older / "sitecustomize.py").write_text(
        "import importlib.metadata as m\nv = m.version\nm.version = lambda n: '1.0' if n == 'numpy' else v(n)\n"
    )
    sources = [edited(tmp_path / "engine", "kernels/crowd.py"), broken.parent, older]
    for source in (None, *sources):
        grid.worker(source=source)
    wait_for(url, 4)
    lines = call("--cluster", url)
    assert sorted(line.split(": ")[1] for line in lines) == ["code", "code", "engine", "numpy"]
    assert all(line.endswith("and start it again.") for line in lines)
    assert any("no such package here" in line for line in lines)
    assert any('got "1.0"' in line for line in lines)


def test_code__a_worker_that_comes_late_is_refused(grid, inputs, tmp_path):
    """The good worker is lost; the one that comes for it has other code."""
    url = grid.scheduler()
    grid.worker()
    source = edited(tmp_path / "edited", "rehearsal/play.py")

    def progress(_):
        if len(grid.children) == 2:
            grid.worker(source=source)
            grid.children[1].kill()

    with pytest.raises(InputError, match=r"tcp://.*: code: expected"):
        play(inputs, tmp_path / "out", url, progress=progress)
    assert shards(tmp_path)


def wait_for(url: str, workers: int) -> None:
    """Wait until a scheduler has so many workers."""
    with importlib.import_module("distributed").Client(url, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)
