// The map: streets and areas by MapLibre, everything that moves by deck.gl in a canvas of its own above it.

import { MapboxOverlay } from "@deck.gl/mapbox";
import { IconLayer, PathLayer, ScatterplotLayer, TextLayer } from "@deck.gl/layers";
import { Map as StreetMap, type StyleSpecification, setWorkerUrl } from "maplibre-gl";
import workerCode from "maplibre-gl/dist/maplibre-gl-worker.mjs?raw";

import { type Point, lines } from "./document";
import { type Colour, css, h } from "./dom";
import { type Colours, readColours } from "./ink";
import { type Obstacle, placeLabels } from "./labels";
import { type Sheet, drawMarks } from "./marks";
import { Picture } from "./picture";
import {
  type Choice, type Gathering, type Icon, LEAST_ZOOM, MOST_ZOOM, PADDING_PX, type Sight, type View, WIDTHS, boundsOf, gatherings, gravest, hospitalIcons,
  isNotable, peopleOf, postIcons, radiusOf, reachOf, stageIcons, widthByZoom,
} from "./scene";
import type { Words } from "./words";

export const LAYERS = ["crowds", "officers", "units", "posts", "calls", "casualties", "fires", "hospitals", "closed", "streets", "areas", "differences"] as const;
export type LayerName = (typeof LAYERS)[number];
export type Shown = Record<LayerName, boolean>;

const FIT = { padding: PADDING_PX, maxZoom: MOST_ZOOM };
const RING_PX = 22;
const RING_GAP_PX = 8;
const HOSPITAL_PX = 11;
const TOP_PX = 56; // the buttons above a map that is the screen
const LABEL_ZOOM = 12.6;
const CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ×+";
const FONT = '"Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

let workerIsSet = false;

/** Hand MapLibre its worker: a file of the page's own server, or out of this very file where a page opened from disk may load nothing else. */
function giveWorker(url: string | undefined): void {
  if (workerIsSet) return;
  setWorkerUrl(url ?? URL.createObjectURL(new Blob([workerCode], { type: "text/javascript" })));
  workerIsSet = true;
}

/** `worker`: where MapLibre's worker is; `whole`: the map is the screen, the wheel and one finger move it. */
export interface MapSettings {
  worker?: string;
  whole?: boolean;
}

const within = ([r, g, b]: Colour, alpha: number): Colour => [r, g, b, alpha];

export class PlaybackMap {
  readonly element: HTMLElement;
  sheet: Sheet;
  onView: (view: View) => void = () => undefined;
  onChoice: (choice: Choice) => void = () => undefined;
  onReady: () => void = () => undefined;
  private readonly labels = h("div", { class: "pb-labels", "aria-hidden": "true" });
  private map: StreetMap | undefined;
  private picture: Picture | undefined;
  private readonly overlay: MapboxOverlay;
  private colours: Colours;
  private now = 0;
  private quiet = false;
  private highlighted: Choice | undefined;
  private differing: Point[] = [];

  constructor(
    host: HTMLElement,
    private readonly sight: Sight,
    private readonly words: Words,
    private readonly shown: Shown,
    private readonly settings: MapSettings = {},
  ) {
    this.element = host;
    this.colours = readColours(this.element);
    this.sheet = drawMarks(this.colours);
    this.overlay = new MapboxOverlay({
      interleaved: false,
      layers: [],
      pickingRadius: 8,
      // A card that is none, as in a browser without one, takes seconds for smooth edges that nobody sees.
      deviceProps: { webgl: { antialias: false, preserveDrawingBuffer: false } },
      onAfterRender: () => this.isReady(),
      onClick: (info: { object?: { choice?: Choice } }) => {
        if (info.object?.choice) this.onChoice(info.object.choice);
      },
      getCursor: ({ isHovering }: { isHovering: boolean }) => (isHovering ? "pointer" : "grab"),
    } as ConstructorParameters<typeof MapboxOverlay>[0]);
    this.picture = new Picture(this.element, this.sight);
    this.element.append(this.labels);
  }

