"""Random cities, forces, plans and scenario files, written as a user would and read back through the front door."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st

from sispamkota.errors import InputError
from sispamkota.force.doctrine import doctrine
from sispamkota.inputs import own_file
from sispamkota.place import City, build_city
from sispamkota.plan.plan import POSTURES, TASKS, Plan
from sispamkota.rehearsal import Scenario, Setting
from sispamkota.rehearsal.happenings import ENGINE_OWN
from sispamkota.rehearsal.scenario_file import Requirements
from sispamkota.schema import quantities

__all__ = ["CITIES", "Files", "city_of", "random_files", "set_up", "set_up_open"]

CITIES = 12  # built once each
VENUES = ("kpu", "bawaslu", "polresta", "balai_kota", "dprd", "damkar", "brimob", "kodim", "ruang_publik", "gudang_kpu",
          "gerbang", "pasar")  # fmt: skip
KINDS = tuple(kind for kind in own_file(Requirements, "rehearsal", "requirements").incidents if kind not in ENGINE_OWN)


@dataclass(frozen=True)
class Files:
    """A city by its number, and the documents of scenario, its base (or none), force and plan."""

    city: int
    scenario: dict[str, Any]
    base: dict[str, Any] | None
    force: dict[str, Any]
    plan: dict[str, Any]


@cache
def city_of(number: int) -> City:
    """A small town of so many kelurahan, with generated streets; always a hospital, an office and a police station."""
    r = Random(f"city {number}")
    n = (1, 2, 3, 5, 8, 12, 20, 30, 40, 50, 4, 6)[number]
    areas = ["kode,nama,kode_kec,kecamatan,area_km2,lon,lat,penduduk"]
    for i in range(n):
        district, people = f"98.76.0{1 + i % 3}", r.choice(("", r.randint(500, 30_000)))
        spot = f"{112.0 + r.uniform(-0.05, 0.05):.6f},{-5.0 + r.uniform(-0.05, 0.05):.6f}"
        areas.append(f"{district}.1{i:03d},Desa{i},{district},Kec{i % 3},{r.uniform(0.5, 6.0):.2f},{spot},{people}")
    venues = ["id,nama,jenis,kelas_rs,lon,lat"]
    kinds = ["rs_umum", *("rs_umum",) * r.randint(0, 2), *VENUES[:3], *r.sample(VENUES[3:], r.randint(0, 9))]
    for i, kind in enumerate(kinds):
        spot = f"{112.0 + r.uniform(-0.05, 0.05):.6f},{-5.0 + r.uniform(-0.05, 0.05):.6f}"
        grade = r.choice("ABCD") if kind == "rs_umum" else ""
        venues.append(f"v{i},Tempat {i},{kind},{grade},{spot}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "areas.csv").write_text("\n".join(areas) + "\n", encoding="utf-8")
        (folder / "venues.csv").write_text("\n".join(venues) + "\n", encoding="utf-8")
        return build_city(areas=folder / "areas.csv", venues=folder / "venues.csv", name=f"kota-{number}")


def _words(city: City) -> list[str]:
    """Words by which a user may name places of the city."""
    return [*city.kelurahan["kode"].astype(str), *city.venues["ref"].astype(str)]


@st.composite
def random_files(draw: Any) -> Files:
    """Make the files of a rehearsal that is in order."""
    number = draw(st.integers(0, CITIES - 1))
    seed = draw(st.integers(0, 2**32 - 1))
    counts = {name: draw(st.integers(0, most)) for name, most in
              (("phases", 4), ("places", 5), ("gatherings", 4), ("injects", 6), ("closures", 2))}  # fmt: skip
    units, split = draw(st.integers(1, 30)), draw(st.booleans())
    words = _words(city_of(number))

    def luck(what: str, i: int = 0) -> Random:
        return Random(f"{seed} {what} {i}")

    force = _force([_unit(luck("unit", i), i) for i in range(units)])
    plan = _plan([_post(luck("post", i), unit, words) for i, unit in enumerate(force["units"])], number)
    whole = _scenario(luck, counts, words)
    base = None
    if split:  # some parts stand in a base, which the scenario extends
        base = whole | {"name": "dasar", "places": whole["places"], "injects": [], "closures": []}
        kept = ("injects", "closures", "kind", "version", "name", "title_id", "title_en", "start", "source", "quality")
        whole = {key: value for key, value in whole.items() if key in kept} | {"extends": "base.yaml"}
    return Files(number, whole, base, force, plan)


def _unit(r: Random, i: int) -> dict[str, Any]:
    name, kind = r.choice(sorted(doctrine().unit_kinds.items()))
    unit: dict[str, Any] = {"id": f"u-{i}", "kind": name, "people": r.randint(kind.low, kind.high)}
    if r.random() < 0.3:
        every = r.choice((12.0, 24.0, 36.0))
        unit["duty"] = {"from_h": r.randrange(24), "hours": r.uniform(1.0, min(24.0, every)), "every_h": every}
    if r.random() < 0.3:
        unit["readiness"] = r.choice((0.01, 0.5, 1.0))
    return unit


def _force(units: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"kind": "force", "version": 1, "name": "acak", "title": "acak", "on": "2024-06-12"}
    total = sum(unit["people"] for unit in units)
    return head | {"total": total, "source": "acak", "quality": "assumed", "units": units}


def _post(r: Random, unit: dict[str, Any], words: list[str]) -> dict[str, Any]:
    post = {"unit": unit["id"], "at": r.choice(words), "task": r.choice(TASKS)}
    levels = doctrine().unit_kinds[unit["kind"]].level
    return post | ({"posture": r.choice(POSTURES[: levels + 1])} if levels >= 0 and r.random() < 0.5 else {})


def _plan(posts: list[dict[str, Any]], number: int) -> dict[str, Any]:
    head = {"kind": "plan", "version": 1, "name": "acak", "title": "acak", "city": f"kota-{number}"}
    return head | {"force": "force.yaml", "source": "acak", "quality": "assumed", "posts": posts}


def _scenario(luck: Callable[..., Random], counts: dict[str, int], words: list[str]) -> dict[str, Any]:
    r = luck("scenario")
    phases = [_phase(luck("phase", i), i) for i in range(counts["phases"])]
    places = [
        _place(luck("place", i), word) for i, word in enumerate(r.sample(words, min(len(words), counts["places"])))
    ]
    areas = {word for word in words if word[:1].isdigit()} | {"kelurahan", "kecamatan"}
    if r.random() < 0.2 and not any(place["at"] in areas for place in places):
        places.append({"each": r.choice(("kelurahan", "kecamatan")), "answer": "kelurahan", "volatility": 0.2})
    spots = [place["at"] for place in places if "at" in place]
    scenario = {
        "kind": "scenario", "version": 1, "name": "acak", "title_id": "acak", "title_en": "random", "source": "acak",
        "quality": "assumed", "start": f"2024-06-12T{r.randrange(24):02d}:{r.choice((0, 30)):02d}",
        "hazards": r.choice(("none", "malang", "season", ["malang", "season"])), "phases": phases, "places": places,
        "draw_parameters": r.random() < 0.3, "parameters": _parameters(r),
        "gatherings": [_gathering(luck("gathering", i), i, places, phases)
                       for i in range(counts["gatherings"]) if places],
        "injects": [_inject(luck("inject", i), i, spots, words, phases) for i in range(counts["injects"])],
        "closures": [_closure(luck("closure", i), spots, words, phases) for i in range(counts["closures"])],
        "screening": r.sample(words, r.choice((0, 0, 1, 2)) if len(words) > 2 else 0),
    }  # fmt: skip
    if not phases or r.random() < 0.6:
        scenario["duration_min"] = r.choice((10, 120, 600, 3000))
    return scenario


def _parameters(r: Random) -> dict[str, float]:
    known = [each for each in quantities(kind="parameter") if each.name not in ("vote_open_hour", "vote_close_hour")]
    return {
        each.name: r.choice((each.low or 0.0, each.high or 0.0, r.uniform(each.low or 0.0, each.high or 0.0)))
        for each in r.sample(known, r.choice((0, 0, 2, 8)))
    }


def _phase(r: Random, i: int) -> dict[str, Any]:
    start = {"after": f"f{r.randrange(i)}"} if i and r.random() < 0.7 else {"from_min": r.choice((0, 15.5, 60))}
    length = r.choice(({"minutes": r.choice((1, 45, 300))}, {"per_contest_min": 30}))
    return {"id": f"f{i}", "tension": r.choice((0, 1, 1.5, 10))} | start | length


def _place(r: Random, word: str) -> dict[str, Any]:
    flags = {name: r.random() < 0.4 for name in ("protected", "burnable", "ballots", "enclosed")}
    people = {"peaceful": r.choice((0, 0, 40, 700)), "violent": r.choice((0, 0, 5, 90))}
    answer = {"answer": r.choice(("office", "kelurahan")), "volatility": r.choice((0, 0.3, 1))}
    return {"at": word} | flags | people | answer


def _gathering(r: Random, i: int, places: list[dict[str, Any]], phases: list[dict[str, Any]]) -> dict[str, Any]:
    place = r.choice(places)
    where = {"at": place["at"]} if "at" in place else {"each": place["each"]}
    if phases and r.random() < 0.5:
        phase, cut = r.choice(phases)["id"], r.uniform(0.1, 0.9)
        waves = [{"phase": phase, "from_part": 0, "to_part": cut, "share": 0.5}]
        waves += [{"phase": phase, "from_part": cut, "to_part": 1, "share": 0.5}] if r.random() < 0.5 else []
    else:
        edges = sorted(r.sample(range(200), 4))
        waves = [{"from_min": a, "to_min": b, "share": r.uniform(0.1, 0.5)} for a, b in (edges[:2], edges[2:])]
    size = {"people": r.choice((1, 50, 900)), "spread": r.choice((1, 1.5, 3)), "camp": r.randrange(2)}
    return {"id": f"g{i}", "arrive": waves} | where | size


def _when(r: Random, spots: list[str], phases: list[dict[str, Any]]) -> dict[str, Any]:
    """A time, a part of a phase, or a condition."""
    ways: list[dict[str, Any]] = [{"at_min": r.choice((0, 10, 33.3))}]
    if phases:
        ways.append({"phase": r.choice(phases)["id"], "part": r.choice((0, 0.5, 1))})
    if spots:
        stage = r.choice(("hijau", "kuning", "merah"))
        ways.append({"when": {"place": r.choice(spots), "stage": stage, "after_min": r.choice((0, 5))}})
    return r.choice(ways)


def _inject(r: Random, i: int, spots: list[str], words: list[str], phases: list[dict[str, Any]]) -> dict[str, Any]:
    do = r.choice(("provoke", "incident", "ask_to_leave")) if spots else "incident"
    rest = {"provoke": {"people": r.choice((1, 40, 500))}, "incident": {"incident": r.choice(KINDS)}}.get(do, {})
    at = r.choice(words if do == "incident" else spots)
    return {"id": f"i{i}", "do": do, "at": at} | rest | _when(r, spots, phases)


def _closure(r: Random, spots: list[str], words: list[str], phases: list[dict[str, Any]]) -> dict[str, Any]:
    ways: list[dict[str, Any]] = [{}, {"from_min": 5, "to_min": 50}]
    ways += [{"phase": r.choice(phases)["id"]}] if phases else []
    ways += [{"when": {"place": r.choice(spots), "stage": "kuning"}, "for_min": 30}] if spots else []
    return {"at": r.choice(words), "radius_m": r.choice((1, 30, 60))} | r.choice(ways)


def set_up_open(files: Files) -> Setting:
    """Set the files up; where a closure cuts a place off, and the refusal says no more than that, without closures."""
    try:
        return set_up(files)
    except InputError as error:
        if {fault.field for fault in error.faults} != {"closures"}:
            raise
        return set_up(replace(files, scenario=files.scenario | {"closures": []}))


def set_up(files: Files) -> Setting:
    """Write the files, and read them as a user would; raises InputError where they do not fit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stem in ("scenario", "base", "force", "plan"):
            document = getattr(files, stem)
            if document is not None:
                text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
                (folder / f"{stem}.yaml").write_text(text, encoding="utf-8")
        city, scenario = city_of(files.city), Scenario.load(folder / "scenario.yaml")
        return Setting.make(scenario, Plan.load(folder / "plan.yaml"), city)
