"""What the papers promise: every command, target and link that a page names exists; one version everywhere."""

import re
from pathlib import Path

import pytest
import typer

import sispamkota
from sispamkota.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+)(?: [a-z-]+)*:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
PROGRAM = typer.main.get_command(app)


def _unknown_targets(line: str) -> list[str]:
    words = line.split("#", maxsplit=1)[0].split()
    named = [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)] if words[:1] == ["make"] else []
    return [f"make {target}" for target in named if target not in TARGETS]


def _unknown_options(line: str) -> list[str]:
    """What a `sispamkota` line says that the program does not understand."""
    words = line.split("#", maxsplit=1)[0].split()
    if not words or Path(words[0]).name != "sispamkota":
        return []
    command, path = PROGRAM, ["sispamkota"]
    while getattr(command, "commands", None) and len(words) > len(path) and not words[len(path)].startswith("-"):
        path.append(words[len(path)])
        if path[-1] not in command.commands:
            return [" ".join(path)]
        command = command.commands[path[-1]]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    options = [word.split("=")[0] for word in words if re.match(r"-{1,2}[a-z]", word)]
    return [f"{' '.join(path)} {option}" for option in options if option not in known | {"--help", "--version"}]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages__say_what_is_true(page, shell_lines):
    text = page.read_text(encoding="utf-8")
    faults = [fault for line in shell_lines(text) for fault in (*_unknown_targets(line), *_unknown_options(line))]
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        faults += [link] if "://" not in link and not (page.parent / link).exists() else []
    assert faults == []


def test_pages__each_can_be_reached_from_the_readme():
    seen, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop().resolve()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
            ahead += [page.parent / link for link in links if "://" not in link]
    assert {page.resolve() for page in PAGES} - seen == set()


def test_pages__a_false_line_is_noticed():
    assert _unknown_targets("make rehearse conquer") == ["make conquer"]
    assert _unknown_options("sispamkota rehearse --replicas 7") == ["sispamkota rehearse --replicas"]
    assert _unknown_options("sispamkota place destroy") == ["sispamkota place destroy"]


def test_papers__one_version():
    version = sispamkota.__version__
    assert f'version: "{version}"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
