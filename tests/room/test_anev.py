"""The after-action review: every number of the page is that of the log or of its world, and nothing is invented."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from room.drill import HOSPITAL, MINUTE, Drill
from sispamkota.cli import app
from sispamkota.errors import InputError, StoreError
from sispamkota.exercise import ExerciseLog, Record, Setup, replay
from sispamkota.exercise.improvement import board_of
from sispamkota.exercise.log import chain_faults, make_record
from sispamkota.kernels import layout as at
from sispamkota.kernels.measure import MEASURES
from sispamkota.rehearsal.story import read_log
from sispamkota.review.anev import Anev, make_anev
from sispamkota.review.anev_book import make_book
from sispamkota.review.anev_page import anev_page, write_anev
from sispamkota.words import number, words

LANGS = ("id", "en")


@pytest.fixture(scope="module")
def anev(kpu: Setup, log: ExerciseLog) -> Anev:
    """The review of the drill."""
    return make_anev(log, setup=kpu)


class _Tables(HTMLParser):
    """Read a page's tables: rows of cells by the id of their section; and all its words."""

    def __init__(self, page: str) -> None:
        """Read it."""
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.words: list[str] = []
        self._section, self._cell, self._style = "", None, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Open."""
        self._style = tag == "style"
        if tag == "section":
            self._section = dict(attrs)["id"]
        elif tag == "tr":
            self.tables.setdefault(self._section, []).append([])
        elif tag in ("td", "th"):
            self._cell = ""

    def handle_endtag(self, tag: str) -> None:
        """Close."""
        if tag in ("td", "th") and self._cell is not None:
            self.tables[self._section][-1].append(" ".join(self._cell.split()))
            self._cell = None
        self._style = False

    def handle_data(self, data: str) -> None:
        """Take words in."""
        if not self._style:
            self.words.append(data)
        if self._cell is not None:
            self._cell += data


def _said(page: str) -> str:
    return " ".join(" ".join(_Tables(page).words).split())


def _span(seconds: float, lang: str) -> str:
    return f"{number(seconds / 60, lang, digits=1)} {'menit' if lang == 'id' else 'min'}"


# --- every number is the log's or the world's -------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_page__tells_requests_as_the_log_has_them(anev: Anev, drill: Drill, lang: str) -> None:
    rows = _Tables(anev_page(anev, lang=lang)).tables["requests"][1:]
    t = words(lang)
    assert [row[0] for row in rows] == [str(drill.did[name].n) for name in ("ask 4", "ask 5", "ask lapsed")]
    assert [row[6] for row in rows] == [t(f"anev.state_{state}") for state in ("granted", "refused", "lapsed")]
    took = [(drill.did[b].t - drill.did[a].t) / 1000 for a, b in (("ask 4", "grant 4"), ("ask 5", "refuse 5"))]
    assert [row[7] for row in rows] == [*(_span(each, lang) for each in took), "–"]
    assert rows[0][5] == "pelemparan batu"
    assert rows[0][8] == "Kapolda: terukur"


@pytest.mark.parametrize("lang", LANGS)
def test_page__tells_the_world_as_a_replay_of_its_own_finds_it(
    anev: Anev, kpu: Setup, log: ExerciseLog, lang: str
) -> None:
    """Harm, the ledger of force, calls and hand-overs, found a second time without the review's code."""
    tables = _Tables(anev_page(anev, lang=lang)).tables
    room = replay(kpu, log.records)
    world = copy.deepcopy(room.world)
    world.finish()
    w = world.state.world[0]
    assert w.forced > 0, "the drill must hurt somebody by force, or this test shows nothing"
    assert [row[1] for row in tables["harm"][1:]] == [
        number(float(n), lang) for n in (w.civilians, w.officers, w.deaths, w.forced)
    ]
    for n in range(2):
        seconds = [float(world.state.crowd["force_s"][n, step]) for step in range(1, 7)]
        assert [row[1 + n] for row in tables["force"][1:]] == [_span(each, lang) for each in seconds]
    calls = world.state.response[: int(w.responses)]
    shown = [(row[0], row[4]) for row in tables["calls"][1:]]
    found = [
        (number(c["called"] / 60, lang, digits=1), _span(c["seconds"], lang) if c["outcome"] == at.ANSWERED else "–")
        for c in sorted(calls, key=lambda c: float(c["called"]))
    ]
    assert sorted(shown) == sorted(found)
    ambulance = next(row for row in tables["responses"][1:] if row[0] == words(lang)("service.ambulance"))
    mine = [c for c in calls if c["service"] == at.AMBULANCE_SERVICE]
    assert ambulance[1] == str(len(mine))
    assert ambulance[3] == str(sum(c["seconds"] <= 900 for c in mine))
    told = read_log(room.world.log(), kpu.names)
    kuning = told[(told["event"] == "stage_kuning") & (told["place"] == "kpu")]["t"].iloc[0]
    over = told[(told["event"] == "alih_kendali") & (told["detail"] == "Kapolresta")]["t"].iloc[0]
    page = _said(anev_page(anev, lang=lang))
    assert f"Kapolresta {_span(over - kuning, lang)}" in page
    assert _span(kuning - 3 * 60, lang) in page, "from the first contact to the first tahap kuning"


