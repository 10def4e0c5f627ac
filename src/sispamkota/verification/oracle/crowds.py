"""What follows from the people and officers at a crowd: rates, stage, line, force, wear (model.md §3 and §4)."""

from __future__ import annotations

import math

from .sim import Sim
from .terms import at
from .things import Crowd

__all__ = ["derive", "excitement", "flow", "stage_after_hold", "stage_wanted"]


def flow(sim: Sim, seconds: float) -> None:
    """Let time pass: integrals and wear grow at constant speed between two events."""
    for c in sim.crowds:
        c.violent_s += seconds * c.rough
        c.stage_s[c.stage] += seconds
        c.force_s[c.force] += seconds
        c.strength -= seconds * c.pressure


def derive(sim: Sim) -> None:
    """Work out, after an event, everything that depends on who is where."""
    for c in sim.crowds:
        _count_presence(sim, c)
        c.peak, c.peak_violent = max(c.peak, c.present), max(c.peak_violent, c.rough)
        c.posture = _posture(c)
        c.force = _force(sim, c)
        c.force_max = max(c.force_max, c.force)
        for channel, rate in enumerate(_rates(sim, c)):
            c.clocks[channel].run(rate, now=sim.now)
        _time_stage(sim, c)
        _time_line(sim, c)
        _time_layer(sim, c)


def _count_presence(sim: Sim, c: Crowd) -> None:
    """Count the officers, negotiators, guards and traffic police who stand at a crowd."""
    there = [u for u in sim.units if u.present and u.place is c.place]
    for level in range(at.LEVELS):
        c.officers[level] = sum(u.effective for u in there if at.CROWD_0 + level in u.caps)
        c.shown[level] = sum(1 for u in there if u.shown == level > 0 and u.home is c.place)
    c.guards = sum(u.effective for u in there if at.GUARD in u.caps)
    c.negotiators = sum(u.people for u in there if at.DIALOGUE in u.caps)
    c.diverters = sum(u.people for u in there if at.TRAFFIC in u.caps)


def _posture(c: Crowd) -> int:
    """Find the highest level that the crowd sees: on the line, or shown by a front at its post."""
    seen = [level for level in (1, 2) if c.shown[level] or (level <= c.line and c.officers[level])]
    return max(seen, default=0)


def _force(sim: Sim, c: Crowd) -> int:
    """Find the stage of the use of force: by the stage; gas by its named authority only, never in an enclosure."""
    p = sim.p
    if c.front == 0 or c.present == 0:
        return 0
    gas = p.tear_gas_authority > 0.5 and c.control == at.MERAH and not c.enclosed
    if c.stage == at.MERAH and gas:
        return 5
    return int((p.force_hijau, p.force_kuning, p.force_merah)[c.stage])


def excitement(sim: Sim, c: Crowd, camp: int) -> float:
    """Work out m: rivals and a posture above the need excite, officers in sight deter; who looks on is moved less."""
    p = sim.p
    awake = sum(c.peaceful) + c.rough
    others = awake - c.peaceful[camp] - c.violent[camp]
    x = others / awake if awake else 0.0
    u = max(0, c.posture - c.stage)
    return float(c.volatility * (1.0 + p.kappa * x) * (1.0 + p.pi * u) / (1.0 + p.delta * c.front / c.present))


