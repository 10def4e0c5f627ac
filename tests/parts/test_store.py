import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from sispamkota import store
from sispamkota.errors import InputError, StoreError
from sispamkota.force import Force
from sispamkota.manifest import Manifest
from sispamkota.plan import Plan
from sispamkota.store import atomic_write, load, read_json, read_table, save, staged, write_json, write_table


@dataclass(frozen=True)
class Thing:
    """A stage value of one number."""

    value: int
    manifest: Manifest


@pytest.fixture
def thing(monkeypatch):
    monkeypatch.setattr(store, "_CODECS", dict(store._CODECS))

    def put(value, folder):
        write_json({"value": value.value}, folder / "thing.json")
        if value.value < 0:
            raise ValueError("broken on purpose")

    store.register("thing", put, lambda folder, manifest: Thing(read_json(folder / "thing.json")["value"], manifest))
    return lambda value: Thing(value, Manifest("sispamkota", "0.1", "", "3.11", "Linux", seed=value))


def refused(context, target):
    """The faults with which a context refuses to start."""
    with pytest.raises(InputError) as caught:
        context(target).__enter__()
    return caught.value.faults


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- values -----------------------------------------------------------------------------------------------------------


def test_save_load__round_trip_with_the_manifest(thing, tmp_path):
    save(thing(3), tmp_path / "deep" / "out")
    assert load(tmp_path / "deep" / "out") == thing(3)
    assert names(tmp_path / "deep" / "out") == ["manifest.json", "thing.json"]
    assert names(tmp_path / "deep") == ["out"]


def test_save__equal_values_give_equal_bytes(thing, tmp_path):
    for name in ("a", "b"):
        save(thing(3), tmp_path / name)
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_save__replaces_an_earlier_result_whole(thing, tmp_path):
    save(thing(3), tmp_path / "out", beside=lambda stage: (stage / "left-over").write_text("x"))
    save(thing(4), tmp_path / "out")
    assert load(tmp_path / "out") == thing(4)
    assert names(tmp_path / "out") == ["manifest.json", "thing.json"]
    assert names(tmp_path) == ["out"]


def test_save__refuses_where_a_strangers_file_lies_in_the_earlier_result(thing, tmp_path):
    save(thing(3), tmp_path / "out")
    (tmp_path / "out" / "theirs.docx").write_text("x")
    with pytest.raises(InputError, match=r"theirs\.docx"):
        save(thing(4), tmp_path / "out")
    assert (tmp_path / "out" / "theirs.docx").read_text() == "x"
    assert load(tmp_path / "out") == thing(3)


def test_save__a_failure_leaves_the_old_result_and_nothing_else(thing, tmp_path):
    save(thing(3), tmp_path / "out")
    with pytest.raises(ValueError, match="on purpose"):
        save(thing(-1), tmp_path / "out")
    assert load(tmp_path / "out") == thing(3)
    assert names(tmp_path) == ["out"]


def test_save__unknown_kind(tmp_path):
    with pytest.raises(StoreError, match="a kind that can be stored"):
        save(object(), tmp_path / "out")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        '{"kind": 3}',
        '{"kind": "nothing"}',
        '{"kind": "thing"}',
        '{"kind": "thing", "manifest": {}}',
    ],
)
def test_load__what_is_no_result_says_so(thing, tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError):
        load(tmp_path)


# --- folders ----------------------------------------------------------------------------------------------------------


def test_staged__nothing_is_seen_before_the_end(tmp_path):
    with staged(tmp_path / "out") as stage:
        (stage / "a").write_text("x")
        assert stage.parent == tmp_path
        assert not (tmp_path / "out").exists()
    assert names(tmp_path / "out") == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, FileNotFoundError])
def test_staged__a_failure_vanishes_and_keeps_its_own_name(tmp_path, error):
    def fail():
        with staged(tmp_path / "out") as stage:
            (stage / "a").write_text("x")
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == []


def test_staged__fills_an_empty_folder(tmp_path):
    (tmp_path / "out").mkdir()
    with staged(tmp_path / "out") as stage:
        (stage / "a").write_text("x")
    assert names(tmp_path / "out") == ["a"]


@pytest.mark.parametrize("foreign", ["folder", "file"])
def test_staged__never_replaces_what_is_not_ours(tmp_path, foreign):
    target = tmp_path / "out"
    if foreign == "folder":
        target.mkdir()
        (target / "thesis.doc").write_text("years of work")
    else:
        target.write_text("years of work")
    (fault,) = refused(staged, target)
    assert fault.where == str(target)
    assert "nothing was changed" in fault.remedy
    assert names(tmp_path) == ["out"]
    assert (target / "thesis.doc" if foreign == "folder" else target).read_text() == "years of work"


