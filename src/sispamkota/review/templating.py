"""The environment in which every page is written: values escaped, an unknown name a fault."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["TEMPLATES", "nowrap", "page_environment"]

TEMPLATES = Path(__file__).parent / "templates"


def page_environment() -> Environment:
    """Make the environment of the templates beside this module."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["nowrap"] = nowrap
    return environment


def nowrap(text: str) -> Markup:
    """Keep ranges ("5–7") and percentages together at the end of a line."""
    return Markup(re.sub(r"[<>]?[\d.,]+(?:–[\d.,]+| %)", r'<span class="nb">\g<0></span>', str(escape(text))))  # noqa: S704 (escaped above)
