"""Draw the map: streets and cells faint, places and posts plain, and where help came late by size and shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from .findings import of_100
from .ground import Ground
from .labels import Placed, Wanted, place_labels
from .places import Late, PlaceRow
from .summary import Summary
from .svg import Box, element, figure, number, text, text_width
from .words_of import agency_code, short_name

__all__ = ["MARKS", "Spot", "draw_map", "late_shape", "spots"]

MARKS = ("police", "fire", "ambulance")
NEAR = 150.0  # metres: closer places share one mark, at 1:50,000 they would lie on top of one another
BOLD = ("place", "late")  # kinds of lines of a label, as in report.css
_BIGGEST = {True: 20.0, False: 13.0}  # px: radius of the mark where every call is late, wide and narrow


@dataclass(frozen=True)
class Spot:
    """Gather what stands at one point: names, people by agency, stage figures and late services.

    `role` is gathering, venue, hospital or area; `guessed` where the position is unknown and was put there by a rule;
    `around` where some of the people stand at an area, such as the kelurahan, whose middle is near.
    """

    key: str
    x: float
    y: float
    name: str
    role: str
    people: dict[str, int] = field(default_factory=dict)
    stage: PlaceRow | None = None
    late: tuple[Late, ...] = ()
    guessed: bool = False
    around: bool = False

    @property
    def sure(self) -> list[Late]:
        """Give the services that are late here for sure."""
        return [each for each in self.late if each.verdict == "missed"]

    @property
    def rank(self) -> tuple[float, ...]:
        """Order spots by what a commander looks for: gatherings, late help, posts, the rest."""
        return (self.role != "gathering", not self.sure, -sum(self.people.values()), _ORDER.index(self.role))


def spots(ensemble: Any, summary: Summary, ground: Ground) -> list[Spot]:
    """Merge sites that stand within `NEAR` metres of one another, with the posts there, in order of rank."""
    clusters: list[_Cluster] = []
    guessed = set(ensemble.sites.loc[ensemble.sites["quality"] == "unknown", "place"])
    for site in sorted(ensemble.sites.itertuples(), key=lambda site: (_ORDER.index(_role(site)), str(site.place))):
        if math.isfinite(site.lon) and math.isfinite(site.lat):
            known = _Site(str(site.place), str(site.name), _role(site), guessed=site.place in guessed)
            _near(clusters, *ground.metres(site.lon, site.lat), guessed=known.guessed).sites.append(known)
    for post in ensemble.posts.itertuples():
        cluster = _near(clusters, *ground.metres(post.lon, post.lat), guessed=str(post.at) in guessed)
        cluster.sites = cluster.sites or [_Site(str(post.at), str(post.at), "area")]
        places = {site.place for site in cluster.sites if site.role != "area"}
        cluster.around |= bool(places) and str(post.at) not in places
        cluster.people[str(post.agency)] = cluster.people.get(str(post.agency), 0) + int(post.people)
    found = [_spot(cluster, summary) for cluster in clusters]
    return sorted(found, key=lambda spot: (*spot.rank, spot.key))


_ORDER = ("gathering", "venue", "hospital", "area")


def _role(site: Any) -> str:
    """Say how a site is drawn: as a gathering, a hospital, an area (only its middle is known), or a venue."""
    if site.role in ("gathering", "hospital"):
        return str(site.role)
    return "area" if site.kind in ("kelurahan", "kecamatan") else "venue"


@dataclass(frozen=True)
class _Site:
    """Hold what the map needs of a site; `guessed` where nobody knows its position."""

    place: str
    name: str
    role: str
    guessed: bool = False


@dataclass
class _Cluster:
    """Gather sites and people by agency around the first site's point."""

    x: float
    y: float
    guessed: bool
    sites: list[_Site] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    around: bool = False


def _near(clusters: list[_Cluster], x: float, y: float, *, guessed: bool) -> _Cluster:
    """Find the cluster at a point, or start one; a guessed position never joins a known one."""
    for cluster in clusters:
        if cluster.guessed == guessed and math.hypot(cluster.x - x, cluster.y - y) < NEAR:
            return cluster
    clusters.append(_Cluster(x, y, guessed))
    return clusters[-1]


