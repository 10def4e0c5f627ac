"""Stand-ins for the engine's result: an `Ensemble` and a `City` with the contract's tables and realistic shapes.

Positions are Malang's (facts of data/malang/facilities.csv and kelurahan.csv); everything else is drawn from a
seeded generator. Only the parts of review are tested with it; laws of the engine are tested on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from sispamkota.errors import StoreError
from sispamkota.manifest import Manifest
from sispamkota.place.roads import Roads
from sispamkota.rehearsal.measures import Measure, summarise

__all__ = ["FixtureEnsemble", "make_city", "make_ensemble"]

HORIZON_S = 7200.0
SITES = [  # place, name, kind, lon, lat, role, quality
    ("kpu", "KPU Kota Malang", "kpu", 112.646345, -7.954262, "gathering", "reported"),
    ("bawaslu", "Bawaslu Kota Malang", "bawaslu", 112.657483, -7.931071, "gathering", "assumed"),
    ("balai_kota", "Balai Kota Malang", "balai_kota", 112.6339, -7.978134, "venue", "official"),
    ("dprd", "DPRD Kota Malang", "dprd", 112.6339, -7.978134, "venue", "official"),
    ("polresta", "Polresta Malang Kota", "polresta", 112.630317, -7.964628, "venue", "reported"),
    ("polsek_blimbing", "Polsek Blimbing", "polsek", 112.657483, -7.931071, "venue", "assumed"),
    ("damkar", "Damkar Kota Malang", "damkar", 112.629131, -7.999074, "venue", "reported"),
    ("F001", "RSUD Dr. Saiful Anwar (RSSA)", "rs_umum", 112.631546, -7.972567, "hospital", "reported"),
    ("F002", "RS Tentara dr. Soepraoen", "rs_umum", 112.620483, -7.989864, "hospital", "reported"),
    ("F003", "RS Panti Waluya Sawahan (RKZ)", "rs_umum", 112.624969, -7.986567, "hospital", "reported"),
    ("F004", "RS Panti Nirmala", "rs_umum", 112.634056, -7.994312, "hospital", "reported"),
    ("F005", "RS Lavalette", "rs_umum", 112.637924, -7.965755, "hospital", "reported"),
    ("F006", "RSI Unisma", "rs_umum", 112.608833, -7.940263, "hospital", "reported"),
    ("F010", "Persada Hospital", "rs_umum", 112.650208, -7.934986, "hospital", "reported"),
    ("F011", "RSUD Kota Malang", "rs_umum", 112.639397, -8.026348, "hospital", "reported"),
    ("F012", "RS Universitas Brawijaya", "rs_umum", 112.621536, -7.941227, "hospital", "reported"),
    ("F023", "RSB Permata Hati", "rs_khusus", 112.6612, -7.98012, "hospital", "reported"),
]
POSTS = [  # unit, agency, kind, people, at, task
    ("negosiator-1", "polri", "negotiator", 8, "kpu", "guard"),
    ("dalmas-awal-1", "polri", "dalmas_awal", 34, "kpu", "guard"),
    ("dalmas-lanjut-1", "polri", "dalmas_lanjut", 68, "polresta", "standby"),
    ("negosiator-2", "polri", "negotiator", 6, "bawaslu", "guard"),
    ("dalmas-awal-2", "polri", "dalmas_awal", 34, "bawaslu", "guard"),
    ("brimob-1", "brimob", "phh", 100, "polresta", "reserve"),
    ("tni-1", "tni", "platoon", 34, "balai_kota", "guard"),
    ("tni-2", "tni", "platoon", 34, "polresta", "reserve"),
    ("dishub-1", "dishub", "traffic", 10, "35.73.05.1003", "guard"),
    ("dishub-2", "dishub", "traffic", 10, "35.73.04.1002", "guard"),
    ("dishub-3", "dishub", "traffic", 10, "35.73.01.1001", "guard"),
    ("lantas-1", "polri", "traffic", 16, "35.73.05.1003", "guard"),
    ("damkar-1", "damkar", "engine", 12, "damkar", "standby"),
    ("damkar-2", "damkar", "engine", 6, "kpu", "standby"),
    ("satpol-1", "satpol_pp", "guard", 30, "balai_kota", "guard"),
    ("satpol-2", "satpol_pp", "guard", 20, "dprd", "guard"),
    ("linmas-1", "linmas", "guard", 20, "35.73.01.1007", "guard"),
    ("linmas-2", "linmas", "guard", 20, "35.73.01.1002", "guard"),
    ("linmas-3", "linmas", "guard", 18, "35.73.03.1005", "guard"),
    ("ambulans-1", "relawan_ambulans", "ambulans", 5, "F001", "standby"),
    ("ambulans-2", "relawan_ambulans", "ambulans", 5, "kpu", "standby"),
]
KELURAHAN = {
    "35.73.05.1003": ("Merjosari", 112.5965, -7.9405),
    "35.73.04.1002": ("Kebonsari", 112.6213, -8.0236),
    "35.73.01.1001": ("Balearjosari", 112.650166, -7.922524),
    "35.73.01.1007": ("Purwantoro", 112.644462, -7.954127),
    "35.73.01.1002": ("Arjosari", 112.656865, -7.931446),
    "35.73.03.1005": ("Buring", 112.654948, -8.008379),
    "35.73.02.1005": ("Sukoharjo", 112.633011, -7.987716),
    "35.73.05.1010": ("Tunggulwulung", 112.6105, -7.9285),
    "35.73.03.1004": ("Wonokoyo", 112.655328, -8.023667),
    "35.73.04.1010": ("Mulyorejo", 112.5958, -7.9872),
}


@dataclass(frozen=True, eq=False)
class FixtureEnsemble:
    """What review reads of an Ensemble, nothing else."""

    name: str
    titles: dict[str, str]
    plan: str
    city: str
    horizon_s: float
    rows: pd.DataFrame
    responses: pd.DataFrame
    places: pd.DataFrame
    sites: pd.DataFrame
    posts: pd.DataFrame
    series: pd.DataFrame
    timeline: pd.DataFrame
    assumptions: tuple[Any, ...]
    manifest: Manifest
    doubts: tuple[Any, ...] = ()
    closures: tuple[Any, ...] = ()

    def title(self, lang: str) -> str:
        return self.titles[lang]

    def measures(self) -> list[Measure]:
        return summarise(self.rows, self.responses)

    @property
    def names(self) -> Any:
        return SimpleNamespace(units=tuple(self.posts["unit"]), places=tuple(self.sites["place"]))

    @property
    def tables(self) -> Any:
        units = {"vehicle": np.zeros(len(self.posts), int), "people": self.posts["people"].to_numpy(int)}
        return SimpleNamespace(param={"start_hour": np.zeros(1)}, unit_t=units)

    def course(self, replicate: int) -> Any:
        raise StoreError(f"replicate {replicate} cannot be played again: no engine made this")


def make_rows(rng: np.random.Generator, n: int, quiet: bool) -> pd.DataFrame:
    """One row a replicate."""
    calm = 0.0 if quiet else 1.0
    red = (rng.random(n) < 0.41).astype(float) * calm
    civilians = rng.poisson(3.0 + 9.0 * red) * calm
    by_force = np.minimum(rng.poisson(1.0 + 3.0 * red) * calm, civilians)
    officers = rng.poisson(1.0 + 3.0 * red) * calm
    deaths = (rng.random(n) < 0.04) * red
    merah_s = red * rng.gamma(3.0, 240.0, n)
    frame = pd.DataFrame(
        {
            "replicate": np.arange(n),
            "status": "ok",
            "reason": "",
            "harm_people": civilians + officers + deaths,
            "injured_civilians": civilians,
            "injured_by_force": by_force,
            "injured_officers": officers,
            "deaths": deaths,
            "violent_person_s": calm * rng.gamma(2.0, 12_000.0, n) * (0.2 + red),
            "seconds_kuning": calm * rng.gamma(4.0, 420.0, n),
            "seconds_merah": merah_s,
            "merah": red,
            "perimeter_damaged": red * (rng.random(n) < 0.7),
            "breached": red * (rng.random(n) < 0.3),
            "ballots_lost": 0.0 * red,
            "fires": red * rng.poisson(0.4, n),
            "dispersed": calm * rng.poisson(10 + 35 * red),
            "detained": calm * rng.poisson(2 + 20 * red),
            "force_stage_max": calm * (2 + red + (rng.random(n) < 0.3) * red),
            "seconds_force_3up": merah_s * 0.8,
            "tear_gas": red * (rng.random(n) < 0.4),
            "response_police_s": rng.normal(600 if not quiet else 380, 130, n).clip(120),
            "response_fire_s": rng.normal(1090, 150, n).clip(240) * (0.6 if quiet else 1),
            "response_ambulance_s": rng.gamma(9.0, 62.0, n),
            "first_care_s": rng.gamma(6.0, 110.0, n),
            "definitive_care_s": rng.gamma(8.0, 300.0, n),
            "hospital_peak_share": (0.35 + 0.3 * rng.beta(2, 3, n) + 0.25 * red).clip(0, 1.4),
            "diversions": red * rng.poisson(0.2, n),
            "by_ambulance": calm * rng.poisson(3 + 4 * red),
            "self_transport": calm * rng.poisson(2 + 6 * red),
            "reserve_low_people": np.where(red > 0, rng.integers(0, 60, n), 134),
            "unresolved": red * rng.poisson(0.5, n),
            "attendance_peak": rng.normal(2100, 180, n).round(),
            "events": rng.poisson(4300, n),
        }
    )
    if not quiet:
        frame.loc[frame.replicate == 17, "status"] = "failed"
    return frame


def make_responses(rng: np.random.Generator, n: int, quiet: bool) -> pd.DataFrame:
    """Calls: several a replicate, at the offices and all over the city."""
    services = {"police": (600, 130), "fire": (1090, 150), "ambulance": (540, 170)}
    far = {"bawaslu": 1.25, "35.73.03.1004": 1.5, "35.73.04.1010": 1.3, "kpu": 0.8}
    parts = []
    for service, (mean, sd) in services.items():
        for place in ["kpu", "bawaslu", *KELURAHAN]:
            count = rng.poisson(0.9 if place in far else 0.25, n)
            replicate = np.repeat(np.arange(n), count)
            seconds = rng.normal(mean, sd, len(replicate)).clip(90) * far.get(place, 0.75) * (0.55 if quiet else 1)
            seconds[rng.random(len(seconds)) < (0 if quiet else 0.02)] = np.nan
            parts.append(
                pd.DataFrame(
                    {
                        "replicate": replicate,
                        "service": service,
                        "place": place,
                        "kind": {"police": "clash", "fire": "fire", "ambulance": "medical"}[service],
                        "seconds": seconds,
                    }
                )
            )
    calls = pd.concat(parts, ignore_index=True)
    open_ = calls["seconds"].isna()
    return calls.assign(
        outcome=np.where(open_, "open", "answered"), called=0.0, waited=calls["seconds"].fillna(HORIZON_S)
    )


def make_places(rng: np.random.Generator, rows: pd.DataFrame, quiet: bool) -> pd.DataFrame:
    """Stage times by place and replicate."""
    n = len(rows)
    parts = []
    for place, weight in (("kpu", 1.0), ("bawaslu", 0.55), ("balai_kota", 0.0)):
        parts.append(
            pd.DataFrame(
                {
                    "replicate": np.arange(n),
                    "place": place,
                    "seconds_kuning": rows.seconds_kuning * weight,
                    "seconds_merah": rows.seconds_merah * weight,
                    "peak_present": rng.normal(1300 * (weight or 0.05), 90, n).round().clip(0),
                    "peak_violent": rng.poisson(8 + 70 * weight, n) * (0 if quiet or weight == 0 else 1),
                    "breached": rows.breached * (place == "kpu"),
                    "fire": (rows.fires > 0) * (place == "kpu") * 1.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def make_series(rng: np.random.Generator, quiet: bool) -> pd.DataFrame:
    """The told replicate, one line a minute and place."""
    parts = []
    for place, size, start in (("kpu", 1250, 30), ("bawaslu", 700, 55)):
        t = np.arange(0, HORIZON_S + 1, 60.0)
        minute = t / 60
        present = size * np.clip(minute / 25, 0, 1) * np.where(minute > 85, np.exp(-(minute - 85) / 15), 1)
        bump = np.exp(-0.5 * ((minute - start - 22) / 9) ** 2) * (0 if quiet else 1)
        violent = np.round(size * 0.08 * bump + rng.random(len(t)) * 3 * (not quiet))
        officers = np.where(minute < start + 8, 42, np.where(minute < start + 20, 110, 210))
        if quiet:
            officers = np.full(len(t), 42)
        stage = np.where(violent > 60, 2, np.where(violent > 12, 1, 0))
        parts.append(
            pd.DataFrame(
                {
                    "replicate": 12,
                    "t": t,
                    "place": place,
                    "peaceful": (present - violent).clip(0).round(),
                    "violent": violent,
                    "spent": np.round(violent.cumsum() * 0.02),
                    "officers": officers,
                    "stage": stage,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def make_timeline(quiet: bool) -> pd.DataFrame:
    """Key events of the told replicate among the noise of the log."""
    story = [(0, "gathering", "kpu", "", ""), (900, "gathering", "bawaslu", "", "")]
    if not quiet:
        story += [
            (2400, "stage_kuning", "kpu", "", ""),
            (2460, "lapis_ganti", "kpu", "dalmas-lanjut-1", ""),
            (2900, "perimeter_damaged", "kpu", "", ""),
            (2950, "stage_merah", "kpu", "", ""),
            (3100, "alih_kendali", "kpu", "", "Kapolresta"),
            (3500, "lintas_ganti", "kpu", "brimob-1", ""),
            (3700, "fire_start", "kpu", "", ""),
            (3760, "stage_kuning", "bawaslu", "", ""),
            (4300, "fire_out", "kpu", "damkar-2", ""),
            (4020, "stage_kuning", "kpu", "", ""),
            (4800, "stage_hijau", "kpu", "", ""),
            (5400, "stage_hijau", "bawaslu", "", ""),
        ]
    noise = [(60.0 * k, "unit_moves", "kpu", f"unit-{k}", "") for k in range(60)]
    return pd.DataFrame(sorted(story + noise), columns=["t", "event", "place", "unit", "detail"])


def make_ensemble(*, replicates: int = 200, seed: int = 7, quiet: bool = False) -> FixtureEnsemble:
    """An ensemble of `replicates`; `quiet` has no violence, no harm and timely help."""
    rng = np.random.default_rng(seed)
    rows = make_rows(rng, replicates, quiet)
    at = {s[0]: s[3:5] for s in SITES} | {k: v[1:] for k, v in KELURAHAN.items()}
    posts = pd.DataFrame(POSTS, columns=["unit", "agency", "kind", "people", "at", "task"])
    posts["lon"], posts["lat"] = [at[a][0] for a in posts["at"]], [at[a][1] for a in posts["at"]]
    extra = [(k, v[0], "kelurahan", v[1], v[2], "post", "official") for k, v in KELURAHAN.items()]
    note = SimpleNamespace
    assumptions = (
        note(
            key="streets",
            id="Jaringan jalan dibuat dari data kelurahan, bukan peta jalan sebenarnya.",
            en="The streets are generated from facts about the kelurahan; they are not the real map.",
            tag="synthetic",
            count=1480,
        ),
        note(
            key="positions",
            id="Letak tempat yang tidak tercatat ditaruh di dalam kelurahannya.",
            en="Places of unknown position are put inside their kelurahan.",
            tag="assumed",
            count=7,
        ),
        note(
            key="split",
            id="Pembagian 500 personel menurut instansi tidak diumumkan.",
            en="The split of the 500 people by agency was never published.",
            tag="assumed",
            count=8,
        ),
        note(
            key="crowd",
            id="Laju penularan dan peredaan kekerasan belum dikalibrasi.",
            en="The rates at which violence spreads and calms are not calibrated.",
            tag="assumed",
            count=14,
        ),
        note(
            key="voters",
            id="Pemilih per kelurahan ditaksir dari jumlah TPS.",
            en="Voters by kelurahan are estimated from the number of polling stations.",
            tag="estimated",
            count=57,
        ),
    )
    return FixtureEnsemble(
        "kpu-bawaslu",
        {"id": "Aksi di KPU dan Bawaslu", "en": "Protest at KPU and Bawaslu"},
        "malang-500",
        "Kota Malang",
        HORIZON_S,
        rows,
        make_responses(rng, replicates, quiet),
        make_places(rng, rows, quiet),
        pd.DataFrame(SITES + extra, columns=["place", "name", "kind", "lon", "lat", "role", "quality"]),
        posts,
        make_series(rng, quiet),
        make_timeline(quiet),
        assumptions,
        make_manifest(seed),
    )


def make_manifest(seed: int) -> Manifest:
    """What made it."""
    return Manifest(
        software="sispamkota",
        version="0.1.0",
        git="0000000",
        python="3.11.2",
        platform="Linux-x86_64",
        libraries={"numpy": "2.4.6"},
        inputs={"scenario/kpu-bawaslu": "ab" * 32, "plan/malang-500": "cd" * 32},
        seed=seed,
        streams_scheme="1",
    )


def make_city(*, side: int = 22, synthetic: bool = True) -> Any:
    """A grid of streets over Malang's extent, with the contract's `City` fields that review reads."""
    lon, lat = (a.ravel() for a in np.meshgrid(np.linspace(112.58, 112.69, side), np.linspace(-8.045, -7.915, side)))
    node = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [np.stack([node[:, :-1].ravel(), node[:, 1:].ravel()]), np.stack([node[:-1].ravel(), node[1:].ravel()])], axis=1
    )
    metres = (lon * 110_000.0, lat * 111_000.0)
    length = np.hypot(*(np.diff(axis[pairs.T], axis=1).ravel() for axis in metres))
    kind = np.arange(pairs.shape[1]) % 4
    roads = Roads.from_edges((lon, lat, *metres), pairs.T, length_m=length, kind=kind)
    kelurahan = pd.DataFrame([(k, *v) for k, v in KELURAHAN.items()], columns=["kode", "nama", "lon", "lat"])
    tags = (SimpleNamespace(key="streets_synthetic", id="", en="", tag="synthetic", count=1),) if synthetic else ()
    return SimpleNamespace(
        name="malang", title="Kota Malang", kelurahan=kelurahan, roads=roads, areas=None, assumptions=tags
    )
