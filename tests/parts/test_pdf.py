"""The report on paper: read back from the PDF, looked at as pixels, and silent where the public may not know."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from parts.ensemble_fixture import KELURAHAN, POSTS, SITES, make_city, make_ensemble
from sispamkota import missing
from sispamkota.errors import InputError
from sispamkota.place import City
from sispamkota.plan import Plan
from sispamkota.rehearsal import Scenario, rehearse
from sispamkota.review.letterhead import VARIABLE
from sispamkota.review.pdf import report_book, write_pdf
from sispamkota.review.report import render_report
from sispamkota.review.say import shower
from sispamkota.review.story import key_events
from sispamkota.review.summary import choices, describe
from sispamkota.words import catalogue

pdfium = pytest.importorskip("pypdfium2")
pytest.importorskip("typst")
POINTS_A4 = (595.3, 841.9)


def pages_of(path) -> list[str]:
    """The text of each page, white space joined."""
    document = pdfium.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def squeezed(text: str) -> str:
    """A text without blanks: where lines break is no matter here."""
    return re.sub(r"[\s\u200b]+", "", text)


@pytest.fixture(scope="module")
def ensemble():
    return make_ensemble()


@pytest.fixture(scope="module", params=["id", "en"])
def paper(request, ensemble, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_pdf(ensemble, path, lang=request.param, city=make_city())
    return request.param, path


@pytest.fixture(scope="module")
def public(ensemble, tmp_path_factory):
    path = tmp_path_factory.mktemp("pdf") / "public.pdf"
    write_pdf(ensemble, path, lang="en", city=make_city(), audience="public")
    return path


def test_pdf__every_page_is_a4_numbered_and_restricted(paper):
    lang, path = paper
    texts, document = pages_of(path), pdfium.PdfDocument(path)
    assert len(texts) >= 5
    for number, (text, page) in enumerate(zip(texts, document, strict=True), 1):
        assert page.get_size() == pytest.approx(POINTS_A4, abs=0.5)
        assert catalogue(lang)["paper.page"].format(n=number, all=len(texts)) in text
        assert squeezed(text).startswith(catalogue(lang)["page.mark_service"])


def test_pdf__the_first_page_is_findings_in_words(ensemble, paper):
    lang, path = paper
    first = squeezed(pages_of(path)[0])
    found = describe(ensemble, lang=lang).findings
    assert found
    for each in found:
        assert squeezed(each.sentence + each.evidence) in first
        assert squeezed(each.change) in first


def test_pdf__every_figure_is_the_engines(ensemble, paper):
    lang, path = paper
    text = squeezed("".join(pages_of(path)))
    for row in describe(ensemble, lang=lang).rows:
        interval = "–" if np.isnan(row.estimate.value) else row.interval
        spread = "–" if np.isnan(row.p05) else f"{row.show(row.p05)}–{row.show(row.p95)}"
        assert squeezed(row.label + row.shown + row.unit + interval + spread + row.show(row.standard)) in text, row.name
    assert not re.search(r"\{\w+\}", "".join(pages_of(path)))  # no place of a sentence is left unfilled
    for each in ensemble.assumptions:
        assert squeezed(getattr(each, lang)) in text
    assert squeezed(ensemble.manifest.version) in text


def test_pdf__equal_results_give_equal_bytes(ensemble, paper, tmp_path):
    lang, path = paper
    again = write_pdf(make_ensemble(), tmp_path / "again.pdf", lang=lang, city=make_city())
    assert again.read_bytes() == path.read_bytes()


def test_pdf__is_grey_and_its_drawings_are_no_black_blots(paper):
    for page in pdfium.PdfDocument(paper[1]):
        pixels = page.render(scale=1.0).to_numpy().astype(int)[..., :3]
        assert np.ptp(pixels, axis=2).max() <= 12  # the ink is a blueish black
        assert (pixels[..., 0] < 90).mean() < 0.12
        inked = np.flatnonzero((pixels[..., 0] < 128).any(axis=0))
        assert inked.min() > 45  # 18 mm are 51 pt: nothing is cut at the sides
        assert inked.max() < pixels.shape[1] - 45


def test_pdf__drawings_take_their_style_along(ensemble):
    _, pictures = report_book(ensemble, lang="en", audience="service", city=make_city())
    assert {"map.svg", "ladder.svg", "strip-police.svg", "hospital.svg", "reserve.svg"} <= set(pictures)
    for name, svg in pictures.items():
        assert "var(" not in svg, name
        used = {part for classes in re.findall(r'class="([^"]+)"', svg) for part in classes.split()}
        styled = set(re.findall(r"\.([a-z][\w-]*)", re.search(r"<style>(.*?)</style>", svg, re.DOTALL)[1]))
        assert used - styled <= {"map-stage"}, name
    for reference in re.findall(r'href="#([\w-]+)"', pictures["map.svg"]):
        assert f'id="{reference}"' in pictures["map.svg"]


def test_pdf__the_public_reads_of_no_post_no_reserve_no_weak_point(ensemble, public):
    text = "".join(pages_of(public)).lower()
    whole = "".join(pages_of(public))
    assert catalogue("en")["page.mark_service"] not in whole
    mark = squeezed(catalogue("en")["page.mark_public"])
    assert all(squeezed(page).startswith(mark) for page in pages_of(public))
    secret = {unit for unit, *_ in POSTS} | {name for _, name, *_ in SITES if name != "Polresta Malang Kota"}
    secret |= {name for name, *_ in KELURAHAN.values()} | {f"{value:.3f}"[:7] for site in SITES for value in site[3:5]}
    assert [each for each in sorted(secret) if each.lower() in text] == []
    rows = describe(ensemble, lang="en").rows
    hidden = [row for row in rows if row.name not in choices()["public"]["measures"]]
    assert {"reserve_low_people", "breached"} <= {row.name for row in hidden}
    assert [row.name for row in hidden if squeezed(row.label).lower() in squeezed(text)] == []


def test_pdf__the_service_does_read_of_them(paper):
    text = "".join(pages_of(paper[1]))
    assert "Bawaslu" in text
    assert "Wonokoyo" in text


def test_pdf__the_posts_of_a_manifest_are_not_for_the_public(ensemble):
    settings = dict(ensemble.manifest.settings) | {"posts": [["dalmas-awal-1", "kpu", "guard", "awal"]]}
    named = replace(ensemble, manifest=replace(ensemble.manifest, settings=settings))
    books = {who: report_book(named, lang="en", audience=who)[0] for who in ("service", "public")}
    assert "dalmas-awal-1" in str(books["service"]["manifest"])
    assert "dalmas-awal-1" not in str(books["public"])


def test_pdf__nothing_found_is_said(tmp_path):
    path = write_pdf(make_ensemble(quiet=True), tmp_path / "quiet.pdf", lang="en")
    first = pages_of(path)[0]
    assert catalogue("en")["report.nothing"] in first
    assert "Late at" not in first


def test_pdf__tells_the_replicate_of_the_page(ensemble, paper, public):
    """Each place of the told replicate with its highest figures out of the series, and every event of the page."""
    lang, path = paper
    told = squeezed(" ".join(pages_of(path)))
    for event in key_events(ensemble, choices()["events_told"], lang):
        assert squeezed(event.sentence) in told
    show = shower(lang)
    for _, course in ensemble.series.groupby("place"):
        peak = catalogue(lang)["report.told_peaceful"].format(peak=show(float(course["peaceful"].max())))
        assert squeezed(peak) in told
    assert squeezed(catalogue("en")["report.told"]) not in squeezed(" ".join(pages_of(public)))


@pytest.fixture(scope="module")
def calm():
    """The quiet day itself, played by the engine."""
    city = City.load("malang")
    return rehearse(Scenario.load("quiet"), Plan.load("malang-500"), city, replicates=6, seed=3), city


@pytest.mark.parametrize("lang", ["id", "en"])
def test_quiet__the_engines_own_finds_nothing_on_page_and_on_paper(calm, tmp_path, lang):
    """Nothing is found, both say so, and neither is without its figures."""
    result, city = calm
    assert describe(result, lang=lang).findings == ()
    page = render_report(result, lang=lang, city=city)
    pages = pages_of(write_pdf(result, tmp_path / "quiet.pdf", lang=lang, city=city))
    said = catalogue(lang)["report.nothing"]
    assert said in page
    assert "<ol>" not in page.split('id="findings"')[1].split('id="answer-well"')[0]
    assert said in pages[0]
    assert len(pages) >= 4


def test_pdf__names_are_text_and_no_program(ensemble, tmp_path):
    hostile = '#panic("x") $x$ <b>&amp; *a* _b_ `c` @d'
    sites = ensemble.sites.assign(
        name=ensemble.sites["name"].where(ensemble.sites["place"] != "35.73.03.1004", hostile)
    )
    text = "".join(pages_of(write_pdf(replace(ensemble, sites=sites), tmp_path / "r.pdf", lang="en")))
    assert squeezed(hostile) in squeezed(text)


def test_pdf__control_characters_in_names_are_left_out(ensemble, tmp_path):
    bad = replace(ensemble, sites=ensemble.sites.assign(name="Pos\x0bko\x00 kota"), city="Kota\x1b Malang")
    assert "Kota Malang" in " ".join(pages_of(write_pdf(bad, tmp_path / "report.pdf", lang="en")))


def test_pdf__a_missing_library_is_one_clear_error(ensemble, tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(missing, "import_module", absent)
    with pytest.raises(InputError, match=r"--out: typst: .*sispamkota\[report\]"):
        write_pdf(ensemble, tmp_path / "r.pdf", lang="en")
    assert list(tmp_path.iterdir()) == []


def test_pdf__an_unknown_audience_is_refused(ensemble, tmp_path):
    with pytest.raises(InputError, match="--audience"):
        write_pdf(ensemble, tmp_path / "r.pdf", lang="en", audience="press")


def test_letterhead__is_the_services_own_to_change(ensemble, tmp_path, monkeypatch):
    own = tmp_path / "letterhead.yaml"
    own.write_text('kind: letterhead\nversion: 1\nlines: ["PEMERINTAH KOTA CONTOH", "{office}"]\n', encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(own))
    assert report_book(ensemble, lang="id", audience="service")[0]["letterhead"] == [
        "PEMERINTAH KOTA CONTOH",
        "POLRESTA MALANG KOTA",
    ]
    own.write_text("kind: letterhead\nversion: 1\nline: []\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        report_book(ensemble, lang="id", audience="service")
    assert len(error.value.faults) == 2
    assert all("letterhead.yaml:" in fault.where for fault in error.value.faults)
