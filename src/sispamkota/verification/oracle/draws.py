"""Random numbers of the oracle: Philox 4x32-10 in plain integers, and what is made of it.

Salmon, Moraes, Dror, Shaw (2011). A draw is a function of (seed, replicate, stream, who, k) and of nothing else.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

__all__ = ["Luck", "philox"]

WORD = 2**32
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)

Words = tuple[int, int, int, int]


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Scramble four words under a key of two words (low first) in ten rounds."""
    a, b, c, d = counter
    left, right = key
    for _ in range(10):
        high_a, low_a = divmod(MULTIPLIERS[0] * a, WORD)
        high_c, low_c = divmod(MULTIPLIERS[1] * c, WORD)
        a, b, c, d = high_c ^ b ^ left, low_c, high_a ^ d ^ right, low_a
        left, right = (left + KEY_STEPS[0]) % WORD, (right + KEY_STEPS[1]) % WORD
    return a, b, c, d


def _unit(high: int, low: int) -> float:
    """Make a number in the open unit interval of the upper 27 and 26 bits of two words."""
    return ((high >> 5) * 2**26 + (low >> 6) + 0.5) / 2**53


@dataclass(frozen=True)
class Luck:
    """Draw the random numbers of one replicate by the name of what is decided, who decides, and a count."""

    seed: int
    replicate: int

    def _words(self, stream: str, who: int, k: int) -> Words:
        counter = (self.replicate % WORD, zlib.crc32(stream.encode()), who % WORD, k % WORD)
        return philox(counter, (self.seed % WORD, self.seed // WORD % WORD))

    def uniform(self, stream: str, who: int, k: int) -> float:
        """Draw from the open unit interval."""
        a, b, _, _ = self._words(stream, who, k)
        return _unit(a, b)

    def exponential(self, stream: str, who: int, k: int) -> float:
        """Draw an exponential of mean 1."""
        return -math.log(self.uniform(stream, who, k))

    def normal(self, stream: str, who: int, k: int) -> float:
        """Draw a standard normal by Box and Muller's rule, the cosine branch."""
        a, b, c, d = self._words(stream, who, k)
        return math.sqrt(-2.0 * math.log(_unit(a, b))) * math.cos(2.0 * math.pi * _unit(c, d))

    def lognormal(self, stream: str, who: int, k: int, *, median: float, spread: float) -> float:
        """Draw a lognormal by its median and geometric standard deviation."""
        return median * math.exp(self.normal(stream, who, k) * math.log(spread))

    def gamma(self, stream: str, who: int, *, shape: float) -> float:
        """Draw a gamma of mean 1 by Marsaglia and Tsang's rule; attempt n takes the counts 2n and 2n + 1."""
        if math.isinf(shape):
            return 1.0
        raised = max(shape, shape + 1.0) if shape < 1.0 else shape
        d = raised - 1.0 / 3.0
        attempt = 0
        while True:
            x = self.normal(stream, who, 2 * attempt)
            v = (1.0 + x / math.sqrt(9.0 * d)) ** 3
            u = self.uniform(stream, who, 2 * attempt + 1)
            if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
                break
            attempt += 1
        value = d * v
        if shape < 1.0:
            value *= self.uniform(stream, who, 2**31) ** (1.0 / shape)
        return value / shape