def _spot(cluster: _Cluster, summary: Summary) -> Spot:
    """Make one spot of a cluster; an area names it only where nothing else stands there.

    Of several places that share the spot, each service shows the one with the most late calls.
    """
    places = {site.place for site in cluster.sites}
    named = [site.name for site in cluster.sites if site.role != "area"] or [cluster.sites[0].name]
    here = [each for each in summary.late if each.place in places and each.verdict in ("missed", "undecided")]
    here.sort(key=lambda each: (each.verdict != "missed", -each.calls * each.share.value, each.place))
    return Spot(
        key=cluster.sites[0].place,
        x=cluster.x,
        y=cluster.y,
        name=" · ".join(dict.fromkeys(short_name(name, summary.city) for name in named)),
        role=cluster.sites[0].role,
        people=cluster.people,
        stage=next((row for row in summary.places if row.place in places), None),
        late=tuple(
            {each.service: each for each in reversed(here)}[service] for service in sorted({e.service for e in here})
        ),
        guessed=cluster.guessed,
        around=cluster.around,
    )


def draw_map(
    found: Sequence[Spot],
    ground: Ground,
    t: Callable[..., str],
    *,
    width: float,
    key: str,
    beside: Sequence[Spot] = (),
) -> Markup:
    """Draw the map `width` px wide; below 500 it is the narrow one, with fewer and smaller labels.

    Two maps that each name the other's spots as `beside` show the same piece of ground.
    """
    wide = width >= 500
    frame = ground.frame([(spot.x, spot.y) for spot in (*found, *beside) if _shown(spot)], width=width, tallest=1.3)
    at = {spot.key: frame.point(spot.x, spot.y) for spot in found}
    size = 13.0 if wide else 11.5
    blocks = {spot.key: _block(spot, t, wide=wide) for spot in found}
    marks = [(spot.key, _mark_box(at[spot.key], spot, wide=wide)) for spot in found if _shown(spot)]
    corner = Box(0, frame.height - 34, 210.0, 34)
    wanted = [
        _wanted(spot, at[spot.key], blocks[spot.key], size, wide=wide)
        for spot in found
        if blocks[spot.key] and _named(spot, wide=wide)
    ]
    room = Box(4, 4, width - 8, frame.height - 8)
    placed = place_labels(wanted, room, [*marks, *[("corner", corner)] * 4])
    children = [
        *ground.draw(frame),
        *(mark for spot in reversed(found) for mark in _late_marks(spot, at[spot.key], t, wide=wide)),
        *_hospitals(found, at),
        *(_dot(spot, at[spot.key]) for spot in reversed(found) if spot.role != "hospital" and _shown(spot)),
        *(part for label in placed for part in _write(label, blocks[label.key], size)),
        *_scale(frame.scale, frame.height, ground, t),
    ]
    return figure(
        key,
        (width, frame.height),
        t("report.map_title"),
        t("report.map_describe", places=sum(map(_shown, found))),
        children,
    )


def _shown(spot: Spot) -> bool:
    """Tell whether a spot is drawn: an area only where people stand or help comes late."""
    return spot.role != "area" or bool(spot.people) or bool(spot.late)


def _named(spot: Spot, *, wide: bool) -> bool:
    """Tell whether a spot asks for a label: on the narrow map gatherings, late places and the larger posts."""
    return spot.role == "gathering" or bool(spot.sure) or sum(spot.people.values()) >= (1 if wide else 40)


Line = tuple[str, str]  # (class, words)


def _block(spot: Spot, t: Callable[..., str], *, wide: bool) -> list[Line]:
    """Write the lines of a spot's label: name, people by agency, stage, late help."""
    lines: list[Line] = [("place", t("report.map_around", name=spot.name) if spot.around else spot.name)]
    if wide and spot.people:
        parts = sorted(spot.people.items(), key=lambda item: (-item[1], item[0]))
        lines += [
            ("crew", " · ".join(f"{agency_code(agency, t)} {count}" for agency, count in parts[k : k + 3]))
            for k in range(0, len(parts), 3)
        ]
    if spot.role == "gathering" and spot.stage is not None:
        lines.append(("stage", t("report.map_stage", share=of_100(spot.stage.reached_merah.value))))
    if spot.sure:
        worst = max(spot.sure, key=lambda each: (each.share.low, each.service))
        lines.append(
            ("late", t("report.map_late", service=t(f"service.{worst.service}"), share=of_100(worst.share.value)))
        )
    return lines


def _wanted(spot: Spot, at: tuple[float, float], lines: Sequence[Line], size: float, *, wide: bool) -> Wanted:
    """Ask for room for a label."""
    width = max(text_width(words, size, bold=kind in BOLD) for kind, words in lines)
    half, high = _reach(spot, wide=wide)
    return Wanted(spot.key, *at, half, high, width, len(lines) * size * 1.3)


