"""The Indonesian of the product: no word that accuses, the spellings of the trade, and never a red of two meanings."""

import re
import tomllib
from collections.abc import Iterator

import pytest
import yaml

from parts.grid import ROOT
from sispamkota.inputs import DATA

RULES = tomllib.loads((ROOT / "tests" / "data" / "indonesian.toml").read_text(encoding="utf-8"))


def _of_tables(where: str, value: object, *, inside: bool = False) -> Iterator[tuple[str, str]]:
    """Find the Indonesian texts in plain data: under the key id where en stands beside it, and under keys in _id."""
    if isinstance(value, dict):
        for key, each in value.items():
            spoken = inside or (key == "id" and "en" in value) or str(key).endswith("_id")
            yield from _of_tables(f"{where}:{key}", each, inside=spoken)
    elif isinstance(value, list):
        for i, each in enumerate(value):
            yield from _of_tables(f"{where}[{i}]", each, inside=inside)
    elif isinstance(value, str) and inside:
        yield where, value


def texts() -> Iterator[tuple[str, str]]:
    """Give every Indonesian text that the product shows, with its place."""
    for name in ("id.toml", "faults.id.toml"):
        tables = tomllib.loads((DATA / "locale" / name).read_text(encoding="utf-8"))
        for table, rows in tables.items():
            yield from ((f"{name}:{table}.{key}", text) for key, text in rows.items())
    for path in sorted(DATA.rglob("*.yaml")):
        where, text = path.relative_to(DATA).as_posix(), path.read_text(encoding="utf-8")
        yield from _of_tables(where, yaml.load(text, Loader=yaml.BaseLoader))
    for path in sorted((DATA / "templates").iterdir()):
        said = re.findall(r"^\s*#id (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
        yield from ((f"templates/{path.name}", line) for line in said)
    for path in sorted((ROOT / "docs" / "tutorial").glob("*.md")):
        prose = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from ((f"{path.name}", part) for part in prose.split("\n\n"))


def wrong(text: str) -> list[str]:
    """Say what of a text breaks the rules."""
    said = re.sub(r"`[^`]*`", "", text)
    out = [
        f"{found[0]} → {better}"
        for pattern, better in RULES["banned"].items()
        for found in re.finditer(rf"(?<![\w-])({pattern})(?![\w-])", said, re.IGNORECASE)
    ]
    if text not in RULES["red"]["labels"]:
        out += [
            f"merah: which? …{said[max(found.start() - 20, 0) : found.end()]}"
            for found in re.finditer(r"\bmerah\b", said, re.IGNORECASE)
            if not re.search(RULES["red"]["before"], said[: found.start()], re.IGNORECASE)
        ]
    return out


def test_texts__are_read_from_everywhere():
    places = [where for where, _ in texts()]
    assert len(places) > 2500
    for part in ("id.toml", "faults.id", "doctrine/standards", "templates/", "langkah-pertama", "risk/"):
        assert any(where.startswith(part) for where in places), part


def test_texts__no_banned_word_no_wrong_spelling_no_red_of_two_meanings():
    assert {f"{where}: {each}" for where, text in texts() for each in wrong(text)} == set()


@pytest.mark.parametrize(
    "text",
    [
        *("Perusuh dihadapi.", "massa anarkis", "oknum polisi", "pengrusakan kantor", "pengerusakan", "Regu Satpol-PP"),
        *("Kapolres kota", "para pendemo", "Pasien merah dibawa ke RS.", "keadaan merah"),
    ],
)
def test_wrong__finds_what_is_wrong(text):
    assert wrong(text)


@pytest.mark.parametrize(
    "text",
    ["tahap merah", "triase merah", "dari kuning ke merah", "perusakan kantor", "Satpol PP", "`satpol-pp-1`", "merah"],
)
def test_wrong__leaves_what_is_right(text):
    assert not wrong(text)
