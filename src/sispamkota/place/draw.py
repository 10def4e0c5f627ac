"""Draw a city: streets, areas, venues; how far one gets in some minutes, a way, closed streets. SVG, PNG or a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.errors import Fault, InputError, shown
from sispamkota.store import atomic_write
from sispamkota.words import number, words

from .lines import street_lines
from .position import unproject
from .reach import Band
from .ride import ROAD_KINDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .city import City

__all__ = ["SUFFIXES", "Layers", "draw_city", "is_assumed", "write_map"]

SUFFIXES = (".svg", ".png", ".html")
ACCENT, INK, GREY = "#0072B2", "#222222", "#767676"
_BANDS = ("#2c7fb8", "#7fb8da", "#b9d9ea", "#dcecf5")  # near to far; distinct in grey
_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("election", "D", ("kpu", "bawaslu", "ppk", "gudang_kpu")),
    ("police", "s", ("polda", "polres", "polresta", "polsek", "brimob", "kodim", "koramil", "satpol_pp", "dishub")),
    ("fire", "^", ("damkar", "bpbd")),
    ("health", "P", ("rs_umum", "rs_khusus", "puskesmas", "klinik", "pmi", "psc119")),
    ("gate", "v", ("gerbang",)),
)
_NAMED = ("kpu", "bawaslu", "polresta", "damkar", "balai_kota", "dprd", "gudang_kpu", "gerbang", "brimob", "kodim")
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Noto Sans", "Segoe UI", "Roboto", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "svg.fonttype": "none",
    "svg.hashsalt": "sispamkota",
}


@dataclass(frozen=True, eq=False)
class Layers:
    """Say what to lay over the city: bands of reach, the places they start from, a way (nodes), closed streets."""

    bands: Sequence[Band] = ()
    origins: Sequence[str] = ()  # references of places
    way: NDArray[np.int64] | None = None
    closed: NDArray[np.bool_] | None = None
    title: str | None = None


def is_assumed(city: City, refs: Iterable[str]) -> bool:
    """Tell whether any of some places stands where nobody measured it: a proxy, or placed by a rule."""
    return any(city.find(ref).quality != "reported" and city.find(ref).quality != "official" for ref in refs)


def draw_city(city: City, *, lang: str, layers: Layers | None = None, ax: Axes | None = None) -> Axes:
    """Draw a map and give its axes; what has no measured position is hollow, and what is assumed is said under it."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    over = layers or Layers()
    with mpl.rc_context(_STYLE):
        axes: Axes = plt.figure(figsize=(8, 9.6), layout="constrained").subplots() if ax is None else ax
        _draw_bands(axes, city, over.bands)
        _draw_streets(axes, city, over)
        _draw_areas(axes, city)
        handles = [*_band_keys(over.bands, lang), *_draw_venues(axes, city, lang)]
        _draw_origins(axes, city, over.origins)
        axes.set_aspect(1 / cos(radians(float(city.kelurahan["lat"].mean()))))
        axes.autoscale_view()
        axes.set_axis_off()
        _scale_bar(axes, city, lang)
        axes.set_title(_title(city, over, lang), loc="left", fontsize=13, color=INK)
        axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, frameon=False, fontsize=8)
        axes.text(0, -0.1, _notes(city, lang), transform=axes.transAxes, fontsize=7.5, color=GREY, va="top")
    return axes


def _title(city: City, over: Layers, lang: str) -> str:
    """Write the title; a map that rests on assumed positions says so in it."""
    title = over.title or city.title
    assumed = over.origins and is_assumed(city, over.origins)
    return f"{title} — {words(lang)('place.map_assumed')}" if assumed else title


def _notes(city: City, lang: str) -> str:
    """Write what the map rests on."""
    t = words(lang)
    notes = [t("place.map_hollow")]
    if any(each.key == "streets_synthetic" for each in city.assumptions):
        notes.append(t("place.map_synthetic"))
    if any(name.endswith(".pbf") for name in city.manifest.inputs):
        notes.append("© OpenStreetMap contributors (ODbL)")
    return "\n".join(notes)


def _draw_bands(axes: Axes, city: City, bands: Sequence[Band]) -> None:
    """Fill the bands, the far ones first."""
    from matplotlib.patches import PathPatch

    for i, band in reversed(list(enumerate(bands))):
        for path in _paths(band.area, city.epsg):
            axes.add_patch(PathPatch(path, facecolor=_BANDS[min(i, len(_BANDS) - 1)], edgecolor="none", zorder=0.5))


