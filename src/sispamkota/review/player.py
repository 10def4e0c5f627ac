"""The player: one or two playbacks on a map in any page, as data beside the bundle of web/ (`make web`)."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sispamkota.force.doctrine import doctrine
from sispamkota.store import atomic_write
from sispamkota.words import LANGUAGES, catalogue, words

from .playback import Playback
from .summary import choices
from .templating import TEMPLATES, page_environment

__all__ = [
    "NO_SCRIPT",
    "STATIC",
    "bundle",
    "data_block",
    "on_page",
    "page_words",
    "player",
    "player_policy",
    "write_player",
]

STATIC = Path(__file__).parents[1] / "app" / "static"
_LEAST = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'"
NO_SCRIPT = f"{_LEAST}; img-src data:"
MOST_MAPS = 2
TABLES = ("playback", "event", "capability", "agency_code")  # sections of the catalogues that the player reads


def player(playbacks: Playback | Sequence[Playback], *, lang: str, switchable: bool = False) -> Markup:
    """Write the player of one playback, or of two on twin maps, as a part of a page; `bundle` goes after the last.

    `switchable` gives it buttons for the language. Raises ValueError for none or more than two.
    """
    several = [playbacks] if isinstance(playbacks, Playback) else list(playbacks)
    if not 1 <= len(several) <= MOST_MAPS:
        raise ValueError(f"a player shows 1 or {MOST_MAPS} playbacks, not {len(several)}")
    t = words(lang)
    settings = {"keys": list(choices()["events_told"]), "switchable": switchable}
    parts = [
        Markup('<div class="playback" role="group" tabindex="-1" data-lang="{}" aria-label="{}">').format(
            lang, t("playback.title")
        ),
        Markup("<noscript><p>{}</p></noscript>").format(t("playback.no_script")),
        *(data_block("doc", _packed(each.to_json()), packed=True) for each in several),
        data_block("words", json.dumps(page_words(), ensure_ascii=False, separators=(",", ":"))),
        data_block("settings", json.dumps(settings)),
        Markup("</div>"),
    ]
    return Markup("\n").join(parts)


def data_block(name: str, text: str, *, packed: bool = False) -> Markup:
    """Write a block of data; nothing in it can end the block."""
    kind = ' data-packed="gzip"' if packed else ""
    safe = text.replace("<", "\\u003c")
    return Markup(f'<script type="application/json" class="playback-{name}"{kind}>{safe}</script>')  # noqa: S704 (escaped)


def _packed(text: str) -> str:
    """Pack a document: gzip without a time, in base64."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def page_words(*more: str) -> dict[str, dict[str, str]]:
    """Give the words of both languages that the player needs, with more sections; agencies by the doctrine's names."""
    tables = {}
    for lang in LANGUAGES:
        texts = {key: text for key, text in catalogue(lang).items() if key.split(".")[0] in (*TABLES, *more)}
        names = {f"agency.{key}": str(getattr(each, lang)) for key, each in doctrine().agencies.items()}
        tables[lang] = texts | names
    return tables


@cache
def bundle() -> Markup:
    """Give the style sheet and the script of the player; once a page, after the last player."""
    css = (STATIC / "player.css").read_text(encoding="utf-8")
    return Markup(f"<style>{css}</style>\n<script>{_script()}</script>")  # noqa: S704 (our own files)


@cache
def _script() -> str:
    """Read the script as it may stand in a page: no end tag and no comment of HTML in it."""
    script = (STATIC / "player.js").read_text(encoding="utf-8")
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def on_page(playbacks: Sequence[Playback], *, lang: str, more: bool = False) -> dict[str, Any]:
    """Give a page's policy, player and bundle; of no playback and nothing `more` to play, a page without a script."""
    if not playbacks and not more:
        return {"policy": NO_SCRIPT, "player": "", "bundle": ""}
    shown = player(playbacks, lang=lang) if playbacks else ""
    return {"policy": player_policy(), "player": shown, "bundle": bundle()}


@cache
def player_policy() -> str:
    """Give the content security policy of a page with a player: this very script, its worker, no network."""
    digest = base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
    own = f"script-src 'sha256-{digest}'; worker-src blob: data:; connect-src blob:; img-src data: blob:"
    return f"{_LEAST}; {own}"


def write_player(path: Path | str, playbacks: Playback | Sequence[Playback], *, lang: str) -> Path:
    """Write a page that stands alone, with one playback or two side by side, in "id" or "en".

    Raises InputError where the file cannot be written. Returns the path.
    """
    first = playbacks if isinstance(playbacks, Playback) else playbacks[0]
    about, t = first.parts["about"], words(lang)
    page = (
        page_environment()
        .get_template("player.html.jinja")
        .render(
            lang=lang,
            t=t,
            title=about["title"][lang],
            city=about["city"],
            css=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 (our own file)
            policy=player_policy(),
            fragment=player(playbacks, lang=lang, switchable=True),
            bundle=bundle(),
        )
    )
    target = Path(path)
    with atomic_write(target) as draft:
        draft.write_text(page, encoding="utf-8")
    return target
