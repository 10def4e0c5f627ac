"""A cluster: batches played by the workers of a dask.distributed scheduler, the same bytes as here.

The tables travel once, as a task of their own, so that they outlive who holds them. A batch whose worker is lost is
played elsewhere. A worker must run this very code on the same versions, or its first batch is refused.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import queue
import threading
import time
import uuid
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sispamkota.errors import EngineError, Fault, InputError, quoted
from sispamkota.kernels._compile import sources_digest
from sispamkota.manifest import Manifest

from .play import Batch, play_batch
from .spread import Pool, Work
from .tables import digest_of
from .world import World

__all__ = ["Cluster", "identity", "workers_of"]

ANSWER = 10.0  # s that a scheduler has to answer, and a result to arrive
TICK = 1.0  # s between two looks at who is there
TRIES = 3  # times that a batch is sent again after it was given up: by then it met a dozen workers
KEPT_WORLDS = 4  # rehearsals whose worlds a worker keeps
WAIT = 60.0
PACKAGE = Path(__file__).parents[1]
AS_HERE = "Install there what is installed here (the same commit, the same lock file), and start it again."
GOES_ON = "Finished replicates are kept, and the same command goes on."


@dataclass(frozen=True)
class Cluster:
    """Say where the scheduler is, and how many seconds to wait when it has no worker."""

    url: str
    wait: float = WAIT

    @classmethod
    def parse(cls, url: str | None, *, wait: float | None = None, workers: int | None = None) -> Cluster | None:
        """Read the options of a command; raises InputError for what would be idle beside, or without, a cluster."""
        remedy = "Leave it out."
        if url is None and wait is not None:
            raise InputError([Fault("--cluster-wait", "option", "--cluster beside it", f"{wait:g}", remedy)])
        if url is not None and workers is not None:
            expected = "no such option with --cluster, which has workers of its own"
            raise InputError([Fault("--workers", "option", expected, str(workers), remedy)])
        return None if url is None else cls(url, WAIT if wait is None else wait)


# --- on a worker ------------------------------------------------------------------------------------------------------


def _sources() -> str:
    """Hash every module of the package; 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


_CODE = _sources()  # as it was loaded: an edit while a worker runs does not make it a worker with the new code


@cache
def identity() -> dict[str, str]:
    """Say what plays here: equal identities give equal bytes."""
    made = Manifest.collect()
    mine = {"sispamkota": made.version, "code": _CODE, "engine": sources_digest()}
    return mine | {"python": made.python, "platform": made.platform} | dict(made.libraries)


class _Worlds:
    """Keep the idle worlds of the last few rehearsals: a thread of a worker takes one and gives it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[str, list[World]] = OrderedDict()

    @contextmanager
    def lend(self, name: str, tables: bytes) -> Iterator[World]:
        """Lend a world by the digest of its tables; it is made where none is idle."""
        with self._lock:
            idle = self._idle.setdefault(name, [])
            self._idle.move_to_end(name)
            while len(self._idle) > KEPT_WORLDS:
                self._idle.popitem(last=False)
            world = idle.pop() if idle else None
        if world is None:
            world = World(pickle.loads(tables))  # noqa: S301 (who is in the cluster can run code anyway)
        try:
            yield world
        finally:
            with self._lock:
                idle.append(world)


_WORLDS = _Worlds()


def _play(tables: bytes, name: str, order: tuple[int, int, int, float], wanted: dict[str, str]) -> bytes:
    """Play a batch on a worker; refuse where anything is not as the sender has it."""
    if identity() != wanted:
        raise InputError(_differences(_library().get_worker().address, identity(), wanted))
    with _WORLDS.lend(name, tables) as world:
        return pickle.dumps(play_batch(world, *order))


# --- on the sender's side ---------------------------------------------------------------------------------------------


def _differences(where: str, got: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Fault]:
    """List what a worker has otherwise than we do."""
    for field, value in wanted.items():
        if got.get(field) != value:
            yield Fault(where, field, f'"{value}"', f'"{got.get(field, "")}"', AS_HERE)


def _fault(expected: str, got: str, remedy: str) -> InputError:
    """Make the one fault of an address."""
    return InputError([Fault("--cluster", "URL", expected, got, remedy)])


@contextmanager
def workers_of(work: Work, cluster: Cluster) -> Iterator[Pool]:
    """Open a pool of a cluster's workers.

    Raises InputError where the library is missing, nobody answers, no worker comes in time, or one has other code.
    """
    with _hushed(), _client(cluster) as client:
        pool = _Workers(work, cluster, client)
        pool.wait_for_one()
        _check(client)
        yield pool


def _library() -> Any:
    """Load the library; a missing one is an InputError."""
    try:
        import distributed
    except ImportError:
        expected, remedy = "distributed, which talks to a cluster", "pip install 'sispamkota[cluster]'."
        raise InputError([Fault("distributed", "library", expected, "none", f"Install it with: {remedy}")]) from None
    return distributed


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the library's own talk from the screen: what goes wrong is said once, by us."""
    _library()
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    names += ["distributed", "tornado"]
    levels = {name: logging.getLogger(name).level for name in names}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        for name in names:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@contextmanager
