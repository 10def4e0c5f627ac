"""Write data/forces/malang-pilkada.yaml and data/plans/malang-pilkada.yaml: 27 November 2024 in units and posts.

The totals are published (557 Polri, 214 TNI, 2,360 Linmas [S8]; 2 police and 24 Linmas for 12 TPS [S9]; 84
ambulances on standby in February 2024 [S13]; one platoon BKO [S11]); how the rest is split and where it stands is
assumed.
"""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

from sispamkota.place import City

DATA = Path(__file__).parents[1] / "src" / "sispamkota" / "data"
HEAD = """# yaml-language-server: $schema=../schema/{kind}.json
kind: {kind}
version: 1
name: malang-pilkada
title: "Pilkada Kota Malang 27 November 2024: 3.131 Polri, TNI, Linmas; ambulans, damkar, BKO"
"""
DAY, NIGHT = "duty: {from_h: 6, hours: 14}", "duty: {from_h: 18, hours: 14}"


def spread(total: int, weights: list[float]) -> list[int]:
    """Share a whole number by weights, the largest remainders first."""
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [int(part) for part in exact]
    for i in sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])[: total - sum(shares)]:
        shares[i] += 1
    return shares


def posts_of(city: City) -> list[tuple[str, str, int, str, str, str]]:
    """List (unit, kind, people, place, task, more) of everyone."""
    areas = [(str(row.kode), float(row.tps)) for row in city.kelurahan.itertuples()]
    codes, tps = [code for code, _ in areas], [n for _, n in areas]
    rows: list[tuple[str, str, int, str, str, str]] = []
    pairs = spread(99, tps)  # 1,188 TPS by twelves
    for code, n in zip(codes, pairs, strict=True):
        rows += [(f"tps-{code[-7:].replace('.', '-')}-{i + 1}", "polisi_tps", 2, code, "mobile", "") for i in range(n)]
    linmas = spread(1180, tps)  # pairs
    for code, n in zip(codes, linmas, strict=True):
        sizes = [12] * (2 * n // 12) + ([2 * n % 12] if 2 * n % 12 else [])
        name = code[-7:].replace(".", "-")
        rows += [(f"linmas-{name}-{i + 1}", "linmas", size, code, "guard", "") for i, size in enumerate(sizes)]
    # the other 359 of the Polri
    rows.append(("komando", "pos_komando", 10, "polresta", "standby", ""))
    rows += [
        ("negosiator-1", "negosiator", 10, "kpu", "guard", ""),
        ("negosiator-2", "negosiator", 10, "bawaslu", "guard", ""),
    ]
    rows += [(f"negosiator-{i}", "negosiator", 10, "polresta", "standby", "") for i in (3, 4)]
    rows += [
        ("dalmas-awal-1", "dalmas_awal", 30, "kpu", "guard", ""),
        ("dalmas-awal-2", "dalmas_awal", 30, "bawaslu", "guard", ""),
    ]
    rows += [(f"dalmas-awal-{i}", "dalmas_awal", 30, "polresta", "standby", "") for i in (3, 4)]
    rows += [
        (f"dalmas-lanjut-{i + 1}", "dalmas_lanjut", 30, at, "standby", "")
        for i, at in enumerate(("purwantoro", "arjosari"))
    ]
    where = cycle(["klojen", "polsek blimbing", "polsek lowokwaru", "polsek kedungkandang", "sukun"])
    rows += [(f"patroli-{i + 1}", "patroli", 10, next(where), "mobile", DAY if i < 4 else NIGHT) for i in range(8)]
    rows += [
        ("satlantas-4", "satlantas", 10, "polresta", "mobile", ""),
        ("satlantas-5", "satlantas", 9, "kpu", "mobile", ""),
    ]
    gates = ("gerbang dau", "gerbang pakisaji", "gerbang singosari")
    rows += [(f"satlantas-{i + 1}", "satlantas", 10, at, "guard", "") for i, at in enumerate(gates)]
    # of the TNI, 214 people
    rows += [(f"tni-{i + 1}", "tni_pleton", 30, at, "guard", "") for i, at in enumerate(("balai kota", "dprd", "kpu"))]
    rows += [(f"tni-{i}", "tni_pleton", 30, "polresta", "reserve", "") for i in (4, 5, 6)]
    rows += [("tni-7", "tni_regu", 12, "bawaslu", "guard", ""), ("tni-8", "tni_regu", 12, "bawaslu", "guard", "")]
    rows.append(("tni-9", "tni_regu", 10, "polresta", "reserve", ""))
    # from outside the city, on request: one platoon BKO and the PHH company that only the Kapolda releases
    rows += [
        ("bko-polda", "dalmas_lanjut", 30, "polresta", "bko", "outside: true"),
        ("phh-brimob", "phh_brimob", 100, "polresta", "bko", "outside: true"),
    ]
    venues = city.venues
    homes = [str(ref) for ref in venues.loc[venues["kind"].isin(["rs_umum", "puskesmas"]), "ref"]]
    rows += [(f"ambulans-{i + 1}", "ambulans", 3, homes[i % len(homes)], "standby", "") for i in range(84)]
    # one engine at KPU, as in the drill: from the fire station alone the north is out of reach in 15 minutes [S47]
    engines = ["damkar"] * 5 + ["kpu"]
    rows += [(f"damkar-{i + 1}", "damkar", 4, at, "standby", "") for i, at in enumerate(engines)]
    return rows


def main() -> None:
    """Write both files."""
    rows = posts_of(City.load("malang"))
    total = sum(row[2] for row in rows)
    counts = {
        kind: sum(row[2] for row in rows if row[1] in kinds and row[4] != "bko") for kind, kinds in GROUPS.items()
    }
    assert counts == {"polri": 557, "tni": 214, "linmas": 2360}, counts
    note = f"""total: {total}
on: 2024-11-27
# 557 Polri + 214 TNI + 2,360 Linmas = 3,131 [S8]; with them 84 ambulances [S13] (crews of 3), six engines, and from
# outside one platoon BKO [S11] and a PHH company. Written by tools/make_pilkada_force.py; the split is assumed.
source: S8, S9, S11, S13
quality: assumed

units:
"""
    units = "".join(
        f"  - {{id: {name}, kind: {kind}, people: {people}{', ' + more if more else ''}}}\n"
        for name, kind, people, _, _, more in rows
    )
    (DATA / "forces" / "malang-pilkada.yaml").write_text(HEAD.format(kind="force") + note + units, encoding="utf-8")
    posts = "".join(f'  - {{unit: {name}, at: "{at}", task: {task}}}\n' for name, _, _, at, task, _ in rows)
    top = (
        "city: malang\nforce: malang-pilkada\n# Written by tools/make_pilkada_force.py: the posts are not published.\n"
    )
    top += "source: S8, S9, S11, S13\nquality: assumed\n\nposts:\n"
    (DATA / "plans" / "malang-pilkada.yaml").write_text(HEAD.format(kind="plan") + top + posts, encoding="utf-8")


GROUPS = {
    "polri": ("polisi_tps", "pos_komando", "negosiator", "dalmas_awal", "dalmas_lanjut", "patroli", "satlantas"),
    "tni": ("tni_pleton", "tni_regu"),
    "linmas": ("linmas",),
}

if __name__ == "__main__":
    main()
