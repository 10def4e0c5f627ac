"""A scheduler and workers as processes of their own, for the tests of a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Grid:
    """Processes that a test starts and kills; each may run its own copy of the sources."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = folder / "scheduler.json"
        self.children: list[subprocess.Popen] = []

    def _start(self, kind: str, *words: object, source: Path | None = None, **options: str) -> subprocess.Popen:
        env = {**os.environ, "PYTHONPATH": str(source or ROOT / "src"), "DASK_CONFIG": str(self.folder), **options}
        command = [sys.executable, "-m", "distributed.cli." + kind, "--scheduler-file", str(self.said)]
        command += ["--no-dashboard", "--host", "127.0.0.1", *map(str, words)]
        with (self.folder / f"{kind}-{len(self.children)}.log").open("wb") as log:
            child = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=self.folder)
        self.children.append(child)
        return child

    def scheduler(self, **options: str) -> str:
        """Start a scheduler, with some of dask's own settings; return its address."""
        child = self._start("dask_scheduler", "--port", 0, **options)
        for _ in range(600):
            try:
                return json.loads(self.said.read_text())["address"]
            except (OSError, ValueError):
                assert child.poll() is None, "the scheduler died"
                time.sleep(0.05)
        raise AssertionError("the scheduler says no address")

    def worker(self, *, threads: int = 1, source: Path | None = None) -> subprocess.Popen:
        """Start a worker."""
        return self._start("dask_worker", "--nthreads", threads, "--no-nanny", "--memory-limit", "0", source=source)

    def end(self) -> None:
        """End all of them."""
        for child in self.children:
            child.kill()
            child.wait(timeout=30)
