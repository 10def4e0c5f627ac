"""Twenty questions that people ask of a report: each is answered on the page, and as the Parquet has it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from browser.look import CHROMIUM, open_page
from parts.rehearsed import city, rehearsed
from parts.test_report_numbers import fits, read
from sispamkota.review.report import write_report
from sispamkota.words import catalogue

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
QUESTIONS = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))
PAPERS = {"A4": (210, 297), "F4": (215, 330)}


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("questions") / "result"
    rehearsed().save(folder)
    for lang in ("id", "en"):
        write_report(rehearsed(), folder / f"report-{lang}.html", lang=lang, city=city())
    write_report(rehearsed(), folder / "public.html", lang="id", city=city(), audience="public")
    return folder


@pytest.fixture(scope="module", params=["id", "en"])
def asked(request, browser, result):
    with open_page(browser, result / f"report-{request.param}.html", width=1280) as visit:
        visit.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
        yield request.param, visit.page


@pytest.fixture(scope="module")
def frames(result) -> dict:
    found = {path.stem: pd.read_parquet(path) for path in result.glob("*.parquet")}
    return found | {"ok": found["rows"][found["rows"].status == "ok"], "np": np}


def test_questions__are_twenty_from_four_desks():
    assert len(QUESTIONS) == 20
    assert {each["who"] for each in QUESTIONS} == {"planner", "hospital", "kpu", "observer"}
    assert len({each["place"] for each in QUESTIONS}) == 20


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each["en"])
def test_question__is_answered_where_it_is_asked(asked, frames, question):
    lang, page = asked
    answer = page.locator(question["place"])
    assert answer.count() == 1
    assert answer.is_visible()
    true = [float(value) for value in np.ravel(eval(question["answer"], {}, frames))]
    shown = read(answer.text_content(), lang)
    assert len(shown) == len(true)
    assert all(map(fits, shown, true)), (answer.text_content(), true)


def test_page__the_keyboard_alone_reaches_and_opens_everything(browser, result):
    with open_page(browser, result / "report-id.html", width=1280) as visit:
        page, seen = visit.page, []
        wanted = page.evaluate("() => document.querySelectorAll('main summary').length")
        for _ in range(400):
            page.keyboard.press("Tab")
            at = page.evaluate("""() => { const e = document.activeElement, s = getComputedStyle(e);
                return [e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; }""")
            if at[0] == "BODY":
                break
            seen.append(at)
            if at[0] == "SUMMARY":
                page.keyboard.press("Enter")
        assert page.evaluate("() => document.querySelectorAll('main details[open]').length") == wanted > 10
        assert all(style != "none" and width >= 1 for _, style, width in seen)
        assert sum(tag == "A" for tag, *_ in seen) >= 5


@pytest.mark.parametrize("name", ["report-id", "public"])
@pytest.mark.parametrize("paper", sorted(PAPERS))
def test_page__prints_on_the_papers_of_an_office(browser, result, paper, name):
    wide, high = PAPERS[paper]
    with open_page(browser, result / f"{name}.html", width=1280) as visit:
        pdf = visit.page.pdf(width=f"{wide}mm", height=f"{high}mm", print_background=True)
        visit.page.emulate_media(media="print")
        visit.page.set_viewport_size({"width": int((wide - 30) / 25.4 * 96), "height": 1000})
        over = visit.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0
        cut = visit.page.evaluate("""() => [...document.querySelectorAll('main table')].filter(e => e.offsetWidth > 0
            && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.className)""")
        assert cut == []
    pages = pdf.count(b"/Type /Page\n")
    assert 2 <= pages <= 17
    if shutil.which("pdftotext"):
        (result / "printed.pdf").write_bytes(pdf)
        said = subprocess.run(
            ["pdftotext", str(result / "printed.pdf"), "-"], capture_output=True, text=True, check=True
        )
        mark = catalogue("id")["page.mark_public" if name == "public" else "page.mark_service"]
        sheets = said.stdout.split("\f")[:pages]
        assert all(mark in sheet for sheet in sheets)


AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in web/")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report-id", "report-en", "public"])
def test_page__has_no_serious_fault_by_axe(browser, result, name, scheme):
    with open_page(browser, result / f"{name}.html", width=1280, scheme=scheme) as visit:
        visit.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
        visit.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = visit.page.evaluate("async () => (await axe.run()).violations")
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in serious] == []
