"""Queues: Erlang's formulas by our own code, and the engine as M/M/c and M/G/c."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..kernels import layout as at
from ..plan.location.hypercube import busy_counts
from ..rehearsal import World
from .row import Row, mean_row
from .worlds import queue_world

__all__ = ["ERLANG", "erlang", "erlang_b", "service"]

REPLICATES = 300
WARM, SPAN = 60.0, 540.0  # service times

# (servers, offered load): share lost (Erlang B), share that waits (Erlang C), mean wait in service times
ERLANG = {
    (3, 1.5): (0.13432836, 0.23684211, 0.15789474),
    (5, 3.0): (0.11005435, 0.23615160, 0.11807580),
    (10, 8.0): (0.12166106, 0.40918015, 0.20459008),
}
# by formula only: a simulation of these adds nothing
TABLE = {
    **ERLANG,
    (5, 2.5): (0.06973112, 0.13037130, 0.05214852),
    (5, 4.0): (0.19906687, 0.55411255, 0.55411255),
    (5, 4.5): (0.24302100, 0.76249322, 1.52498644),
    (10, 5.0): (0.01838457, 0.03610536, 0.00722107),
    (10, 9.0): (0.16796323, 0.66873152, 0.66873152),
    (50, 25.0): (0.00000360, 0.00000720, 0.00000029),
    (50, 40.0): (0.01869067, 0.08695255, 0.00869525),
    (50, 45.0): (0.05410447, 0.36386447, 0.07277289),
    (100, 90.0): (0.02695738, 0.21694048, 0.02169405),
}
SOURCE = "Erlang 1917; table computed by other code"
# (servers, load, law): mean wait in service times and its 95 % half-width, 5 runs of 4 million customers
SERVICE = {
    (3, 1.5, "fixed"): (0.08701, 0.0002),
    (3, 1.5, "Erlang-4"): (0.1056, 0.0003),
    (3, 1.5, "lognormal cv² = 2"): (0.2026, 0.0019),
    (10, 8.0, "fixed"): (0.1099, 0.0008),
    (10, 8.0, "Erlang-4"): (0.1351, 0.0011),
    (10, 8.0, "lognormal cv² = 2"): (0.2689, 0.0072),
}
SERVICE_SOURCE = "M/G/c simulated by other code, 20 million customers"
LAWS = {"fixed": int(at.FIXED), "lognormal cv² = 2": int(at.LOGNORMAL)}


def erlang_b(servers: int, load: float) -> float:
    """Give Erlang's loss formula by its recursion."""
    b = 1.0
    for n in range(1, servers + 1):
        b = load * b / (n + load * b)
    return b


def erlang(*, factor: float = 1.0, replicates: int = REPLICATES) -> Iterator[Row]:
    """One place, one-person units, exponential service: M/M/c with loss (Erlang B) and with a queue (Erlang C).

    `factor` multiplies the load that is offered.
    """
    for (servers, load), (loss, wait, mean) in TABLE.items():
        name, offered = f"{servers} units, load {load:g}, by formula", factor * load
        b = float(busy_counts(servers, offered)[-1])
        c = servers * b / (servers - offered * (1.0 - b))
        yield Row("erlang", f"share lost, {name}", SOURCE, loss, b, 6e-9)
        yield Row("erlang", f"share that waits, {name}", SOURCE, wait, c, 6e-9)
        yield Row("erlang", f"mean wait / service, {name}", SOURCE, mean, c / (servers - offered), 6e-9)
    for (servers, load), (loss, wait, mean) in ERLANG.items():
        name = f"{servers} units, load {load:g}, engine"
        world = queue_world(servers, factor * load, waits=False)
        lost = [_share_lost(world, replicate) for replicate in range(replicates)]
        yield mean_row("erlang", f"share lost, {name}", SOURCE, loss, lost)
        world = queue_world(servers, factor * load, waits=True)
        waits = [_waits(world, replicate) for replicate in range(replicates)]
        share, means = [float(np.mean(w > 0)) for w in waits], [float(np.mean(w)) for w in waits]
        yield mean_row("erlang", f"share that waits, {name}", SOURCE, wait, share)
        yield mean_row("erlang", f"mean wait / service, {name}", SOURCE, mean, means)


def _share_lost(world: World, replicate: int) -> float:
    world.reset(seed=31, replicate=replicate)
    world.advance(WARM)
    opened, lost = int(world.state.world[0].opened), int(world.state.world[0].lost)
    world.advance(WARM + SPAN)
    return float((world.state.world[0].lost - lost) / (world.state.world[0].opened - opened))


def _waits(world: World, replicate: int) -> NDArray[np.float64]:
    """Play one replicate; the waits of the calls made after the warm-up, in service times."""
    world.reset(seed=32, replicate=replicate)
    world.advance(WARM + SPAN)
    table = world.state.response[: int(world.state.world[0].responses)]
    return np.asarray(table.seconds[table.called > WARM])


def service(*, factor: float = 1.0, replicates: int = 1200) -> Iterator[Row]:
    """M/G/c: the engine with fixed and lognormal service; Erlang-4, which it has not, by the workload recursion.

    The tolerance adds twice the half-width of the table, whose figures were simulated. `factor` multiplies the load.
    """
    for (servers, load, law), (wait, half) in SERVICE.items():
        if law in LAWS:
            world = queue_world(servers, factor * load, waits=True, law=LAWS[law], cv2=2.0)
            means = [float(np.mean(_waits(world, replicate))) for replicate in range(replicates)]
            by = "engine"
        else:
            means = [_recursion(servers, factor * load, replicate) for replicate in range(replicates // 3)]
            by = "reference model"
        what = f"mean wait / service, {servers} units, load {load:g}, {law}, {by}"
        yield mean_row("service", what, SERVICE_SOURCE, wait, means, slack=2.0 * half)


def _recursion(servers: int, load: float, replicate: int) -> float:
    """Give the mean wait of 5,000 customers with Erlang-4 service after a warm-up (Kiefer & Wolfowitz 1955)."""
    rng, n, warm = np.random.default_rng([34, replicate]), 5_500, 500
    arrivals, services = np.cumsum(rng.exponential(1.0 / load, n)), rng.gamma(4.0, 0.25, n)
    free, total = [0.0] * servers, 0.0  # when each server is free, a heap
    for i, (came, takes) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        begins = max(came, free[0])
        heapq.heapreplace(free, begins + takes)
        total += begins - came if i >= warm else 0.0
    return total / (n - warm)
