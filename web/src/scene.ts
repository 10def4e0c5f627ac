// What stands where at a moment, in plain values: the picture and the map draw the same.

import type { Doc, Point } from "./document";
import { hospitalMark } from "./marks";
import type { Crowd, Hospital, Moving, Resting, Walker } from "./replay";

/** What a map draws, of a replicate that is over or of a room that is live; times are seconds since the start. */
export interface Sight {
  readonly doc: Pick<Doc, "places" | "units" | "ground">;
  readonly crowds: readonly { place: number }[];
  readonly incidents: ArrayLike<{ kind: string; place: number; answered: number }>;
  point(place: number): Point | undefined;
  name(place: number): string;
  /** Places that the first view holds. */
  reach(): number[];
  crowdsAt(t: number): Crowd[];
  hospitalsAt(t: number): Hospital[];
  firesAt(t: number): number[];
  /** Places whose streets or ways out are reported closed. */
  closedAt(t: number): number[];
  /** The closed streets themselves, where they are known. */
  closedStreetsAt(t: number): Point[][];
  /** Who goes to a hospital by himself. */
  walkersAt(t: number): Walker[];
  openAt(t: number): number[];
  waitingAt(t: number): Map<number, unknown[]>;
  unitsAt(t: number): { moving: Moving[]; resting: Resting[] };
}

export type Choice = { kind: "place" | "incident" | "unit"; index: number };
export type Icon = { at: Point; mark: string; size: number; shift?: [number, number]; choice?: Choice };
export type Gathering = Crowd & { at: Point; choice: Choice };
export type View = { center: [number, number]; zoom: number };

export const PADDING_PX = 56;
export const MOST_ZOOM = 15;
export const LEAST_ZOOM = 8;
const PX_PER_ROOT = 0.95; // radius of a disc in px: this times the root of its people, so that areas are people
const LEAST_PX = 3;
const MANY = 12; // of so many gatherings those where nobody is are drawn small, without their names
const TILE_PX = 512;
const OFFICES = new Set(["kpu", "bawaslu"]);
const ZOOMS = [11, 16] as const; // widths of streets are given for these

export const LAYERS = ["crowds", "officers", "units", "posts", "calls", "casualties", "fires", "hospitals", "walkins", "closed", "streets", "areas", "differences"] as const;
export type LayerName = (typeof LAYERS)[number];
export type Layers = Record<LayerName, boolean>;

export const DASH = [2, 3];
export const WALKER_PX = 12;
/** Widths of lines, px, at the two zooms. */
export const WIDTHS = { areas: [1, 1.4], minor: [0.7, 4], main: [1.6, 7] } as const;

export function widthAt([from, to]: readonly [number, number], zoom: number): number {
  const share = Math.min(1, Math.max(0, (zoom - ZOOMS[0]) / (ZOOMS[1] - ZOOMS[0])));
  return from + (to - from) * share;
}

export function widthByZoom([from, to]: readonly [number, number]): unknown[] {
  return ["interpolate", ["linear"], ["zoom"], ZOOMS[0], from, ZOOMS[1], to];
}

export const peopleOf = (each: Crowd): number => each.peaceful + each.violent + each.spent;
export const reachOf = (people: number): number => PX_PER_ROOT * Math.sqrt(people);
export const radiusOf = (people: number): number => (people > 0 ? Math.max(LEAST_PX, reachOf(people)) : 0);

/** Offices of the election: the places that an operation is about. */
export function isOffice(sight: Sight, place: number): boolean {
  return OFFICES.has(sight.doc.places[place]?.[2] ?? "");
}

export function gatherings(sight: Sight, t: number): Gathering[] {
  return sight.crowdsAt(t).flatMap((each) => {
    const at = sight.point(each.place);
    return at ? [{ ...each, at, choice: { kind: "place" as const, index: each.place } }] : [];
  });
}

/** Tell whether a gathering is worth a name: of many, not those where nobody is and nothing has happened. */
export function isNotable(each: Gathering, of: Gathering[]): boolean {
  return of.length <= MANY || peopleOf(each) > 0 || each.stage > 0;
}

/** Tell whether its stage is worth a large mark: of many, only where there is violence or has been. */
function isLarge(each: Gathering, of: Gathering[]): boolean {
  return of.length <= MANY || each.violent > 0 || each.stage > 0;
}

