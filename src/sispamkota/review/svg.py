"""Write SVG by hand: an element, a figure with its title and description, and the width of a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["Box", "element", "figure", "number", "path", "text", "text_width"]

# Advance widths in em of a wide sans (DejaVu Sans), so that an estimate is rarely too short on any system font.
_WIDTHS = {0.32: "ijl|.,:;' ", 0.41: "ftrI()[]-/", 0.53: "sczJ1?", 0.86: "mMWw%@", 0.72: "ABCDEGHKNOPQRSTUVXYZ&■●▲◆"}
_EM = {letter: em for em, letters in _WIDTHS.items() for letter in letters}
_EM_OTHER = 0.635


@dataclass(frozen=True)
class Box:
    """Bound a thing on the drawing: left, top, width, height in drawing units."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box, *, gap: float = 0.0) -> bool:
        """Tell whether two boxes come nearer than `gap` in both directions."""
        apart_x = self.x + self.width + gap <= other.x or other.x + other.width + gap <= self.x
        apart_y = self.y + self.height + gap <= other.y or other.y + other.height + gap <= self.y
        return not (apart_x or apart_y)

    def inside(self, other: Box) -> bool:
        """Tell whether this box lies wholly within another."""
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.x + self.width <= other.x + other.width
            and self.y + self.height <= other.y + other.height
        )


def number(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value else "0"


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """Make one element; plain str children are escaped, Markup is kept.

    `class_` gives class, `stroke_width` gives stroke-width; None leaves an attribute out.
    """
    parts = [f"<{tag}"]
    for key, value in attributes.items():
        if value is not None:
            shown = number(value) if isinstance(value, float) else str(value)
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    inside = Markup("").join(children)
    parts.append(f">{inside}</{tag}>" if inside else "/>")
    return Markup("".join(parts))  # noqa: S704 (each part is escaped above)


def text(x: float, y: float, words: str, *, class_: str = "", anchor: str | None = None) -> Markup:
    """Make one line of text at its baseline; `anchor` is start (left out), middle or end."""
    return element("text", words, x=float(x), y=float(y), class_=class_ or None, text_anchor=anchor)


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """Estimate from above how wide a text of `size` px is on any system font."""
    width = sum(_EM.get(letter, _EM_OTHER) for letter in words) * size
    return width * (1.1 if bold else 1.0)


def path(points: Iterable[Sequence[float]], *, close: bool = False) -> str:
    """Write points as path data, absolute, one decimal."""
    data = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f"M{data}{'Z' if close else ''}" if data else ""


def figure(key: str, size: tuple[float, float], title: str, describe: str, children: Iterable[str]) -> Markup:
    """Wrap drawing elements as one image with a title and a description; `key` makes the ids unique."""
    width, height = size
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", describe, id=f"{key}-desc"),
        *children,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )
