"""What the page of the room is made with: its words in both languages, and the streets under its map."""

from __future__ import annotations

import json
from functools import cache

from sispamkota.exercise.setup import Setup
from sispamkota.review.ground_lines import ground_lines
from sispamkota.review.player import page_words

__all__ = ["street_text", "word_text"]


@cache
def word_text() -> str:
    """Give the words of the page as JSON: by language, then by key."""
    return json.dumps(page_words("room", "forecast"), ensure_ascii=False, separators=(",", ":"))


@cache
def street_text(setup: Setup) -> str:
    """Give streets and areas of an exercise's city as JSON, in the runs that the playback of a rehearsal has."""
    lines = {name: part for name, part in ground_lines(setup.city).items() if name != "guessed"}
    return json.dumps(lines, separators=(",", ":"))
