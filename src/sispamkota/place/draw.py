"""Draw a city: streets, areas, venues; how far one gets in some minutes, a way, closed streets. SVG, PNG or a page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sispamkota.outputs import refuse_suffix
from sispamkota.plotting import colour, rc
from sispamkota.store import atomic_write
from sispamkota.words import number, words

from .lines import street_lines
from .osm import is_osm
from .position import unproject
from .reach import Band
from .ride import ROAD_KINDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .city import City

__all__ = ["SUFFIXES", "Layers", "draw_city", "is_assumed", "map_title", "write_map"]

SUFFIXES = (".svg", ".png", ".html")
ACCENT, INK, GREY = colour("accent"), colour("ink"), colour("ink-3")
_NEAR, _FAR = (0x1F, 0x6F, 0xA8), (0xDC, 0xEC, 0xF5)  # colours of the bands, near to far; distinct in grey
_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("election", "D", ("kpu", "bawaslu", "ppk", "gudang_kpu")),
    ("police", "s", ("polda", "polres", "polresta", "polsek", "brimob", "kodim", "koramil", "satpol_pp", "dishub")),
    ("fire", "^", ("damkar", "bpbd")),
    ("health", "P", ("rs_umum", "rs_khusus", "puskesmas", "klinik", "pmi", "psc119")),
    ("gate", "v", ("gerbang",)),
)
_NAMED = ("kpu", "bawaslu", "polresta", "damkar", "balai_kota", "dprd", "gudang_kpu", "gerbang", "brimob", "kodim")


@dataclass(frozen=True)
class _Form:
    """Say how a map is laid out: figure (inches), fonts (points), share of the map's height of a line, marks."""

    size: tuple[float, float]
    text: float
    district: float
    line: float
    marks: float
    columns: int
    chars: int


_WIDE = _Form((8.0, 9.6), text=8.0, district=9.5, line=0.019, marks=1.0, columns=4, chars=110)
_NARROW = _Form((4.1, 8.0), text=9.6, district=9.8, line=0.036, marks=0.5, columns=1, chars=50)  # for a telephone
_Box = tuple[float, float, float]  # of a name: its left end, its middle line, its width, degrees
_TITLE_CHARS = 64
_HAIR_M = 4.0  # what no one sees at the scale of a city


@dataclass(frozen=True, eq=False)
class Layers:
    """Say what to lay over the city: bands of reach, the places they start from, a way (nodes), closed streets."""

    bands: Sequence[Band] = ()
    origins: Sequence[str] = ()  # references of places
    way: NDArray[np.int64] | None = None
    closed: NDArray[np.bool_] | None = None
    title: str | None = None
    about: str = ""  # under which conditions: vehicle, hour, closures


def is_assumed(city: City, refs: Iterable[str]) -> bool:
    """Tell whether any of some places stands where nobody measured it: a proxy, or placed by a rule."""
    return not all(city.find(ref).measured for ref in refs)


def draw_city(city: City, *, lang: str, layers: Layers | None = None, ax: Axes | None = None) -> Axes:
    """Draw a map and give its axes; what has no measured position is hollow, and what is assumed is said under it."""
    import matplotlib as mpl

    with mpl.rc_context(rc()):
        axes = _figure(city, lang, layers or Layers(), _WIDE, ax)
        title = "\n".join(wrap(map_title(city, lang=lang, layers=layers), _TITLE_CHARS))
        axes.set_title(title, loc="left", fontsize=13, color=INK)
    return axes