def test_page__tells_each_rise_of_force_with_its_authority_and_reason(anev: Anev, drill: Drill) -> None:
    rows = _Tables(anev_page(anev, lang="en")).tables["rises"][1:]
    beyond = [row for row in rows if row[2].endswith("4")]
    assert [row[4:] for row in beyond] == [["Kapolda", "pelemparan batu / terukur", str(drill.did["grant 4"].n)]]
    assert float(beyond[0][0]) == pytest.approx(drill.did["grant 4"].t / MINUTE, abs=0.06)
    assert all(row[4] == "commander at the place (up to stage 3)" for row in rows if row not in beyond)
    said = words("en")("anev.gas", asked=1, granted=0, refused=1, lapsed=0, used="0.0 min")
    assert said in _said(anev_page(anev, lang="en"))


def test_rise__without_a_word_in_the_log_is_said_to_have_none(anev: Anev, kpu: Setup) -> None:
    """The room lets no such rise happen; a review that is shown one must not cover it."""
    board = copy.deepcopy(anev.board)
    for each in board.requests.values():
        each.place = "bawaslu"
    bare = replace(anev, board=board, seen=replace(anev.seen, board=board))
    assert words("id")("anev.word_missing") in anev_page(bare, lang="id")
    assert words("id")("anev.word_missing") not in anev_page(anev, lang="id")


@pytest.mark.parametrize("lang", LANGS)
def test_page__tells_dialogue_board_vote_and_events(anev: Anev, drill: Drill, lang: str) -> None:
    tables, t = _Tables(anev_page(anev, lang=lang)).tables, words(lang)
    board = tables["hospitals"][1]
    gap = (drill.did["board 2"].t - drill.did["board 1"].t) / 1000
    assert board[1:] == ["2", _span(gap, lang), number(6.0, lang, digits=1), "5", "4"]
    states = [row[6].split(":")[0] for row in tables["dialogue"][1:]]
    assert states.count(t("anev.talk_state_kept")) == 1
    assert states.count(t("anev.talk_state_late")) == 1
    assert tables["voting"][1][2:] == [t("anev.voting_paused"), "pagar rusak", str(drill.did["vote"].n)]
    events = {row[0]: row for row in tables["msel"][1:]}
    assert len(events) == len(drill.room.board.items)
    assert events["pemberitahuan"][6] == t("anev.item_played")
    assert str(drill.did["contact"].n) in events["pemberitahuan"][7]
    assert events["pers"][6] == f"{t('anev.item_dropped')}: waktu habis"
    assert events["rumor"][6] == t("anev.item_waited")
    assert events["tambahan"][4] == "Tambahan <b>", "a text is never mark-up"
    assert t("anev.item_added") in events["tambahan"][6]
    assert tables["observations"][1][3:] == ["radio penuh", str(drill.did["saw"].n)]


