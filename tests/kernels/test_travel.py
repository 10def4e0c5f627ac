"""The compiled kernels of kernels/travel.py and their plain form give the same bytes."""

import os
import subprocess
import sys

import numpy as np

SCRIPT = """
import sys
import numpy as np
from sispamkota.place import Ride, Roads

rng = np.random.default_rng(3)
n, m = 60, 110
x = rng.random(n)
roads = Roads.from_edges((x, x, x, x), rng.integers(0, n, (m, 2)), length_m=rng.uniform(1, 900, m),
                         kind=rng.integers(0, 6, m), oneway=rng.random(m) < 0.3)
speed = np.array([19.0, 11.0, 9.0, 7.0, 5.0, 0.0])
closed = rng.random(m) < 0.1
times = roads.travel_times(np.arange(0, n, 7), np.arange(n), ride=Ride(speed), closed=closed)
time, via = roads.reach(5, ride=Ride(speed), closed=closed)
sys.stdout.buffer.write(times.tobytes() + time.tobytes() + via.tobytes() + roads.main.tobytes())
"""


def test_travel__plain_form_gives_the_same_bytes():
    out = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | {"NUMBA_DISABLE_JIT": plain, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for plain in ("0", "1")
    ]
    assert len(out[0]) == 8 * (9 * 60 + 60) + 4 * 60 + 60
    assert out[0] == out[1]
    assert np.isfinite(np.frombuffer(out[0][: 8 * 540])).mean() > 0.3
