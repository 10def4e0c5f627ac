"""A crowd at one place: who is there, how fast it changes, and what that asks of the stage, the line and the perimeter.

Every change follows one pattern: `touch` (carry the integrals to now, note that something changes), then change counts.
After the event the engine's loop calls `refresh_touched`, once for each crowd touched, which derives everything else.
Rates: docs/explanation/crowd.md. Clocks: each channel is a unit-rate Poisson process run at its own speed (random time
change; Anderson 2007, modified next reaction method), so a channel's luck does not depend on any other's.
"""

import math

from . import memory as m
from . import rng
from ._compile import kernel
from .heap import CONTROL_SLOT, CROWD_SLOT, FIRE_SLOT, LINE_SLOT, PERIMETER_SLOT, STAGE_SLOT, move
from .layout import (
    ARRIVE,
    CALM,
    CAMPS,
    CHANNELS,
    HIJAU,
    HURT_CROWD,
    HURT_FORCE,
    HURT_OFFICER,
    IGNITE,
    KUNING,
    LEAVE,
    LEAVE_SPENT,
    LEVELS,
    MERAH,
    NO_FIRE,
    REMOVE,
    ROOMS_LOST,
    SPREAD,
    TIRE,
    TURN,
    Record,
)
from .perimeter import asked_rate, wearing

__all__ = [
    "due_first",
    "effective_officers",
    "level_at_hand",
    "mixing",
    "refresh_touched",
    "restart",
    "stage_due_now",
    "stage_wanted",
    "start_line",
    "sync",
    "total",
    "touch",
]


@kernel
def total(c: Record) -> int:
    """Count the people present."""
    return c.S[0] + c.S[1] + c.I[0] + c.I[1] + c.R


@kernel
def sync(c: Record, now: float) -> None:
    """Carry the running integrals and the wear of the perimeter to now."""
    dt = now - c.since
    c.since = now
    if dt <= 0.0:
        return
    c.violent_s += dt * (c.I[0] + c.I[1])
    c.stage_s[c.stage] += dt
    c.force_s[c.force] += dt
    c.left_of_layer -= dt * c.pressure


@kernel
def touch(w: Record, k: int) -> Record:
    """Carry a crowd to now and note that it changes; return it."""
    c = m.crowd(w, k)
    sync(c, w.now)
    if c.touched == 0:
        c.touched = 1
        c.touched_next = w.touched
        w.touched = k
    return c


@kernel
def effective_officers(c: Record) -> int:
    """Count the effective officers on the line: those of the levels that have been handed it."""
    n = 0
    for level in range(c.line + 1):
        n += c.officers[level]
    return n


@kernel
def _posture(c: Record) -> int:
    """Return the highest level that the front shows."""
    for level in range(LEVELS - 1, 0, -1):
        if c.shown[level] > 0 or (level <= c.line and c.officers[level] > 0):
            return level
    return 0


@kernel
def _draw(w: Record, who: int, channel: int, k: int) -> float:
    """Draw the k-th waiting time of a channel, in its own operational time."""
    return rng.exponential(w.seed, w.replicate, rng.ARRIVAL, who, k * 32 + channel)


@kernel
def restart(c: Record, w: Record, who: int, channel: int) -> None:
    """Draw a channel's next waiting time; it starts to run when `refresh` gives it a rate."""
    c.rate[channel] = 0.0
    c.due[channel] = math.inf
    c.residual[channel] = _draw(w, who, channel, c.k[channel])
    c.k[channel] += 1


@kernel
def _set_rate(c: Record, now: float, channel: int, rate: float) -> None:
    """Change a channel's speed: what is left of its waiting time is kept and runs on at the new one."""
    old = c.rate[channel]
    if rate == old:
        return
    if rate > 0.0:
        c.due[channel] = now + ((c.due[channel] - now) * old / rate if old > 0.0 else c.residual[channel] / rate)
    else:
        c.residual[channel] = (c.due[channel] - now) * old
        c.due[channel] = math.inf
    c.rate[channel] = rate


@kernel
def mixing(c: Record, ct: Record, p: Record, camp: int) -> float:
    """Return m: rivals present and a posture above the stage's need excite, officers in sight deter.

    Who only looks on (a volatility below 1) is moved less.
    """
    people = c.S[0] + c.S[1] + c.I[0] + c.I[1]
    excess = max(0, c.posture - c.stage)
    rivals = 0.0
    if people > 0:
        rivals = (people - c.S[camp] - c.I[camp]) / people
    return (
        ct.volatility
        * (1.0 + p.kappa * rivals)
        * (1.0 + p.pi * excess)
        / (1.0 + p.delta * effective_officers(c) / total(c))
    )