def _figure(city: City, lang: str, over: Layers, form: _Form, ax: Axes | None = None) -> Axes:
    """Draw all but the title."""
    from matplotlib import pyplot as plt

    axes: Axes = plt.figure(figsize=form.size, layout="constrained").subplots() if ax is None else ax
    _draw_bands(axes, city, over.bands)
    _draw_streets(axes, city, over)
    _draw_areas(axes, city)
    keys = [*_band_keys(over.bands, lang), *_line_keys(over, lang), *_draw_venues(axes, city, lang, form)]
    _draw_origins(axes, city, over.origins, form)
    _name_districts(axes, city, form, _name_venues(axes, city, form))
    axes.set_aspect(1 / cos(radians(float(city.kelurahan["lat"].mean()))))
    axes.autoscale_view()
    axes.set_axis_off()
    _scale_bar(axes, city, lang, form)
    below: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, 0.0),
        "columnspacing": 1.2,
        "handletextpad": 0.5,
    }
    axes.legend(handles=keys, ncols=form.columns, frameon=False, fontsize=form.text, **below)
    low = -form.line * (1.5 + 1.15 * -(-len(keys) // form.columns))
    said = [over.about, *_notes(city, lang)] if over.about else _notes(city, lang)
    notes = "\n".join(line for note in said for line in wrap(note, form.chars))
    axes.text(0, low, notes, transform=axes.transAxes, fontsize=form.text, color=GREY, va="top")
    return axes


def map_title(city: City, *, lang: str, layers: Layers | None = None) -> str:
    """Write the title; a map that rests on assumed positions says so in it."""
    title = (layers.title if layers else None) or city.title
    assumed = layers is not None and layers.origins and is_assumed(city, layers.origins)
    return f"{title} — {words(lang)('place.map_assumed')}" if assumed else title


def _notes(city: City, lang: str) -> list[str]:
    """Write what the map rests on."""
    t = words(lang)
    notes = [t("place.map_hollow")]
    if any(each.key == "streets_synthetic" for each in city.assumptions):
        notes.append(t("place.map_synthetic"))
    if any(is_osm(Path(name)) for name in city.manifest.inputs):
        notes.append("© OpenStreetMap contributors (ODbL)")
    return notes


def _draw_bands(axes: Axes, city: City, bands: Sequence[Band]) -> None:
    """Fill the bands, the far ones first."""
    from matplotlib.patches import PathPatch

    for i, band in reversed(list(enumerate(bands))):
        for path in _paths(band.area.simplify(_HAIR_M), city.epsg):
            axes.add_artist(PathPatch(path, facecolor=_shade(i, len(bands)), edgecolor="none", zorder=0.5))
            axes.update_datalim(path.vertices)


def _shade(i: int, bands: int) -> str:
    """Give the colour of a band among some, the nearest the darkest."""
    part = i / max(bands - 1, 2)
    return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(_NEAR, _FAR, strict=True))


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
    roads = city.roads
    lines = street_lines(roads)
    main = roads.kind[roads.first_arc] <= ROAD_KINDS.index("kolektor")
    _draw_lines(axes, lines[~main], "#c9c9c9", 0.4, 1.0)
    _draw_lines(axes, lines[main], "#9a9a9a", 1.0, 1.1)
    if over.closed is not None:
        _draw_lines(axes, lines[over.closed], "#D55E00", 2.4, 1.4)
    if over.way is not None and over.way.size > 1:
        ends = {frozenset(pair) for pair in zip(over.way[:-1].tolist(), over.way[1:].tolist(), strict=True)}
        arcs = roads.first_arc
        pairs = zip(roads.tail[arcs].tolist(), roads.head[arcs].tolist(), strict=True)
        _draw_lines(axes, lines[[frozenset(pair) in ends for pair in pairs]], ACCENT, 2.6, 1.5)


def _draw_lines(axes: Axes, lines: Any, colour: str, width: float, order: float) -> None:
    """Draw lines as one path: thousands of single ones make a heavy file."""
    import shapely
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    points, line = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return
    codes = np.where(np.diff(line, prepend=-1) > 0, Outline.MOVETO, Outline.LINETO)
    path = Outline(points, codes)
    axes.add_artist(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, zorder=order, capstyle="round"))
    axes.update_datalim(points)


