"""Orders: who, where, when, relief, hospital; every format says what the plan says, and nothing is cut."""

import io
import json
import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from parts.lawful import core, malang, plan_of, polling_day, unit
from sispamkota import missing
from sispamkota.cli import app
from sispamkota.errors import InputError
from sispamkota.exchange.orders import FORMATS, Layout, export_orders
from sispamkota.exchange.orders_book import book
from sispamkota.exchange.orders_pdf import DOCUMENTS, pdf_bytes
from sispamkota.exchange.orders_text import MOST_CHARACTERS, messages
from sispamkota.exchange.orders_xlsx import xlsx_bytes
from sispamkota.force import Duty
from sispamkota.place import Ride
from sispamkota.plan import Plan
from sispamkota.plan.orders import duty_words, stations_words, write_orders

pdfium = pytest.importorskip("pypdfium2")
openpyxl = pytest.importorskip("openpyxl")
A4, F4 = (595.28, 841.89), (609.45, 935.43)
EDGE = 20.0  # points: nothing is nearer to the edge of a page


@pytest.fixture(scope="module")
def drill():
    return write_orders(Plan.load("malang-500"), malang())


@pytest.fixture(scope="module")
def vote():
    rows = polling_day()
    return write_orders(plan_of(rows), malang())


def pages(data):
    return list(pdfium.PdfDocument(data))


def text_of(data):
    return "\n".join(page.get_textpage().get_text_range() for page in pages(data))


def flat(text):
    return " ".join(text.replace("\u200b", "").replace("\ufffe", "-").split())


# --- orders -----------------------------------------------------------------------------------------------------------


def test_orders__one_a_post_with_the_figures_of_the_plan(drill):
    plan = Plan.load("malang-500")
    assert [order.unit for order in drill.orders] == [post.unit for post in plan.posts]
    assert drill.people == plan.force.people == 500
    kpu = next(order for order in drill.orders if order.unit == "negosiator-1")
    assert (kpu.place, kpu.address, kpu.kelurahan, kpu.kecamatan) == (
        "KPU Kota Malang",
        "Jl. Bantaran 6",
        "Purwantoro",
        "Blimbing",
    )
    assert kpu.first == "dialogue"


def test_hospital__the_nearest_by_brute_force(drill):
    city = malang()
    hospitals = city.find_kind("rs_umum")
    for order in drill.orders[::7]:
        node = city.find(order.ref).node
        ride = Ride.of("ambulance", blue_light=True)
        times = [float(city.roads.travel_times([node], [site.node], ride=ride)[0, 0]) for site in hospitals]
        assert order.hospital == hospitals[int(np.argmin(times))].name
        assert order.hospital_s == pytest.approx(min(times))


def test_relief__follows_where_one_duty_ends_and_another_begins():
    turns = {"pagi": Duty(from_h=6, hours=8), "siang": Duty(from_h=14, hours=8), "malam": Duty(from_h=22, hours=8)}
    rows = [(unit(name, "patroli", duty=duty), "dinoyo", "mobile") for name, duty in turns.items()]
    rows.append((unit("lain", "patroli", duty=Duty(from_h=14, hours=8)), "sukun", "mobile"))
    held = {order.unit: order for order in write_orders(plan_of([*core(), *rows]), malang()).orders}
    assert [held[name].relieved_by for name in turns] == ["siang", "malam", "pagi"]
    assert [held[name].relieves for name in turns] == ["malam", "pagi", "siang"]
    assert held["lain"].relieved_by == ""


def test_first__who_watches_tps_with_arms_stays_outside_and_linmas_helps(vote):
    first = {order.kind: order.first for order in vote.orders}
    assert (first["polisi_tps"], first["linmas"], first["dalmas_awal"]) == ("tps", "linmas", "crowd")


def test_words__of_duties_and_stations():
    assert duty_words((18.0, 14.0, 24.0), "id") == "18:00–08:00"
    assert duty_words((6.5, 12.0, 48.0), "en") == "06:30–18:30, every 48 h"
    names = {"a": "Arjosari", "b": "Polowijen"}
    assert stations_words(["a/001", "a/002", "a/003", "a/007", "b/002"], names) == "Arjosari 1–3, 7; Polowijen 2"


