"""A plan for Malang that breaks no rule, built in memory; tests change one thing and see which rule notices."""

from dataclasses import replace
from functools import cache

from sispamkota.force import Duty, Force, Unit
from sispamkota.force.doctrine import doctrine
from sispamkota.place import City
from sispamkota.plan import Plan, Post

DAY, NIGHT = Duty(from_h=6, hours=12), Duty(from_h=18, hours=12)
SPAN = 7


@cache
def malang():
    return City.load("malang")


def unit(name, kind, people=None, duty=DAY):
    what = doctrine().unit_kinds[kind]
    return Unit(
        id=name,
        agency=what.agency,
        kind=kind,
        people=what.people if people is None else people,
        home=None,
        vehicle=what.vehicle,
        capabilities=what.capabilities,
        level=what.level,
        readiness=1.0,
        armed=doctrine().agencies[what.agency].armed,
        parts=what.parts,
        duty=duty,
    )


def plan_of(pairs, *, name="lawful", on="2024-11-27", **more):
    """A plan of (unit, at, task[, changes of the post]); whom nobody leads is led by a tree of span seven."""
    units = [each[0] for each in pairs]
    posts = []
    for i, (who, at, task, *rest) in enumerate(pairs):
        under = units[(i - 1) // SPAN].id if i else ""
        posture = "awal" if who.level >= 0 else None
        posts.append(replace(Post(who.id, at, task, posture=posture, under=under), **(rest[0] if rest else {})))
    people = sum(each.people for each in units)
    force = Force(f"force-{name}", name, people, on, tuple(units), "S1", "assumed")
    return Plan(name, name, "malang", force, tuple(posts), "S1", "assumed", **more)


def core(*, start=6.0):
    """The fewest units of a day without TPS: command, talks, crowds, reserve, ambulances and engines day and night."""
    day, night = Duty(from_h=start, hours=12), Duty(from_h=(start + 12) % 24, hours=12)
    rows = [
        (unit("komando", "pos_komando", duty=day), "polresta", "standby"),
        (unit("negosiator-1", "negosiator", duty=day), "kpu", "guard"),
        (unit("negosiator-2", "negosiator", duty=day), "bawaslu", "guard"),
        (unit("dalmas-awal-1", "dalmas_awal", duty=day), "kpu", "guard"),
        (unit("dalmas-awal-2", "dalmas_awal", duty=day), "bawaslu", "guard"),
        (unit("phh", "phh_brimob", duty=day), "polresta", "reserve"),
        (unit("patroli-1", "patroli", duty=day), "klojen", "mobile"),
        (unit("satpol-1", "satpol_pp", duty=day), "kpu", "guard"),
    ]
    for kind, stem in (("ambulans", "ambulans"), ("damkar", "damkar")):
        for at in ("kpu", "damkar"):
            for turn, when in (("siang", day), ("malam", night)):
                rows.append((unit(f"{stem}-{at}-{turn}", kind, duty=when), at, "standby"))
    return rows


def polling_day():
    """The core, and every TPS on the list of one pair of police (12 a pair, special ones alone) and a Linmas squad."""
    rows, tps = core(), malang().tps
    # the reserve grows with the force
    rows += [(unit(f"phh-{i}", "phh_brimob"), "polresta", "reserve") for i in range(2, 6)]
    for kode, part in tps.groupby("kode_kel", sort=True):
        plain, special = (list(part.loc[part["khusus"] == flag, "id"]) for flag in (False, True))
        lists = [plain[i : i + 12] for i in range(0, len(plain), 12)] + [[each] for each in special]
        for i, held in enumerate(lists, 1):
            rows.append((unit(f"tps-{kode[-7:]}-{i}", "polisi_tps"), kode, "mobile", {"tps": tuple(held)}))
        every = list(part["id"])
        for i in range(0, len(every), 6):
            squad = unit(f"linmas-{kode[-7:]}-{i // 6 + 1}", "linmas", people=2 * len(every[i : i + 6]))
            rows.append((squad, kode, "guard", {"tps": tuple(every[i : i + 6])}))
    return rows
