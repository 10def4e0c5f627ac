"""Say which extra to install where an optional library is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import Fault, InputError

__all__ = ["needs"]


def needs(module: str, extra: str, *, option: str = "--format") -> Any:
    """Import an optional library; raises InputError that names the extra where it is not installed.

    `option` is what asked for it.
    """
    try:
        return import_module(module)
    except ImportError:
        remedy = f"From a clone: .venv/bin/pip install '.[{extra}]'; else pip install 'sispamkota[{extra}]'."
        raise InputError([Fault(option, module, f"the library {module}", "not installed", remedy)]) from None
