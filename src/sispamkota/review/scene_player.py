"""The player of a scene at a compound, as a part of a page and as a page that stands alone."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from markupsafe import Markup

from sispamkota import __version__
from sispamkota.store import atomic_write
from sispamkota.words import words

from .player import bundle, data_block, page_words, player_policy
from .scene_document import ScenePlayback
from .templating import TEMPLATES, page_environment

__all__ = ["scene_player", "write_scene"]

TABLES = ("compound", "site")  # sections of the catalogues that it reads beside the player's


def scene_player(playback: ScenePlayback, *, lang: str, switchable: bool = False) -> Markup:
    """Write the player of a scene as a part of a page; `player.bundle` goes after the last player.

    `switchable` gives it buttons for the language, and the keys of the whole page.
    """
    t = words(lang)
    parts = [
        Markup('<div class="playback" role="group" tabindex="-1" data-lang="{}" aria-label="{}">').format(
            lang, t("compound.title")
        ),
        Markup("<noscript><p>{}</p></noscript>").format(t("playback.no_script")),
        data_block("scene", base64.b64encode(playback.packed()).decode(), packed=True),
        data_block("words", json.dumps(page_words(*TABLES), ensure_ascii=False, separators=(",", ":"))),
        data_block("settings", json.dumps({"keys": [], "switchable": switchable})),
        Markup("</div>"),
    ]
    return Markup("\n").join(parts)


def write_scene(path: Path | str, playback: ScenePlayback, *, lang: str) -> Path:
    """Write a page that stands alone, in "id" or "en"; raises InputError where the file cannot be written."""
    page = (
        page_environment()
        .get_template("scene.html.jinja")
        .render(
            lang=lang,
            t=words(lang),
            version=__version__,
            title=playback.head["about"]["title"],
            css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 (our own file)
            policy=player_policy(),
            fragment=scene_player(playback, lang=lang, switchable=True),
            bundle=bundle(),
        )
    )
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(page, encoding="utf-8")
    return target
