"""Random numbers as pure functions of their names: Philox 4x32-10 and the streams' numbers.

Each draw is a function of (seed, replicate, stream, who, k): the key is the seed, the counter the other four.
The clock is never in the key, so a draw does not depend on when, in which order or by which worker it is asked for.
Source: Salmon, Moraes, Dror, Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3"; constants and known answers
as in its Random123 library.
"""

import math
import zlib

import numpy as np

from ._compile import kernel

__all__ = ["choose", "exponential", "gamma", "lognormal", "normal", "philox", "stream_id", "uniform"]


def stream_id(name: str) -> int:
    """Return the number of a stream or a thing by its name: CRC-32, 0 to 2**32 - 1."""
    return zlib.crc32(name.encode())


ARRIVAL = stream_id("crowd.clock")
CHOICE = stream_id("crowd.choice")
SIZE = stream_id("gathering.size")
HAZARD = stream_id("hazard.clock")
RISK = stream_id("hazard.rate")
PARAMETER = stream_id("parameter.value")
SERVICE = stream_id("incident.service")
CALL = stream_id("incident.call")
TURNOUT = stream_id("unit.turnout")
DELAY = stream_id("command.delay")
VICTIM = stream_id("casualty.fate")
OCCUPANCY = stream_id("hospital.occupancy")
OTHERS = stream_id("hospital.others")
HARM = stream_id("incident.harm")
FADE = stream_id("incident.fade")
NEIGHBOUR = stream_id("fire.neighbour")
BRANCH = stream_id("branch.key")
PERSON_CLOCK = stream_id("person.clock")
PERSON_CHOICE = stream_id("person.choice")
PERSON_LEAVE = stream_id("person.leave")
PERSON_SPEED = stream_id("person.speed")
PERSON_SWAY = stream_id("person.sway")
PERSON_PLACE = stream_id("person.place")
DEPLOY_CLOCK = stream_id("deploy.clock")
DEPLOY_RATE = stream_id("deploy.rate")
VERIFY_ORDER = stream_id("verify.order")
VERIFY_PERSON = stream_id("verify.person")
VERIFY_LATTICE = stream_id("verify.lattice")

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@kernel
def philox(c0: int, c1: int, c2: int, c3: int, key: int) -> tuple[int, int, int, int]:
    """Scramble a counter of four 32-bit words under a 64-bit key in ten rounds; four 32-bit words as uint64."""
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    k0 = np.uint64(key) & _LOW
    k1 = np.uint64(key) >> _HALF
    for _ in range(10):
        p0 = _M0 * x0
        p1 = _M1 * x2
        x0, x1, x2, x3 = (p1 >> _HALF) ^ x1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ x3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return x0, x1, x2, x3


@kernel
def uniform(seed: int, replicate: int, stream: int, who: int, k: int) -> float:
    """Draw from the open unit interval with 53 bits."""
    a, b, _, _ = philox(replicate, stream, who, k, seed)
    high = np.float64(a >> np.uint64(5)) * 67108864.0
    return (high + np.float64(b >> np.uint64(6)) + 0.5) / 9007199254740992.0


@kernel
def exponential(seed: int, replicate: int, stream: int, who: int, k: int) -> float:
    """Draw an exponential of mean 1."""
    return -math.log(uniform(seed, replicate, stream, who, k))


@kernel
def normal(seed: int, replicate: int, stream: int, who: int, k: int) -> float:
    """Draw a standard normal (Box & Muller 1958)."""
    a, b, c, d = philox(replicate, stream, who, k, seed)
    u = (np.float64(a >> np.uint64(5)) * 67108864.0 + np.float64(b >> np.uint64(6)) + 0.5) / 9007199254740992.0
    v = (np.float64(c >> np.uint64(5)) * 67108864.0 + np.float64(d >> np.uint64(6)) + 0.5) / 9007199254740992.0
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)


@kernel
def lognormal(median: float, spread: float, seed: int, replicate: int, stream: int, who: int, k: int) -> float:
    """Draw a lognormal by median and geometric standard deviation; spread 1 gives the median."""
    if spread == 1.0 or median == 0.0:
        return median
    return median * math.exp(normal(seed, replicate, stream, who, k) * math.log(spread))


@kernel
def gamma(shape: float, seed: int, replicate: int, stream: int, who: int) -> float:
    """Draw a gamma of mean 1 (Marsaglia & Tsang 2000); an infinite shape gives 1.

    Attempt n takes the draws 2n and 2n + 1 of the name, the first shape-below-one factor takes 2**31.
    """
    if math.isinf(shape):
        return 1.0
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    n = 0
    while True:
        x = normal(seed, replicate, stream, who, 2 * n)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(uniform(seed, replicate, stream, who, 2 * n + 1)) < x * x / 2.0 + d * (
            1.0 - v + math.log(v)
        ):
            break
        n += 1
    if shape < 1.0:
        v *= uniform(seed, replicate, stream, who, 2**31) ** (1.0 / shape)
    return d * v / shape


@kernel
def choose(u: float, a: float, b: float, c: float) -> int:
    """Pick 0, 1 or 2 in proportion to three weights, not all zero, by a uniform draw; never a weight of zero."""
    x = u * (a + b + c)
    if x < a:
        return 0
    if x < a + b or c <= 0.0:
        return 1 if b > 0.0 else 0
    return 2
