"""An embedded city is drawn once a computer: what is read back is what was drawn, and an edit is never missed."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import metadata

import pytest

from sispamkota import manifest
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


@pytest.mark.parametrize("name", ["manifest.json", "hashes.json", "streets.parquet"])
@pytest.mark.parametrize("damage", ["gone", "empty", "half", "list", "object", "bit", "beside"])
def test_kept__what_is_damaged_is_not_played_in_and_is_kept_anew(name, damage, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "CACHE", tmp_path / "kernels-x")
    sources, drawn = embedded_sources("malang"), City.load("malang")
    kept.keep(drawn, sources)
    (path,) = tmp_path.glob(f"city-malang-*/{name}")
    whole = path.read_bytes()
    middle = whole.index(b'"seed"') + 2 if name == "manifest.json" else len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.unlink()
    texts = {"empty": b"", "half": whole[: len(whole) // 2], "list": b"[]", "object": b"{}", "bit": flipped}
    if damage == "beside":
        path.with_name("more.txt").write_text("x", encoding="utf-8")
    if damage != "gone":
        path.write_bytes(texts.get(damage, whole))
    assert kept.kept(sources) is None
    kept.keep(drawn, sources)
    back = kept.kept(sources)
    assert (back.content, back.manifest) == (drawn.content, drawn.manifest)
    assert path.read_bytes() == whole


def test_kept__another_commit_is_the_same_city_and_another_library_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "CACHE", tmp_path / "kernels-x")
    sources, version = embedded_sources("malang"), metadata.version
    drawn = City(**assemble(sources))
    kept.keep(drawn, sources)
    monkeypatch.setattr(manifest, "_git", lambda: "another commit")
    assert kept.kept(sources).manifest == replace(drawn.manifest, git="another commit")
    for library in ("pyproj", "shapely"):
        monkeypatch.setattr(metadata, "version", lambda name, of=library: "0" if name == of else version(name))
        assert kept.kept(sources) is None


def test_keep__the_last_few_of_a_name_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "CACHE", tmp_path / "kernels-x")
    other = [f"city-malang-{n:016x}" for n in range(6)]
    strange = ["city-malang-kab-0123456789abcdef", "city-malang-mine", "kernels-0123456789abcdef"]
    for n, name in enumerate([*other, *strange]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (n, n))
    kept.keep(City.load("malang"), embedded_sources("malang"))
    mine = kept._folder(embedded_sources("malang")).name
    assert {path.name for path in tmp_path.iterdir()} == {mine, *other[3:], *strange}


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
