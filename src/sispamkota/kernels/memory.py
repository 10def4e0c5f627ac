"""Where a world's records are: one header record that every kernel takes, and a reader for each table behind it.

A kernel that took each table as an argument would copy some 160 machine words a call (seven to an array); the header is
one pointer. It holds the address of each table, and `unit(w, 3)` reads that address and returns the fourth record in
place: no copy, no reference count. `rehearsal.tables.bind` fills the header and keeps the tables alive while it is
used. Without the compiler the same readers look the table up by its address.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import layout as at

__all__ = ["PARTS", "PLAIN", "TABLES"]

PLAIN = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]

# field of the header that holds the address → what lies there
TABLES: dict[str, np.dtype[Any]] = {
    "param": at.PARAM, "travel": at.SECONDS, "spread": at.WEIGHT, "place": at.PLACE_T, "crowd_t": at.CROWD_T,
    "unit_t": at.UNIT_T, "pool_t": at.POOL_T, "member": at.MEMBER,
    "kind": at.KIND_T, "hospital_t": at.HOSPITAL_T, "hazard_t": at.HAZARD_T, "inject_t": at.INJECT_T,
    "slot": at.SLOT, "crowd": at.CROWD, "unit": at.UNIT, "pool": at.POOL, "homeward": at.MEMBER,
    "incident": at.INCIDENT, "casualty": at.CASUALTY, "hospital": at.HOSPITAL,
    "hazard": at.HAZARD, "inject": at.INJECT, "response": at.RESPONSE, "log": at.LOG,
}  # fmt: skip
PARTS: dict[int, Any] = {}  # address → table, for the plain twin only


def _reader(field: str) -> Callable[[Any, int], Any]:
    """Make the function that returns record `index` of the table whose address the header holds in a field."""
    if PLAIN:
        return lambda w, index: PARTS[int(w[field])][index]
    size, record = TABLES[field].itemsize, numba.from_dtype(TABLES[field])

    @intrinsic
    def read(_context: Any, w: Any, _index: Any) -> Any:
        place = w.offset(field)

        def code(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            word = context.get_value_type(types.intp)
            address = builder.load(cgutils.pointer_add(builder, args[0], place, word.as_pointer()))  # type: ignore[no-untyped-call]
            start = builder.add(address, builder.mul(args[1], word(size)))
            return builder.inttoptr(start, context.get_value_type(record))

        return record(w, types.intp), code

    return read


param = _reader("param")
travel = _reader("travel")
spread = _reader("spread")
place = _reader("place")
crowd_t = _reader("crowd_t")
unit_t = _reader("unit_t")
pool_t = _reader("pool_t")
member = _reader("member")
kind = _reader("kind")
hospital_t = _reader("hospital_t")
hazard_t = _reader("hazard_t")
inject_t = _reader("inject_t")
slot = _reader("slot")
crowd = _reader("crowd")
unit = _reader("unit")
pool = _reader("pool")
homeward = _reader("homeward")
incident = _reader("incident")
casualty = _reader("casualty")
hospital = _reader("hospital")
hazard = _reader("hazard")
inject = _reader("inject")
response = _reader("response")
log = _reader("log")
