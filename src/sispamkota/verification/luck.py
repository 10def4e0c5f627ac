"""Known answers of the random generator: Philox 4x32-10, from the kat_vectors file of Random123."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..kernels import rng
from .row import Row

__all__ = ["philox"]

SOURCE = "Salmon et al. 2011, Random123 kat_vectors"
# counter (4 words), key (2 words, low first), expected (4 words)
KNOWN = (
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)


def philox(*, flip: int = 0) -> Iterator[Row]:
    """Compare each word of the generator with the published one; they must be equal. `flip`: bits of the key turned."""
    for number, (counter, (low, high), expected) in enumerate(KNOWN, 1):
        key: Any = np.uint64((low | high << 32) ^ flip)  # Python's int would overflow an int64
        got = rng.philox(*counter, key)
        for word, (want, have) in enumerate(zip(expected, got, strict=True)):
            yield Row("philox", f"vector {number}, word {word}", SOURCE, float(want), float(have), 0.0)
