"""sispamkota place: build a city, look at it, check it, and ask how long it takes to get anywhere in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sispamkota.errors import Faults, InputError, shown, suggest
from sispamkota.words import number, pick_language, words

from .common import (
    AsJson,
    CityArgument,
    Lang,
    free_file,
    free_folder,
    group,
    print_json,
    say_new_folder,
    t,
    talk,
    together,
)
from .site_rating import rates
from .sites import site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sispamkota.place import City, Finding, Ride, Site

__all__ = ["app"]

app = group("cli.place")
app.command("site", help=t("cli.place_site"))(site)
app.command("rates", help=t("cli.place_rates"))(rates)
_NAMED = 4  # places in the title of a map
DAYS = ("vote", "work", "rest")
_LISTED = 10

From = Annotated[list[str], typer.Option("--from", metavar="PLACE", help=t("cli.from"))]
At = Annotated[str | None, typer.Option("--at", metavar="HH:MM", help=t("cli.at"))]
Closed = Annotated[list[str] | None, typer.Option("--closed", metavar="AREA", help=t("cli.closed"))]
Vehicle = Annotated[str, typer.Option("--vehicle", help=t("cli.vehicle"))]
Blue = Annotated[bool, typer.Option("--blue-light", help=t("cli.blue_light"))]
Picture = Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help=t("cli.picture"))]


@app.command("build", help=t("cli.place_build"))
def build(
    *,
    areas: Annotated[Path, typer.Option("--areas", metavar="FILE", help=t("cli.areas"))],
    venues: Annotated[list[str], typer.Option("--venues", metavar="[KIND=]FILE", help=t("cli.venues"))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help=t("cli.folder"))],
    roads: Annotated[Path | None, typer.Option("--roads", metavar="FILE", help=t("cli.roads"))] = None,
    people: Annotated[list[Path] | None, typer.Option("--people", metavar="FILE", help=t("cli.people"))] = None,
    tps: Annotated[Path | None, typer.Option("--tps", metavar="FILE", help=t("cli.tps"))] = None,
    renames: Annotated[list[str] | None, typer.Option("--map", metavar="OLD=NEW", help=t("cli.map"))] = None,
    name: Annotated[str | None, typer.Option("--name", help=t("cli.name"))] = None,
    title: Annotated[str | None, typer.Option("--title", help=t("cli.title"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Build a city from files."""
    language = pick_language(lang)
    from sispamkota.place import build_city

    free_folder(out, "city")
    say_new_folder(out, language)
    city = build_city(
        roads=roads,
        areas=areas,
        venues=venues,
        people=people or (),
        tps=tps,
        renamed=_pairs(renames or ()),
        out=out,
        name=name or out.name,
        title=title,
    )
    _print_city(city, language, as_json=as_json)
    for role, columns in city.manifest.settings.get("dropped_columns", {}).items():
        talk(words(language)("place.not_read", role=role, columns=", ".join(columns)))
    for role, notes in city.manifest.settings.get("notes", {}).items():
        for note in notes:
            talk(f"{role}: {note}")
    for column, count in city.manifest.settings.get("personal_columns", {}).items():
        talk(words(language)("place.not_kept", column=column, n=number(count, language)))


@app.command("preview", help=t("cli.place_preview"))
def preview(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=t("cli.preview_file"))],
    table: Annotated[str, typer.Option("--as", metavar="TABLE", help=t("cli.preview_as"))] = "venues",
    renames: Annotated[list[str] | None, typer.Option("--map", metavar="OLD=NEW", help=t("cli.map"))] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Show how a table would be read: its header, columns, totals, and the first rows."""
    language = pick_language(lang)
    from sispamkota.place.preview import preview_rows, show_preview

    found = preview_rows(file, table, renamed=_pairs(renames or ()))
    if as_json:
        print_json(found)
    else:
        print(show_preview(found, lang=language))
    raise typer.Exit(2 if found["faults"] else 0)


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    """Read OLD=NEW options; a fault for any other text."""
    faults, pairs = Faults(), dict[str, str]()
    for text in texts:
        old, equals, new = text.rpartition("=")
        if not equals or not old.strip() or not new.strip():
            remedy = 'For example --map "Jml Pemilih=dpt".'
            faults.add(where="--map", field="map", expected="OLD=NEW", got=shown(text), remedy=remedy)
        pairs[old.strip()] = new.strip()
    faults.raise_if_any()
    return pairs


@app.command("show", help=t("cli.place_show"))
def show(*, city: CityArgument = "malang", out: Picture = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show what a city holds; with --out also draw its map."""
    language = pick_language(lang)
    from sispamkota.place import City

    found, _ = together(lambda: City.load(city), lambda: _free_picture(out))
    say_new_folder(out, language)
    if out is not None:
        from sispamkota.place import write_map

        write_map(found, out, lang=language)
        talk(words(language)("cli.map_written", path=out))
    _print_city(found, language, as_json=as_json)


