"""Venues: offices, stations, hospitals and public places, as rows of a table with source and quality."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sispamkota.errors import Faults, shown, suggest

from .position import box_around, read_point
from .read import QUALITIES, Areas, read_rows, require_keys

__all__ = ["HOSPITAL_KINDS", "VENUE_KINDS", "VENUE_REQUIRED", "name_slug", "read_venues", "refs_of", "slug"]

HOSPITAL_KINDS = ("rs_umum", "rs_khusus")
VENUE_KINDS = (
    *("kpu", "bawaslu", "ppk", "gudang_kpu", "tps", "balai_kota", "dprd", "kantor_pemerintah", "pengadilan"),
    *("polda", "polres", "polresta", "polsek", "brimob", "kodim", "koramil", "satpol_pp", "dishub", "linmas"),
    *("damkar", "bpbd", "pmi", "psc119", *HOSPITAL_KINDS, "puskesmas", "klinik"),
    *("lapas", "sekolah", "kampus", "tempat_ibadah", "ruang_publik", "stadion", "gor", "pasar", "mal", "atm"),
    *("stasiun", "terminal", "gerbang", "objek_vital", "hidran", "posko", "lain"),
)
VENUE_REQUIRED = ("nama", "jenis", "lon", "lat")
_OPTIONAL = ("pemilik", "kelas_rs", "alamat", "kode_kel", "kelurahan", "kecamatan", "coord_quality", "note", "source")


def slug(text: str) -> str:
    """Write a name as a reference: lower case, letters and digits, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def name_slug(name: str) -> str:
    """Write a venue's name as a reference, without what follows a bracket or a colon; the whole where that is all."""
    return slug(re.split(r"[(:]", name)[0]) or slug(name)


