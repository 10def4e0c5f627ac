"""An embedded city is drawn once a computer: what is read back is what was drawn, and an edit is never missed."""

from __future__ import annotations

from sispamkota.place import City, kept
from sispamkota.place.assemble import assemble, embedded_sources


def test_kept__is_the_city_that_was_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "CACHE", tmp_path / "kernels-x")
    sources = embedded_sources("malang")
    assert kept.kept(sources) is None
    drawn = City(**assemble(sources))
    kept.keep(drawn, sources)
    back = kept.kept(sources)
    assert back is not drawn
    assert (back.content, back.manifest, back.assumptions) == (drawn.content, drawn.manifest, drawn.assumptions)
    next(tmp_path.glob("city-malang-*/streets.parquet")).write_bytes(b"broken")
    assert kept.kept(sources) is None


def test_kept__an_edit_of_code_or_data_draws_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "CACHE", tmp_path / "kernels-x")
    for name in ("data/place", "data/cities/malang", "place"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(kept, "_PACKAGE", tmp_path)
    monkeypatch.setattr(kept, "DATA", tmp_path / "data")
    sources, seen = embedded_sources("malang"), set()
    for name in ("place/new.py", "errors.py", "data/place/figures.yaml", "data/cities/malang/venues.csv"):
        seen.add(kept._folder(sources))
        (tmp_path / name).write_text("1", encoding="utf-8")
    assert len({*seen, kept._folder(sources)}) == 5


def test_kept__a_place_that_cannot_be_written_is_no_matter(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(kept, "CACHE", tmp_path / "file" / "kernels-x")
    kept.keep(City.load("malang"), embedded_sources("malang"))
    assert kept.kept(embedded_sources("malang")) is None
