"""Answer for the fifth stage: what happens if we try it ten thousand times."""

from .ensemble import Ensemble
from .measures import Measure
from .rehearse import Run, rehearse
from .scenario import Scenario
from .setting import Setting
from .world import World

__all__ = ["Ensemble", "Measure", "Run", "Scenario", "Setting", "World", "rehearse"]
