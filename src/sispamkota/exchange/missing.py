"""Say which extra to install where an optional library is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sispamkota.errors import Fault, InputError

__all__ = ["needs"]


def needs(module: str, extra: str) -> Any:
    """Import an optional library; raises InputError that names the extra where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        remedy = f"pip install 'sispamkota[{extra}]' (from a clone: pip install '.[{extra}]')."
        raise InputError([Fault("--format", module, f"the library {module}", "it is not installed", remedy)]) from None