def _client(cluster: Cluster) -> Iterator[Any]:
    """Connect, and leave again."""
    distributed, url = _library(), cluster.url.strip()
    remedy = "Start one with: dask scheduler. Its first lines say its address, as in tcp://host:8786."
    if not url:
        raise _fault("the address of a scheduler", '""', remedy)
    try:
        client = distributed.Client(url, timeout=min(ANSWER, max(cluster.wait, 1.0)), set_as_default=False)
    except (OSError, ValueError, ImportError, TypeError) as error:
        raise _fault("a scheduler that answers", f'none at "{url}" ({quoted(error)})', remedy) from None
    try:
        yield client
    finally:
        client.close(timeout=ANSWER)


def _check(client: Any) -> None:
    """Raise InputError unless the scheduler and every worker have what we have."""
    theirs, ours = client.get_versions()["scheduler"]["packages"], {"distributed": _library().__version__}
    faults = [*_differences("scheduler", theirs, ours)]
    for worker, answer in client.run(identity, on_error="return").items():
        if isinstance(answer, OSError):  # lost just now
            continue
        if isinstance(answer, Exception):
            faults.append(Fault(worker, "code", f'"{_CODE}"', f"{type(answer).__name__}: {answer}", AS_HERE))
        else:
            faults += _differences(worker, answer, identity())
    if faults:
        raise InputError(faults)


class _Workers:
    """Play on a cluster's workers."""

    def __init__(self, work: Work, cluster: Cluster, client: Any) -> None:
        self._work, self._cluster, self._client = work, cluster, client
        self._name, self._run = digest_of(work.tables), f"sispamkota-{uuid.uuid4().hex}"
        self._tables = self._send_tables()
        self._pending: dict[str, tuple[Any, int, int, int]] = {}  # key → future, start, stop, times sent before
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._slots, self._looked, self._met = 0, 0.0, time.monotonic()

    def room(self) -> int:
        if time.monotonic() - self._looked > TICK:
            self._look()
        return 2 * self._slots + 2

    def _send_tables(self) -> Any:
        """Send the tables once: as a result, which the scheduler has made again where it is lost."""
        key = f"{self._run}-tables-{uuid.uuid4().hex}"
        return self._client.submit(bytes, pickle.dumps(self._work.tables), key=key)

    def send(self, start: int, stop: int, *, tries: int = 0) -> None:
        if self._tables.status in ("error", "cancelled"):  # given up with the workers that held them
            self._tables = self._send_tables()
        key = f"{self._run}-{start}-{tries}"
        order = (self._work.seed, start, stop, self._work.horizon)
        future = self._client.submit(_play, self._tables, self._name, order, identity(), key=key)
        self._pending[key] = future, start, stop, tries
        future.add_done_callback(lambda _: self._ended.put(key))

    def take(self) -> Batch:
        while True:
            try:
                key = self._ended.get(timeout=TICK)
            except queue.Empty:
                self._look()
                continue
            future, start, stop, tries = self._pending[key]
            batch = self._gather(future)
            if batch is not None:
                del self._pending[key]
                return batch
            self._look()
            if future.status in ("pending", "lost"):  # its worker was lost with it, and the scheduler plays it again
                future.add_done_callback(lambda _, key=key: self._ended.put(key))
            else:
                del self._pending[key]
                self._again(start, stop, tries + 1)

    def _gather(self, future: Any) -> Batch | None:
        """Fetch a result; None where it was lost on the way, or its workers were."""
        if future.status == "error":
            self._blame(future.exception(timeout=ANSWER))
            return None
        try:
            batch: Batch = pickle.loads(future.result(timeout=ANSWER))  # noqa: S301 (as above)
        except (_library().CancelledError, _library().KilledWorker, OSError):  # a TimeoutError is an OSError
            return None
        return batch

    def _blame(self, error: BaseException) -> None:
        """Say what a worker could not do; return where it was lost while it tried."""
        if isinstance(error, _library().KilledWorker):
            return
        if isinstance(error, InputError):
            raise error
        if isinstance(error, ImportError | AttributeError):  # it does not know what it was asked to do
            raise InputError([Fault("a worker", "code", f'"{_CODE}"', quoted(error), AS_HERE)])
        raise EngineError(f"a worker failed: {type(error).__name__}: {quoted(error)}")

    def _again(self, start: int, stop: int, tries: int) -> None:
        """Send a batch once more that was given up."""
        if tries > TRIES:
            got = f"none that could finish replicates {start} to {stop - 1}, sent {tries} times"
            raise _fault("workers that stay", got, f"Look into the workers' logs: short of memory? {GOES_ON}")
        self.send(start, stop, tries=tries)

    def wait_for_one(self) -> None:
        """Wait until there is a worker."""
        self._look()
        while not self._slots:
            time.sleep(TICK / 10)
            self._look()

    def _look(self) -> None:
        """Count the workers' threads; raises InputError when the scheduler is gone or nobody came in time."""
        url, now = self._cluster.url, time.monotonic()
        try:
            self._slots = sum(self._client.nthreads().values()) if self._client.status == "running" else -1
        except (OSError, TimeoutError):
            self._slots = -1
        self._looked = now
        if self._slots < 0:
            raise _fault("a scheduler that answers", f'none at "{url}" any more', f"Start it again. {GOES_ON}")
        if self._slots:
            self._met = now
        elif now - self._met >= self._cluster.wait:
            got = f'none at "{url}" for {self._cluster.wait:g} s'
            raise _fault("a worker", got, f"Start some with: dask worker {url}, or wait longer. {GOES_ON}")
