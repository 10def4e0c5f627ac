"""How people in a scene turn violent, calm, tire, are led away and go home: the city's rates, local in space.

The rates of `crowd` (docs/explanation/crowd.md) with N, I and F counted within a radius about each person. Each person
has one unit-rate Poisson clock a state, run at the sum of its rates, as channels of a crowd have; `k` is its own count
of draws. Where everyone stands within one radius this is the city's crowd, but that a rate is seen at most
`mood_every` steps late.
"""

import math

import numpy as np

from . import rng
from ._compile import kernel
from .layout import HIJAU, KUNING, MERAH, Record
from .motion_layout import GO_FRONT, GO_OUT, GO_PRESS, LED, PEACEFUL, SEG_BARRIER, SPENT, VIOLENT, Ground, People, X, Y
from .near import sort_people
from .wall import gap

__all__ = ["change_moods", "start_clocks", "work_barriers"]

Company = tuple[float, float, float]
HEAP = np.int64(0xFFFF)


@kernel
def start_clocks(m: Record, c: People) -> None:
    """Draw everyone's first waiting times."""
    for i in range(c.person.shape[0]):
        p = c.person[i]
        p.left = rng.exponential(m.seed, m.replicate, rng.PERSON_CLOCK, p.who, p.k)
        p.leave_left = rng.exponential(m.seed, m.replicate, rng.PERSON_LEAVE, p.who, 0)
        p.k += 1


@kernel
def _code_people(c: People, n: int) -> None:
    """Write down what each of the n in order of cells counts as: bits to add up, 16 for each of four heaps."""
    for i in range(n):
        p = c.person[c.order[i]]
        code = np.int64(0)
        if p.was < LED:
            code = np.int64(1)
            if p.was == VIOLENT:
                code += np.int64(1) << 16
            if p.was != SPENT:
                code += np.int64(1) << (48 if p.camp else 32)
        c.code[i] = code


@kernel
def _company(m: Record, i: int, camp: int, first: Record, packed: Record, code: Record) -> Company:
    """Count who stands within the radius about the i-th in order of cells, herself too; and the rivals' share.

    Of all and of the violent there are so many; rivals are a share of the unspent.
    """
    x, y = packed[i, X], packed[i, Y]
    r2, wide = m.mood_radius * m.mood_radius, m.mood_radius
    total = np.int64(0)
    west, east = max(int((x - wide - m.x0) / m.cell), 0), min(int((x + wide - m.x0) / m.cell), m.nx - 1)
    south, north = max(int((y - wide - m.y0) / m.cell), 0), min(int((y + wide - m.y0) / m.cell), m.ny - 1)
    for row in range(south, north + 1):
        for k in range(first[row * m.nx + west], first[row * m.nx + east + 1]):
            dx, dy = packed[k, X] - x, packed[k, Y] - y
            total += code[k] if dx * dx + dy * dy <= r2 else 0
    one, other = (total >> 32) & HEAP, (total >> 48) & HEAP
    rivals = one if camp else other
    return float(total & HEAP), float((total >> 16) & HEAP), rivals / (one + other) if one + other > 0 else 0.0


@kernel
def _posts_about(m: Record, posts: Record, x: float, y: float) -> tuple[float, float]:
    """Count effective officers and negotiators within the radius."""
    officers, negotiators = 0.0, 0.0
    for k in range(posts.shape[0]):
        post = posts[k]
        if (post.x - x) ** 2 + (post.y - y) ** 2 <= m.mood_radius * m.mood_radius:
            officers += post.officers
            negotiators += post.negotiators
    return officers, negotiators


@kernel
def _stage(m: Record, n: int, violent: int) -> int:
    """Return the stage by its thresholds, without the hold."""
    if violent > m.merah_violent and violent > m.merah_share * n:
        return MERAH
    return KUNING if violent > m.kuning_violent and violent > m.kuning_share * n else HIJAU


@kernel
def _become(m: Record, p: Record, state: int) -> None:
    """Change a person's state, and what it walks to; its clock starts anew."""
    p.state = state
    p.left = rng.exponential(m.seed, m.replicate, rng.PERSON_CLOCK, p.who, p.k)
    p.k += 1
    p.escorted = 1 if state == LED else 0
    p.goal = GO_PRESS if state == VIOLENT else GO_OUT if state == LED else GO_FRONT


