"""The command line: what it answers, where it says it, with which code."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import sispamkota.cli
from sispamkota.cli import app, main
from sispamkota.errors import InputError
from sispamkota.inputs import DATA


def run(*words, stdin=None, **environment):
    """Run the program in a process of its own, as a user does."""
    env = {**os.environ, "LC_ALL": "en_US.UTF-8", "NO_COLOR": "1", **environment}
    code = "from sispamkota.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, check=False, stdin=stdin)


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the program in this process, through the same door: it is quicker."""

    def called(*words):
        monkeypatch.setattr(sys, "argv", ["sispamkota", *map(str, words)])
        monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, ended.value.code, said.out, said.err)

    return called


def test_help__names_the_commands_in_both_languages():
    english, indonesian = run("--help"), run("--help", LC_ALL="id_ID.UTF-8")
    assert english.returncode == indonesian.returncode == 0
    for command in ("rehearse", "rerun", "review", "place", "force", "plan", "verify", "doctor"):
        assert command in english.stdout
        assert command in indonesian.stdout
    assert "Rehearse a plan" in english.stdout
    assert "Gladikan rencana" in indonesian.stdout


@pytest.mark.parametrize("lang", ["id", "en"])
def test_help__every_line_is_a_sentence(lang):
    """And none doubles the dots that the parser adds to what may be repeated."""
    catalogue = tomllib.loads((DATA / "locale" / f"{lang}.toml").read_text(encoding="utf-8"))["cli"]
    code = Path(sispamkota.cli.__file__).parent.glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in code)
    keys = re.findall(r'(?:help=t|group)\("cli\.(\w+)"\)', text)
    assert len(keys) > 150
    assert not {key: catalogue[key] for key in keys if not catalogue[key].endswith(".")}
    assert not re.findall(r'typer\.Argument\(metavar="([^"]*(?:…|\.\.\.|\[)[^"]*)"', text)


def test_help__comes_in_the_language_that_is_asked_for():
    assert "Show what a plan holds." in run("plan", "show", "--lang", "en", "--help", LC_ALL="id_ID.UTF-8").stdout
    assert "Tampilkan isi rencana." in run("plan", "show", "--help", "--lang=id").stdout


def test_version__is_the_package_s():
    import sispamkota

    assert run("--version").stdout == f"sispamkota {sispamkota.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [("conquer",), ("rehearse", "--replicas", "3"), ("rehearse", "--replicates", "0"), ("place", "build")],
    ids=" ".join,
)
def test_usage__exits_2_and_keeps_stdout_clean(call, words):
    ended = call(*words)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_bad_input__lists_every_fault_and_exits_2(call):
    ended = call("place", "times", "--from", "kppu", "--to", "bawaslo", "--vehicle", "trck")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert [line.split(":")[0] for line in ended.stderr.splitlines()] == ["--from", "--to", "--vehicle"]
    assert ended.stderr.count("Did you mean") == 3


