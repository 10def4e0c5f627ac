"""People of a crowd: the events that move them, hurt them, or carry violence to another place."""

from . import crowd, rng
from . import memory as m
from ._compile import kernel
from .casualty import add_casualty
from .command import stand_down
from .damage import ignite
from .layout import (
    BY_FORCE,
    BY_VIOLENCE,
    CALM,
    CAMPS,
    CIVILIAN,
    HURT_CROWD,
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
def _take_victim(c: Record, u: float, violent: bool, others: bool) -> None:
    """Take one person out of the crowd as hurt, by chance among the violent, the others, or both."""
    peaceful = c.S[0] + c.S[1] if others else 0
    rough = c.I[0] + c.I[1] if violent else 0
    spent = c.R if others else 0
    group = rng.choose(u, peaceful, rough, spent)
    c.hurt += 1
    v = u * (peaceful + rough + spent) - (peaceful if group == 1 else 0)
    if group == 2:
        c.R -= 1
    elif group == 0:
        c.S[0 if v < c.S[0] else 1] -= 1
    else:
        c.I[0 if v < c.I[0] else 1] -= 1


@kernel
def _hurt(w: Record, k: int, channel: int) -> None:
    """Apply an event in which someone is hurt: by violence, on duty, or by force."""
    c, ct, p = m.crowd(w, k), m.crowd_t(w, k), m.param(w, 0)
    cause, side, n = BY_VIOLENCE, CIVILIAN, c.k[channel]
    violent, others = True, True
    if channel == HURT_OFFICER:
        side = OFFICER
    elif channel == HURT_FORCE:
        cause = BY_FORCE
        bystander = _choice(w, ct.who, channel + 32, n) < p.hurt_force_bystander_share
        rough = c.I[0] + c.I[1]
        others = rough == 0 or (bystander and crowd.total(c) > rough)
        violent = not others
    if side == CIVILIAN:
        _take_victim(c, _choice(w, ct.who, channel, n), violent, others)
    add_casualty(w, ct.place, (ct.who, n * 3 + channel - HURT_CROWD), (cause, side))


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
        share = d.S[camp] * crowd.mixing(d, m.crowd_t(w, q), p, camp) / (bound * n)
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
    channel = c.first
    if channel <= REMOVE:
        _move_people(w, k, channel)
    elif channel == IGNITE:
        ignite(w, k)
    elif channel == SPREAD:
        _spread(w, k)
    else:
        _hurt(w, k, channel)
    crowd.restart(c, w, m.crowd_t(w, k).who, channel)
    stand_down(w, k)
