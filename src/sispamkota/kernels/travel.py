"""Shortest travel times on a road graph: Dijkstra's algorithm with a binary heap.

Axes: n nodes, a arcs (one direction of a street), e edges (streets), k road kinds, o origins, d destinations.
A graph is three arrays (indptr (n + 1), head (a), seconds (a)): the arcs that leave node v are indptr[v] up to
indptr[v + 1], arc i leads to head[i] and takes seconds[i]; an infinite time is a closed arc.
Sources: Dijkstra (1959), "A note on two problems in connexion with graphs"; Tarjan (1972), "Depth-first search and
linear graph algorithms".
"""

import numpy as np
from numpy.typing import NDArray

from ._compile import kernel

__all__ = ["HEAP", "arc_seconds", "components", "matrix", "tree"]

F8 = NDArray[np.float64]
Graph = tuple[NDArray[np.int64], NDArray[np.int32], F8]

HEAP = np.dtype([("key", np.float64), ("node", np.int64)])


# a = arcs, k = kinds, e = edges: (a) (a) (a) (k) (e) -> (a)
@kernel
def arc_seconds(
    length_m: F8, kind: NDArray[np.int8], edge: NDArray[np.int32], speed: F8, closed: NDArray[np.bool_], out: F8
) -> None:
    """Fill `out` with the time of each arc, s: length / speed[kind], m/s; infinite where closed or without speed."""
    for i in range(out.size):
        v = speed[kind[i]]
        if closed[edge[i]] or not v > 0.0:
            out[i] = np.inf
        else:
            out[i] = length_m[i] / v


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


# n = nodes, a = arcs: graph -> (n) (n), heap (a + 1)
@kernel
def tree(
    source: int,
    graph: Graph,
    time: F8,
    via: NDArray[np.int64],
    heap: NDArray[np.void],
    wanted: NDArray[np.bool_],
    remaining: int,
) -> None:
    """Fill `time` with the seconds from `source` to each node and `via` with the arc that reaches it (-1: none).

    Unreachable is infinite. Stops once `remaining` of the `wanted` nodes are settled (0: never); then the times of
    the nodes not yet settled are upper bounds. Each arc is pushed at most once, so the heap needs a + 1 entries.
    """
    indptr, head, seconds = graph
    time[:] = np.inf
    via[:] = -1
    time[source] = 0.0
    size = _push(heap, 0, 0.0, source)
    while size > 0:
        t = heap["key"][0]
        v = heap["node"][0]
        size = _pop(heap, size)
        if t > time[v]:  # an entry that a shorter way has overtaken
            continue
        if wanted[v]:
            remaining -= 1
            if remaining == 0:
                break
        for i in range(indptr[v], indptr[v + 1]):
            w = head[i]
            reached = t + seconds[i]
            if reached < time[w]:
                time[w] = reached
                via[w] = i
                size = _push(heap, size, reached, w)


# o = origins, d = destinations: (o) (d) graph -> (o, d)
@kernel
def matrix(origins: NDArray[np.int64], destinations: NDArray[np.int64], graph: Graph, out: F8) -> None:
    """Fill `out` with the seconds from each origin to each destination, infinite where there is no way."""
    nodes, arcs = graph[0].size - 1, graph[1].size
    time = np.empty(nodes, np.float64)
    via = np.empty(nodes, np.int64)
    heap = np.empty(arcs + 1, HEAP)
    wanted = np.zeros(nodes, np.bool_)
    for d in destinations:
        wanted[d] = True
    distinct = 0
    for v in range(nodes):
        distinct += wanted[v]
    for o in range(origins.size):
        tree(origins[o], graph, time, via, heap, wanted, distinct)
        for d in range(destinations.size):
            out[o, d] = time[destinations[d]]


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