def test_hours__who_watches_tps_without_a_turn_serves_the_vote_and_others_are_there_always(vote, drill):
    def said(orders, kind, lang, **changes):
        order = next(each for each in orders.orders if each.kind == kind)
        return orders.hours_of(replace(order, **changes), lang)

    assert "TPS buka 07:00–13:00" in said(vote, "polisi_tps", "id", duty=None)
    assert "open 07:00–13:00" in said(vote, "linmas", "en", duty=None)
    assert said(vote, "linmas", "en", duty=(5.0, 18.0, 24.0)) == "05:00–23:00"
    assert said(vote, "dalmas_awal", "id", duty=None) == "sepanjang operasi"
    assert said(drill, "linmas", "id") == "sepanjang operasi"
    assert said(replace(vote, norms={}), "linmas", "id", duty=None) == "sepanjang operasi"
    later = replace(vote, norms={**vote.norms, "tps.closes_s": 50400.0})
    assert "07:00–14:00" in said(later, "linmas", "id", duty=None)


@given(st.lists(st.integers(1, 40), min_size=1, unique=True))
def test_words__of_stations_name_each_once(numbers):
    said = stations_words([f"a/{each:03d}" for each in numbers], {"a": "A"}).removeprefix("A ")
    back = []
    for part in said.split(", "):
        low, _, high = part.partition("–")
        back += range(int(low), int(high or low) + 1)
    assert back == numbers


# --- paper ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", [*DOCUMENTS, "ics", "game", "public"])
@pytest.mark.parametrize(("paper", "lang"), [("a4", "id"), ("f4", "en")])
def test_pdf__nothing_is_cut_and_the_paper_is_right(drill, template, paper, lang):
    width, height = A4 if paper == "a4" else F4
    for page in pages(pdf_bytes(book(drill, lang), template, paper=paper)):
        size = sorted(page.get_size())
        assert size == pytest.approx(sorted((width, height)), abs=1)
        words = page.get_textpage()
        for i in range(words.count_rects()):
            left, bottom, right, top = words.get_rect(i)
            assert EDGE < left <= right < page.get_size()[0] - EDGE
            assert EDGE < bottom <= top < page.get_size()[1] - EDGE


def test_pdf__cells_hold_their_words(vote):
    """No word of a row of the annex reaches into the next column."""
    data = pdf_bytes(book(vote.of("polri"), "id"), "annex")
    page = pages(data)[1]
    lines = sorted({round(x) for x in _vertical_lines(page)})
    words = page.get_textpage()
    assert len(lines) >= 9
    for i in range(words.count_rects()):
        left, bottom, right, _ = words.get_rect(i)
        if 60 < bottom < page.get_size()[1] - 60:
            assert not [x for x in lines if left + 1 < x < right - 1]


def _vertical_lines(page):
    for each in page.get_objects():
        if each.type == 2:  # a path
            left, bottom, right, top = each.get_bounds()
            if right - left < 2 and top - bottom > 8:
                yield (left + right) / 2


def test_pdf__every_post_with_its_figures(drill):
    for lang in ("id", "en"):
        made = book(drill, lang)
        text = flat(text_of(pdf_bytes(made, "annex")))
        for row in made["orders"]:
            assert flat(row["unit"]) in text
            assert flat(row["place"]) in text
        for agency in made["agencies"]:
            assert flat(agency["sum"]) in text
    assert "500 personel dalam 40 satuan dari 8 instansi" in flat(text_of(pdf_bytes(book(drill, "id"), "plan")))


@pytest.mark.parametrize("template", [*DOCUMENTS, "ics", "game"])
def test_pdf__restricted_on_every_page_and_pages_are_numbered(drill, template):
    held = pages(pdf_bytes(book(drill, "id"), template))
    for i, page in enumerate(held, 1):
        text = flat(page.get_textpage().get_text_range())
        assert "TERBATAS" in text
        assert f"Halaman {i} dari {len(held)}" in text