def _rates(sim: Sim, c: Crowd) -> list[float]:
    """Give the rate of every channel of a crowd, by its number."""
    p, rate = sim.p, [0.0] * at.CHANNELS
    talk = c.negotiators / (c.negotiators + p.n_half) if c.negotiators else 0.0
    calmed = 1.0 + p.nu * talk
    asked = p.site_leave_asked_rate if c.at_site else p.leave_asked_rate
    leaving = p.leave_rate + (asked * talk if c.asked_to_leave else 0.0)
    for camp in range(at.CAMPS):
        peaceful, violent = c.peaceful[camp], c.violent[camp]
        rate[at.ARRIVE + camp] = c.arrive[camp] * (1.0 - p.divert_share if c.diverters and c.stage else 1.0)
        rate[at.LEAVE + camp] = peaceful * leaving
        if peaceful:
            turning = sim.tension * p.epsilon / calmed + p.beta * c.rough / c.present
            rate[at.TURN + camp] = peaceful * turning * excitement(sim, c, camp)
        rate[at.CALM + camp] = violent * p.gamma * calmed
        rate[at.TIRE + camp] = violent * p.omega
    rate[at.LEAVE_SPENT] = c.spent * leaving
    contact = c.rough * c.front / (c.rough + c.front) if c.rough and c.front else 0.0
    gas = c.force == 5
    rate[at.REMOVE] = p.rho * contact * (p.tear_gas_gain if gas else 1.0)
    rate[at.HURT_CROWD] = p.hurt_crowd * c.rough
    rate[at.HURT_OFFICER] = p.hurt_officer * contact
    rate[at.HURT_FORCE] = p.hurt_force * max(0, c.force - 2) * contact + (p.tear_gas_harm * c.present if gas else 0.0)
    if c.burnable and c.stage == at.MERAH and c.fire == at.NO_FIRE:
        rate[at.IGNITE] = p.ignition * c.rough
    if len(sim.crowds) > 1:
        rate[at.SPREAD] = (1.0 + p.kappa) * (1.0 + 2.0 * p.pi) * p.beta_between * c.rough
    return rate


def stage_wanted(sim: Sim, c: Crowd) -> int:
    """Find the stage that the violent, in number and share, ask for now; a stage once reached is left more slowly."""
    p = sim.p
    for stage, number, share in (
        (2, p.merah_violent, p.merah_share),
        (1, p.kuning_violent, p.kuning_share),
    ):
        ease = p.hysteresis if c.stage >= stage else 1.0
        if c.rough > number * ease and c.rough > share * ease * c.present:
            return stage
    return 0


def _time_stage(sim: Sim, c: Crowd) -> None:
    """Note since when each higher stage, or a lower one, has been asked for; the first hold to end is due."""
    p, wanted = sim.p, stage_wanted(sim, c)
    for level in range(at.LEVELS):
        asked = c.stage < level <= wanted
        c.wanted_since[level] = min(c.wanted_since[level], sim.now) if asked else math.inf
    c.calm_since = min(c.calm_since, sim.now) if wanted < c.stage else math.inf
    c.stage_due = min(min(c.wanted_since) + p.hold_up, c.calm_since + p.hold_down)


def stage_after_hold(sim: Sim, c: Crowd) -> int:
    """Find where the stage goes when a hold ends: to the highest stage held long enough, else down."""
    held = [level for level in range(at.LEVELS) if c.wanted_since[level] + sim.p.hold_up <= sim.now]
    return max(held) if held else stage_wanted(sim, c)


def _time_line(sim: Sim, c: Crowd) -> None:
    """Start or call off the hand-over of the line to the highest level that is allowed and there."""
    allowed = min(c.stage, c.control)
    wanted = max((level for level in range(1, allowed + 1) if c.officers[level]), default=0)
    if wanted <= c.line:
        c.line_next, c.line_due = c.line, math.inf
    elif wanted != c.line_next:
        p = sim.p
        c.line_next = wanted
        c.line_delays += 1
        c.line_due = sim.now + sim.luck.lognormal(
            "command.delay", c.who, 2 * c.line_delays + 1, median=p.handover_delay, spread=p.handover_spread
        )


def _time_layer(sim: Sim, c: Crowd) -> None:
    """Work out how fast violence beyond what is held wears the perimeter, and when its layer falls."""
    p = sim.p
    c.pressure, c.layer_due = 0.0, math.inf
    if c.protected and c.layer < at.ROOMS_LOST:
        if c.at_site:
            through = min(p.site_press_most, c.rough - p.site_hold_per_officer * c.front)
            c.pressure = max(0.0, through - p.site_hold_per_guard * c.guards)
        else:
            c.pressure = max(0.0, c.rough - p.hold_per_officer * c.front - p.hold_per_guard * c.guards)
        if c.pressure > 0.0:
            c.layer_due = sim.now + max(0.0, c.strength) / c.pressure