def read_venues(
    path: Path,
    areas: Areas,
    faults: Faults,
    *,
    rows: pd.DataFrame | None = None,
    kind: str | None = None,
    renamed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read venues: id, name, kind, owner, hospital_class, address, lon, lat, kode_kel, kode_kec, quality, source, note.

    A blank position stays NaN with quality "unknown". `kode_kel` is as given, else found by polygon or by the name of
    the kelurahan; `kode_kec` by its kelurahan, its name or the last part of the address; each "" where unknown. A file
    without ids gets the numbers of its rows. `rows` are the rows of the file where they were read already; `kind` is
    that of every row of a list of one kind.
    """
    kelurahan, polygons = areas
    if rows is None:
        required = tuple(name for name in VENUE_REQUIRED if not (kind and name == "jenis"))
        optional = ("id", "jenis", *_OPTIONAL) if kind else ("id", *_OPTIONAL)
        rows = read_rows(path, required=required, optional=optional, faults=faults, table="venues", renamed=renamed)
    rows = rows.assign(**{name: "" for name in _OPTIONAL if name not in rows})
    if kind:
        rows["jenis"] = rows["jenis"].where(rows["jenis"].isin(VENUE_KINDS), kind)
    if len(rows) and not (rows["id"] != "").any():
        rows["id"] = [f"{slug(path.stem)}-{n}" for n in range(1, len(rows) + 1)]
    require_keys(rows, "id", faults)
    _check_words(rows, kelurahan, faults)
    box = box_around(kelurahan["lon"], kelurahan["lat"])
    cells = zip(rows["lon"], rows["lat"], rows["where"], strict=True)
    points = [read_point(lon, lat, where=where, box=box, faults=faults) for lon, lat, where in cells]
    lon, lat = np.array(points, np.float64).reshape(-1, 2).T
    frame = pd.DataFrame(
        {
            "id": rows["id"],
            "name": rows["nama"],
            "kind": rows["jenis"],
            "owner": rows["pemilik"],
            "hospital_class": rows["kelas_rs"],
            "address": rows["alamat"],
            "lon": lon,
            "lat": lat,
        }
    )
    frame["kode_kel"], frame["kode_kec"] = _districts(rows, frame, kelurahan, polygons)
    known = frame["lon"].notna()
    frame["quality"] = [
        _quality(tag) if has else "unknown" for tag, has in zip(rows["coord_quality"], known, strict=True)
    ]
    frame = frame.assign(source=rows["source"], note=rows["note"])
    frame.attrs |= {name: rows.attrs.get(name) for name in ("dropped", "report")}
    return frame


def _check_words(rows: pd.DataFrame, kelurahan: pd.DataFrame, faults: Faults) -> None:
    """Ask for a name, a known kind, and a kelurahan code that the areas have."""
    codes = set(kelurahan["kode"])
    for where, name, kind, kode in zip(rows["where"], rows["nama"], rows["jenis"], rows["kode_kel"], strict=True):
        if not name:
            faults.add(where=where, field="nama", expected="a name", got="a blank cell", remedy="Fill nama.")
        if kind not in VENUE_KINDS:
            remedy = f'Use "lain" for any other kind; {suggest(kind, VENUE_KINDS)}'
            faults.add(where=where, field="jenis", expected="a kind of venue", got=shown(kind), remedy=remedy)
        if kode and codes and kode not in codes:
            remedy = f"Leave it blank outside the city; {suggest(kode, codes)}"
            faults.add(where=where, field="kode_kel", expected="a code of the areas", got=shown(kode), remedy=remedy)


def _districts(
    rows: pd.DataFrame, frame: pd.DataFrame, kelurahan: pd.DataFrame, polygons: Mapping[str, Any] | None
) -> tuple[list[str], list[str]]:
    """Find the codes of the kelurahan and of the kecamatan of each venue."""
    once = kelurahan.drop_duplicates("nama", keep=False)
    code_of = dict(zip(map(slug, once["nama"]), once["kode"], strict=True))
    district_of = dict(zip(kelurahan["kode"], kelurahan["kode_kec"], strict=True))
    district_named = dict(zip(map(slug, kelurahan["kecamatan"]), kelurahan["kode_kec"], strict=True))
    by_place = _containing(frame, polygons) if polygons else [""] * len(rows)
    cells = (rows[name] for name in ("kode_kel", "kelurahan", "kecamatan", "alamat"))
    kel, kec = list[str](), list[str]()
    for held, kode, kelurahan_name, kecamatan_name, address in zip(by_place, *cells, strict=True):
        kel.append(kode or held or code_of.get(slug(kelurahan_name), ""))
        names = (slug(kecamatan_name), slug(address.rpartition(",")[2]))
        kec.append(
            district_of.get(kel[-1]) or next((district_named[n] for n in names if n and n in district_named), "")
        )
    return kel, kec


def _containing(frame: pd.DataFrame, polygons: Mapping[str, Any]) -> list[str]:
    """Give the code of the polygon that holds each venue, "" where none does."""
    import shapely

    codes = list(polygons)
    points = shapely.points(frame["lon"], frame["lat"])
    found = [""] * len(frame)
    for point, polygon in shapely.STRtree(list(polygons.values())).query(points, predicate="intersects").T:
        found[point] = found[point] or codes[polygon]
    return found


def _quality(tag: str) -> str:
    """Tag a position that is given: proxy where the file says so, else the file's tag if it is ours, or "reported"."""
    if tag.startswith("proxy"):
        return "proxy"
    return tag if tag in QUALITIES and tag != "unknown" else "reported"


def refs_of(venues: pd.DataFrame) -> list[str]:
    """Give each venue its shortest reference that is its own: its kind, else its name, else its id."""
    kinds, names, ids = venues["kind"].map(slug), venues["name"].map(name_slug), venues["id"].map(slug)
    taken_names = names.duplicated(keep=False) | names.isin(kinds) | (names.isin(ids) & (names != ids))
    taken_kinds = kinds.duplicated(keep=False) | (kinds.isin(ids) & (kinds != ids))
    return kinds.where(~taken_kinds, names.where(~taken_names, ids)).tolist()
