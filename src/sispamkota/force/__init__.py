"""Who we have, what they can do, and by which rules."""

from .doctrine import CAPABILITIES, VEHICLES, Doctrine, Norm, UnitKind, norm, norms, read_doctrine
from .force import Duty, Force, Unit, read_force

__all__ = [
    "CAPABILITIES",
    "VEHICLES",
    "Doctrine",
    "Duty",
    "Force",
    "Norm",
    "Unit",
    "UnitKind",
    "norm",
    "norms",
    "read_doctrine",
    "read_force",
]