def test_pdf__the_words_of_the_office():
    made = write_orders(Plan.load("malang-500"), malang())
    text = flat(text_of(pdf_bytes(book(made, "id"), "all")))
    for word in (
        *("RENCANA PENGAMANAN", "LAMPIRAN SURAT PERINTAH", "LEMBAR PLOTTING PERSONEL", "LAPORAN SITUASI"),
        *(
            "ANALISA DAN EVALUASI (ANEV)",
            "ICS-203",
            "ICS-204",
            "ICS-205",
            "Lapis ganti",
            "alih kendali",
            "peserta aksi",
        ),
    ):
        assert word in text
    for word in ("perusuh", "massa anarkis", "participants", "standby"):
        assert word not in text.casefold()


def test_pdf__same_bytes_again(drill):
    made = book(drill, "id")
    assert pdf_bytes(made, "plan") == pdf_bytes(made, "plan")


# --- for the public ---------------------------------------------------------------------------------------------------


def test_public__shows_no_post_no_reserve_no_figure_of_a_unit(vote, tmp_path):
    paths = export_orders(vote, malang(), tmp_path, layout=Layout(audience="public", lang="en"))
    assert sorted(path.suffix for path in paths) == [".pdf", ".txt"]
    for path in paths:
        text = text_of(path.read_bytes()) if path.suffix == ".pdf" else path.read_text()
        said = flat(text).casefold()
        assert "restricted" not in said
        assert "reserve" not in said
        assert not [order.unit for order in vote.orders if order.unit.casefold() in said and "-" in order.unit]
        assert not [order.place for order in vote.orders if order.place.casefold() in said.replace("malang", "")]
    with pytest.raises(InputError, match="public may see"):
        export_orders(vote, malang(), tmp_path / "x.geojson", layout=Layout(audience="public"))


# --- workbook, messages, map, picture ---------------------------------------------------------------------------------


def test_xlsx__every_person_has_a_row_and_no_name(drill):
    data = xlsx_bytes(book(drill, "id"))
    whole = openpyxl.load_workbook(io.BytesIO(data))
    plotting = list(whole["Plotting"].iter_rows(values_only=True))
    assert len(plotting) == 1 + 500
    names = [plotting[0].index(name) for name in ("Nama", "Pangkat/NRP", "Paraf")]
    assert {row[i] for row in plotting[1:] for i in names} == {None}
    for agency, held in drill.by_agency():
        rows = list(whole[drill.agency_name(agency, "id")].iter_rows(values_only=True))
        assert [row[1] for row in rows[1:]] == [order.unit for order in held]
        assert [row[3] for row in rows[1:]] == [order.people for order in held]
    assert list(whole["Ringkasan"].iter_rows(values_only=True))[9][:3] == ("Jumlah", 40, 500)
    assert data == xlsx_bytes(book(drill, "id"))


@pytest.mark.parametrize("lang", ["id", "en"])
def test_xlsx__every_text_has_the_room_that_it_takes(drill, lang):
    whole = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(book(drill, lang))))
    for sheet in whole:
        assert sheet.page_setup.fitToWidth <= 2
        widths = [sheet.column_dimensions[letter].width for letter in "ABCDEFGHIJKLMNOPQRS"[: sheet.max_column]]
        assert sum(widths) / sheet.page_setup.fitToWidth <= 170  # more would be too small to read on A4
        for i, row in enumerate(sheet.iter_rows(values_only=True), 1):
            for text, width in zip(row, widths, strict=True):
                if isinstance(text, str):  # so many lines of 14 points or more, in a word processor's plainest count
                    assert sheet.row_dimensions[i].height >= 14 * math.ceil(len(text) / width), (sheet.title, i, text)
    assert whole.worksheets[-1].row_dimensions[2].height >= 18  # written in by hand


