"""P9: half a minute of replicates on two threads, and on two workers of a cluster on the same cores; equal bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from sispamkota import City, Plan, Scenario
from sispamkota.rehearsal import Cluster, Run, Setting
from sispamkota.rehearsal.play import BATCH, Batch
from sispamkota.rehearsal.spread import Work, spread
from sispamkota.rehearsal.tables import build_tables

Line = tuple[str, str, str, str]
LEAST, ROUNDS = 30.0, 3  # s of work on two cores; times that it is done


def lines() -> Iterator[Line]:
    """Two workers against two threads, and against one worker with half the work, in turns."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        yield "P9", "two workers of a cluster", "not here", "make bench installs it"
        return
    scenario = Scenario.load("kpu-bawaslu")
    setting = Setting.make(scenario, Plan.load("malang-500"), City.load("malang"))
    work = Work(build_tables(setting.spec), 1, scenario.horizon)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        one, two = (_scheduler(stack, folder / str(n), workers=n) for n in (1, 2))
        for run in (one, two, Run(workers=2), Run(workers=2)):  # warm
            seconds, _ = _play(work, run, 2000)
        n = int(LEAST * 2000 / seconds * 1.2) // BATCH * BATCH
        took: dict[str, list[float]] = {"threads": [], "one": [], "two": []}
        work_done = []  # CPU of all processes, threads against cluster: does not mind who else is on the machine
        for _ in range(ROUNDS):
            before = _cpu()
            seconds, here = _play(work, Run(workers=2), n)
            took["threads"].append(seconds)
            between = _cpu()
            seconds, there = _play(work, two, n)
            took["two"].append(seconds)
            work_done.append((between - before) / (_cpu() - between))
            assert _same(here, there), "a cluster gives other bytes"
            took["one"].append(_play(work, one, n // 2 // BATCH * BATCH)[0])
    rates = {name: np.array(seconds) for name, seconds in took.items()}
    for name, rival in (("threads", "two threads here"), ("one", "twice one worker")):
        ratios = rates[name] / rates["two"]
        got = f"{np.median(ratios):.0%} ({ratios.min():.0%}–{ratios.max():.0%})"
        what = f"2 cluster workers, {n:,} replicates in {min(took['two']):.0f} s, of {rival}"
        yield "P9", what, got, "≥ 90 %, same bytes"
    yield "P9", "CPU of two threads against that of cluster and scheduler", f"{np.median(work_done):.0%}", "–"


def _play(work: Work, run: Run, n: int) -> tuple[float, list[Batch]]:
    """Play and keep n replicates; return the wall time, s."""
    with tempfile.TemporaryDirectory() as parts, run.pool(work) as pool:
        began = time.perf_counter()
        batches = spread(pool, range(n), parts=Path(parts))
        return time.perf_counter() - began, batches


def _cpu() -> float:
    """CPU time so far of this process and of all that it started, s."""
    import psutil

    me = psutil.Process()
    return sum(sum(each.cpu_times()[:2]) for each in (me, *me.children(recursive=True)))


def _same(a: list[Batch], b: list[Batch]) -> bool:
    """Tell whether two lists of batches are equal to the bit."""
    return all(
        x.rows.tobytes() == y.rows.tobytes()
        and x.crowds.tobytes() == y.crowds.tobytes()
        and x.responses.tobytes() == y.responses.tobytes()
        for x, y in zip(a, b, strict=True)
    )


def _scheduler(stack: ExitStack, folder: Path, *, workers: int) -> Run:
    """Start a scheduler and workers of one thread, which end with the stack."""
    folder.mkdir()
    said = folder / "scheduler.json"
    source = str(Path(__file__).parents[1] / "src")
    env = {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
    common = ["--scheduler-file", str(said), "--no-dashboard", "--host", "127.0.0.1"]
    worker = ["dask_worker", "--nthreads", "1", "--no-nanny", "--memory-limit", "0"]
    for words in (["dask_scheduler", "--port", "0"], *[worker] * workers):
        command = [sys.executable, "-m", f"distributed.cli.{words[0]}", *words[1:], *common]
        quiet = subprocess.DEVNULL
        child = subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet, cwd=folder)
        stack.callback(child.wait)
        stack.callback(child.kill)
        while not said.exists():
            time.sleep(0.05)
    for _ in range(100):
        try:
            return Run(cluster=Cluster(json.loads(said.read_text(encoding="utf-8"))["address"]))
        except ValueError:  # half-written
            time.sleep(0.05)
    raise RuntimeError("the scheduler says no address")