@kernel
def _peaceful(m: Record, p: Record, about: tuple[float, float, float, float, float]) -> None:
    """Run the clock of a peaceful person: she may turn violent."""
    n, violent, rivals, officers, talk = about
    excess = max(0.0, m.posture - m.stage)
    mixing = m.volatility * (1.0 + m.kappa * rivals) * (1.0 + m.pi * excess) / (1.0 + m.delta * officers / n)
    rate = (m.epsilon / (1.0 + m.nu * talk) + m.beta * violent / n) * mixing
    p.left -= rate * m.mood_every * m.dt
    if p.left <= 0.0:
        _become(m, p, VIOLENT)
        m.turned += 1


@kernel
def _violent(m: Record, p: Record, about: tuple[float, float, float, float, float]) -> None:
    """Run the clock of a violent person: he may calm, tire, or be led away."""
    _, violent, _, officers, talk = about
    calm = m.gamma * (1.0 + m.nu * talk)
    lead = m.rho * officers / (violent + officers) if officers > 0.0 else 0.0
    p.left -= (calm + m.omega + lead) * m.mood_every * m.dt
    if p.left > 0.0:
        return
    which = rng.choose(rng.uniform(m.seed, m.replicate, rng.PERSON_CHOICE, p.who, p.k), calm, m.omega, lead)
    if which == 0:
        _become(m, p, PEACEFUL)
        m.calmed += 1
    elif which == 1:
        _become(m, p, SPENT)
        m.tired += 1
    else:
        _become(m, p, LED)
        m.led += 1


@kernel
def change_moods(m: Record, c: People, g: Ground) -> None:
    """Run everyone's clocks by one round; all see the same moment, in which nobody has changed yet."""
    n, violent = 0, 0
    for i in range(c.person.shape[0]):
        p = c.person[i]
        p.was = p.state
        if p.state < LED:
            n += 1
            violent += 1 if p.state == VIOLENT else 0
    m.stage = _stage(m, n, violent)
    m.violent = violent
    m.violent_s += violent * m.mood_every * m.dt
    sort_people(m, c)
    person, order, packed, first, code = c.person, c.order, c.packed, c.first, c.code
    inside = first[m.nx * m.ny]
    _code_people(c, inside)
    for i in range(inside):
        p = person[order[i]]
        if p.was >= LED:
            continue
        x, y = packed[i, X], packed[i, Y]
        officers, negotiators = _posts_about(m, g.post, x, y)
        talk = negotiators / (negotiators + m.n_half) if negotiators > 0.0 else 0.0
        if p.state != VIOLENT:
            p.leave_left -= (m.leave_rate + m.leave_asked_rate * talk) * m.mood_every * m.dt
            if p.leave_left <= 0.0 or m.now >= m.end_at:
                p.goal = GO_OUT
        if p.state == SPENT:
            continue
        near = _company(m, i, p.camp, first, packed, code)
        about = (near[0], near[1], near[2], officers, talk)
        if p.state == PEACEFUL:
            _peaceful(m, p, about)
        else:
            _violent(m, p, about)


@kernel
def _pressing(m: Record, c: People, g: Ground, k: int) -> int:
    """Count the violent people within reach of a barrier."""
    n = 0
    for i in range(c.spot.shape[0]):
        if c.person[i].state != VIOLENT:
            continue
        for at in range(g.walls.segment.shape[0]):
            s = g.walls.segment[at]
            if s.of == k and s.kind == SEG_BARRIER and gap(s, c.spot[i, X], c.spot[i, Y])[0] <= m.press_reach:
                n += 1
                break
    return n


@kernel
def work_barriers(m: Record, c: People, g: Ground) -> bool:
    """Wear barriers down by who presses beyond what they hold, and work those that open or shut; true for a change."""
    changed = False
    for k in range(g.walls.barrier.shape[0]):
        b = g.walls.barrier[k]
        if b.opens > 0 and b.due <= m.now:
            shut = b.opens == 2
            b.opens = 0
            changed = changed or shut == (b.open == 1)
            b.open = 0 if shut else 1
        if b.wears == 0 or b.open == 1:
            b.pressing = 0.0
            continue
        b.pressing = _pressing(m, c, g, k)
        b.most = max(b.most, b.pressing)
        b.left -= max(0.0, b.pressing - b.hold) * m.mood_every * m.dt
        if b.left <= 0.0 and b.fell_at == math.inf:
            b.fell_at = m.now
            b.open = 1
            changed = True
    return changed
