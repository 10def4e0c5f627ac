"""A city of two kecamatan and four kelurahan, two of one name, with a register of TPS."""

from types import SimpleNamespace

import pandas as pd

KECAMATAN = {"11.01": "Utara", "11.02": "Selatan"}
KELURAHAN = {"11.01.1001": "Melati", "11.01.1002": "Mawar", "11.02.1001": "Kenanga", "11.02.1002": "Melati"}
STATIONS = 3  # of each kelurahan, the last one of Kenanga special
VOTERS = 580.0


def small_city(*, placed="", voters=VOTERS):
    """`placed` and `voters` are those of every TPS of the register."""
    kelurahan = pd.DataFrame(
        {
            "kode": list(KELURAHAN),
            "nama": list(KELURAHAN.values()),
            "kode_kec": [kode.rpartition(".")[0] for kode in KELURAHAN],
            "kecamatan": [KECAMATAN[kode.rpartition(".")[0]] for kode in KELURAHAN],
        }
    )
    tps = [
        {"id": f"{kode}/{n:03d}", "kode_kel": kode, "number": n, "khusus": (kode, n) == ("11.02.1001", 3)}
        for kode in KELURAHAN
        for n in range(1, STATIONS + 1)
    ]
    return SimpleNamespace(
        name="kecil",
        title="Kota Kecil",
        kelurahan=kelurahan,
        kecamatan=pd.DataFrame({"kode": list(KECAMATAN), "nama": list(KECAMATAN.values())}),
        tps=pd.DataFrame(tps).assign(voters=voters, placed=placed, name=""),
    )
