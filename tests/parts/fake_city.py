"""A city of three kelurahan and a few venues, with no more than plans and risk maps ask of a city."""

from types import SimpleNamespace

import pandas as pd

from sispamkota.errors import suggest

VENUES = {
    "kpu": "kantor", "bawaslu": "kantor", "polresta": "polresta", "brimob": "brimob", "kodim": "kodim",
    "dishub": "dishub",
    "damkar": "damkar", "satpol_pp": "satpol_pp", "balai_kota": "balai_kota", "dprd": "dprd", "gudang_kpu": "gudang",
    "tps-1": "tps",
}  # fmt: skip
KELURAHAN = ("purwantoro", "arjosari", "kiduldalem", "dinoyo", "tlogomas", "kebonsari", "balearjosari", "sawojajar",
             "sukoharjo", "tanjungrejo", "bunulrejo", "samaan")  # fmt: skip


class FakeCity:
    """Resolve names as City does: a site, or a fault with the nearest name."""

    def __init__(self, *, population=(1000.0, 3000.0, 4000.0)):
        self.sites = {name: SimpleNamespace(ref=name, name=name.upper(), kind=kind) for name, kind in VENUES.items()}
        self.sites |= {name: SimpleNamespace(ref=name, name=name, kind="kelurahan") for name in KELURAHAN}
        codes = [f"35.73.01.100{i}" for i in range(len(population))]
        self.kelurahan = pd.DataFrame({"kode": codes, "population": population})

    def find_or_fault(self, ref, faults, where):
        if ref not in self.sites:
            remedy = suggest(ref, self.sites)
            faults.add(where=where, field="at", expected="a place of the city", got=f'"{ref}"', remedy=remedy)
        return self.sites.get(ref)
