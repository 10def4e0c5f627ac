"""Answer for the fifth stage: what happens if we try it ten thousand times."""

from .cluster import Cluster
from .compare import Comparison, compare
from .ensemble import Ensemble
from .measures import Measure
from .precision import Precision
from .rehearse import Run, rehearse
from .scenario import Scenario
from .selection import Aim, Selection, choose_plan
from .sensitivity import Design, Sensitivity, find_sensitivity
from .setting import Setting
from .splitting import Effort, Rarity, find_rare
from .twins import Doubt
from .world import World

__all__ = [
    "Aim", "Cluster", "Comparison", "Design", "Doubt", "Effort", "Ensemble", "Measure", "Precision", "Rarity", "Run",
    "Scenario", "Selection", "Sensitivity", "Setting", "World", "choose_plan", "compare", "find_rare",
    "find_sensitivity", "rehearse",
]  # fmt: skip