@kernel
def _set_crowd_rates(w: Record, c: Record, ct: Record, p: Record) -> None:
    """Set the speeds of the channels that move people: arrive, leave, turn violent, calm, tire, spread."""
    now, n = w.now, total(c)
    violent = c.I[0] + c.I[1]
    talk = c.negotiators / (c.negotiators + p.n_half) if c.negotiators > 0 else 0.0
    calmed = 1.0 + p.nu * talk
    leave = p.leave_rate + (asked_rate(p, ct) * talk if c.asked > 0 else 0.0)
    open_road = 1.0 - p.divert_share if c.diverters > 0 and c.stage > HIJAU else 1.0  # who comes in peace may come
    for camp in range(CAMPS):
        turn = 0.0
        if c.S[camp] > 0:
            turn = c.S[camp] * (w.tension * p.epsilon / calmed + p.beta * violent / n) * mixing(c, ct, p, camp)
        _set_rate(c, now, ARRIVE + camp, c.arrive[camp] * open_road)
        _set_rate(c, now, LEAVE + camp, c.S[camp] * leave)
        _set_rate(c, now, TURN + camp, turn)
        _set_rate(c, now, CALM + camp, c.I[camp] * p.gamma * calmed)
        _set_rate(c, now, TIRE + camp, c.I[camp] * p.omega)
    _set_rate(c, now, LEAVE_SPENT, c.R * leave)
    bound = (1.0 + p.kappa) * (1.0 + p.pi * (LEVELS - 1))
    _set_rate(c, now, SPREAD, bound * p.beta_between * violent if w.crowds > 1 else 0.0)


@kernel
def _set_clash_rates(c: Record, p: Record, now: float, burnable: bool) -> None:
    """Set the speeds of the channels where violence meets officers, people and things."""
    violent = c.I[0] + c.I[1]
    officers = effective_officers(c)
    contact = 0.0
    if violent > 0 and officers > 0:
        contact = violent * officers / (violent + officers)
    gas = c.force == 5
    handled = p.hurt_force * max(0, c.force - 2) * contact
    _set_rate(c, now, REMOVE, p.rho * contact * (p.tear_gas_gain if gas else 1.0))
    _set_rate(c, now, HURT_CROWD, p.hurt_crowd * violent if total(c) > 0 else 0.0)
    _set_rate(c, now, HURT_OFFICER, p.hurt_officer * contact)
    _set_rate(c, now, HURT_FORCE, handled + (p.tear_gas_harm * total(c) if gas else 0.0))
    lit = burnable and c.stage == MERAH and c.fire == NO_FIRE
    _set_rate(c, now, IGNITE, p.ignition * violent if lit else 0.0)


@kernel
def due_first(c: Record) -> int:
    """Return the channel that fires first; ties by the lower channel."""
    best, soonest = 0, c.due[0]
    for channel in range(1, CHANNELS):
        if c.due[channel] < soonest:
            best, soonest = channel, c.due[channel]
    return best


@kernel
def stage_wanted(c: Record, p: Record) -> int:
    """Return the stage that the crowd's present state asks for; thresholds fall by the hysteresis once passed."""
    n = total(c)
    violent = c.I[0] + c.I[1]
    for stage in range(MERAH, HIJAU, -1):
        count = p.merah_violent if stage == MERAH else p.kuning_violent
        share = p.merah_share if stage == MERAH else p.kuning_share
        if c.stage >= stage:
            count, share = count * p.hysteresis, share * p.hysteresis
        if violent > count and violent > share * n:
            return stage
    return HIJAU


@kernel
def _set_stage_timer(c: Record, p: Record, now: float) -> None:
    """Keep since when the crowd has been above each higher stage, and below its own; the first hold to end is due."""
    want = stage_wanted(c, p)
    c.stage_due = math.inf
    for level in range(KUNING, LEVELS):
        if level > c.stage and want >= level:
            c.up_since[level] = min(c.up_since[level], now)
            c.stage_due = min(c.stage_due, c.up_since[level] + p.hold_up)
        else:
            c.up_since[level] = math.inf
    if want < c.stage:
        c.down_since = min(c.down_since, now)
        c.stage_due = min(c.stage_due, c.down_since + p.hold_down)
    else:
        c.down_since = math.inf


