"""The streams: every one that a kernel draws from is described, and no two share a number."""

from __future__ import annotations

import re
from pathlib import Path

from sispamkota.kernels import rng
from sispamkota.streams import STREAMS


def test_streams__are_those_that_are_described():
    used = re.findall(r'stream_id\("([^"]+)"\)', Path(rng.__file__).read_text(encoding="utf-8"))
    assert sorted(used) == sorted(STREAMS)
    assert len({rng.stream_id(name) for name in used}) == len(used)