@pytest.mark.parametrize(
    "manifest",
    [
        '{"name": "Thesis", "icons": []}',
        '{"kind": "thing", "files": ["thesis.doc"]}',
        '{"kind": "thing", "files": ["thesis.doc"], "manifest": {"software": "another"}}',
        '{"kind": "thing", "files": 3, "manifest": {"software": "sispamkota"}}',
        '{"kind": "thing", "files": [[1]], "manifest": {"software": "sispamkota"}}',
        '{"kind": "thing", "manifest": {"software": "sispamkota"}}',
        "{}",
        "[]",
        "null",
        '"x"',
        "3",
        "{",
    ],
)
def test_save__a_manifest_does_not_make_a_strangers_folder_ours(thing, tmp_path, manifest):
    """The manifest of a web application has the same name."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text(manifest)
    (out / "thesis.doc").write_text("years of work")
    with pytest.raises((InputError, StoreError)) as caught:
        save(thing(3), out)
    (fault,) = caught.value.faults
    assert ("no JSON" in fault.got) == (manifest == "{")
    assert names(tmp_path) == ["out"]
    assert ((out / "manifest.json").read_text(), (out / "thesis.doc").read_text()) == (manifest, "years of work")


def test_save__replaces_a_result_of_a_version_that_listed_no_files(tmp_path):
    out = tmp_path / "out"
    Plan.load("malang-500").save(out)
    head = read_json(out / "manifest.json")
    for name in set(names(out)) - {"plan.yaml", "force.yaml", "manifest.json"}:
        (out / name).unlink()
    write_json({key: value for key, value in head.items() if key != "files"}, out / "manifest.json")
    Plan.load("malang-500").save(out)
    assert read_json(out / "manifest.json")["files"] == head["files"]


@pytest.mark.parametrize("target", ["/proc/sispamkota/out", "/dev/null/out"])
def test_staged__an_unwritable_place_is_one_fault_before_any_work(target):
    (fault,) = refused(staged, target)
    assert fault.where == target
    assert "may write" in fault.remedy


def test_staged__a_full_disk_is_a_fault_too(tmp_path):
    with pytest.raises(InputError, match="no space left"), staged(tmp_path / "out"):
        raise OSError(28, os.strerror(28))
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_staged__gives_the_usual_permissions(tmp_path):
    """A temporary folder is private; a result is as open as anything else the user makes."""
    (tmp_path / "usual").mkdir()
    with staged(tmp_path / "out"):
        pass
    with atomic_write(tmp_path / "file") as path:
        path.write_text("x")
    (tmp_path / "usual" / "file").write_text("x")
    for made, usual in (("out", "usual"), ("file", "usual/file")):
        assert stat.S_IMODE((tmp_path / made).stat().st_mode) == stat.S_IMODE((tmp_path / usual).stat().st_mode)


# --- files ------------------------------------------------------------------------------------------------------------


def test_atomic_write__all_or_nothing(tmp_path):
    target = tmp_path / "sub" / "report.html"
    with atomic_write(target) as path:
        path.write_text("first")
        assert path.suffix == ".html"
        assert not target.exists()

    def fail():
        with atomic_write(target) as path:
            path.write_text("sec")
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half"):
        fail()
    assert target.read_text() == "first"
    assert names(target.parent) == ["report.html"]


@pytest.mark.parametrize("target", ["/proc/report.html", "/dev/null/report.html"])
def test_atomic_write__an_unwritable_place_is_one_fault(target):
    assert [fault.where for fault in refused(atomic_write, target)] == [target]


def test_atomic_write__a_folder_in_its_place_is_a_fault(tmp_path):
    (tmp_path / "out" / "inner").mkdir(parents=True)
    with pytest.raises(InputError), atomic_write(tmp_path / "out") as path:
        path.write_text("x")
    assert names(tmp_path) == ["out"]


def test_json__sorted_and_without_nan(tmp_path):
    write_json({"b": 1, "a": ["é"]}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text(encoding="utf-8").index('"a"') < 5
    assert read_json(tmp_path / "a.json") == {"a": ["é"], "b": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "b.json")


def test_table__round_trip_and_equal_bytes(tmp_path):
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", None], "c": [1, 2]}, index=[7, 8])
    for name in ("a", "b"):
        write_table(frame, tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.parquet"), frame.reset_index(drop=True))


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"x" * 100, "cut"])
def test_table__a_broken_file_is_a_store_error(tmp_path, content):
    path = tmp_path / "a.parquet"
    if content == "cut":
        write_table(pd.DataFrame({"a": range(1000)}), path)
        path.write_bytes(path.read_bytes()[:500])
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match="Parquet table"):
        read_table(path)


def test_store__keeps_no_pickle():
    source = Path(store.__file__).read_text(encoding="utf-8")
    assert "import pickle" not in source


def test_save__a_result_of_another_kind_stays(tmp_path):
    out = tmp_path / "out"
    Force.load("malang-500").save(out)
    before = sorted((path.name, path.read_bytes()) for path in out.iterdir())
    with pytest.raises(InputError, match="an earlier plan, got force"):
        Plan.load("malang-500").save(out)
    assert sorted((path.name, path.read_bytes()) for path in out.iterdir()) == before