  /** Put the map in the picture's place once it is drawn; throws where the browser cannot draw it. */
  start(): void {
    giveWorker(this.settings.worker);
    this.map = this.makeMap();
    this.draw(this.now);
  }

  private makeMap(): StreetMap {
    const frame = h("div", { class: "pb-ground behind" });
    this.element.prepend(frame);
    const t = (key: string) => this.words.t(key);
    const map = new StreetMap({
      container: frame,
      style: this.style(),
      bounds: boundsOf(this.sight),
      fitBoundsOptions: FIT,
      minZoom: LEAST_ZOOM,
      maxZoom: 17,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      cooperativeGestures: !this.settings.whole,
      locale: {
        "Map.Title": t("map"),
        "CooperativeGesturesHandler.WindowsHelpText": t("gesture_ctrl"),
        "CooperativeGesturesHandler.MacHelpText": t("gesture_cmd"),
        "CooperativeGesturesHandler.MobileHelpText": t("gesture_two"),
      },
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.on("move", () => {
      this.drawLabels();
      if (!this.quiet) this.onView({ center: map.getCenter().toArray() as [number, number], zoom: map.getZoom() });
    });
    map.once("idle", () => {
      // What moves comes after the ground: both at once take longer than one after the other.
      this.paint();
      map.addControl(this.overlay);
      this.draw(this.now);
    });
    return map;
  }

  /** Take the picture away when what moves has been drawn for the first time. */
  private isReady(): void {
    if (!this.picture) return;
    this.picture.element.remove();
    this.picture = undefined;
    this.element.querySelector(".pb-ground")?.classList.remove("behind");
    // The upper canvas takes no keys: one stop of the tabulator for the map is enough.
    for (const upper of this.element.querySelectorAll<HTMLElement>("canvas:not(.maplibregl-canvas)")) upper.tabIndex = -1;
    this.onReady();
  }

  /** Streets and areas; they come with the document, so nothing is ever fetched. */
  private style(): StyleSpecification {
    const { ground } = this.sight.doc;
    const source = (run: number[]) => ({
      type: "geojson" as const,
      tolerance: 0.2,
      data: {
        type: "Feature" as const,
        properties: {},
        geometry: { type: "MultiLineString" as const, coordinates: lines(run) },
      },
    });
    const line = (id: string, ink: Colour, width: readonly [number, number], dash?: number[]) => ({
      id,
      type: "line" as const,
      source: id,
      layout: { "line-join": "round" as const, "line-cap": "round" as const },
      paint: {
        "line-color": css(ink),
        "line-width": widthByZoom(width) as never,
        ...(dash ? { "line-dasharray": dash } : {}),
      },
    });
    return {
      version: 8,
      sources: { areas: source(ground.areas), minor: source(ground.minor), main: source(ground.main) },
      layers: [
        { id: "background", type: "background", paint: { "background-color": css(this.colours.faint) } },
        line("areas", this.colours.rule, WIDTHS.areas, [2, 3]),
        line("minor", this.colours.street, WIDTHS.minor),
        line("main", this.colours.main, WIDTHS.main),
      ],
    };
  }

  fit(): void {
    this.map?.fitBounds(boundsOf(this.sight), { ...FIT, animate: false });
  }

  zoom(by: number): void {
    this.map?.setZoom(this.map.getZoom() + by);
  }

  /** Look where another map looks, without telling it back. */
  follow(view: View): void {
    this.quiet = true;
    this.map?.jumpTo(view);
    this.quiet = false;
  }

  lookAt(place: number): void {
    const point = this.sight.point(place);
    if (point && this.map && !this.map.getBounds().contains(point)) this.map.jumpTo({ center: point });
  }

  remove(): void {
    this.map?.remove();
  }

  highlight(choice: Choice | undefined): void {
    this.highlighted = choice;
    this.draw(this.now);
  }

  /** Ring the places, by reference, that the other map shows otherwise; drawn with the next moment. */
  ring(places: Set<string>): void {
    this.differing = this.sight.doc.places.flatMap(([id], index) => {
      const at = places.has(id) ? this.sight.point(index) : undefined;
      return at ? [at] : [];
    });
  }

  /** Take the page's colours anew: light and dark have their own. */
  recolour(): void {
    this.colours = readColours(this.element);
    this.sheet = drawMarks(this.colours);
    this.picture?.forget();
    this.paint();
    this.draw(this.now);
  }

  /** Colour the ground, once it is there. */
  private paint(): void {
    const { map, colours } = this;
    if (!map?.getLayer("main")) return;
    map.setPaintProperty("background", "background-color", css(colours.faint));
    map.setPaintProperty("areas", "line-color", css(colours.rule));
    map.setPaintProperty("minor", "line-color", css(colours.street));
    map.setPaintProperty("main", "line-color", css(colours.main));
  }

  /** Draw the city as it was at a moment. */
  draw(t: number): void {
    this.now = t;
    const visible = (on: boolean) => (on ? "visible" : "none");
    this.picture?.draw(t, this.colours, this.sheet, this.shown);
    this.drawLabels();
    if (!this.map?.getLayer("main")) return;
    this.map.setLayoutProperty("areas", "visibility", visible(this.shown.areas));
    this.map.setLayoutProperty("minor", "visibility", visible(this.shown.streets));
    this.map.setLayoutProperty("main", "visibility", visible(this.shown.streets));
    const layers = [...this.posts(t), ...this.crowds(t), ...this.events(t), ...this.units(t), ...this.rings(t)];
    // A layer without data would still have its shaders compiled: the map is there sooner without them.
    const needed = layers.filter((layer) => (layer.props.data as unknown[]).length > 0);
    this.overlay.setProps({ layers: needed as never });
  }

  private icons(id: string, data: Icon[], on: boolean) {
    return new IconLayer({
      id,
      data,
      visible: on,
      pickable: true,
      iconAtlas: this.sheet.picture as never,
      iconMapping: this.sheet.marks,
      getIcon: (each: { mark: string }) => each.mark,
      getPosition: (each: { at: Point }) => each.at,
      getSize: (each: { size: number }) => each.size,
      getPixelOffset: (each: { shift?: [number, number] }) => each.shift ?? [0, 0],
      updateTriggers: { getIcon: [this.now] },
    });
  }

  private posts(t: number) {
    return [this.icons("posts", postIcons(this.sight, t), this.shown.posts), this.icons("hospitals", hospitalIcons(this.sight, t), this.shown.hospitals)];
  }

  private crowds(t: number) {
    const crowds = gatherings(this.sight, t);
    const disc = (id: string, people: (each: Gathering) => number, fill: Colour, more = {}) =>
      new ScatterplotLayer({
        id,
        data: crowds.filter((each) => people(each) > 0),
        visible: this.shown.crowds,
        pickable: true,
        radiusUnits: "pixels",
        lineWidthUnits: "pixels",
        getPosition: (each: { at: Point }) => each.at,
        getRadius: (each: Gathering) => radiusOf(people(each)),
        getFillColor: fill,
        ...more,
      });
    const ring = {
      filled: false,
      stroked: true,
      visible: this.shown.officers,
      getLineColor: this.colours.accent,
      getLineWidth: 2.5,
      pickable: false,
    };
    return [
      disc("crowd", peopleOf, within(this.colours.crowd, 190), { stroked: true, getLineColor: this.colours.quiet, getLineWidth: 1 }),
      disc("violent", (each) => each.violent, within(this.colours.ink, 235)),
      disc("officers", (each) => each.officers, this.colours.accent, ring),
      this.icons("stages", stageIcons(crowds), this.shown.crowds),
    ];
  }

  private events(t: number) {
    const gatherings = new Set(this.sight.crowds.map((each) => this.sight.point(each.place)?.join()));
    const calls = this.sight.openAt(t).flatMap((id) => {
      const incident = this.sight.incidents[id]!;
      const at = this.sight.point(incident.place);
      if (!at) return [];
      const mark = incident.answered <= t ? "work" : "call";
      const shift: [number, number] = gatherings.has(at.join()) ? [26, -14] : [0, 0];
      return [{ at, mark, size: 22, shift, choice: { kind: "incident" as const, index: id } }];
    });
    const hurt = [...this.sight.waitingAt(t)].flatMap(([place]) => {
      const at = this.sight.point(place);
      return at ? [{ at, mark: "casualty", size: 16, shift: [18, 14] as [number, number], choice: { kind: "place" as const, index: place } }] : [];
    });
    const fires = this.sight.firesAt(t).flatMap((place) => {
      const at = this.sight.point(place);
      return at ? [{ at, mark: "fire", size: 26, shift: [-20, 14] as [number, number], choice: { kind: "place" as const, index: place } }] : [];
    });
    const closed = this.sight.closedAt(t).flatMap((place) => {
      const at = this.sight.point(place);
      return at ? [{ at, mark: "closed", size: 20, shift: [-22, -14] as [number, number], choice: { kind: "place" as const, index: place } }] : [];
    });
    return [
      this.icons("closed", closed, this.shown.closed),
      this.icons("calls", calls, this.shown.calls),
      this.icons("casualties", hurt, this.shown.casualties),
      this.icons("fires", fires, this.shown.fires),
    ];
  }

  private units(t: number) {
    const moving = this.sight.unitsAt(t).moving.map((each) => {
      const unit = this.sight.doc.units[each.units[0]!]!;
      const code = this.words.find(`agency_code.${unit[1]}`) ?? unit[1].slice(0, 3).toUpperCase();
      const many = each.units.length > 1 ? ` ×${each.units.length}` : "";
      const patient = each.patient ? ` + ${each.patient.triage ?? ""}` : "";
      return { ...each, text: `${code}${many}${patient}`, choice: { kind: "unit" as const, index: each.units[0]! } };
    });
    const common = { data: moving, visible: this.shown.units, pickable: true };
    return [
      new PathLayer({
        ...common,
        id: "ahead",
        pickable: false,
        widthUnits: "pixels",
        getPath: (each: { ahead: Point[] }) => each.ahead,
        getWidth: 3,
        getColor: within(this.colours.accent, 150),
        capRounded: true,
        jointRounded: true,
      }),
      new ScatterplotLayer({
        ...common,
        id: "moving",
        radiusUnits: "pixels",
        lineWidthUnits: "pixels",
        stroked: true,
        getPosition: (each: { at: Point }) => each.at,
        getRadius: (each: { choice: Choice }) => (this.isHighlighted(each.choice) ? 8 : 5),
        getFillColor: this.colours.accent,
        getLineColor: this.colours.paper,
        getLineWidth: 1.5,
        updateTriggers: { getRadius: [this.highlighted?.index] },
      }),
      new TextLayer({
        ...common,
        id: "codes",
        getText: (each: { text: string }) => each.text,
        getPosition: (each: { at: Point }) => each.at,
        getPixelOffset: [0, -17],
        getSize: 12,
        fontFamily: FONT,
        fontWeight: 600,
        characterSet: CODE_LETTERS,
        getColor: this.colours.ink,
        background: true,
        getBackgroundColor: this.colours.paper,
        getBorderColor: this.colours.quiet,
        getBorderWidth: 1,
        backgroundPadding: [4, 2],
        updateTriggers: { getText: [this.words.lang] },
      }),
    ];
  }

  /** Two circles about what differs: black on paper, so that they are seen on any ground and mistaken for no crowd. */
  private rings(t: number) {
    const reach = new Map(gatherings(this.sight, t).map((each) => [each.at.join(), radiusOf(peopleOf(each))]));
    const ring = (id: string, ink: Colour, width: number) =>
      new ScatterplotLayer({
        id,
        data: this.differing,
        visible: this.shown.differences,
        filled: false,
        stroked: true,
        radiusUnits: "pixels",
        lineWidthUnits: "pixels",
        getPosition: (at: Point) => at,
        getRadius: (at: Point) => Math.max(RING_PX, (reach.get(at.join()) ?? 0) + RING_GAP_PX),
        getLineColor: ink,
        getLineWidth: width,
        updateTriggers: { getRadius: [t] },
      });
    return [ring("ring_paper", this.colours.paper, 7), ring("ring", this.colours.ink, 3)];
  }

  private isHighlighted(choice: Choice): boolean {
    return this.highlighted?.kind === choice.kind && this.highlighted.index === choice.index;
  }

  /** Name the gatherings with their people, and what else there is room for. */
  private drawLabels(): void {
    const t = this.now;
    const wanted: { at: Point; lines: string[]; lift: number }[] = [];
    const crowds = gatherings(this.sight, t);
    const moving: Obstacle[] = this.shown.units ? this.sight.unitsAt(t).moving.map((each) => this.project(each.at)) : [];
    if (this.settings.whole) moving.push(...this.hospitalMarks(t), ...this.stageMarks(crowds));
    const waiting = this.sight.waitingAt(t);
    for (const each of this.shown.crowds ? gravest(crowds) : []) {
      if (!isNotable(each, crowds) && !waiting.has(each.place)) continue;
      const { at } = each;
      const people = peopleOf(each);
      const counts = people ? [this.words.t("label_people", { n: this.words.count(people) })] : [];
      if (each.violent) counts.push(this.words.t("label_violent", { n: this.words.count(each.violent) }));
      const hurt = waiting.get(each.place)?.length ?? 0;
      const care = hurt && this.shown.casualties ? [this.words.t("label_hurt", { n: this.words.count(hurt) })] : [];
      wanted.push({ at, lines: [this.sight.name(each.place), ...counts, ...care], lift: reachOf(people) + 8 });
    }
    for (const id of this.shown.calls ? this.sight.openAt(t) : []) {
      const incident = this.sight.incidents[id]!;
      const at = this.sight.point(incident.place);
      const kind = this.words.kind(incident.kind);
      if (at) wanted.push({ at, lines: [`${kind} · ${this.sight.name(incident.place)}`], lift: 12 });
    }
    if (this.shown.hospitals && (this.picture?.zoom ?? this.map?.getZoom() ?? 0) > LABEL_ZOOM) {
      for (const each of this.sight.hospitalsAt(t)) {
        const at = this.sight.point(each.place);
        if (at) wanted.push({ at, lines: [this.sight.name(each.place)], lift: 14 });
      }
    }
    placeLabels(this.labels, wanted.map((each) => ({ ...each, ...this.project(each.at) })), moving, this.element, this.settings.whole ? TOP_PX : 0);
  }

  private hospitalMarks(t: number): Obstacle[] {
    const points = this.shown.hospitals ? this.sight.hospitalsAt(t).map((each) => this.sight.point(each.place)) : [];
    return points.flatMap((at) => (at ? [{ ...this.project(at), half: HOSPITAL_PX, soft: true }] : []));
  }

  private stageMarks(crowds: Gathering[]): Obstacle[] {
    return stageIcons(this.shown.crowds ? crowds : []).map(({ at, size, shift }) => {
      const { x, y } = this.project(at);
      return { x: x + (shift?.[0] ?? 0), y: y + (shift?.[1] ?? 0), half: size / 2 };
    });
  }

  /** Where a point stands on the screen, px. */
  private project(point: Point): { x: number; y: number } {
    if (this.map && !this.picture) {
      const { x, y } = this.map.project(point);
      return { x, y };
    }
    const [x, y] = this.picture?.px(point) ?? [0, 0];
    return { x, y };
  }
}