def _free_picture(out: Path | None) -> None:
    """Raise InputError for a map that cannot be written as it is named."""
    from sispamkota.place.draw import SUFFIXES

    free_file(out, SUFFIXES)


def _print_city(city: City, language: str, *, as_json: bool) -> None:
    from sispamkota.place import show_city

    if as_json:
        print_json(city.to_dict())
    else:
        print(show_city(city, lang=language))


@app.command("check", help=t("cli.place_check"))
def check(
    *,
    city: CityArgument = "malang",
    on: Annotated[str | None, typer.Option("--on", metavar="YYYY-MM-DD", help=t("cli.on"))] = None,
    fix: Annotated[bool, typer.Option("--fix", help=t("cli.fix"))] = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Check a city for what would mislead; exit 1 if something is found."""
    language = pick_language(lang)
    from sispamkota.place import City, check_city, fix_city

    day, found = _day(on), City.load(city)
    findings = check_city(found, on=day)
    done = list[str]()
    if fix:
        mended, done = fix_city(found, findings, lang=language)
        if done:
            _refuse_embedded(city)
            mended.save(city)
            findings = check_city(mended, on=day)
    if as_json:
        rows = [asdict(each.fault()) | each.to_dict() for each in findings]
        print_json({"findings": rows, "done": done})
    else:
        say = words(language)
        for line in done:
            print(f"✓ {line}")
        for line in _lines(findings, language):
            print(line)
        faults = sum(each.severity == "fault" for each in findings)
        sums = {"faults": faults, "notes": len(findings) - faults}
        print(say("place.check_sum", **sums) if findings else say("cli.no_finding"))
    raise typer.Exit(int(any(each.severity == "fault" for each in findings)))


def _lines(findings: Sequence[Finding], language: str) -> Iterator[str]:
    """Write the findings; of more than ten of one kind, ten and how many more there are."""
    for key in dict.fromkeys((each.severity, each.key) for each in findings):
        of_kind = [each for each in findings if (each.severity, each.key) == key]
        mark = "✗" if key[0] == "fault" else "–"
        yield from (f"{mark} {each.line(language)}" for each in of_kind[:_LISTED])
        if len(of_kind) > _LISTED:
            yield words(language)("place.check_more", n=number(len(of_kind) - _LISTED, language))


def _refuse_embedded(city: str) -> None:
    """Refuse to write into a city that is part of the program."""
    if not Path(city).is_dir():
        faults = Faults()
        remedy = "Build it into a folder of your own with `place build`, then check that folder."
        faults.add(where="--fix", field="city", expected="a city folder", got=shown(city), remedy=remedy)
        faults.raise_if_any()


def _day(text: str | None) -> date:
    """Read a date; without one, today's rules are meant."""
    try:
        return datetime.now().astimezone().date() if text is None else date.fromisoformat(text)
    except ValueError:
        faults = Faults()
        faults.add(where="--on", field="date", expected="YYYY-MM-DD", got=shown(text), remedy="For example 2024-11-27.")
        raise InputError(faults) from None


@app.command("times", help=t("cli.place_times"))
def times(
    *,
    origin: From,
    destination: Annotated[list[str], typer.Option("--to", metavar="PLACE", help=t("cli.to"))],
    city: CityArgument = "malang",
    at: At = None,
    closed: Closed = None,
    vehicle: Vehicle = "truck",
    blue_light: Blue = False,
    out: Picture = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell how long a vehicle takes from places to places."""
    language = pick_language(lang)
    from sispamkota.place import City

    found, _ = together(lambda: City.load(city), lambda: _free_picture(out))
    faults = Faults()
    starts = _sites(found, origin, faults, "--from")
    ends = _sites(found, destination, faults, "--to")
    trip = _Trip.of(found, (vehicle, at, blue_light), closed, faults)
    say_new_folder(out, language)
    nodes = [site.node for site in starts], [site.node for site in ends]
    seconds = found.roads.travel_times(*nodes, ride=trip.ride, closed=trip.closed)
    rows = [_leg(a, b, float(seconds[i, j])) for i, a in enumerate(starts) for j, b in enumerate(ends)]
    if out is not None:
        _draw_way(found, (starts[0], ends[0]), trip, out, language)
        if len(rows) > 1:
            talk(words(language)("place.times_first_only"))
    if as_json:
        about = {"vehicle": vehicle, "blue_light": blue_light, "at": at, "closed_streets": trip.n_closed}
        one = rows[0] if len(rows) == 1 else {}
        print_json({**about, **one, "times": rows, "assumptions": [asdict(each) for each in found.assumptions]})
    else:
        _print_times(found, rows, trip, language)


def _leg(a: Site, b: Site, seconds: float) -> dict[str, Any]:
    """Say how long it takes from a place to another, and whether either stands where nobody measured it."""
    names = {"from": a.ref, "from_name": a.name, "to": b.ref, "to_name": b.name}
    assumed = [site.ref for site in (a, b) if not site.measured]
    return {**names, "seconds": seconds if seconds < inf else None, "assumed_positions": assumed}


@dataclass(frozen=True, eq=False)
class _Trip:
    """Hold how one travels, as the options say it."""

    ride: Ride
    closed: NDArray[Any] | None
    options: tuple[str, str | None, bool]

    @classmethod
    def of(cls, city: City, options: tuple[str, str | None, bool], closures: list[str] | None, faults: Faults) -> _Trip:
        """Read vehicle, hour, blue light and closures; raises InputError with all faults, also those found before."""
        vehicle, at, blue_light = options
        ride, shut = _ride(vehicle, at, faults, blue_light=blue_light), _closed(city, closures, faults)
        faults.raise_if_any()
        assert ride is not None  # noqa: S101 - else a fault was raised
        return cls(ride, shut, options)

    @property
    def n_closed(self) -> int:
        """Count the closed streets."""
        return 0 if self.closed is None else int(self.closed.sum())

    def about(self, language: str) -> str:
        """Say it in words, for a map or beside a time."""
        say, (vehicle, at, blue_light) = words(language), self.options
        parts = [say(f"place.vehicle_{vehicle}")]
        parts += [say("place.trip_blue")] if blue_light else []
        parts += [say("place.trip_at", at=at)] if at else [say("place.trip_any")]
        parts += [say("place.times_closed", n=number(self.n_closed, language)).rstrip(".")] if self.n_closed else []
        return "; ".join(parts) + "."


def _sites(city: City, refs: Sequence[str], faults: Faults, where: str) -> list[Site]:
    """Find places; a kind that several venues have stands for all of them."""
    sites: list[Site] = []
    for ref in refs:
        of_kind = city.find_kind(ref)
        if of_kind:
            sites += of_kind
        elif (site := city.find_or_fault(ref, faults, where)) is not None:
            sites.append(site)
    return sites


def _named(city: City, refs: Sequence[str], language: str) -> str:
    """Name places for a title; several of a kind by how many there are."""
    say, names = words(language), list[str]()
    for ref in dict.fromkeys(refs):
        of_kind = city.find_kind(ref)
        several = f"{len(of_kind)} {say(f'place.kind_{of_kind[0].kind}')}" if len(of_kind) > 1 else None
        names.append(several or city.find(ref).name)
    listed = ", ".join(names[:_NAMED])
    return listed if len(names) <= _NAMED else f"{listed} + {len(names) - _NAMED}"


def _ride(vehicle: str, at: str | None, faults: Faults, *, blue_light: bool) -> Ride | None:
    """Make the ride that the options ask for."""
    from sispamkota.place import VEHICLES, Ride

    before = len(faults)
    if vehicle not in VEHICLES:
        remedy = suggest(vehicle, VEHICLES)
        faults.add(where="--vehicle", field="vehicle", expected="a vehicle class", got=shown(vehicle), remedy=remedy)
    hour = None if at is None else _hour(at, faults)
    return Ride.of(vehicle, blue_light=blue_light, hour=hour) if len(faults) == before else None


def _hour(text: str, faults: Faults) -> float | None:
    """Read a time of day as hours; None, and a fault, for anything else."""
    clock = re.fullmatch(r"([01]?[0-9]|2[0-4])[:.]([0-5][0-9])", text)
    hour = int(clock[1]) + int(clock[2]) / 60 if clock else 25.0
    if hour <= 24.0:
        return hour
    remedy = "Write the local time of day as 12:30."
    faults.add(where="--at", field="at", expected="a time from 00:00 to 24:00", got=shown(text), remedy=remedy)
    return None


def _closed(city: City, closures: list[str] | None, faults: Faults) -> NDArray[Any] | None:
    """Mark the streets that the options shut."""
    from sispamkota.place import closed_streets

    return closed_streets(city, closures, faults) if closures else None


def _print_times(city: City, rows: list[dict[str, Any]], trip: _Trip, language: str) -> None:
    """Print one time alone, several as a table; with what they rest on."""
    from sispamkota.show import text_table
    from sispamkota.words import minutes

    say = words(language)

    def told(seconds: float | None) -> str:
        return say("place.no_way") if seconds is None else minutes(seconds, language)

    def name(row: dict[str, Any], end: str) -> str:
        mark = f" ({say('place.map_assumed')})" if row[end] in row["assumed_positions"] else ""
        return str(row[f"{end}_name"]) + mark

    if len(rows) == 1:
        talk(f"{name(rows[0], 'from')} → {name(rows[0], 'to')}")
        print(told(rows[0]["seconds"]))
    else:
        table = [(name(row, "from"), name(row, "to"), told(row["seconds"])) for row in rows]
        header = (say("place.times_from"), say("place.times_to"), say("place.times_time"))
        print(text_table(say("place.times_title", city=city.title), header, table))
    talk(trip.about(language))
    if trip.n_closed and any(row["seconds"] is None for row in rows):
        talk(say("place.times_shut_in"))
    keys = ("streets_synthetic", "speeds_assumed")
    for each in city.assumptions:
        if each.key in keys:
            talk(f"- {each.id if language == 'id' else each.en}")


def _draw_way(city: City, ends: tuple[Site, Site], trip: _Trip, out: Path, language: str) -> None:
    """Draw the way from a place to another, with its time."""
    from sispamkota.place import Layers, write_map
    from sispamkota.words import minutes

    time, via = city.roads.reach(ends[0].node, ride=trip.ride, closed=trip.closed)
    way = city.roads.trace(via, ends[0].node, ends[1].node)
    took = float(time[ends[1].node])
    told = minutes(took, language) if took < inf else words(language)("place.no_way")
    layers = Layers(
        way=way,
        closed=trip.closed,
        origins=tuple(site.ref for site in ends),
        title=f"{ends[0].name} → {ends[1].name}: {told}",
        about=trip.about(language),
    )
    write_map(city, out, lang=language, layers=layers)
    talk(words(language)("cli.map_written", path=out))


@app.command("reach", help=t("cli.place_reach"))
def reach(
    *,
    origin: From,
    city: CityArgument = "malang",
    minutes_: Annotated[str, typer.Option("--minutes", metavar="M,M,…", help=t("cli.minutes"))] = "5,10,15",
    at: At = None,
    closed: Closed = None,
    vehicle: Vehicle = "engine",
    blue_light: Blue = False,
    out: Picture = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell what is reached from places within some minutes, and draw it."""
    language = pick_language(lang)
    from sispamkota.place import City, Layers, reach_areas, write_map

    found, _ = together(lambda: City.load(city), lambda: _free_picture(out))
    faults = Faults()
    starts = _sites(found, origin, faults, "--from")
    limits = _minutes(minutes_, faults)
    trip = _Trip.of(found, (vehicle, at, blue_light), closed, faults)
    say_new_folder(out, language)
    nodes = [site.node for site in starts]
    bands = reach_areas(
        found.roads, nodes, [60.0 * m for m in limits], ride=trip.ride, epsg=found.epsg, closed=trip.closed
    )
    say = words(language)
    if out is not None:
        title = say("place.reach_title", places=_named(found, origin, language))
        refs = tuple(site.ref for site in starts)
        layers = Layers(bands=bands, closed=trip.closed, origins=refs, title=title, about=trip.about(language))
        write_map(found, out, lang=language, layers=layers)
        talk(say("cli.map_written", path=out))
    rows = found.reach_rows(bands)
    if as_json:
        print_json({"from": [site.ref for site in starts], "bands": rows})
    else:
        from sispamkota.place.page import reach_table
        from sispamkota.show import text_table

        print(text_table(*reach_table(rows, lang=language)))


@app.command("people", help=t("cli.place_people"))
def people(
    *,
    city: CityArgument = "malang",
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help=t("cli.people_at"))] = "09:00",
    day: Annotated[str, typer.Option("--day", metavar="vote|work|rest", help=t("cli.day"))] = "vote",
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Tell how many people are where at an hour: at home, at their polling station, and what nobody counted."""
    language = pick_language(lang)
    from sispamkota.place import City, presence
    from sispamkota.place.people import people_rows
    from sispamkota.show import text_table

    faults, found = Faults(), City.load(city)
    hour = _hour(at, faults)
    if day not in DAYS:
        remedy = suggest(day, DAYS)
        faults.add(where="--day", field="day", expected="vote, work or rest", got=shown(day), remedy=remedy)
    faults.raise_if_any()
    table = presence(found, hour or 0.0, tps=found.tps, day=day)  # type: ignore[arg-type]
    if as_json:
        print_json({"at": at, "day": day, "places": json.loads(table.to_json(orient="records"))})
    else:
        print(text_table(*people_rows(found, table, lang=language)))


def _minutes(text: str, faults: Faults) -> list[float]:
    """Read minutes, ascending; a fault for anything that is no time from above 0 to 600."""
    try:
        values = sorted({float(part) for part in text.split(",")})
    except ValueError:
        values = []
    if not values or not all(0 < value <= 600 for value in values):
        remedy = "Write them as 5,10,15."
        faults.add(where="--minutes", field="minutes", expected="minutes from 0 to 600", got=shown(text), remedy=remedy)
        return []
    return values
