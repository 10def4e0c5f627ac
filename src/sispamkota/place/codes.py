"""Which kelurahan a row of a table speaks of: by its code, or by its name, with the kecamatan where two bear it."""

from __future__ import annotations

import pandas as pd

from sispamkota.errors import Faults, shown, suggest

from .venues import slug

__all__ = ["find_codes"]


def find_codes(rows: pd.DataFrame, kelurahan: pd.DataFrame, faults: Faults, *, key: str) -> list[str]:
    """Find the code of the kelurahan of each row; "" and a fault where there is none.

    `rows` has the columns where, kelurahan, kecamatan and `key`, the column of codes.
    """
    named: dict[str, list[tuple[str, str]]] = {}
    for row in kelurahan.to_dict("records"):
        named.setdefault(slug(row["nama"]), []).append((row["kode"], slug(row["kecamatan"])))
    codes, out = set(kelurahan["kode"]), list[str]()
    cells = (rows[name] for name in ("where", key, "kelurahan", "kecamatan"))
    for where, kode, name, district in zip(*cells, strict=True):
        same = [each for each, of in named.get(slug(name), []) if not district or of == slug(district)]
        found = kode if kode in codes else same[0] if len(same) == 1 and not kode else ""
        if not found:
            field, got, known = (key, kode, sorted(codes)) if kode else ("kelurahan", name, sorted(kelurahan["nama"]))
            remedy = suggest(got, known) if got else f"Fill {key}, or kelurahan and kecamatan."
            if not kode and slug(name) in named:
                remedy = "Give its code, or the name of its kecamatan."
            faults.add(where=where, field=field, expected="a kelurahan of the city", got=shown(got), remedy=remedy)
        out.append(found)
    return out