@kernel
def stage_due_now(c: Record, p: Record, now: float) -> int:
    """Return the stage that a hold that has ended leads to: the highest held long enough, else what is wanted below."""
    for level in range(MERAH, c.stage, -1):
        if c.up_since[level] + p.hold_up <= now:
            return level
    return stage_wanted(c, p)


@kernel
def level_at_hand(c: Record) -> int:
    """Return the highest level that the stage needs, control allows and that is there."""
    want = 0
    for level in range(1, min(c.stage, c.control) + 1):
        if c.officers[level] > 0:
            want = level
    return want


@kernel
def start_line(c: Record, p: Record, w: Record, whose: tuple[int, int]) -> None:
    """Start the hand-over of the line of a place (whose number draws its delay) to a level."""
    c.line_next = whose[1]
    c.delays[1] += 1
    delay = rng.lognormal(
        p.handover_delay, p.handover_spread, w.seed, w.replicate, rng.DELAY, whose[0], 2 * c.delays[1] + 1
    )
    c.line_due = w.now + delay


@kernel
def _set_line_timer(c: Record, p: Record, w: Record, who: int) -> None:
    """Start or stop the hand-over of the line to the highest level that is needed, allowed and there.

    Where people at a desk decide it, none starts by itself.
    """
    want = level_at_hand(c)
    if c.held == 1:
        return
    if want <= c.line:
        c.line_next = c.line
        c.line_due = math.inf
    elif want != c.line_next:
        start_line(c, p, w, (who, want))


@kernel
def _force_stage(c: Record, ct: Record, p: Record) -> int:
    """Return the use-of-force stage: by the threat; tear gas only by a named authority and where people can leave."""
    if effective_officers(c) == 0 or total(c) == 0:
        return 0
    force = int(p.force_merah)
    if c.stage == HIJAU:
        force = int(p.force_hijau)
    elif c.stage == KUNING:
        force = int(p.force_kuning)
    elif (p.tear_gas_authority > 0.5 or c.gas == 1) and c.control == MERAH and ct.enclosed == 0:
        force = 5
    return force if c.cap == 0 else min(force, c.cap)


@kernel
def _set_wear(c: Record, ct: Record, p: Record) -> None:
    """Set how fast violence beyond what the line holds wears the perimeter down, and when the layer falls."""
    c.pressure = 0.0
    c.layer_due = math.inf
    if ct.protected == 0 or c.layer == ROOMS_LOST:
        return
    c.pressure = wearing(p, ct, c.I[0] + c.I[1], effective_officers(c), c.guards)
    if c.pressure > 0.0:
        c.layer_due = c.since + max(0.0, c.left_of_layer) / c.pressure


@kernel
def _refresh(w: Record, k: int) -> None:
    """Derive from the counts at a crowd everything that depends on them, and put its times on the agenda."""
    p, c, ct = m.param(w, 0), m.crowd(w, k), m.crowd_t(w, k)
    now = w.now
    w.present += total(c) - c.counted
    c.counted = total(c)
    c.peak = max(c.peak, total(c))
    c.peak_violent = max(c.peak_violent, c.I[0] + c.I[1])
    c.posture = _posture(c)
    c.force = _force_stage(c, ct, p)
    c.force_max = max(c.force_max, c.force)
    _set_crowd_rates(w, c, ct, p)
    _set_clash_rates(c, p, now, ct.burnable == 1)
    _set_stage_timer(c, p, now)
    _set_line_timer(c, p, w, ct.who)
    _set_wear(c, ct, p)
    offset = w.offset
    c.first = due_first(c)
    move(w, offset[CROWD_SLOT] + k, c.due[c.first])
    move(w, offset[STAGE_SLOT] + k, c.stage_due)
    move(w, offset[CONTROL_SLOT] + k, c.control_due)
    move(w, offset[LINE_SLOT] + k, c.line_due)
    move(w, offset[PERIMETER_SLOT] + k, c.layer_due)
    move(w, offset[FIRE_SLOT] + k, min(c.fire_due, c.neighbour_due))


@kernel
def refresh_touched(w: Record) -> None:
    """Refresh every crowd that the event touched."""
    while w.touched >= 0:
        k = w.touched
        c = m.crowd(w, k)
        w.touched = c.touched_next
        c.touched = 0
        _refresh(w, k)
    w.present_peak = max(w.present_peak, w.present)
