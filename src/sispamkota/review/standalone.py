"""Drawings of the page as SVG files of their own, in grey: for paper, where no page lends them its style sheet."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from .templating import TEMPLATES

__all__ = ["standalone"]

FONT = "DejaVu Sans"
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}")
_MEDIA_PRINT = re.compile(r"@media print\s*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_SCALE = re.compile(r'transform="scale\(([0-9.]+)\)')
_WIDTHS = {"cells": 0.8, "minor": 0.5, "main": 1.3}  # px of the drawing: streets and borders


@cache
def _style() -> str:
    """Take what report.css says of drawings, with the colours that it prints in, as plain rules."""
    css = re.sub(r"/\*.*?\*/", "", (TEMPLATES / "report.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    printed = "".join(_MEDIA_PRINT.findall(css))
    screen = _MEDIA.sub("", css)
    colours = dict(re.findall(r"--([\w-]+):\s*([^;}]+)", screen)) | dict(re.findall(r"--([\w-]+):\s*([^;}]+)", printed))
    rules = []
    for selector, body in [*_RULE.findall(screen), *_RULE.findall(printed)]:
        chosen = [part.strip() for part in selector.split(",") if part.strip().startswith(("svg .", "svg text"))]
        chosen += [part.strip()[5:] for part in selector.split(",") if part.strip() == ".map svg text"]
        if chosen:
            said = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]].strip(), body)
            rules.append(f"{', '.join(chosen)} {{{said.replace('inherit', FONT)}}}")
    return "\n".join(rules)


def standalone(drawing: Markup, *, definitions: Markup | None = None) -> str:
    """Make one drawing a file: its style inside, and the paths that it uses.

    Streets keep their width in px, which a printer of SVG does not see to.
    """
    text = str(drawing)
    halo = "svg text {stroke: none}" if definitions is None else ""
    scale = _SCALE.search(text)
    if scale is not None:
        widths = {name: px / float(scale[1]) for name, px in _WIDTHS.items()}
        halo += "".join(
            f" svg .ground.{name} {{stroke-width: {px:.2f}; stroke-dasharray: none}}" for name, px in widths.items()
        )
    shared = re.search(r"<defs>.*</defs>", str(definitions or ""), re.DOTALL)
    inside = f"<style>{_style()}\n{halo}</style>{shared[0] if shared else ''}"
    head, rest = text.split(">", maxsplit=1)
    if "xmlns=" not in head:
        head = head.replace(
            "<svg", '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"', 1
        )
    return f"{head}>{inside}{rest}".replace(' href="#', ' xlink:href="#')