def test_ratings__are_the_evaluators_and_none_is_invented(anev: Anev, drill: Drill) -> None:
    book = make_book(anev, lang="en")
    letters = {task.title: task.letter for _, tasks in book.objectives for task in tasks}
    assert sorted(letters.values()) == sorted("MP" + "–" * 6)
    unrated = [task for _, tasks in book.objectives for task in tasks if task.letter == "–"]
    assert all(task.rating == "Not rated." for task in unrated)
    assert anev.unrated == 6
    rated = {(p.good, p.task.id) for p in anev.points if p.fact.key == "rated" and p.task}
    assert rated == {(True, "dialog-awal"), (False, "ambulans")}
    assert [p.fact.records for p in anev.points if p.fact.key == "rated"] == [
        (drill.did["rate P"].n,),
        (drill.did["rate M"].n,),
    ]


def test_facts__are_met_or_missed_by_the_limit_that_the_task_names(anev: Anev, kpu: Setup, log: ExerciseLog) -> None:
    """The same log against a shorter limit: the hospital board's gap of 22 minutes is missed."""
    facts = {row.task.id: row.facts for _, _, rows in anev.objectives for row in rows}
    assert facts["papan-rs"][0].met is True
    assert facts["alih-kendali"][-1].met is False, "one request lapsed"
    file = json.loads(kpu.file.model_dump_json().replace('"limit_min":30.0', '"limit_min":20.0'))
    shorter = make_anev(ExerciseLog({**log.setup, "file": file}, log.records, log.manifest), setup=kpu)
    again = {row.task.id: row.facts for _, _, rows in shorter.objectives for row in rows}
    assert again["papan-rs"][0].met is False


def test_force__by_the_policy_is_not_called_a_commander_s(kpu: Setup) -> None:
    """With nobody at a desk the policy may go beyond what a commander may decide alone; the fact says whose it was."""
    alone = Drill(kpu)
    alone.do("arrive", "controller", 20, do="inject.arrive", place="kpu", people=1500, over=300.0)
    alone.do("provoke", "controller", 30, do="inject.provoke", place="kpu", people=300)
    alone.do("end", "controller", 60, do="clock.end")
    anev = make_anev(alone.room.log(), setup=kpu)
    most = max(rise.after for rise in anev.course.rises) if anev.course else 0
    assert most > kpu.file.force_free
    (fact,) = next(row.facts for _, _, rows in anev.objectives for row in rows if row.task.id == "kekuatan-bertahap")
    assert (fact.key, fact.fields["most"], fact.met) == ("force_policy", ("step", most), None)
    assert words("id")("anev.word_policy") in anev_page(anev, lang="id")


def test_review__refuses_a_broken_chain(kpu: Setup, log: ExerciseLog) -> None:
    with pytest.raises(StoreError, match="unbroken chain"):
        make_anev(ExerciseLog(log.setup, (*log.records[:3], *log.records[4:]), log.manifest), setup=kpu)


def test_hospital_board__that_falls_silent_is_late_until_the_end(kpu: Setup) -> None:
    quiet = Drill(kpu)
    quiet.do("sit", f"hospital:{HOSPITAL}", 3, do="seat.take")
    quiet.do("board", f"hospital:{HOSPITAL}", 5, do="hospital.update", hospital=HOSPITAL, igd_free=1, igd_waiting=0)
    quiet.do("end", "controller", 50, do="clock.end")
    quiet.do("after", "evaluator", 50, do="rate", task="papan-rs", rating="U", text="diam")
    facts = {row.task.id: row.facts for _, _, rows in make_anev(quiet.room.log(), setup=kpu).objectives for row in rows}
    (fact,) = facts["papan-rs"]
    assert (fact.fields["gap"], fact.fields["at"], fact.met) == (("min", 45 * 60.0), ("min", 5 * 60.0), False)