def _paths(area: Any, epsg: int) -> Iterable[Any]:
    """Turn polygons in metres into paths in degrees, holes included."""
    from matplotlib.path import Path as Outline

    for polygon in getattr(area, "geoms", [area]):
        if polygon.geom_type != "Polygon" or polygon.is_empty:
            continue
        rings = [polygon.exterior, *polygon.interiors]
        corners = [np.asarray(ring.coords) for ring in rings]
        points = [np.column_stack(unproject(each[:, 0], each[:, 1], epsg)) for each in corners]
        codes = [[Outline.MOVETO, *[Outline.LINETO] * (len(ring) - 2), Outline.CLOSEPOLY] for ring in points]
        yield Outline(np.concatenate(points), np.concatenate(codes))


def _draw_streets(axes: Axes, city: City, over: Layers) -> None:
    """Draw the streets, main ones stronger; closed ones and the way on top."""
    import shapely
    from matplotlib.collections import LineCollection

    roads = city.roads
    lines = [shapely.get_coordinates(line) for line in street_lines(roads)]
    main = roads.kind[roads.first_arc] <= ROAD_KINDS.index("kolektor")
    styles = [(~main, "#c9c9c9", 0.4, 1.0), (main, "#9a9a9a", 1.0, 1.1)]
    if over.closed is not None:
        styles.append((over.closed, "#D55E00", 2.4, 1.4))
    for rows, colour, width, order in styles:
        chosen = [lines[i] for i in np.flatnonzero(rows)]
        axes.add_collection(LineCollection(chosen, colors=colour, linewidths=width, zorder=order, capstyle="round"))
    if over.way is not None and over.way.size > 1:
        ends = {frozenset(pair) for pair in zip(over.way[:-1].tolist(), over.way[1:].tolist(), strict=True)}
        arcs = roads.first_arc
        pairs = zip(roads.tail[arcs].tolist(), roads.head[arcs].tolist(), strict=True)
        on = [lines[i] for i, pair in enumerate(pairs) if frozenset(pair) in ends]
        axes.add_collection(LineCollection(on, colors=ACCENT, linewidths=2.6, zorder=1.5, capstyle="round"))


def _draw_areas(axes: Axes, city: City) -> None:
    """Outline the areas, if they have polygons, and name the kecamatan."""
    import shapely
    from matplotlib.collections import LineCollection
    from matplotlib.patheffects import withStroke

    if city.areas:
        rings = [
            np.asarray(polygon.exterior.coords)[:, :2]
            for area in city.areas.values()
            for polygon in getattr(shapely.simplify(area, 1e-4), "geoms", [shapely.simplify(area, 1e-4)])
        ]
        axes.add_collection(LineCollection(rings, colors="#b08a5a", linewidths=0.6, linestyles="--", zorder=1.2))
    halo = [withStroke(linewidth=2.5, foreground="white")]
    span = float(np.ptp(city.roads.lat)) or 1.0
    marks = city.venues[["lon", "lat"]].to_numpy(np.float64)
    for row in city.kecamatan.itertuples():
        text, lon, lat = str(row.nama).upper(), float(row.lon), float(row.lat)  # type: ignore[arg-type]
        near = np.abs(marks[:, 0] - lon) < len(text) * span * 0.007
        spots = [lat + dy * span * 0.015 for dy in (0, 1, -1, 2, -2, 3, -3)]
        free = min(spots, key=lambda y: int((np.abs(marks[near, 1] - y) < span * 0.012).sum()))
        axes.text(lon, free, text, fontsize=9, color=GREY, ha="center", va="center", path_effects=halo, zorder=2)