def _draw_areas(axes: Axes, city: City) -> None:
    """Outline the areas, if they have polygons."""
    import shapely
    from matplotlib.collections import LineCollection

    if city.areas:
        rings = [
            np.asarray(polygon.exterior.coords)[:, :2]
            for area in city.areas.values()
            for polygon in getattr(shapely.simplify(area, 1e-4), "geoms", [shapely.simplify(area, 1e-4)])
        ]
        axes.add_collection(LineCollection(rings, colors="#b08a5a", linewidths=0.6, linestyles="--", zorder=1.2))


def _draw_venues(axes: Axes, city: City, lang: str, form: _Form) -> list[Any]:
    """Mark the venues by group, hollow where the position is not measured, gives the keys."""
    from matplotlib.lines import Line2D

    t, venues = words(lang), city.venues
    known = [kind for _, _, kinds in _GROUPS for kind in kinds]
    groups = [*_GROUPS, ("other", "o", tuple(kind for kind in set(venues["kind"]) if kind not in known))]
    measured = (venues["placed"] == "") & ~venues["quality"].isin(["proxy", "assumed", "unknown"])
    keys = []
    for name, marker, kinds in groups:
        of = venues["kind"].isin(kinds)
        size = (14 if name == "other" else 30) * form.marks
        for rows, face in ((of & measured, INK), (of & ~measured, "white")):
            points = venues[rows]
            axes.scatter(
                points["lon"], points["lat"], s=size, marker=marker, c=face, edgecolors=INK, linewidths=0.9, zorder=3
            )
        if of.any():
            label = t(f"place.map_group_{name}")
            keys.append(Line2D([], [], marker=marker, color=INK, linestyle="", markersize=5, label=label))
    return keys


def _name_venues(axes: Axes, city: City, form: _Form) -> list[_Box]:
    """Name the main venues, each where no earlier name stands; gives where the names are."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    named = city.venues[city.venues["kind"].isin(_NAMED)].drop_duplicates(["lon", "lat"])
    span = float(np.ptp(city.roads.lat)) or 1.0
    high, wide, taken = span * form.line, span * form.line * 0.47, list[_Box]()
    for row in named.itertuples():
        text = str(row.name) if row.kind == "balai_kota" else str(row.name).replace(f" {city.title}", "")
        width = len(text) * wide
        lon, lat = float(row.lon), float(row.lat)  # type: ignore[arg-type]
        for dy in (0.0, 1.0, -1.0, 2.0, -2.0, 3.0):
            left, base = lon + wide, lat + dy * high
            if all(abs(base - y) >= high or left > x + w or x > left + width for x, y, w in taken):
                taken.append((left, base, width))
                place: dict[str, Any] = {"va": "center", "path_effects": halo, "zorder": 4}
                axes.annotate(text, (lon, lat), (left, base), fontsize=form.text, color=INK, **place)
                break
    return taken


def _name_districts(axes: Axes, city: City, form: _Form, taken: Sequence[_Box]) -> None:
    """Name the kecamatan, each as near to its point as it finds room between names and marks."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    high = (float(np.ptp(city.roads.lat)) or 1.0) * form.line
    marks = city.venues[["lon", "lat"]].to_numpy(np.float64)
    for row in city.kecamatan.itertuples():
        text, lon, lat = str(row.nama).upper(), float(row.lon), float(row.lat)  # type: ignore[arg-type]
        half = len(text) * high * 0.39

        def lost(y: float, lon: float = lon, half: float = half) -> float:
            """Count what a name would stand on; a name weighs more than a mark."""
            names = sum(abs(y - base) < high and left < lon + half and lon - half < left + w for left, base, w in taken)
            return 10 * names + int(((np.abs(marks - (lon, y)) < (half, 0.67 * high)).all(axis=1)).sum())

        free = min((lat + dy * high * 0.83 for dy in (0, 1, -1, 2, -2, 3, -3, 4, -4)), key=lost)
        place: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 2}
        axes.text(lon, free, text, fontsize=form.district, color=GREY, path_effects=halo, **place)


def _draw_origins(axes: Axes, city: City, refs: Sequence[str], form: _Form) -> None:
    """Ring the places that the bands or the way start from."""
    sites = [city.find(ref) for ref in refs]
    if sites:
        lon, lat = [site.lon for site in sites], [site.lat for site in sites]
        ring: dict[str, Any] = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.8, "zorder": 3.5}
        axes.scatter(lon, lat, s=160 * form.marks, marker="o", **ring)