def test_xlsx__what_looks_like_a_formula_is_text(drill):
    odd = replace(drill, orders=tuple(replace(each, radio="=1+1") for each in drill.orders))
    whole = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(book(odd, "id"))))
    cells = [cell for row in whole["Polri"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_text__at_most_a_thousand_characters_whatever_the_round(vote):
    kode = list(malang().kelurahan["kode"])
    long = replace(
        vote.orders[0],
        tps=tuple(f"{each}/{n:03d}" for each in kode for n in (1, 3, 5)),
        reason="sebab " * 90,
        under="x",
    )
    for lang in ("id", "en"):
        said = messages(book(replace(vote, orders=(*vote.orders, long)), lang))
        assert max(map(len, said.values())) <= MOST_CHARACTERS
        assert all(text for text in said.values())
        first = book(vote, lang)["words"]["first"]
        assert all(text.splitlines()[-1].startswith(f"{first}: ") for text in said.values())
    pair = next(order for order in vote.orders if order.kind == "polisi_tps")
    text = messages(book(vote, "id"))[pair.unit]
    for part in (pair.unit, pair.place, "06:00–18:00", stations_words(pair.tps, vote.kelurahan), pair.hospital):
        assert part in text


def test_map__posts_and_rounds(vote, tmp_path):
    geo, gpx = (export_orders(vote, malang(), tmp_path / f"posts.{end}")[0] for end in ("geojson", "gpx"))
    features = json.loads(geo.read_text())["features"]
    posts = [each for each in features if each["properties"]["what"] == "post"]
    assert [each["properties"]["unit"] for each in posts] == [order.unit for order in vote.orders]
    assert sum(each["properties"]["people"] for each in posts) == vote.people
    for each, order in zip(posts, vote.orders, strict=True):
        assert each["geometry"]["coordinates"] == pytest.approx([order.lon, order.lat], abs=1e-6)
    rounds = [each for each in features if each["geometry"]["type"] == "LineString"]
    assert len(rounds) == sum(len(order.tps) > 1 for order in vote.orders)
    spaces = {"g": "http://www.topografix.com/GPX/1/1"}
    root = ET.fromstring(gpx.read_text())
    assert len(root.findall("g:wpt", spaces)) == len(vote.orders)
    assert sum(len(each) for each in (root.findall("g:rte/g:rtept", spaces),)) == sum(len(o.tps) for o in vote.orders)


def test_png__small_enough_and_twice_as_wide_as_a_phone(vote, drill, tmp_path):
    from PIL import Image

    for orders in (vote, drill):
        path = export_orders(orders, malang(), tmp_path / f"{orders.plan}.png")[0]
        assert path.stat().st_size <= 300_000
        picture = Image.open(path)
        assert picture.width == 2 * 390
        assert picture.convert("RGB").getcolors(1 << 20) is not None
        assert all(r == g == b for _, (r, g, b) in picture.convert("RGB").getcolors(1 << 20))
        again = export_orders(orders, malang(), tmp_path / f"{orders.plan}-again.png")[0]
        assert path.read_bytes() == again.read_bytes()


def test_png__no_name_covers_a_mark_or_a_name(drill, vote):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from sispamkota.exchange.orders_png import _map

    for orders in (drill, vote):
        figure = Figure(figsize=(3.9, 7.2), dpi=200)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.01, 0.3, 0.98, 0.6))
        listed = _map(axes, orders, malang(), book(orders, "id")["words"], bottom=0.2)
        people = {}
        for order in orders.orders:
            people[order.ref] = people.get(order.ref, 0) + order.people
        named = [text.get_text() for text in axes.texts if not text.get_text().isdigit()]
        numbers = [number for number, _ in listed if number != "·"]
        assert len(named) + len(listed) == len(people)  # every place is told
        said = [int(text.rpartition(" ")[2]) for text in (*named, *(text for _, text in listed))]
        assert sorted(said) == sorted(people.values())
        assert numbers == [str(i + 1) for i in range(len(numbers))]
        assert sorted(numbers) == sorted(text.get_text() for text in axes.texts if text.get_text().isdigit())
        assert len(numbers) >= 0.85 * len(listed)
        boxes = [Text.get_window_extent(text) for text in axes.texts]  # the words, without the line to their place
        marks = axes.transData.transform([(order.lon, order.lat) for order in orders.orders])
        assert len(boxes) >= 5
        assert not [box for box in boxes for x, y in marks if box.contains(x, y)]
        assert not [1 for i, box in enumerate(boxes) for other in boxes[:i] if box.overlaps(other)]