def test_rehearse__lists_the_faults_of_all_its_inputs_together(call, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("kind: plan\nversion: 1\nname: x\nposst: []\n")
    ended = call("rehearse", "no-such-scenario", "--plan", plan, "--city", "no-such-city", "--out", tmp_path / "out")
    assert ended.returncode == 2
    assert "no-such-scenario" in ended.stderr
    assert "no-such-city" in ended.stderr
    assert "posst" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_language__is_refused_before_any_work(call):
    ended = call("rehearse", "--lang", "nl")
    assert ended.returncode == 2
    assert "--lang" in ended.stderr


@pytest.mark.parametrize("words", [("force", "check"), ("plan", "check"), ("place", "check")], ids=" ".join)
def test_check__finds_nothing_in_what_we_ship(words):
    ended = CliRunner().invoke(app, [*words, "--json"])
    assert ended.exit_code == 0
    assert not [each for each in json.loads(ended.stdout)["findings"] if each.get("severity", "fault") == "fault"]


def test_check__gives_faults_as_json_and_exits_2(tmp_path):
    (tmp_path / "force.yaml").write_text("kind: force\nversion: 1\nname: x\nunitz: []\n")
    ended = CliRunner().invoke(app, ["force", "check", str(tmp_path / "force.yaml"), "--json"])
    assert ended.exit_code == 2
    findings = json.loads(ended.stdout)["findings"]
    assert findings
    assert all(set(finding) == {"where", "field", "expected", "got", "remedy"} for finding in findings)
    assert any(finding["where"].endswith("force.yaml:4") for finding in findings)


@pytest.mark.parametrize("words", [("force", "show"), ("plan", "show"), ("place", "show")], ids=" ".join)
def test_show__gives_pure_json_with_what_it_rests_on(words):
    shown = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert shown["assumptions"]
    assert shown["manifest"]["software"] == "sispamkota"


def test_times__are_seconds_in_json():
    ended = CliRunner().invoke(app, ["place", "times", "--from", "kpu", "--to", "bawaslu", "--json"])
    assert 60 < json.loads(ended.stdout)["seconds"] < 3600


def test_verify__says_met_and_knows_its_cases(call):
    rows = json.loads(CliRunner().invoke(app, ["verify", "philox", "--json"]).stdout)["rows"]
    assert {row["verdict"] for row in rows} == {"met"}
    assert set(rows[0]) == {"case", "quantity", "source", "expected", "got", "tolerance", "kind", "verdict"}
    unknown = call("verify", "phylox")
    assert unknown.returncode == 2
    assert 'Did you mean "philox"?' in unknown.stderr


def test_verify__exits_1_when_a_case_is_not_met(monkeypatch):
    from sispamkota.verification import luck

    vectors = [(counter, key, (expected[0] ^ 1, *expected[1:])) for counter, key, expected in luck.KNOWN]
    monkeypatch.setattr(luck, "KNOWN", vectors)
    ended = CliRunner().invoke(app, ["verify", "philox", "--json"])
    assert ended.exit_code == 1
    assert [row["verdict"] for row in json.loads(ended.stdout)["rows"]].count("not met") == 3


def test_doctor__names_the_extras_that_are_not_installed(call, monkeypatch):
    from sispamkota.app import doctor

    there = doctor._version
    assert "report" in doctor._extras()
    monkeypatch.setattr(doctor, "_version", lambda name: "" if name == "typst" else there(name))
    told = call("doctor", "--lang", "en")
    assert told.returncode == 0
    (line,) = [each for each in told.stdout.splitlines() if "extras" in each]
    assert "report" in line.split("(for PDF")[0]
    assert "pip install '.[report]'" in line
    monkeypatch.setattr(doctor, "_version", lambda name: "1.0")
    assert "all installed" in call("doctor", "--lang", "en").stdout


def test_doctor__names_what_is_missing(call, monkeypatch, tmp_path):
    assert all(finding["good"] for finding in json.loads(call("doctor", "--json").stdout)["findings"])
    monkeypatch.setenv("SISPAMKOTA_SHARED", str(tmp_path / "nowhere"))
    missing = call("doctor", "--lang", "en")
    assert missing.returncode == 1
    assert "✗ SISPAMKOTA_SHARED" in missing.stdout


def test_pipe__a_closed_one_ends_quietly():
    command = f"{sys.executable} -c 'from sispamkota.cli import main; main()' plan show | head -1"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ended.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_disk__a_full_one_is_named_and_exits_2():
    with Path("/dev/full").open("w") as full:
        env = {**os.environ, "LC_ALL": "en_US.UTF-8"}
        command = [sys.executable, "-c", "from sispamkota.cli import main; main()", "plan", "show"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=env, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "No space left" in ended.stderr


# --- rehearse, rerun, review: one short rehearsal for all of them -----------------------------------------------------


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """The folder of a result of 60 replicates, and what was printed."""
    out = tmp_path_factory.mktemp("hasil") / "result"
    ended = CliRunner().invoke(app, [*REHEARSE, "--workers", "2", "--out", str(out), "--json"])
    assert ended.exit_code == 0, ended.output
    return out, ended.stdout


REHEARSE = ("rehearse", "--replicates", "60", "--seed", "7")


def test_rehearse__prints_pure_json_and_keeps_the_result(rehearsed):
    out, printed = rehearsed
    answer = json.loads(printed)
    assert set(answer) >= {"measures", "assumptions", "manifest"}
    assert {"median", "mean", "low", "high", "p05", "p95", "n", "censored", "unit", "standard"} <= set(
        answer["measures"]["harm_people"]
    )
    assert answer["assumptions"]
    assert (out / "summary.json").read_text() == printed
    assert (out / "report.html").stat().st_size > 10_000
    assert not list(out.parent.glob(".*"))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_rehearse__tells_a_day_on_which_nothing_happens(tmp_path, lang):
    """No call, no casualty, nothing to judge by: a table and a report all the same."""
    out = tmp_path / "quiet"
    ended = CliRunner().invoke(app, ["rehearse", "quiet", "-n", "20", "--out", str(out), "--lang", lang])
    assert ended.exit_code == 0, ended.output
    assert (out / "report.html").stat().st_size > 10_000
    assert json.loads((out / "summary.json").read_text())["measures"]["harm_people"]["median"] == 0.0


def test_rehearse__gives_the_same_bytes_with_one_worker(rehearsed, tmp_path):
    ended = CliRunner().invoke(app, [*REHEARSE, "--workers", "1", "--out", str(tmp_path / "one"), "--json"])
    assert ended.stdout == rehearsed[1]


def test_rehearse__refuses_a_place_it_cannot_write(call, tmp_path):
    (tmp_path / "file").write_text("mine")
    ended = call(*REHEARSE, "--out", tmp_path / "file" / "out")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert str(tmp_path / "file") in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_rehearse__leaves_a_foreign_folder_alone(call, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    ended = call(*REHEARSE, "--out", tmp_path)
    assert ended.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_rerun__gives_the_stored_row(rehearsed):
    ended = CliRunner().invoke(app, ["rerun", str(rehearsed[0]), "--replicate", "17", "--json"])
    answer = json.loads(ended.stdout)
    assert ended.exit_code == 0
    assert answer["same"]
    assert answer["row"]["replicate"] == 17


def test_rerun__exits_1_when_the_row_differs(rehearsed, tmp_path):
    import shutil

    import pandas as pd

    changed = tmp_path / "changed"
    shutil.copytree(rehearsed[0], changed)
    rows = pd.read_parquet(changed / "rows.parquet")
    rows.loc[17, "events"] += 1
    rows.to_parquet(changed / "rows.parquet", index=False)
    ended = CliRunner().invoke(app, ["rerun", str(changed), "--replicate", "17", "--json"])
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["different"] == ["events"]


def test_review__writes_the_report_in_either_language(rehearsed, tmp_path):
    for language in ("en", "id"):
        report = tmp_path / f"{language}.html"
        ended = CliRunner().invoke(app, ["review", str(rehearsed[0]), "-o", str(report), "--lang", language])
        assert ended.exit_code == 0, ended.output
        assert f'<html lang="{language}">' in report.read_text(encoding="utf-8")


def test_review__public_page_and_another_replicate(rehearsed, tmp_path):
    public, told = tmp_path / "public.html", tmp_path / "told.html"
    ended = CliRunner().invoke(app, ["review", str(rehearsed[0]), "-o", str(public), "--audience", "public"])
    assert ended.exit_code == 0, ended.output
    assert 'body class="public"' in public.read_text(encoding="utf-8")
    command = ["review", str(rehearsed[0]), "-o", str(told), "--replicate", "3", "--lang", "en"]
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 0, ended.output
    assert "Replicate 3" in told.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "options",
    [["-o", "x.doc"], ["--audience", "press"], ["--replicate", "999999"], ["RESULT", "--replicate", "1"]],
    ids=["suffix", "audience", "replicate", "two"],
)
def test_review__what_does_not_fit_writes_nothing(rehearsed, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    given = [str(rehearsed[0]) if each == "RESULT" else each for each in options]
    ended = CliRunner().invoke(app, ["review", str(rehearsed[0]), *given])
    assert isinstance(ended.exception, InputError)
    assert list(tmp_path.iterdir()) == []


def test_review__a_pdf_without_typst_is_refused_before_the_work(rehearsed, call, tmp_path, monkeypatch):
    from sispamkota.cli import reviewing

    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr(reviewing, "_complete", lambda *_: pytest.fail("the work began"))
    ended = call("review", rehearsed[0], "-o", tmp_path / "new" / "x.pdf")
    assert ended.returncode == 2
    assert "expected the library typst, got not installed. From a clone: .venv/bin/pip install" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_review__says_that_the_engine_is_made_ready(rehearsed, call, tmp_path, monkeypatch):
    monkeypatch.setattr("sispamkota.app.doctor.compiled_kernels", lambda: 0)
    ended = call("review", rehearsed[0], rehearsed[0], "-o", tmp_path / "x.html")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.startswith("Preparing the engine")


def test_kernels__another_installations_and_a_few_of_them_are_no_engine(monkeypatch, tmp_path):
    from sispamkota.app.doctor import compiled_kernels
    from sispamkota.kernels import world

    cached = SimpleNamespace(stats=SimpleNamespace(cache_path=str(tmp_path)))
    monkeypatch.setattr(world, "advance", cached)
    (tmp_path / "travel.matrix-250.py311.nbi").touch()  # what `place times` compiles
    assert compiled_kernels() == 0
    (tmp_path / "world.advance-90.py311.nbi").touch()
    assert compiled_kernels() == 2


def test_review__public_json_alone_writes_no_page(rehearsed, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = call("review", rehearsed[0], "--audience", "public", "--json")
    assert json.loads(ended.stdout)["audience"] == "public"
    assert list(tmp_path.iterdir()) == []


def test_rehearse__an_argument_given_as_an_option_is_told_so(call):
    ended = call("rehearse", "--scenario", "quiet")
    assert ended.returncode == 2
    assert "got an option. Write it without --scenario: sispamkota rehearse SCENARIO." in ended.stderr


@pytest.mark.parametrize(
    ("name", "got", "command"),
    [
        ("malang-500", "the name of a plan", "rehearse --plan malang-500 -o"),
        ("hostage", "the name of a scenario", "rehearse hostage -o"),
        ("malang", "the name of a city", "rehearse --city malang -o"),
        ("nowhere", "no such folder", "rehearse -o"),
        ("folder", "a folder without a result", "rehearse -o"),
        ("file.txt", "a file", "rehearse -o"),
    ],
)
def test_review__says_what_it_was_given_in_place_of_a_result(name, got, command, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("mine")
    for words in (("review", name), ("rerun", name, "--replicate", 1)):
        ended = call(*words)
        assert ended.returncode == 2
        assert f"{name}: result: expected a folder that rehearse wrote, got {got}. " in ended.stderr
        assert f"sispamkota {command} hasil/mine" in ended.stderr


def test_review__says_what_could_not_be_kept_and_reports_it_all(rehearsed, call, tmp_path, monkeypatch):
    """A folder that may not be written to: the tests may run as root, so the disk says no in its place."""
    import errno
    import shutil

    from sispamkota import store

    shutil.copytree(rehearsed[0], tmp_path / "result")
    (tmp_path / "result" / "report.html").unlink()
    ensemble = store.load(tmp_path / "result")
    monkeypatch.setattr("sispamkota.rehearsal.causes.with_evidence", replace)
    before = {path.name: path.read_bytes() for path in (tmp_path / "result").iterdir() if path.is_file()}

    def full(*_args, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(store, "_swap", full)
    ended = call("review", tmp_path / "result", "-o", tmp_path / "report.html")
    assert ended.returncode == 0, ended.stderr
    kept = [line for line in ended.stderr.splitlines() if "could not be kept" in line]
    assert len(kept) == 1
    assert "(read-only file system)" in kept[0]
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert {path.name: path.read_bytes() for path in (tmp_path / "result").iterdir() if path.is_file()} == before
    assert ensemble.rows.equals(store.load(tmp_path / "result").rows)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("plan frontier --from 1000 --to 300", "--to: sizes: expected 1000 or more, as --from says, got 300"),
        ("plan improve --seconds 0", '--seconds: expected greater than or equal to 1, got "0"'),
        ("plan improve --seconds inf", '--seconds: expected a number, got "inf"'),
        ("plan deploy -o x --seconds inf", '--seconds: expected a number, got "inf"'),
        ("rehearse --cluster-wait nan", "--cluster-wait: expected"),
    ],
)
def test_numbers__out_of_range_are_one_fault(typed, said, call):
    ended = call(*typed.split(), "--lang", "en")
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_interrupt__keeps_what_is_done_and_says_how_to_go_on(tmp_path):
    """Ctrl-C in the middle of a long rehearsal."""
    command = [sys.executable, "-c", "from sispamkota.cli import main; main()"]
    command += ["rehearse", "--replicates", "1000000", "--out", str(tmp_path / "out"), "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        for _ in range(1800):
            if list(tmp_path.glob(".out.*.parts/*.parquet")) or child.poll() is not None:
                break
            time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        try:
            out, err = child.communicate(timeout=60)
        finally:
            child.kill()  # where SIGINT is ignored it would play on for ever
    assert child.returncode == 130
    assert out == ""
    assert "the same command goes on" in err
    assert "Traceback" not in err
    assert list(tmp_path.glob(".out.*.parts/*.parquet"))
    assert not (tmp_path / "out").exists()


def test_rehearse__refuses_a_place_that_is_not_ours_before_it_plays(tmp_path):
    """Nothing is played, nothing of the user's is touched, and no folder of parts is left."""
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("mine")
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    for out in (file, folder):
        ended = CliRunner().invoke(app, ["rehearse", "-n", "5", "--out", str(out)])
        assert isinstance(ended.exception, InputError)
        assert "nothing was changed" in str(ended.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    ("typed", "lang", "said"),
    [
        ("plan chek", "id", 'sispamkota plan: command: seharusnya perintah dari program ini, tetapi "chek". Maksudnya'),
        ("rehearse --replicats 3", "id", "--replicats: seharusnya opsi dari perintah ini"),
        ("rehearse --replicats 3", "id", 'Maksudnya "--replicates"?'),
        ("rehearse --zzz", "id", "Lihat sispamkota rehearse --help."),
        ("plan deploy", "id", "sispamkota plan deploy: --out / -o: seharusnya sebuah nilai, tetapi tidak ada. Lihat"),
        ("rehearse --replicates abc", "id", '--replicates / -n: seharusnya bilangan bulat, tetapi "abc". Lihat'),
        ("rehearse --replicates=0", "id", '--replicates / -n: seharusnya 1 atau lebih, tetapi "0". Lihat'),
        ("plan deploy -o x --shifts 9", "id", '--shifts: seharusnya paling banyak 6, tetapi "9". Lihat'),
        ("plan export a b", "id", 'argument: seharusnya tidak ada kata lagi, tetapi "b". Lihat'),
        ("plan deploy -o", "id", "-o: seharusnya sebuah nilai, tetapi tidak ada. Lihat"),
        ("place times malang", "en", "sispamkota place times: --from: expected a value, got nothing. See sispamkota"),
        ("plan chek", "en", 'sispamkota plan: command: expected a command of this program, got "chek". Did you mean'),
    ],
)
def test_usage__is_one_line_in_the_language_of_the_reader(typed, lang, said, monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", {"id": "id_ID.UTF-8", "en": "en_GB.UTF-8"}[lang])
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.setattr(sys, "argv", ["sispamkota", *typed.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_usage__without_a_command_the_help_is_given(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sispamkota", "plan"])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code in (0, 2)  # as the version of typer has it
    assert "frontier" in out + err
    assert "command:" not in out + err
