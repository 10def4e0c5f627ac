"""Ensembles: the same bytes however they are played; shards that outlive a kill; broken ones played again."""

import random
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import fields, replace

import numpy as np
import pytest
from typer.testing import CliRunner

from sispamkota import City, Plan, Scenario, rehearse
from sispamkota.cli import app
from sispamkota.errors import EngineError
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal import Run, World
from sispamkota.rehearsal import spread as spreading
from sispamkota.rehearsal.calls import CALL
from sispamkota.rehearsal.play import BATCH, PLACE_COLUMNS, Batch, play_batch
from sispamkota.rehearsal.setting import Setting
from sispamkota.rehearsal.shards import read_shard, shard_file, write_shard
from sispamkota.rehearsal.spread import Work, spread, threads
from sispamkota.rehearsal.tables import build_tables


def contents(folder):
    """Every file of a result and its bytes."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def inputs():
    return Scenario.load("kpu-bawaslu"), Plan.load("malang-500"), City.load("malang")


@pytest.fixture(scope="module")
def work(inputs):
    return Work(build_tables(Setting.make(*inputs).spec), 5, 1800.0)


def same(a, b):
    """Two batches are equal to the bit."""
    return all(
        np.asarray(x).tobytes() == np.asarray(y).tobytes() and np.shape(x) == np.shape(y)
        for x, y in ((getattr(a, each.name), getattr(b, each.name)) for each in fields(Batch))
    )


# --- any number of workers, any order ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(inputs, tmp_path_factory):
    """330 replicates on one thread: the last batch is a short one."""
    out = tmp_path_factory.mktemp("alone") / "out"
    rehearse(*inputs, replicates=330, seed=5, out=out, run=Run(workers=1))
    return contents(out)


@pytest.mark.parametrize("workers", [2, 7])
def test_workers__give_the_same_bytes(alone, inputs, tmp_path, workers):
    rehearse(*inputs, replicates=330, seed=5, out=tmp_path / "out", run=Run(workers=workers))
    assert contents(tmp_path / "out") == alone


class Shuffled:
    """A pool that plays what it has in hand in a random order."""

    def __init__(self, work, luck):
        self.world, self.work, self.luck, self.hand, self.order = World(work.tables), work, luck, [], []

    def room(self):
        return 5

    def send(self, start, stop):
        self.hand.append((start, stop))

    def take(self):
        start, stop = self.hand.pop(self.luck.randrange(len(self.hand)))
        self.order.append(start)
        return play_batch(self.world, self.work.seed, start, stop, self.work.horizon)


@pytest.mark.parametrize("luck", [1, 2])
def test_order__does_not_matter(alone, inputs, tmp_path, monkeypatch, luck):
    pools = []

    def pool(_run, work):
        pools.append(Shuffled(work, random.Random(luck)))
        return nullcontext(pools[0])

    monkeypatch.setattr(Run, "pool", pool)
    rehearse(*inputs, replicates=330, seed=5, out=tmp_path / "out")
    assert pools[0].order != sorted(pools[0].order)
    assert contents(tmp_path / "out") == alone


def test_spread__keeps_only_a_few_ahead(work):
    pool = Shuffled(work, random.Random(3))
    most = []
    pool.take = lambda take=pool.take: (most.append(len(pool.hand)), take())[1]
    seen = []
    batches = spread(pool, range(0, 40 * 1, 1), progress=seen.append)
    assert [batch.start for batch in batches] == [0]
    assert seen == [40]
    spread(pool, range(600), progress=seen.append)
    assert max(most) == 5
    assert seen[1:] == list(range(BATCH, 601, BATCH))


# --- shards -----------------------------------------------------------------------------------------------------------


def odd_batch(start=100, n=3):
    """A batch with every odd value: NaN of another payload, −0, infinities, no calls, a failed replicate."""
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(n, len(MEASURES)))
    rows[0, :4] = np.nan, -0.0, np.inf, -np.inf
    rows[1, :1].view(np.uint64)[0] = 0x7FF8_0000_0000_BEEF
    calls = np.zeros(7, CALL)
    calls["replicate"] = start + np.array([0, 0, 0, 2, 2, 2, 2])
    calls["seconds"] = [np.nan, 1.5, -0.0, np.inf, 3, 4, 5]
    calls["kind"] = range(7)
    reasons = ("", 'the event log is full: "x"\nü', "")
    return Batch(start, rows, rng.normal(size=(n, 2, len(PLACE_COLUMNS))), calls, reasons)


def test_shard__comes_back_to_the_bit(tmp_path, work):
    real = play_batch(World(work.tables), 5, 50, 60, 1800.0)
    silent = replace(odd_batch(), responses=np.zeros(0, CALL))
    for batch in (odd_batch(), real, silent):
        write_shard(tmp_path, batch)
        assert same(read_shard(tmp_path, batch.start, batch.start + len(batch.rows)), batch)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".parquet", ".parquet"]


def test_shard__of_another_range_is_none(tmp_path):
    write_shard(tmp_path, odd_batch())
    assert read_shard(tmp_path, 100, 104) is None
    shard_file(tmp_path, 100, 103).rename(shard_file(tmp_path, 200, 203))
    assert read_shard(tmp_path, 200, 203) is None


def test_shard__any_damage_is_noticed(tmp_path):
    """Cut anywhere, or a bit turned anywhere: the batch as it was, or none; never another one."""
    batch = odd_batch()
    write_shard(tmp_path, batch)
    path = shard_file(tmp_path, 100, 103)
    whole = path.read_bytes()
    luck = random.Random(6)
    lost = 0
    for _ in range(300):
        place = luck.randrange(len(whole))
        turned = bytearray(whole)
        turned[place] ^= 1 << luck.randrange(8)
        for bad in (whole[:place], bytes(turned)):
            path.write_bytes(bad)
            got = read_shard(tmp_path, 100, 103)
            lost += got is None
            assert got is None or same(got, batch)
    assert lost > 300


def test_shard__a_broken_one_is_played_again_and_the_others_are_not(work, tmp_path, monkeypatch):
    with threads(work, 2) as pool:
        first = spread(pool, range(300), parts=tmp_path)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    broken, gone = shard_file(tmp_path, 50, 100), shard_file(tmp_path, 200, 250)
    broken.write_bytes(broken.read_bytes()[:-40])
    gone.unlink()
    played = watch(monkeypatch)
    with threads(work, 2) as pool:
        again = spread(pool, range(300), parts=tmp_path)
    assert sorted(played) == [50, 200]
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    new = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert {name for name in new if new[name] != kept[name]} == {broken.name, gone.name}


def watch(monkeypatch):
    """Note the first replicate of every batch that is played on threads."""
    played = deque()

    def noted(world, seed, start, stop, horizon):
        played.append(start)
        return play_batch(world, seed, start, stop, horizon)

    monkeypatch.setattr(spreading, "play_batch", noted)
    return played


def test_failed_replicate__is_a_row_and_a_shard_keeps_it(work, tmp_path, monkeypatch):
    finish = World.finish

    def fail(world):
        if int(world.state.world[0].replicate) == 7:
            raise EngineError("replicate 7 gave up")
        return finish(world)

    monkeypatch.setattr(World, "finish", fail)
    with threads(work, 1) as pool:
        (batch,) = spread(pool, range(20), parts=tmp_path)
    assert [i for i, reason in enumerate(batch.reasons) if reason] == [7]
    assert np.isnan(batch.rows[7]).all()
    assert np.isfinite(batch.rows[8, MEASURES.index("events")])
    assert same(read_shard(tmp_path, 0, 20), batch)


# --- kill -9 ----------------------------------------------------------------------------------------------------------

REHEARSE = ("rehearse", "kpu-bawaslu", "--replicates", "1000", "--seed", "11", "--lang", "en")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_kill__the_same_command_goes_on(tmp_path, monkeypatch):
    """Killed in mid-run, run again: what was kept is not played again, and the bytes are those of a calm run."""
    out = tmp_path / "out"
    words = [*REHEARSE, "--workers", "1", "--out", str(out)]
    child = subprocess.Popen([sys.executable, "-c", "from sispamkota.cli import main; main()", *words])
    try:
        for _ in range(60_000):
            if len(list(tmp_path.glob(".out.*.parts/[0-9]*"))) >= 3 or child.poll() is not None:
                break
            time.sleep(0.005)
    finally:
        child.kill()
        child.wait(timeout=30)
    assert child.returncode == -signal.SIGKILL
    (parts,) = tmp_path.glob(".out.*.parts")
    kept = sorted(int(path.name.split("-")[0]) for path in parts.glob("[0-9]*"))
    assert 3 <= len(kept) < 1000 // BATCH
    assert not out.exists()

    played = watch(monkeypatch)
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 0, ended.output
    rest = list(played)[: 1000 // BATCH - len(kept)]  # then come the pairs that say what parts are worth
    assert sorted([*rest, *kept]) == list(range(0, 1000, BATCH))
    assert not parts.exists()

    played.clear()
    ended = CliRunner().invoke(app, [*words[:-1], str(tmp_path / "calm"), "--workers", "2"])
    assert ended.exit_code == 0, ended.output
    assert sorted(list(played)[: 1000 // BATCH]) == list(range(0, 1000, BATCH))
    assert contents(tmp_path / "calm") == contents(out)