def test_plan__says_what_is_closed_open_and_overdue(anev: Anev, drill: Drill) -> None:
    assert {each.id: each.state for each in anev.plan} == {"radio": "open", "papan": "overdue", "peta": "closed"}
    rows = {row[0]: row for row in _Tables(anev_page(anev, lang="id")).tables["plan"][1:]}
    assert rows["kanal kedua"][1:4] == ["Kabag Ops", "15 Desember 2026", "terbuka"]
    assert rows["papan IGD"][3] == "lewat tenggat"
    assert f"{drill.did['plan 0'].n}, {drill.did['done 3'].n}" in rows["peta jalur"][4]


def test_page__gives_the_log_s_head_and_length(anev: Anev, log: ExerciseLog) -> None:
    for audience in ("service", "public"):
        page = anev_page(anev, lang="en", audience=audience)
        assert log.records[-1].hash in page
        assert f"{len(log.records)} records" in page


# --- what it rests on -------------------------------------------------------------------------------------------------


def test_basis__is_verified_by_every_checkpoint(anev: Anev) -> None:
    assert (anev.basis.state, anev.basis.same, anev.basis.checkpoints) == ("verified", 2, 2)


def _other(records: list[Record], change: dict[int, dict[str, Any]]) -> tuple[Record, ...]:
    """Chain records anew with other actions."""
    told: list[Record] = []
    for r in records:
        action = {**r.action, **change.get(r.n, {})}
        told.append(make_record(told[-1] if told else None, t=r.t, at=r.at, seat=r.seat, action=action))
    assert not list(chain_faults(told, where="log"))
    return tuple(told)


def test_basis__names_the_checkpoint_that_differs_and_shows_no_world(kpu: Setup, log: ExerciseLog) -> None:
    ticks = [r.n for r in log.records if r.do == "clock.tick"]
    records = _other(list(log.records), {ticks[1]: {"digest": "0" * 64}})
    anev = make_anev(ExerciseLog(log.setup, records, log.manifest), setup=kpu)
    assert (anev.basis.state, anev.basis.first, anev.basis.same) == ("differs", ticks[1], 1)
    assert anev.course is None
    assert f"record {ticks[1]}" in anev_page(anev, lang="en")


def test_basis__without_a_checkpoint_says_so(kpu: Setup, log: ExerciseLog) -> None:
    anev = make_anev(log.until(18), setup=kpu)
    assert anev.basis.state == "unchecked"
    assert "no checkpoint" in anev_page(anev, lang="en")


@pytest.mark.parametrize("lang", LANGS)
def test_log_of_another_engine__is_shown_as_recorded_alone(log: ExerciseLog, drill: Drill, lang: str) -> None:
    anev = make_anev(ExerciseLog({**log.setup, "engine": "f00dfeed00000000"}, log.records, log.manifest))
    page, t = anev_page(anev, lang=lang), words(lang)
    tables = _Tables(page).tables
    assert anev.basis.state == "other_engine"
    assert "f00dfeed0000" in page
    assert t("anev.world_missing") in _said(page)
    assert not {"harm", "calls", "responses", "rises"} & set(tables)
    assert "<svg" not in page
    assert len(tables["requests"]) == 4, "what people did stands in the log"
    assert {p.fact.key for p in anev.points} <= {"rated", "answered", "board", "voting", "commitments", "carried_late"}


def test_review__of_a_log_that_has_only_begun(kpu: Setup, log: ExerciseLog) -> None:
    for n in (0, 1):
        anev = make_anev(log.until(n), setup=kpu)
        for lang in LANGS:
            assert words(lang)("anev.requests_none") in _said(anev_page(anev, lang=lang))