def _draw_venues(axes: Axes, city: City, lang: str) -> list[Any]:
    """Mark the venues by group, hollow where the position is not measured, and name the main ones; the keys."""
    from matplotlib.lines import Line2D

    t, venues = words(lang), city.venues
    known = [kind for _, _, kinds in _GROUPS for kind in kinds]
    groups = [*_GROUPS, ("other", "o", tuple(kind for kind in set(venues["kind"]) if kind not in known))]
    measured = (venues["placed"] == "") & ~venues["quality"].isin(["proxy", "assumed", "unknown"])
    keys = []
    for name, marker, kinds in groups:
        of = venues["kind"].isin(kinds)
        size = 14 if name == "other" else 30
        for rows, face in ((of & measured, INK), (of & ~measured, "white")):
            points = venues[rows]
            axes.scatter(
                points["lon"], points["lat"], s=size, marker=marker, c=face, edgecolors=INK, linewidths=0.9, zorder=3
            )
        if of.any():
            label = t(f"place.map_group_{name}")
            keys.append(Line2D([], [], marker=marker, color=INK, linestyle="", markersize=5, label=label))
    _name_venues(axes, city)
    return keys


def _name_venues(axes: Axes, city: City) -> None:
    """Name the main venues, each where no earlier name stands."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    named = city.venues[city.venues["kind"].isin(_NAMED)].drop_duplicates(["lon", "lat"])
    span = float(np.ptp(city.roads.lat)) or 1.0
    high, wide, taken = span * 0.018, span * 0.0085, list[tuple[float, float, float]]()
    for row in named.itertuples():
        text = str(row.name).replace(" Kota Malang", "")
        width = len(text) * wide
        lon, lat = float(row.lon), float(row.lat)  # type: ignore[arg-type]
        for dy in (0.0, 1.0, -1.0, 2.0, -2.0, 3.0):
            left, base = lon + wide, lat + dy * high
            if all(abs(base - y) >= high or left > x + w or x > left + width for x, y, w in taken):
                taken.append((left, base, width))
                axes.annotate(
                    text, (lon, lat), (left, base), fontsize=7.5, color=INK, va="center", path_effects=halo, zorder=4
                )
                break


def _draw_origins(axes: Axes, city: City, refs: Sequence[str]) -> None:
    """Ring the places that the bands or the way start from."""
    sites = [city.find(ref) for ref in refs]
    if sites:
        lon, lat = [site.lon for site in sites], [site.lat for site in sites]
        axes.scatter(lon, lat, s=160, marker="o", facecolors="none", edgecolors="#D55E00", linewidths=1.8, zorder=3.5)


def _band_keys(bands: Sequence[Band], lang: str) -> list[Any]:
    """Make the keys of the bands."""
    from matplotlib.patches import Patch

    t = words(lang)
    return [
        Patch(
            facecolor=_BANDS[min(i, len(_BANDS) - 1)],
            label=t(
                "place.map_band", minutes=number(band.seconds / 60, lang, digits=0 if band.seconds % 60 == 0 else 1)
            ),
        )
        for i, band in enumerate(bands)
    ]


def _scale_bar(axes: Axes, city: City, lang: str) -> None:
    """Draw a bar of one kilometre, or of five for a large area."""
    km = 1.0 if np.ptp(city.roads.x) < 30_000 else 5.0
    west, south = float(city.roads.lon.min()), float(city.roads.lat.min())
    degrees = km * 1000 / (111_320 * cos(radians(south)))
    axes.plot([west, west + degrees], [south, south], color=INK, linewidth=2, solid_capstyle="butt", zorder=4)
    text = f"{number(km, lang)} km"
    axes.annotate(text, (west + degrees / 2, south), (0, 4), textcoords="offset points", ha="center", fontsize=8)


def write_map(city: City, path: str | Path, *, lang: str, layers: Layers | None = None) -> None:
    """Write a map as .svg or .png, or as an .html page with the map, the sheet and the venues as a table.

    Equal cities give equal bytes. Raises InputError for any other suffix, or a place that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        remedy = f"Give the file a name that ends in {', '.join(SUFFIXES)}."
        raise InputError([Fault("--out", "file", "a map file", shown(path.name), remedy)])
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    axes = draw_city(city, lang=lang, layers=layers)
    figure: Any = axes.figure
    with atomic_write(path) as temporary, mpl.rc_context(_STYLE):
        if path.suffix.lower() == ".png":
            figure.savefig(temporary, dpi=160, metadata={"Software": "sispamkota"})
        elif path.suffix.lower() == ".svg":
            figure.savefig(temporary, metadata={"Date": None})
        else:
            from .page import city_page

            temporary.write_text(city_page(city, figure, lang=lang, layers=layers), encoding="utf-8", newline="\n")
    plt.close(figure)