/** Order gatherings by stage, violence, people and officers. */
export function gravest<C extends Crowd>(crowds: C[]): C[] {
  const weights = (each: C) => [each.stage, each.violent, peopleOf(each), each.officers, -each.place];
  return [...crowds].sort((a, b) => {
    const [x, y] = [weights(a), weights(b)];
    const first = x.findIndex((value, i) => value !== y[i]);
    return first < 0 ? 0 : y[first]! - x[first]!;
  });
}

export function stageIcons(crowds: Gathering[]): Icon[] {
  return crowds.map((each) => ({
    at: each.at,
    mark: `stage_${each.stage}`,
    size: isLarge(each, crowds) ? 24 : 12,
    choice: each.choice,
    shift: isLarge(each, crowds) ? [0, -Math.max(radiusOf(peopleOf(each)), 10) - 10] : [0, 0],
  }));
}

export function postIcons(sight: Sight, t: number): Icon[] {
  const taken = new Set(sight.crowds.map((each) => sight.point(each.place)?.join()));
  return sight
    .unitsAt(t)
    .resting.filter(({ at }) => !taken.has(at.join()))
    .map(({ at, units }) => ({ at, mark: "post", size: 17, choice: { kind: "unit", index: units[0]! } }));
}

export function hospitalIcons(sight: Sight, t: number): Icon[] {
  return sight.hospitalsAt(t).flatMap(({ place, used, open, waiting }) => {
    const at = sight.point(place);
    const choice = { kind: "place" as const, index: place };
    return at ? [{ at, mark: hospitalMark(used, open, waiting), size: 22, choice }] : [];
  });
}

export function callIcons(sight: Sight, t: number): Icon[] {
  const crowded = new Set(sight.crowds.map((each) => sight.point(each.place)?.join()));
  return sight.openAt(t).flatMap((index) => {
    const incident = sight.incidents[index]!;
    const at = sight.point(incident.place);
    const shift: Point = at && crowded.has(at.join()) ? [26, -14] : [0, 0];
    return at ? [{ at, mark: incident.answered <= t ? "work" : "call", size: 22, shift, choice: { kind: "incident" as const, index } }] : [];
  });
}

export function casualtyIcons(sight: Sight, t: number): Icon[] {
  return placeIcons(sight, [...sight.waitingAt(t).keys()], { mark: "casualty", size: 16, shift: [18, 14] });
}

export function fireIcons(sight: Sight, t: number): Icon[] {
  return placeIcons(sight, sight.firesAt(t), { mark: "fire", size: 26, shift: [-20, 14] });
}

export function closedIcons(sight: Sight, t: number): Icon[] {
  return placeIcons(sight, sight.closedAt(t), { mark: "closed", size: 20, shift: [-22, -14] });
}

function placeIcons(sight: Sight, places: number[], look: { mark: string; size: number; shift: [number, number] }): Icon[] {
  return places.flatMap((index) => {
    const at = sight.point(index);
    return at ? [{ at, ...look, choice: { kind: "place" as const, index } }] : [];
  });
}

/** The corners of what happens; a degree about nothing where nothing has a place. */
export function boundsOf(sight: Sight): [Point, Point] {
  const points = sight.reach().map((place) => sight.point(place)).filter((each): each is Point => each !== undefined);
  if (!points.length) return [[-1, -1], [1, 1]];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]];
}

/** Web Mercator: the whole world is one by one. */
function world([lon, lat]: Point): Point {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function degrees([x, y]: Point): Point {
  return [(x - 0.5) * 360, (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI];
}

/** Fit the corners into a frame as the map does. */
export function fitted(sight: Sight, width: number, height: number): View {
  const [a, b] = boundsOf(sight).map(world) as [Point, Point];
  const room = (span: number, px: number) => (span > 0 ? Math.log2((px - 2 * PADDING_PX) / TILE_PX / span) : Infinity);
  const wanted = Math.min(MOST_ZOOM, room(b[0] - a[0], width), room(a[1] - b[1], height));
  const zoom = Math.max(LEAST_ZOOM, Number.isFinite(wanted) ? wanted : MOST_ZOOM);
  return { center: degrees([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]), zoom };
}

/** Where a point stands in a frame of so many px. */
export function toPx({ center, zoom }: View, width: number, height: number): (point: Point) => Point {
  const scale = TILE_PX * 2 ** zoom;
  const [x0, y0] = world(center);
  return (point) => {
    const [x, y] = world(point);
    return [width / 2 + (x - x0) * scale, height / 2 + (y - y0) * scale];
  };
}
