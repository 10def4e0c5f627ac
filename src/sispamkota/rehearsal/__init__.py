"""Answer for the fifth stage: what happens if we try it ten thousand times."""

from .compare import Comparison, compare
from .ensemble import Ensemble
from .measures import Measure
from .precision import Precision
from .rehearse import Run, rehearse
from .scenario import Scenario
from .setting import Setting
from .world import World

__all__ = [
    "Comparison",
    "Ensemble",
    "Measure",
    "Precision",
    "Run",
    "Scenario",
    "Setting",
    "World",
    "compare",
    "rehearse",
]