def _write(label: Placed, lines: Sequence[Line], size: float) -> Iterable[Markup]:
    """Write a placed label and the line to its mark."""
    if label.leader is not None:
        x0, y0, x1, y1 = label.leader
        yield element("line", x1=x0, y1=y0, x2=x1, y2=y1, class_="leader")
    x = label.box.x + {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor] * label.box.width
    for row, (kind, words) in enumerate(lines):
        y, style = label.box.y + size * (1.3 * row + 1.0), f"font-size:{number(size)}px"
        yield element("text", words, x=x, y=y, class_=f"map-{kind}", text_anchor=label.anchor, style=style)


def _marks(spot: Spot, at: tuple[float, float], *, wide: bool) -> list[tuple[Late, float, float]]:
    """Lay a spot's marks side by side around it: (service, x, radius); areas in proportion to the share late."""
    radii = [_BIGGEST[wide] * math.sqrt(each.share.value) for each in spot.late]
    x, placed = at[0] - sum(radii), []
    for each, radius in zip(spot.late, radii, strict=True):
        placed.append((each, x + radius, radius))
        x += 2 * radius
    return placed


def _reach(spot: Spot, *, wide: bool) -> tuple[float, float]:
    """Give half the width and half the height that a spot's marks take."""
    marks = _marks(spot, (0.0, 0.0), wide=wide)
    return max(6.0, sum(radius for _, _, radius in marks)), max([6.0, *(radius for _, _, radius in marks)])


def _mark_box(at: tuple[float, float], spot: Spot, *, wide: bool) -> Box:
    """Bound a spot's marks."""
    half, high = _reach(spot, wide=wide)
    return Box(at[0] - half, at[1] - high, 2 * half, 2 * high)


def _late_marks(spot: Spot, at: tuple[float, float], t: Callable[..., str], *, wide: bool) -> Iterable[Markup]:
    """Draw one mark a service: its outline whole where the interval is sure, dashed where it decides nothing."""
    for each, x, radius in _marks(spot, at, wide=wide):
        told = t("report.map_late", service=t(f"service.{each.service}"), share=of_100(each.share.value))
        yield element(
            "path",
            element("title", f"{spot.name}: {told}"),
            d=late_shape(each.service, x, at[1], radius),
            class_="late" if each.verdict == "missed" else "late unsure",
        )


def late_shape(service: str, x: float, y: float, radius: float) -> str:
    """Give a service's shape as path data: police a circle, fire a diamond, ambulance a hexagon; equal areas."""
    if service == "police":
        r = f"{radius:.1f}"
        return f"M{x - radius:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * radius:.1f} 0a{r} {r} 0 1 0 {-2 * radius:.1f} 0Z"
    corners, area = (4, 2.0) if service == "fire" else (6, 1.5 * math.sqrt(3))
    reach = radius * math.sqrt(math.pi / area)
    points = (
        (x + reach * math.sin(2 * math.pi * k / corners), y - reach * math.cos(2 * math.pi * k / corners))
        for k in range(corners)
    )
    return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points) + "Z"


def _dot(spot: Spot, at: tuple[float, float]) -> Markup:
    """Draw a place as a dot, an area's middle as a ring, an unknown position dashed."""
    radius = {"gathering": 5.0, "venue": 4.0, "area": 3.5}[spot.role]
    guessed = " guessed" if spot.guessed else ""
    return element(
        "circle", element("title", spot.name), cx=at[0], cy=at[1], r=radius, class_=f"dot {spot.role}{guessed}"
    )


def _hospitals(found: Sequence[Spot], at: dict[str, tuple[float, float]]) -> Iterable[Markup]:
    """Draw hospitals as a boxed H, those that would touch as one."""
    drawn: list[tuple[float, float]] = []
    for spot in found:
        x, y = at[spot.key]
        if spot.role == "hospital" and all(math.hypot(x - a, y - b) > 11 for a, b in drawn):
            drawn.append((x, y))
            letter = element("path", d=f"M{x - 2:.1f} {y - 3:.1f}v6m4-6v6m-4-3h4", class_="h")
            box = element("rect", x=x - 5, y=y - 5, width=10, height=10, rx=2, class_="hospital")
            yield element("g", element("title", spot.name), box, letter)


def _scale(scale: float, height: float, ground: Ground, t: Callable[..., str]) -> Iterable[Markup]:
    """Draw the scale bar and say whether the streets are real."""
    metres = 2000.0
    yield element("path", d=f"M10.5 {height - 16:.1f}v5h{metres * scale:.1f}v-5", class_="scale")
    words = t("report.map_scale", km=round(metres / 1000))
    if ground.synthetic:
        words += " · " + t("report.map_synthetic")
    yield text(10.5 + metres * scale + 8, height - 10.0, words, class_="scale-words")
