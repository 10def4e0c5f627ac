"""What the fields of actions may hold: texts, names of places and units, numbers within bounds."""

from __future__ import annotations

from typing import Annotated

import pydantic

__all__ = ["Beds", "Count", "Key", "Name", "People", "Seconds", "Text"]

Text = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Name = Annotated[
    str, pydantic.StringConstraints(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:-]*$")
]
Seconds = Annotated[float, pydantic.Field(ge=0, le=400 * 86_400)]
People = Annotated[int, pydantic.Field(ge=1, le=100_000)]
Beds = Annotated[int, pydantic.Field(ge=0, le=10_000)]
Count = Annotated[int, pydantic.Field(ge=0, le=100_000)]
Key = Annotated[str, pydantic.StringConstraints(max_length=64)]  # made by the phone: a report sent twice counts once
