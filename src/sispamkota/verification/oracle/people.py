"""What an event of a crowd's channel does to people (model.md §3 and §4)."""

from __future__ import annotations

from .casualties import add_casualty
from .command import stand_down
from .crowds import excitement
from .damage import ignite
from .sim import Sim
from .terms import at
from .things import Crowd

__all__ = ["crowd_step", "wind"]


def _choice(sim: Sim, c: Crowd, channel: int, *, second: bool = False) -> float:
    """Draw who is meant by the present event of a channel."""
    k = c.clocks[channel].drawn * 64 + channel + (32 if second else 0)
    return sim.luck.uniform("crowd.choice", c.who, k)


def crowd_step(sim: Sim, c: Crowd) -> int:
    """Fire the channel that is due, the lower one among equals, and wind its clock anew; return which it was."""
    due = [clock.due for clock in c.clocks]
    channel = due.index(min(due))
    if channel < at.LEAVE_SPENT:
        _move(c, channel - channel % 2, channel % 2)
    elif channel == at.LEAVE_SPENT:
        c.spent, c.left = c.spent - 1, c.left + 1
    elif channel == at.REMOVE:
        _remove(sim, c)
    elif channel == at.IGNITE:
        ignite(sim, c)
    elif channel == at.SPREAD:
        _spread(sim, c)
    else:
        _hurt(sim, c, channel)
    wind(sim, c, channel)
    stand_down(sim, c)
    return channel


def wind(sim: Sim, c: Crowd, channel: int) -> None:
    """Draw a channel's next amount of work."""
    clock = c.clocks[channel]
    clock.wind(sim.luck.exponential("crowd.clock", c.who, clock.drawn * 32 + channel), now=sim.now)


def _move(c: Crowd, what: int, camp: int) -> None:
    """Let one person of a camp arrive, leave, turn violent, calm down or tire."""
    if what == at.ARRIVE:
        c.peaceful[camp] += 1
        c.came += 1
    elif what == at.LEAVE:
        c.peaceful[camp] -= 1
        c.left += 1
    elif what == at.TURN:
        c.peaceful[camp] -= 1
        c.violent[camp] += 1
    elif what == at.CALM:
        c.violent[camp] -= 1
        c.peaceful[camp] += 1
    else:
        c.violent[camp] -= 1
        c.spent += 1


def _remove(sim: Sim, c: Crowd) -> None:
    """Disperse or detain a violent person, of a camp by its share of them."""
    camp = 0 if _choice(sim, c, at.REMOVE) * c.rough < c.violent[0] else 1
    c.violent[camp] -= 1
    if _choice(sim, c, at.REMOVE, second=True) < sim.p.detained_share:
        c.detained += 1
    else:
        c.dispersed += 1


def _hurt(sim: Sim, c: Crowd, channel: int) -> None:
    """Hurt somebody: in the crowd by violence, an officer, or in the crowd by force, perhaps a bystander."""
    if channel == at.HURT_OFFICER:
        cause, side = at.BY_VIOLENCE, at.OFFICER
    elif channel == at.HURT_CROWD:
        cause, side = at.BY_VIOLENCE, at.CIVILIAN
        _take_out(c, _choice(sim, c, channel), [*c.peaceful, *c.violent, c.spent])
    else:
        cause, side = at.BY_FORCE, at.CIVILIAN
        meant = _choice(sim, c, channel, second=True) >= sim.p.hurt_force_bystander_share
        calm = [*c.peaceful, 0, 0, c.spent]
        bystander = c.rough == 0 or (not meant and sum(calm) > 0)
        _take_out(c, _choice(sim, c, channel), calm if bystander else [0, 0, *c.violent, 0])
    n = 3 * c.clocks[channel].drawn + channel - at.HURT_CROWD
    add_casualty(sim, c.place, (c.who, n), cause=cause, side=side)


def _take_out(c: Crowd, u: float, people: list[int]) -> None:
    """Take one person out as hurt, each with the same chance, counted in the order of `people`."""
    x, which = u * sum(people), 0
    while x >= people[which] and which < len(people) - 1:
        x -= people[which]
        which += 1
    while people[which] == 0:
        which -= 1
    c.hurt += 1
    if which < 2:
        c.peaceful[which] -= 1
    elif which < 4:
        c.violent[which - 2] -= 1
    else:
        c.spent -= 1


def _spread(sim: Sim, c: Crowd) -> None:
    """Let an attempt of violence reach another place, where it turns one peaceful person or nobody.

    Attempts are made at the highest excitement there can be, and thinned to what is there.
    """
    u = _choice(sim, c, at.SPREAD)
    below = sim.reach_of_violence[c.row]
    target = sim.crowds[next((q for q, edge in enumerate(below) if u < edge), len(below) - 1)]
    if target is c or target.present == 0:
        return
    most = (1.0 + sim.p.kappa) * (1.0 + 2.0 * sim.p.pi)
    v = _choice(sim, c, at.SPREAD, second=True)
    for camp in range(at.CAMPS):
        share = target.peaceful[camp] * excitement(sim, target, camp) / (most * target.present)
        if v < share:
            target.peaceful[camp] -= 1
            target.violent[camp] += 1
            return
        v -= share