@pytest.mark.parametrize("lang", LANGS)
def test_among__places_the_run_among_rehearsals_of_its_own_scenario(kpu: Setup, lang: str) -> None:
    """A room that nobody touches is replicate 0: as much as itself in every measure."""
    untouched = Drill(kpu)
    untouched.do("end", "controller", kpu.scenario.horizon / 60, do="clock.end")
    anev = make_anev(untouched.room.log(), setup=kpu, rehearsals=3)
    assert [each.n for each in anev.among] == [3] * 6
    assert all(each.equal >= 1 and each.less + each.equal <= 3 for each in anev.among)
    row, _ = copy.deepcopy(untouched.room.world).finish()
    assert anev.among[0].value == row[MEASURES.index("harm_people")]
    rows = _Tables(anev_page(anev, lang=lang)).tables["among"][1:]
    assert [row[2:4] for row in rows] == [[str(each.less), str(each.equal)] for each in anev.among]


# --- for whom ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_public_edition__names_no_unit_no_rating_and_no_weak_point(anev: Anev, kpu: Setup, lang: str) -> None:
    page = anev_page(anev, lang=lang, audience="public")
    said = _said(page)
    hidden = [*kpu.names.units, "radio penuh", "antrean", "kanal kedua", "papan IGD", "malang-500", "pelemparan batu"]
    hidden += [words(lang)(f"anev.rating_{letter}") for letter in "PSMU"]
    hidden += [words(lang)("anev.msel_note"), words(lang)("anev.not_rated"), HOSPITAL]
    service = _said(anev_page(anev, lang=lang))
    assert [each for each in hidden if each in said] == []
    assert [each for each in hidden if each in service], "what is hidden stands in the other edition"
    assert words(lang)("page.mark_public") in said
    assert "<svg" not in page
    assert _Tables(page).tables["harm"] == _Tables(anev_page(anev, lang=lang)).tables["harm"]


def test_page__has_no_script_and_asks_no_network(anev: Anev) -> None:
    page = anev_page(anev, lang="id")
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)="(?!data:|#)""", page)
    assert page == anev_page(anev, lang="id")


@pytest.mark.parametrize("audience", ["service", "public"])
def test_paper__says_what_the_page_says(anev: Anev, tmp_path: Path, audience: str) -> None:
    pdf = pytest.importorskip("pypdfium2")
    path = write_anev(anev, tmp_path / "a.pdf", lang="id", audience=audience)
    book = make_book(anev, lang="id", audience=audience)
    pages = [page.get_textpage().get_text_bounded() for page in pdf.PdfDocument(path)]
    text = re.sub(r"[\s\x02\u200b\ufffe-]+", "", "".join(pages))
    said = [each.said for each in (*book.well, *book.improve)] + [
        cell for part in (*book.plan, *book.parts) for row in part.rows for cell in row
    ]
    missing = [each for each in said if re.sub(r"[\s\u200b-]+", "", each) not in text]
    assert missing == []
    mark = words("id")(f"page.mark_{audience}")
    assert all(mark in page for page in pages)
    again = write_anev(anev, tmp_path / "b.pdf", lang="id", audience=audience)
    assert path.read_bytes() == again.read_bytes()


# --- the command ------------------------------------------------------------------------------------------------------


def test_command__reviews_the_folder_of_an_exercise(log: ExerciseLog, tmp_path: Path) -> None:
    log.save(tmp_path / "latihan")
    found = CliRunner().invoke(
        app, ["review", str(tmp_path / "latihan"), "--json", "--lang", "en", "-o", str(tmp_path / "a.html")]
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["basis"]["state"] == "verified"
    assert told["ratings"]["dialog-awal"] == "P"
    assert told["ratings"]["damkar"] is None
    assert log.records[-1].hash in (tmp_path / "a.html").read_text("utf-8")


def test_command__refuses_an_exercise_beside_another_result(log: ExerciseLog, tmp_path: Path) -> None:
    log.save(tmp_path / "latihan")
    found = CliRunner().invoke(app, ["review", str(tmp_path / "latihan"), str(tmp_path / "latihan")])
    assert isinstance(found.exception, InputError)
    assert "one exercise alone" in str(found.exception)
    assert not list(tmp_path.glob("*.html"))


def test_board__folds_without_a_world(log: ExerciseLog, drill: Drill) -> None:
    assert board_of(log).to_dict() == drill.room.board.to_dict()
