"""A second city from scratch: the commands of docs/how-to/build-a-city.md, word by word, in their order."""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sispamkota.cli import main
from sispamkota.place import City

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "build-a-city.md"
FINDINGS = "exit code 1"
INSTALLS = "pip install "


@pytest.fixture(scope="module")
def played(extracts, shell_lines, tmp_path_factory):
    """Play the page in a folder that holds only what the page needs of the repository; what every line printed."""
    pytest.importorskip("osmium")
    folder = tmp_path_factory.mktemp("second-city")
    (folder / ".cache").mkdir()
    for name in ("examples", "tools", ".cache/extracts"):
        (folder / name).symlink_to(ROOT / name if name != ".cache/extracts" else extracts)
    said = {line: _say(line, folder) for line in shell_lines(PAGE.read_text(encoding="utf-8"))}
    return folder, said


def _say(line: str, folder: Path) -> str:
    """Run one line and give what it prints; its exit code must be the one that the page says, 0 where it says none."""
    words = shlex.split(line, comments=True)
    if line.startswith(INSTALLS):
        return ""
    if words[0] == "sispamkota":
        code, said = _in_here(words, folder)
    else:
        command = [sys.executable if words[0] == "python" else words[0], *words[1:]]
        done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False)
        code, said = done.returncode, done.stdout + done.stderr
    assert code == int(FINDINGS in line), f"{line}\n{said}"
    return said


def _in_here(words: list[str], folder: Path) -> tuple[int, str]:
    """Run the program in this process, which spares a start for each line; its exit code and what it prints."""
    said, code = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        patch.chdir(folder)
        patch.setattr(sys, "argv", words)
        patch.setenv("LC_ALL", "en_GB.UTF-8")
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    said.seek(0)
    return code, said.read()


def of(said: dict[str, str], *parts: str) -> str:
    """What the first line printed that has all these parts."""
    return next(text for line, text in said.items() if all(part in line for part in parts))


def test_page__each_line_does_what_it_says(played):
    folder, said = played
    assert sum(line.startswith("sispamkota ") for line in said) > 12
    assert {"contoh", "monaco", "hasil"} <= {each.name for each in folder.iterdir()}
    for page in ("map.html", "way.html", "reach.html"):
        text = (folder / page).read_text(encoding="utf-8")
        assert "<html" in text
        assert not re.search(r"""(src|href)=["']https?:""", text), page


def test_page__the_city_is_the_one_on_the_map(played):
    folder, _ = played
    about = json.loads((folder / "monaco" / "city.json").read_text(encoding="utf-8"))
    assert (about["title"], about["epsg"]) == ("Monaco", 32632)
    city = City.load(folder / "monaco")
    assert set(city.kelurahan["nama"]) >= {"Monte-Carlo", "Monaco-Ville", "Fontvieille"}
    assert city.roads.n_edges == 4968
    assert int(city.kelurahan["population"].sum()) == 21_600
    assert int(city.kelurahan["voters"].sum()) == 16_800
    assert (city.kelurahan["source"] != "people.yaml").all()
    listed = city.tps[city.tps["kode_kel"] == "r2220207"]
    assert listed["voters"].tolist() == [430.0, 370.0]
    assert (listed["placed"] == "").tolist() == [True, False]
    assert city.find("kpu").name == "KPU Monaco (rekaan)"  # of the first file


def test_page__what_is_about_persons_is_left_out(played):
    folder, said = played
    assert "Nama Lurah" in of(said, "place preview", "--map")
    told = (folder / "monaco" / "manifest.json").read_text(encoding="utf-8")
    assert "fictional" not in told


def test_page__a_closure_makes_the_way_longer(played):
    _, said = played
    open_, shut = (
        float(re.search(r"([0-9.]+) min", text)[1])
        for text in (of(said, "place times", "07:30"), of(said, "place times", "--closed"))
    )
    assert shut > open_


def test_page__the_rehearsals_are_whole(played):
    folder, _ = played
    for name in ("hasil/contoh", "hasil/monaco"):
        summary = json.loads((folder / name / "summary.json").read_text(encoding="utf-8"))
        assert summary["failed"] == 0
        assert (folder / name / "report.html").exists()


def test_say__notices_a_line_that_fails(tmp_path):
    with pytest.raises(AssertionError, match="place check nowhere"):
        _say("sispamkota place check nowhere", tmp_path)
