"""The environment in which every page is written: values escaped, an unknown name a fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["TEMPLATES", "page_environment"]

TEMPLATES = Path(__file__).parent / "templates"


def page_environment() -> Environment:
    """Make the environment of the templates beside this module."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
