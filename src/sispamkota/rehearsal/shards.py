"""Shards: each finished batch is a Parquet file named by its range of replicates, whole or not at all.

One row a replicate: the measures, the reason of a failure, the measures of all crowds in a row, the calls for help. A
file that is cut short, or whose checksums do not hold, counts as none: its batch is played again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sispamkota import store
from sispamkota.kernels.measure import MEASURES

from .calls import CALL
from .play import PLACE_COLUMNS, Batch

__all__ = ["read_shard", "shard_file", "write_shard"]


def shard_file(folder: Path, start: int, stop: int) -> Path:
    """Name a batch's file by its range."""
    return folder / f"{start:09d}-{stop:09d}.parquet"


def write_shard(folder: Path, batch: Batch) -> None:
    """Keep a batch, whole or not at all."""
    n = len(batch.rows)
    columns: dict[str, Any] = {"replicate": pa.array(np.arange(batch.start, batch.start + n))}
    columns["reason"] = pa.array(batch.reasons, pa.string())
    columns |= {name: pa.array(batch.rows[:, i]) for i, name in enumerate(MEASURES)}
    columns["crowds"] = _lists(np.arange(n + 1) * (batch.crowds.size // n), pa.array(batch.crowds.ravel()))
    of = batch.responses["replicate"] - batch.start
    fields = [name for name in CALL.names or () if name != "replicate"]
    calls = pa.StructArray.from_arrays([pa.array(np.ascontiguousarray(batch.responses[f])) for f in fields], fields)
    columns["calls"] = _lists(np.searchsorted(of, np.arange(n + 1)), calls)
    with store.atomic_write(shard_file(folder, batch.start, batch.start + n)) as path:
        pq.write_table(pa.table(columns), path, use_dictionary=False, write_page_checksum=True)


def _lists(offsets: NDArray[Any], values: pa.Array) -> pa.Array:
    """Cut values to one list a replicate."""
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values)


def read_shard(folder: Path, start: int, stop: int) -> Batch | None:
    """Read a kept batch; None where there is none, or a broken one."""
    path = shard_file(folder, start, stop)
    if not path.exists():
        return None
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        return _batch(table.combine_chunks(), start) if _whole(table, start, stop) else None
    except (OSError, ValueError, KeyError, AttributeError, NotImplementedError):  # ArrowInvalid is a ValueError
        return None


def _whole(table: pa.Table, start: int, stop: int) -> bool:
    """Tell whether a table holds just these replicates and these measures."""
    names = ["replicate", "reason", *MEASURES, "crowds", "calls"]
    return bool(table.column_names == names and table["replicate"].to_pylist() == list(range(start, stop)))


def _batch(table: pa.Table, start: int) -> Batch:
    """Put a batch together again, to the bit."""
    n = len(table)
    rows = np.column_stack([table[name].to_numpy() for name in MEASURES])
    crowds = table["crowds"].combine_chunks().flatten().to_numpy().reshape(n, -1, len(PLACE_COLUMNS))
    lists = table["calls"].combine_chunks()
    calls = np.zeros(len(lists.flatten()), CALL)
    calls["replicate"] = start + np.repeat(np.arange(n), np.diff(lists.offsets.to_numpy()))
    for name, values in zip(lists.type.value_type.names, lists.flatten().flatten(), strict=True):
        calls[name] = values.to_numpy()
    return Batch(start, np.ascontiguousarray(rows), crowds.copy(), calls, tuple(table["reason"].to_pylist()))