# --- the command ------------------------------------------------------------------------------------------------------


NAMES = {
    "id": ("1-rencana-pengamanan", "2-lampiran-surat-perintah", "3-lembar-plotting", "4-laporan-situasi-dan-anev",
           "5-ics-203-204-205", "6-perangkat-gladi-posko", "pesan"),
    "en": ("1-security-plan", "2-annex-of-the-order", "3-plotting-sheet", "4-situation-report-and-evaluation",
           "5-ics-203-204-205", "6-floor-game-set", "messages"),
}  # fmt: skip


@pytest.mark.parametrize("lang", ["id", "en"])
def test_folder__holds_every_format_under_names_of_its_language(drill, lang, tmp_path):
    paths = export_orders(drill, malang(), tmp_path / "out", layout=Layout(lang=lang))
    names = {path.relative_to(tmp_path / "out").as_posix() for path in paths}
    *papers, messages = NAMES[lang]
    assert {name for name in names if name.endswith(".pdf")} == {f"{name}.pdf" for name in papers}
    assert {f"malang-500.{end}" for end in ("xlsx", "geojson", "gpx", "png")} <= names
    assert len([name for name in names if name.startswith(f"{messages}/")]) == 40
    assert len(FORMATS) == 8


def test_refusals__all_at_once(drill, tmp_path):
    with pytest.raises(InputError) as caught:
        export_orders(drill, malang(), tmp_path / "x.docx", layout=Layout(paper="a5", audience="press"))
    assert {fault.where for fault in caught.value.faults} == {"--paper", "--audience", "--out"}
    with pytest.raises(InputError, match="Did you mean"):
        drill.of("brimop")


def test_folder__a_strangers_is_left_alone(drill, tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="a folder with other files"):
        export_orders(drill, malang(), tmp_path, kind="text", layout=Layout(replace=True))
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_folder__of_another_plan_is_left_alone(drill, vote, tmp_path):
    export_orders(drill, malang(), tmp_path / "o", kind="text")
    before = {path: path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file()}
    for other in (vote, drill.of("polri")):
        with pytest.raises(InputError, match="orders of malang-500"):
            export_orders(other, malang(), tmp_path / "o", kind="text", layout=Layout(replace=True))
    assert {path: path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file()} == before


def test_folder__the_same_orders_again_take_away_what_is_theirs_and_no_more(drill, tmp_path):
    out = tmp_path / "o"
    export_orders(drill, malang(), out, kind="text")
    export_orders(drill, malang(), out, kind="geojson")
    (out / "pesan" / "catatan.txt").write_text("mine")
    fewer = replace(drill, orders=drill.orders[1:])
    export_orders(fewer, malang(), out, kind="text")
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert left == {"orders.json", "malang-500.geojson", "pesan/catatan.txt"} | {
        f"pesan/{order.unit}.txt" for order in fewer.orders
    }


def test_folder__what_a_hand_has_filled_is_kept_unless_it_may_go(drill, tmp_path):
    out = tmp_path / "o"
    export_orders(drill, malang(), out, kind="xlsx")
    export_orders(drill, malang(), out, kind="xlsx")
    book_path = out / "malang-500.xlsx"
    made, whole = book_path.read_bytes(), openpyxl.load_workbook(book_path)
    whole["Plotting"]["G2"] = "diisi tangan"
    whole.save(book_path)
    filled = book_path.read_bytes()
    with pytest.raises(InputError, match=r"malang-500\.xlsx: file: expected as it was written"):
        export_orders(drill, malang(), out)
    assert book_path.read_bytes() == filled
    assert {path.name for path in out.iterdir()} == {"orders.json", "malang-500.xlsx"}
    export_orders(drill, malang(), out, kind="xlsx", layout=Layout(replace=True))
    assert book_path.read_bytes() == made


def test_folder__an_export_cut_short_can_be_done_again(drill, tmp_path, monkeypatch):
    from sispamkota.exchange import orders as module

    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "gpx_text", stopped)
        with pytest.raises(KeyboardInterrupt):
            export_orders(drill, malang(), tmp_path / "o", kind="gpx")
    assert export_orders(drill, malang(), tmp_path / "o", kind="gpx")[0].exists()


