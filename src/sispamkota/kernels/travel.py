"""Shortest travel times on a road graph, exact: a bucket queue for whole trees, a heap for repairs.

Axes: n nodes, a arcs (one direction of a street), e edges (streets), k road kinds, o origins, d destinations.
A graph is two arrays: the arcs that leave node v are indptr[v] up to indptr[v + 1] of arcs (a), each with its head and
its seconds; infinite seconds are a closed arc. A node's time is the least over its incoming arcs of (time of the tail
+ seconds of the arc) whatever the order of work, so every routine here gives the same bits.
Sources: Dijkstra (1959), "A note on two problems in connexion with graphs"; Dial (1969), algorithm 360, with buckets
wider than the shortest arc, so that a node may be settled again (Meyer & Sanders 2003, "Δ-stepping"); Ramalingam & Reps
(1996), "An incremental algorithm for a generalization of the shortest-path problem"; Tarjan (1972), "Depth-first search
and linear graph algorithms".
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel

__all__ = ["ARC", "INTO", "Graph", "arc_seconds", "components", "matrix", "pick", "repair", "reverse", "trees"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

ARC = np.dtype([("seconds", np.float64), ("head", np.int32), ("unused", np.int32)])
HEAP = np.dtype([("key", np.float64), ("node", np.int64)])
INTO = np.dtype([("tail", np.int32), ("arc", np.int32)])
ENTRY = np.dtype([("key", np.float64), ("node", np.int32), ("next", np.int32)])
Graph = tuple[I8, NDArray[np.void]]
_MOST_BUCKETS = 4096
_MOST_TIMES = 8  # a node may be settled again this often, on average


# a = arcs, e = edges, k = kinds: (a) (a) ((a) (a) (a) (a)) ((k) . .) (e) -> (a)
@kernel
def arc_seconds(
    head: I4,
    edge: I4,
    streets: tuple[F8, NDArray[np.int8], F8, NDArray[np.uint8]],
    ride: tuple[F8, int, float],
    closed: NDArray[np.bool_],
    arcs: NDArray[np.void],
) -> None:
    """Fill `arcs`: each one's head and its time, s, length / the lower of the ride's speed and the posted limit.

    `streets` is (length_m, kind, limit, access), `ride` (speed (k), let, over). Infinite where the arc is closed, the
    ride has no speed on its kind or is not let in.
    """
    length_m, kind, limit, access = streets
    speed, let, over = ride
    for i in range(arcs.size):
        v = min(speed[kind[i]], limit[i] * over)
        arcs["head"][i] = head[i]
        arcs["unused"][i] = 0
        if closed[edge[i]] or not v > 0.0 or not access[i] & let:
            arcs["seconds"][i] = np.inf
        else:
            arcs["seconds"][i] = length_m[i] / v


@kernel
def _push(heap: NDArray[np.void], size: int, key: float, node: int) -> int:
    """Add (key, node) to the `size` entries of the heap and return the new size."""
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if heap["key"][up] <= key:
            break
        heap["key"][i] = heap["key"][up]
        heap["node"][i] = heap["node"][up]
        i = up
    heap["key"][i] = key
    heap["node"][i] = node
    return size + 1


@kernel
def _pop(heap: NDArray[np.void], size: int) -> int:
    """Take the least entry away (the caller has read it at 0) and return the new size."""
    size -= 1
    key = heap["key"][size]
    node = heap["node"][size]
    i = 0
    child = 1
    while child < size:
        if child + 1 < size and heap["key"][child + 1] < heap["key"][child]:
            child += 1
        if key <= heap["key"][child]:
            break
        heap["key"][i] = heap["key"][child]
        heap["node"][i] = heap["node"][child]
        i = child
        child = 2 * i + 1
    heap["key"][i] = key
    heap["node"][i] = node
    return size


# n = nodes: graph -> (n) (n), heap
@kernel
def _settle(graph: Graph, time: F8, via: I4, heap: NDArray[np.void], size: int) -> int:
    """Go on from the `size` entries of the heap until nothing becomes shorter; the nodes settled."""
    indptr, arcs = graph
    settled = 0
    while size > 0:
        t = heap["key"][0]
        v = heap["node"][0]
        size = _pop(heap, size)
        if t > time[v]:
            continue
        settled += 1
        for i in range(indptr[v], indptr[v + 1]):
            w = arcs["head"][i]
            reached = t + arcs["seconds"][i]
            if reached < time[w]:
                time[w] = reached
                via[w] = i
                size = _push(heap, size, reached, w)
    return settled


# a = arcs: graph -> width, s, and number of buckets
@kernel
def _buckets(arcs: NDArray[np.void]) -> tuple[float, int]:
    """Choose buckets about as wide as an arc takes; a power of two of them spans the longest arc."""
    total = 0.0
    longest = 0.0
    count = 0
    for i in range(arcs.size):
        t = arcs["seconds"][i]
        if t < np.inf:
            total += t
            longest = max(longest, t)
            count += 1
    width = max(total / max(count, 1), longest / (_MOST_BUCKETS - 2))
    if not width > 0.0:
        return 1.0, 2
    needed = int(longest / width) + 2
    buckets = 2
    while buckets < needed:
        buckets *= 2
    return width, buckets


# s = seeds, n = nodes, a = arcs, b = buckets: (s) graph -> (n) (n), pool (a + 1), first (b)
@kernel
def _spread(
    seeds: NDArray[np.void], graph: Graph, time: F8, via: I4, pool: NDArray[np.void], first: I4, width: float
) -> int:
    """Go on from the seeds, nodes whose `time` is set, least key first; the nodes settled, -1: it was too much.

    Lengths could be made so that nodes are settled over and over; then the caller lets a heap do it.
    """
    indptr, arcs = graph
    key, node, following = pool["key"], pool["node"], pool["next"]
    first[:] = -1
    mask, per = first.size - 1, 1.0 / width
    free = -1
    used = waiting = settled = nth = at = 0
    while waiting > 0 or nth < seeds.size:
        if waiting == 0:
            at = int(seeds["key"][nth] * per)
        slot = at & mask
        while nth < seeds.size and int(seeds["key"][nth] * per) <= at:
            if seeds["key"][nth] <= time[seeds["node"][nth]]:  # else a shorter way has overtaken it
                e, used, free = (free, used, following[free]) if free >= 0 else (used, used + 1, free)
                if e == pool.size:
                    return -1
                key[e], node[e], following[e] = seeds["key"][nth], seeds["node"][nth], first[slot]
                first[slot] = e
                waiting += 1
            nth += 1
        while first[slot] >= 0:
            e = first[slot]
            v, t = node[e], key[e]
            first[slot] = following[e]
            following[e] = free
            free = e
            waiting -= 1
            if t > time[v]:
                continue
            settled += 1
            if settled > _MOST_TIMES * time.size:
                return -1
            for i in range(indptr[v], indptr[v + 1]):
                w = arcs["head"][i]
                reached = t + arcs["seconds"][i]
                if reached < time[w]:
                    time[w] = reached
                    via[w] = i
                    e, used, free = (free, used, following[free]) if free >= 0 else (used, used + 1, free)
                    if e == pool.size:
                        return -1
                    into = int(reached * per) & mask
                    key[e], node[e], following[e] = reached, w, first[into]
                    first[into] = e
                    waiting += 1
        at += 1
    return settled


# n = nodes: graph -> (n) (n)
@kernel
def _by_heap(graph: Graph, time: F8, via: I4) -> int:
    """Finish what `_spread` gave up: go on from every node that has a time; the nodes settled."""
    heap = np.empty(graph[1].size + time.size + 1, HEAP)
    size = 0
    for v in range(time.size):
        if time[v] < np.inf:
            size = _push(heap, size, time[v], v)
    return _settle(graph, time, via, heap, size)


# n = nodes, a = arcs, b = buckets: graph -> (n) (n), pool (a + 1), first (b)
@kernel
def _grow(source: int, graph: Graph, time: F8, via: I4, pool: NDArray[np.void], first: I4, width: float) -> None:
    """Do what `trees` says for one origin, with the working space given."""
    time[:] = np.inf
    via[:] = -1
    time[source] = 0.0
    seeds = np.empty(1, ENTRY)
    seeds["key"][0] = 0.0
    seeds["node"][0] = source
    if _spread(seeds, graph, time, via, pool, first, width) < 0:
        _by_heap(graph, time, via)


# o = origins, n = nodes: (o) graph -> (o, n) (o, n)
@kernel
def trees(origins: I8, graph: Graph, time: F8, via: I4) -> None:
    """Fill `time` with the seconds from each origin to each node and `via` with the arc that reaches it (-1: none).

    Unreachable is infinite.
    """
    width, buckets = _buckets(graph[1])
    pool, first = np.empty(graph[1].size + 1, ENTRY), np.empty(buckets, np.int32)
    for o in range(origins.size):
        _grow(origins[o], graph, time[o], via[o], pool, first, width)


# r = trees, n = nodes, d = destinations: (r, n) (d) -> (r, d)
@kernel
def pick(time: F8, destinations: I8, out: F8) -> None:
    """Fill `out` with the times of some nodes."""
    for r in range(time.shape[0]):
        for d in range(destinations.size):
            out[r, d] = time[r, destinations[d]]


# o = origins, d = destinations: (o) (d) graph -> (o, d)
@kernel
def matrix(origins: I8, destinations: I8, graph: Graph, out: F8) -> None:
    """Fill `out` with the seconds from each origin to each destination, infinite where there is no way."""
    nodes = graph[0].size - 1
    width, buckets = _buckets(graph[1])
    time, via = np.empty(nodes, np.float64), np.empty(nodes, np.int32)
    pool, first = np.empty(graph[1].size + 1, ENTRY), np.empty(buckets, np.int32)
    for o in range(origins.size):
        _grow(origins[o], graph, time, via, pool, first, width)
        for d in range(destinations.size):
            out[o, d] = time[destinations[d]]


# n = nodes, a = arcs: graph -> (n + 1) (a)
@kernel
def reverse(graph: Graph, start: I8, into: NDArray[np.void]) -> None:
    """List the arcs that enter node w, into[start[w]] up to into[start[w + 1]], by tail and number."""
    indptr, arcs = graph
    start[:] = 0
    for i in range(arcs.size):
        start[arcs["head"][i] + 1] += 1
    for v in range(start.size - 1):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    for v in range(indptr.size - 1):
        for i in range(indptr[v], indptr[v + 1]):
            w = arcs["head"][i]
            into["tail"][fill[w]] = v
            into["arc"][fill[w]] = i
            fill[w] += 1


# n = nodes, c = arcs that were shut: (c) graph (n) (n) -> (n)
@kernel
def _cut(shut: I8, graph: Graph, time: F8, via: I4, cut: I4) -> int:
    """List the nodes whose way uses an arc of `shut`, and unset their `time` and `via`; how many there are."""
    indptr, arcs = graph
    count = 0
    for i in shut:
        w = arcs["head"][i]
        if via[w] == i:
            via[w] = -1
            time[w] = np.inf
            cut[count] = w
            count += 1
    seen = 0
    while seen < count:
        v = cut[seen]
        seen += 1
        for i in range(indptr[v], indptr[v + 1]):
            w = arcs["head"][i]
            if via[w] == i:
                via[w] = -1
                time[w] = np.inf
                cut[count] = w
                count += 1
    return count


# c = cut nodes, n = nodes: (c) graph ((n + 1) (a)) (n) -> (n), seeds, number of seeds
@kernel
def _seed_cut(
    cut: I4, graph: Graph, into: tuple[I8, NDArray[np.void]], time: F8, via: I4, seeds: NDArray[np.void]
) -> int:
    """Seed the cut nodes (their times are infinite) that an uncut one leads to, and set their times; their number."""
    start, entering = into
    count = 0
    for v in cut:
        best = np.inf
        for j in range(start[v], start[v + 1]):
            i = entering["arc"][j]
            reached = time[entering["tail"][j]] + graph[1]["seconds"][i]
            if reached < best:
                best = reached
                via[v] = i
        if best < np.inf:
            seeds["key"][count] = best
            seeds["node"][count] = v
            count += 1
    for k in range(count):
        time[seeds["node"][k]] = seeds["key"][k]
    return count


# r = trees, n = nodes, c, p = arcs: (c) (p) graph ((n + 1) (a)) -> (r, n) (r, n)
@kernel
def repair(shut: I8, opened: I8, graph: Graph, into: tuple[I8, NDArray[np.void]], time: F8, via: I4) -> int:
    """Bring trees up to date after arcs were shut and opened (`graph` has their new times); the nodes worked on.

    Only the part of a tree that hangs on a shut arc, and what an opened arc makes shorter, is done again. `into` is
    what `reverse` gives.
    """
    indptr, arcs = graph
    width, buckets = _buckets(arcs)
    pool, first = np.empty(arcs.size + 1, ENTRY), np.empty(buckets, np.int32)
    cut, seeds = np.empty(indptr.size - 1, np.int32), np.empty(indptr.size - 1 + opened.size, ENTRY)
    worked = 0
    for r in range(time.shape[0]):
        t, by = time[r], via[r]
        count = _cut(shut, graph, t, by, cut)
        worked += count
        count = _seed_cut(cut[:count], graph, into, t, by, seeds)
        for i in opened:
            w = arcs["head"][i]
            reached = t[np.searchsorted(indptr, i, side="right") - 1] + arcs["seconds"][i]
            if reached < t[w]:
                t[w] = reached
                by[w] = i
                seeds["key"][count] = reached
                seeds["node"][count] = w
                count += 1
        ordered = seeds[:count][np.argsort(seeds["key"][:count])]
        done = _spread(ordered, graph, t, by, pool, first, width)
        worked += done if done >= 0 else _by_heap(graph, t, by)
    return worked


# n = nodes, a = arcs: (n + 1) (a) (a) -> (n)
@kernel
def components(
    indptr: NDArray[np.int64], head: NDArray[np.int32], usable: NDArray[np.bool_], label: NDArray[np.int64]
) -> int:
    """Label the strongly connected parts (each node reaches each other over usable arcs) and return their count."""
    nodes = label.size
    order = np.full(nodes, -1, np.int64)
    low = np.empty(nodes, np.int64)
    parent = np.full(nodes, -1, np.int64)
    arc = indptr[:-1].copy()
    stack = np.empty(nodes, np.int64)
    label[:] = -1
    depth = seen = count = 0
    for root in range(nodes):
        v = root if order[root] < 0 else -1
        while v >= 0:
            if order[v] < 0:
                order[v] = low[v] = seen
                stack[depth] = v
                seen += 1
                depth += 1
            if arc[v] < indptr[v + 1]:
                i = arc[v]
                arc[v] += 1
                w = head[i]
                if usable[i] and order[w] < 0:
                    parent[w] = v
                    v = w
                elif usable[i] and label[w] < 0:  # still on the stack
                    low[v] = min(low[v], order[w])
                continue
            if low[v] == order[v]:
                while label[v] < 0:
                    depth -= 1
                    label[stack[depth]] = count
                count += 1
            elif parent[v] >= 0:
                low[parent[v]] = min(low[parent[v]], low[v])
            v = parent[v]
    return count