def _band_keys(bands: Sequence[Band], lang: str) -> list[Any]:
    """Make the keys of the bands."""
    from matplotlib.patches import Patch

    t = words(lang)
    return [
        Patch(
            facecolor=_shade(i, len(bands)),
            label=t(
                "place.map_band", minutes=number(band.seconds / 60, lang, digits=0 if band.seconds % 60 == 0 else 1)
            ),
        )
        for i, band in enumerate(bands)
    ]


def _line_keys(over: Layers, lang: str) -> list[Any]:
    """Make the keys of the way, of the places asked for and of closed streets, if there are any."""
    from matplotlib.lines import Line2D

    t, keys = words(lang), list[Any]()
    if over.way is not None and over.way.size > 1:
        keys.append(Line2D([], [], color=ACCENT, linewidth=2.6, label=t("place.map_way")))
    if over.origins:
        ring: dict[str, Any] = {"marker": "o", "markersize": 9, "markerfacecolor": "none", "linestyle": ""}
        keys.append(Line2D([], [], color=INK, label=t("place.map_origin"), **ring))
    if over.closed is not None and over.closed.any():
        label = t("place.times_closed", n=number(float(over.closed.sum()), lang)).rstrip(".")
        keys.append(Line2D([], [], color="#D55E00", linewidth=2.4, label=label))
    return keys


def _scale_bar(axes: Axes, city: City, lang: str, form: _Form) -> None:
    """Draw a bar of one kilometre, or of five for a large area."""
    km = 1.0 if np.ptp(city.roads.x) < 30_000 else 5.0
    west, south = float(city.roads.lon.min()), float(city.roads.lat.min())
    degrees = km * 1000 / (111_320 * cos(radians(south)))
    axes.plot([west, west + degrees], [south, south], color=INK, linewidth=2, solid_capstyle="butt", zorder=4)
    text = f"{number(km, lang)} km"
    middle = (west + degrees / 2, south)
    axes.annotate(text, middle, (0, 4), textcoords="offset points", ha="center", fontsize=form.text)


def write_map(city: City, path: str | Path, *, lang: str, layers: Layers | None = None) -> None:
    """Write a map as .svg or .png, or as an .html page with the map, the sheet and the venues as a table.

    Equal cities give equal bytes. Raises InputError for any other suffix, or a place that cannot be written.
    """
    path = Path(path)
    refuse_suffix(path, SUFFIXES)
    import matplotlib as mpl

    mpl.use("Agg")
    with atomic_write(path) as temporary, mpl.rc_context(rc()):
        if path.suffix.lower() == ".html":
            from .page import city_page

            pictures = [_svg(_figure(city, lang, layers or Layers(), form)) for form in (_WIDE, _NARROW)]
            title = map_title(city, lang=lang, layers=layers)
            page = city_page(city, pictures, lang=lang, title=title, over=layers)
            temporary.write_text(page, encoding="utf-8", newline="\n")
        elif path.suffix.lower() == ".svg":
            temporary.write_text(_svg(draw_city(city, lang=lang, layers=layers)), encoding="utf-8", newline="\n")
        else:
            _save(draw_city(city, lang=lang, layers=layers), temporary, dpi=160, metadata={"Software": "sispamkota"})


def _svg(axes: Axes) -> str:
    """Write a figure as SVG, and close it."""
    out = io.StringIO()
    _save(axes, out, format="svg", metadata={"Creator": "sispamkota", "Date": None})
    return out.getvalue()


def _save(axes: Axes, out: Any, **how: Any) -> None:
    """Write a figure, cut to what is drawn, and close it."""
    from matplotlib import pyplot as plt

    figure: Any = axes.figure
    try:
        figure.savefig(out, bbox_inches="tight", pad_inches=0.08, **how)
    finally:
        plt.close(figure)
