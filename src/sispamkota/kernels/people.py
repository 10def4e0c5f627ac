"""People of a crowd: the events that move them, hurt them, or carry violence to another place."""

from . import crowd, rng
from . import memory as m
from ._compile import kernel
from .casualty import add_casualty
from .damage import ignite
from .layout import (
    BY_FORCE,
    BY_VIOLENCE,
    CALM,
    CAMPS,
    CIVILIAN,
    HURT_FORCE,
    HURT_OFFICER,
    IGNITE,
    LEAVE,
    LEAVE_SPENT,
    OFFICER,
    REMOVE,
    SPREAD,
    TIRE,
    TURN,
    Record,
)

__all__ = ["crowd_step"]


@kernel
def _choice(w: Record, who: int, channel: int, k: int) -> float:
    """Draw the uniform that decides who is meant by the k-th event of a channel."""
    return rng.uniform(w.seed, w.replicate, rng.CHOICE, who, k * 64 + channel)


@kernel
def _move_people(w: Record, k: int, channel: int) -> None:
    """Apply an event that moves one person of a crowd."""
    c = m.crowd(w, k)
    camp = channel & 1
    if channel < LEAVE:
        c.S[camp] += 1
        c.came += 1
    elif channel < TURN:
        c.S[camp] -= 1
        c.left += 1
    elif channel < CALM:
        c.S[camp] -= 1
        c.I[camp] += 1
    elif channel < TIRE:
        c.I[camp] -= 1
        c.S[camp] += 1
    elif channel < LEAVE_SPENT:
        c.I[camp] -= 1
        c.R += 1
    elif channel == LEAVE_SPENT:
        c.R -= 1
        c.left += 1
    else:
        u = _choice(w, m.crowd_t(w, k).who, channel, c.k[channel])
        first = u * (c.I[0] + c.I[1]) < c.I[0]
        c.I[0 if first else 1] -= 1
        detained = _choice(w, m.crowd_t(w, k).who, channel + 32, c.k[channel]) < m.param(w, 0).detained_share
        c.detained += 1 if detained else 0
        c.dispersed += 0 if detained else 1


@kernel
def _take_victim(c: Record, u: float, violent_only: bool) -> None:
    """Take one person out of the crowd as hurt: by chance among all, or among the violent where force meets them."""
    weights = (0 if violent_only else c.S[0] + c.S[1], c.I[0] + c.I[1], 0 if violent_only else c.R)
    group = rng.choose(u, weights[0], weights[1], weights[2])
    c.hurt += 1
    if group == 2:
        c.R -= 1
        return
    v = u * (weights[0] + weights[1] + weights[2]) - (weights[0] if group == 1 else 0)
    if group == 0:
        c.S[0 if v < c.S[0] else 1] -= 1
    else:
        c.I[0 if v < c.I[0] else 1] -= 1


@kernel
def _hurt(w: Record, k: int, channel: int) -> None:
    """Apply an event in which someone is hurt: by violence, on duty, or by force."""
    c, ct, p = m.crowd(w, k), m.crowd_t(w, k), m.param(w, 0)
    cause, side = BY_VIOLENCE, CIVILIAN
    if channel == HURT_OFFICER:
        side = OFFICER
    else:
        violent_only = False
        if channel == HURT_FORCE:
            cause = BY_FORCE
            bystander = _choice(w, ct.who, channel + 32, c.k[channel]) < p.hurt_force_bystander_share
            violent_only = not bystander and c.I[0] + c.I[1] > 0
        _take_victim(c, _choice(w, ct.who, channel, c.k[channel]), violent_only)
    c.casualties += 1
    add_casualty(w, ct.place, (ct.who, c.casualties), (cause, side))


@kernel
def _spread(w: Record, k: int) -> None:
    """Let violence at one place be felt at another: an attempt that turns one peaceful person there, or nobody."""
    c, p, who = m.crowd(w, k), m.param(w, 0), m.crowd_t(w, k).who
    u = _choice(w, who, SPREAD, c.k[SPREAD])
    q = 0
    while q < w.crowds - 1 and u >= m.spread(w, k * w.crowds + q).below:
        q += 1
    d = m.crowd(w, q)
    n = crowd.total(d)
    if q == k or n == 0:
        return
    bound = (1.0 + p.kappa) * (1.0 + 2.0 * p.pi)
    v = _choice(w, who, SPREAD + 32, c.k[SPREAD])
    for camp in range(CAMPS):
        share = d.S[camp] * crowd.mixing(d, p, camp) / (bound * n)
        if v < share:
            crowd.touch(w, q)
            d.S[camp] -= 1
            d.I[camp] += 1
            return
        v -= share


@kernel
def crowd_step(w: Record, k: int) -> None:
    """Fire the channel of a crowd that is due."""
    c = crowd.touch(w, k)
    channel = crowd.due_first(c)
    if channel <= REMOVE:
        _move_people(w, k, channel)
    elif channel == IGNITE:
        ignite(w, k)
    elif channel == SPREAD:
        _spread(w, k)
    else:
        _hurt(w, k, channel)
    crowd.restart(c, w, m.crowd_t(w, k).who, channel)