def test_file__another_one_is_not_overwritten(drill, tmp_path):
    out = tmp_path / "a.txt"
    out.write_text("mine")
    with pytest.raises(InputError, match="add --replace"):
        export_orders(drill, malang(), out)
    assert out.read_text() == "mine"
    export_orders(drill, malang(), out, layout=Layout(replace=True))
    export_orders(drill, malang(), out)


# --- the words of the day ---------------------------------------------------------------------------------------------


def test_day__an_exercise_speaks_of_no_vote(drill, vote):
    for lang, word in (("id", "TPS"), ("en", "olling station")):
        made = book(drill, lang)
        papers = [text_of(pdf_bytes(made, template)) for template in ("public", "plan")]
        said = flat(" ".join([*papers, *messages(made).values()]))
        for agency in made["agencies"]:  # what an agency is for may name the vote
            said = said.replace(flat(agency["duty"]), "")
        assert word not in said
        assert "07:00" not in flat(text_of(pdf_bytes(made, "public")))
        assert "07:00" in flat(text_of(pdf_bytes(book(vote, lang), "public")))
    assert "KPPS" not in "".join(messages(book(drill, "id")).values())
    assert "KPPS" in "".join(messages(book(vote, "id")).values())


def test_day__before_any_norm_leaves_the_hours_out_and_does_not_fail(drill, tmp_path):
    early = replace(drill, on="2023-05-31", norms={}, polling=True, stage=True)
    paths = export_orders(early, malang(), tmp_path / "o", layout=Layout(audience="public"))
    text = flat(text_of(paths[0].read_bytes()))
    assert "110" in text
    assert "TPS dibuka" not in text


def test_day__without_norms_is_written_from_the_plan():
    plan = Plan.load("malang-500")
    early = replace(plan, force=replace(plan.force, on="2023-05-31"))
    assert "tps.opens_s" not in write_orders(early, malang()).norms


def test_paper__has_lines_to_write_on(drill):
    made = book(drill, "id")
    assert not any(order.under for order in drill.orders)
    for template in ("annex", "plotting"):
        text = flat(text_of(pdf_bytes(made, template)))
        assert "Pimpinan satuan: nama, pangkat, NRP" in text
        assert "– –" not in text


@pytest.mark.parametrize("paper", ["a4", "f4"])
def test_game__every_card_has_lines_to_write_on(drill, paper):
    made = pdf_bytes(book(drill, "id"), "game", paper=paper)
    text = flat(text_of(made))
    assert text.count("Pindah ke, pukul:") == len(drill.orders)
    assert text.count("Catatan (pukul") == len(drill.by_place())
    bounds = [each.get_bounds() for page in pages(made) for each in page.get_objects([2])]  # paths
    lines = sum(top - low < 1.0 and 60.0 < right - left < 260.0 for left, low, right, top in bounds)
    assert lines >= 2 * len(drill.orders) + 4 * len(drill.by_place())


def test_changes__an_hour_has_sixty_minutes(drill):
    odd = replace(drill, orders=(replace(drill.orders[0], duty=(5.9999, 8.0, 24.0)),))
    assert [each["at"] for each in book(odd, "id")["changes"]] == ["06:00", "14:00"]
    assert "–" not in "".join(each["what"] for each in book(odd, "id")["changes"])


def test_library__missing_is_one_clear_error(drill, monkeypatch, tmp_path):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(missing, "import_module", absent)
    for end in ("pdf", "xlsx"):
        with pytest.raises(InputError, match=r"pip install '\.\[report\]'"):
            export_orders(drill, malang(), tmp_path / f"x.{end}")
    assert list(tmp_path.iterdir()) == []


def test_command__writes_a_file_of_one_agency(tmp_path):
    out = tmp_path / "brimob.txt"
    ended = CliRunner().invoke(
        app, ["plan", "export", "malang-500", "-o", str(out), "--agency", "brimob", "--lang", "id"]
    )
    assert ended.exit_code == 0
    assert "phh-brimob" in out.read_text()
    assert "negosiator" not in out.read_text().replace("Biarkan negosiator", "")
