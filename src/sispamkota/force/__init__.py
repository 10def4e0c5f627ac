"""Who we have, what they can do, and by which rules."""

from .doctrine import CAPABILITIES, VEHICLES, Doctrine, Norm, UnitKind, norm, norms, read_doctrine
from .force import Force, find_homes, read_force
from .units import Duty, Unit

__all__ = [
    "CAPABILITIES",
    "VEHICLES",
    "Doctrine",
    "Duty",
    "Force",
    "Norm",
    "Unit",
    "UnitKind",
    "find_homes",
    "norm",
    "norms",
    "read_doctrine",
    "read_force",
]
