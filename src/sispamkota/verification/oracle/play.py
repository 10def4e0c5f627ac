"""The oracle: the next event in time, until a time; everything is looked at anew after each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...rehearsal.tables import Tables
from .casualties import casualty_step, draw_others, others_step, surge_step
from .command import control_step, line_step, stage_step
from .crowds import derive, flow
from .damage import fire_step, layer_falls
from .draws import Luck
from .incidents import incident_step
from .measures import crowd_rows, measure
from .outside import draw_next, harm_step, hazard_step, inject_step, open_gathering, watch
from .people import crowd_step, wind
from .scene import unit_step
from .sim import FAMILIES, Due, Sim, read_world
from .terms import at
from .things import sure
from .units import duty_step, start_duty

__all__ = ["Event", "Oracle"]


STEPS: Mapping[str, tuple[Callable[[Sim, Any], None], str]] = {
    "control": (control_step, "crowds"),
    "line": (line_step, "crowds"),
    "perimeter": (layer_falls, "crowds"),
    "fire": (fire_step, "crowds"),
    "unit": (unit_step, "units"),
    "casualty": (casualty_step, "on_row"),
    "hazard": (hazard_step, "hazards"),
    "inject": (inject_step, "injects"),
    "duty": (duty_step, "units"),
    "surge": (surge_step, "hospitals"),
}


@dataclass(frozen=True)
class Event:
    """What happened: when, to which family and row; the channel where it was a crowd's."""

    time: float
    family: str
    row: int
    channel: int = -1


class Oracle:
    """Play one replicate of a world in plain, slow Python: a pure function of tables, seed and replicate."""

    def __init__(
        self, tables: Tables, *, seed: int, replicate: int, desks: Iterable[int] = (), room: int | None = None
    ) -> None:
        """Start; `desks` are held by people, `room` is for so many casualties at once."""
        self.sim = sim = read_world(tables, Luck(seed, replicate))
        sim.desks, sim.room = frozenset(desks), room or sim.room
        for c in sim.crowds:
            for channel in range(at.CHANNELS):
                wind(sim, c, channel)
        for h in sim.hazards:
            draw_next(sim, h)
        if sim.p.other_patients > 0.5:
            for hospital in sim.hospitals:
                for bed in range(at.BEDS):
                    draw_others(sim, hospital, bed)
        for u in sim.units:
            start_duty(sim, u)
        sim.tally.idle_low = sum(u.people for u in sim.units if u.state == at.IDLE)
        for c in (c for c in sim.crowds if c.came > 0):
            open_gathering(sim, c)
            sure(c.incident).need = list(c.needs[0])
        self._settle()

    def due(self) -> Due:
        """Say what is due first; never, where nothing is."""
        return min(self.sim.agenda(), default=(math.inf, 0, 0))

    def step(self, until: float, *, due: Due | None = None) -> Event | None:
        """Play the one event that is due first (or the one given), by `until`; without one it is then `until`.

        Raises Fault.
        """
        sim = self.sim
        time, family, row = due or self.due()
        if time > until or math.isinf(time):
            flow(sim, until - sim.now)
            sim.now = until
            return None
        flow(sim, time - sim.now)
        sim.now = time
        sim.tally.events += 1
        channel = self._do(FAMILIES[family], row)
        self._settle()
        return Event(time, FAMILIES[family], row, channel)

    def finish(self) -> tuple[dict[str, float], list[dict[str, float]]]:
        """Close the replicate: its measures, and those of each crowd."""
        return measure(self.sim), crowd_rows(self.sim)

    def _do(self, family: str, row: int) -> int:
        """Do what is due; return the channel where it is a crowd's."""
        sim = self.sim
        if family == "crowd":
            return crowd_step(sim, sim.crowds[row])
        if family == "stage":
            stage_step(sim, sim.crowds[row])
            watch(sim, sim.crowds[row])
        elif family == "incident":
            incident = sim.rows[row]
            (harm_step if incident.harm_due < incident.next_decision else incident_step)(sim, incident)
        elif family == "bed":
            others_step(sim, sim.hospitals[row // at.BEDS], row % at.BEDS)
        else:
            step, things = STEPS[family]
            step(sim, getattr(sim, things)[row])
        return -1

    def _settle(self) -> None:
        """Derive what follows from an event, and keep the extremes."""
        sim, tally = self.sim, self.sim.tally
        derive(sim)
        tally.present_peak = max(tally.present_peak, sum(c.present for c in sim.crowds))
        tally.idle_low = min(tally.idle_low, sum(u.people for u in sim.units if u.state == at.IDLE))
        tally.bays_low = min(tally.bays_low, sum(h.free[at.BAY] for h in sim.hospitals))
