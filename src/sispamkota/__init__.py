"""Plan, rehearse and review the protection of a city election.

    place ──► risk ──► force ──► plan ──► rehearsal ──► review

The names below are the front door; each is loaded on first use, so `import sispamkota` costs nothing (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import EngineError, InputError, SispamkotaError, StoreError
    from .force import Force, norm
    from .manifest import Manifest
    from .place import City, build_city
    from .plan import Plan
    from .plan.deploy.deploy import deploy
    from .rehearsal import Ensemble, Scenario
    from .rehearsal.compare import compare
    from .rehearsal.improve import improve
    from .rehearsal.rehearse import rehearse
    from .risk import RiskMap
    from .risk.mapping import map_risk

__version__ = "0.1.0"

__all__ = [
    "City",
    "EngineError",
    "Ensemble",
    "Force",
    "InputError",
    "Manifest",
    "Plan",
    "RiskMap",
    "Scenario",
    "SispamkotaError",
    "StoreError",
    "build_city",
    "compare",
    "deploy",
    "improve",
    "map_risk",
    "norm",
    "rehearse",
]

_HOMES = {
    "City": "place",
    "EngineError": "errors",
    "Ensemble": "rehearsal",
    "Force": "force",
    "InputError": "errors",
    "Manifest": "manifest",
    "Plan": "plan",
    "RiskMap": "risk",
    "Scenario": "rehearsal",
    "SispamkotaError": "errors",
    "StoreError": "errors",
    "build_city": "place",
    "compare": "rehearsal.compare",
    "deploy": "plan.deploy.deploy",
    "improve": "rehearsal.improve",
    "map_risk": "risk.mapping",
    "norm": "force",
    "rehearse": "rehearsal",
}


def __getattr__(name: str) -> Any:
    """Load a name of the front door from its module and keep it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the front door."""
    return [*__all__, "__version__"]
