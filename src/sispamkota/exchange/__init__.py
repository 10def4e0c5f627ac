"""Formats at the edge of the package."""

__all__: list[str] = []
