// The map: streets and areas by MapLibre, everything that moves by deck.gl in a canvas of its own above it.

import { MapboxOverlay } from "@deck.gl/mapbox";
import { IconLayer, PathLayer, ScatterplotLayer, TextLayer } from "@deck.gl/layers";
import { Map as StreetMap, type StyleSpecification, setWorkerUrl } from "maplibre-gl";
import workerCode from "maplibre-gl/dist/maplibre-gl-worker.mjs?raw";

import { type Point, lines } from "./document";
import { type Colour, colour, css, h } from "./dom";
import { placeLabels } from "./labels";
import { type Ink, type Sheet, drawMarks, hospitalMark } from "./marks";
import type { Replay } from "./replay";
import type { Words } from "./words";

export type Choice = { kind: "place" | "incident" | "unit"; index: number };
export const LAYERS = ["crowds", "officers", "units", "posts", "calls", "casualties", "fires", "hospitals", "streets", "areas"] as const;
export type LayerName = (typeof LAYERS)[number];
export type Shown = Record<LayerName, boolean>;
export type View = { center: [number, number]; zoom: number };

const PX_PER_ROOT = 0.95; // radius of a disc in px: this times the root of its people, so that areas are people
const LEAST_PX = 3;
const LABEL_ZOOM = 12.6;
const CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ×+";
const FONT = '"Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

let workerIsSet = false;

/** Hand MapLibre its worker out of this very file: a page opened from disk may load nothing else. */
function giveWorker(): void {
  if (workerIsSet) return;
  setWorkerUrl(URL.createObjectURL(new Blob([workerCode], { type: "text/javascript" })));
  workerIsSet = true;
}

interface Colours extends Ink {
  faint: Colour;
  street: Colour;
  main: Colour;
  rule: Colour;
  crowd: Colour;
}

function readColours(element: Element): Colours {
  const read = (name: string) => colour(element, name);
  return {
    paper: read("--paper"),
    ink: read("--ink"),
    quiet: read("--ink-2"),
    accent: read("--accent"),
    stages: [read("--hijau"), read("--kuning"), read("--merah")],
    faint: read("--faint"),
    street: read("--street"),
    main: read("--street-main"),
    rule: read("--rule"),
    crowd: read("--crowd"),
  };
}

const within = ([r, g, b]: Colour, alpha: number): Colour => [r, g, b, alpha];

export class PlaybackMap {
  readonly element: HTMLElement;
  sheet: Sheet;
  onView: (view: View) => void = () => undefined;
  onChoice: (choice: Choice) => void = () => undefined;
  onReady: () => void = () => undefined;
  private readonly labels = h("div", { class: "pb-labels", "aria-hidden": "true" });
  private readonly map: StreetMap;
  private readonly overlay: MapboxOverlay;
  private colours: Colours;
  private now = 0;
  private quiet = false;
  private highlighted: Choice | undefined;

  constructor(
    host: HTMLElement,
    private readonly replay: Replay,
    private readonly words: Words,
    private readonly shown: Shown,
  ) {
    giveWorker();
    this.element = host;
    this.colours = readColours(this.element);
    this.sheet = drawMarks(this.colours);
    this.overlay = new MapboxOverlay({
      interleaved: false,
      layers: [],
      pickingRadius: 8,
      onClick: (info: { object?: { choice?: Choice } }) => {
        if (info.object?.choice) this.onChoice(info.object.choice);
      },
      getCursor: ({ isHovering }: { isHovering: boolean }) => (isHovering ? "pointer" : "grab"),
    } as ConstructorParameters<typeof MapboxOverlay>[0]);
    this.map = this.makeMap();
  }

  private makeMap(): StreetMap {
    const t = (key: string) => this.words.t(key);
    const map = new StreetMap({
      container: this.element,
      style: this.style(),
      bounds: this.bounds(),
      fitBoundsOptions: { padding: 44, maxZoom: 15 },
      minZoom: 8,
      maxZoom: 17,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      cooperativeGestures: true,
      locale: {
        "Map.Title": t("map"),
        "CooperativeGesturesHandler.WindowsHelpText": t("gesture_ctrl"),
        "CooperativeGesturesHandler.MacHelpText": t("gesture_cmd"),
        "CooperativeGesturesHandler.MobileHelpText": t("gesture_two"),
      },
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(this.overlay);
    map.on("move", () => {
      this.drawLabels();
      if (!this.quiet) this.onView({ center: map.getCenter().toArray() as [number, number], zoom: map.getZoom() });
    });
    map.once("render", () => {
      // The upper canvas takes no keys: one stop of the tabulator for the map is enough.
      for (const upper of this.element.querySelectorAll<HTMLElement>("canvas:not(.maplibregl-canvas)")) upper.tabIndex = -1;
    });
    map.once("idle", () => this.onReady());
    this.element.append(this.labels);
    return map;
  }

  /** Streets and areas; they come with the document, so nothing is ever fetched. */
  private style(): StyleSpecification {
    const { ground } = this.replay.doc;
    const source = (run: number[]) => ({
      type: "geojson" as const,
      tolerance: 0.2,
      data: {
        type: "Feature" as const,
        properties: {},
        geometry: { type: "MultiLineString" as const, coordinates: lines(run) },
      },
    });
    const line = (id: string, ink: Colour, width: [number, number], dash?: number[]) => ({
      id,
      type: "line" as const,
      source: id,
      layout: { "line-join": "round" as const, "line-cap": "round" as const },
      paint: {
        "line-color": css(ink),
        "line-width": ["interpolate", ["linear"], ["zoom"], 11, width[0], 16, width[1]] as never,
        ...(dash ? { "line-dasharray": dash } : {}),
      },
    });
    return {
      version: 8,
      sources: { areas: source(ground.areas), minor: source(ground.minor), main: source(ground.main) },
      layers: [
        { id: "background", type: "background", paint: { "background-color": css(this.colours.faint) } },
        line("areas", this.colours.rule, [1, 1.4], [2, 3]),
        line("minor", this.colours.street, [0.7, 4]),
        line("main", this.colours.main, [1.6, 7]),
      ],
    };
  }

  private bounds(): [[number, number], [number, number]] {
    const { doc } = this.replay;
    const wanted = [
      ...this.replay.crowds.map((each) => each.place),
      ...doc.units.filter((_, index) => doc.legs[index]?.length).map((unit) => unit[4]),
      ...doc.incidents.map((each) => each.place),
    ];
    const points = wanted.map((place) => this.replay.point(place)).filter((each): each is Point => each !== undefined);
    if (!points.length) return [[-1, -1], [1, 1]];
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    return [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]];
  }

  fit(): void {
    this.map.fitBounds(this.bounds(), { padding: 44, maxZoom: 15, animate: false });
  }

  zoom(by: number): void {
    this.map.setZoom(this.map.getZoom() + by);
  }

  /** Look where another map looks, without telling it back. */
  follow(view: View): void {
    this.quiet = true;
    this.map.jumpTo(view);
    this.quiet = false;
  }

  lookAt(place: number): void {
    const point = this.replay.point(place);
    if (point && !this.map.getBounds().contains(point)) this.map.jumpTo({ center: point });
  }

  remove(): void {
    this.map.remove();
  }

  highlight(choice: Choice | undefined): void {
    this.highlighted = choice;
    this.draw(this.now);
  }

  /** Take the page's colours anew: light and dark have their own. */
  recolour(): void {
    this.colours = readColours(this.element);
    this.sheet = drawMarks(this.colours);
    const paint = (id: string, ink: Colour) => this.map.setPaintProperty(id, "line-color", css(ink));
    this.map.setPaintProperty("background", "background-color", css(this.colours.faint));
    paint("areas", this.colours.rule);
    paint("minor", this.colours.street);
    paint("main", this.colours.main);
    this.draw(this.now);
  }

  /** Draw the city as it was at a moment. */
  draw(t: number): void {
    this.now = t;
    const visible = (on: boolean) => (on ? "visible" : "none");
    if (this.map.getLayer("main")) {
      this.map.setLayoutProperty("areas", "visibility", visible(this.shown.areas));
      this.map.setLayoutProperty("minor", "visibility", visible(this.shown.streets));
      this.map.setLayoutProperty("main", "visibility", visible(this.shown.streets));
    }
    const layers = [...this.posts(t), ...this.crowds(t), ...this.events(t), ...this.units(t)];
    // A layer without data would still have its shaders compiled: the map is there sooner without them.
    const needed = layers.filter((layer) => (layer.props.data as unknown[]).length > 0);
    this.overlay.setProps({ layers: needed as never });
    this.drawLabels();
  }

  private icons(id: string, data: { at: Point; mark: string; size: number; shift?: [number, number]; choice?: Choice }[], on: boolean) {
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
    const { resting } = this.replay.unitsAt(t);
    const gatherings = new Set(this.replay.crowds.map((each) => this.replay.point(each.place)?.join()));
    const posts = resting
      .filter(({ at }) => !gatherings.has(at.join()))
      .map(({ at, units }) => ({ at, mark: "post", size: 17, choice: { kind: "unit" as const, index: units[0]! } }));
    const hospitals = this.replay
      .hospitalsAt(t)
      .flatMap(({ place, used, open, waiting }) => {
        const at = this.replay.point(place);
        return at ? [{ at, mark: hospitalMark(used, open, waiting), size: 22, choice: { kind: "place" as const, index: place } }] : [];
      });
    return [this.icons("posts", posts, this.shown.posts), this.icons("hospitals", hospitals, this.shown.hospitals)];
  }

  private crowds(t: number) {
    const crowds = this.replay.crowdsAt(t).flatMap((each) => {
      const at = this.replay.point(each.place);
      return at ? [{ ...each, at, choice: { kind: "place" as const, index: each.place } }] : [];
    });
    const radius = (people: number) => (people > 0 ? Math.max(LEAST_PX, PX_PER_ROOT * Math.sqrt(people)) : 0);
    const disc = (id: string, people: (each: (typeof crowds)[number]) => number, fill: Colour, more = {}) =>
      new ScatterplotLayer({
        id,
        data: crowds.filter((each) => people(each) > 0),
        visible: this.shown.crowds,
        pickable: true,
        radiusUnits: "pixels",
        lineWidthUnits: "pixels",
        getPosition: (each: { at: Point }) => each.at,
        getRadius: (each: (typeof crowds)[number]) => radius(people(each)),
        getFillColor: fill,
        ...more,
      });
    const all = (each: (typeof crowds)[number]) => each.peaceful + each.violent + each.spent;
    const ring = {
      filled: false,
      stroked: true,
      visible: this.shown.officers,
      getLineColor: this.colours.accent,
      getLineWidth: 2.5,
      pickable: false,
    };
    const stages = crowds.map((each) => ({
      at: each.at,
      mark: `stage_${each.stage}`,
      size: 24,
      choice: each.choice,
      shift: [0, -Math.max(radius(all(each)), 10) - 10] as [number, number],
    }));
    return [
      disc("crowd", all, within(this.colours.crowd, 190), { stroked: true, getLineColor: this.colours.quiet, getLineWidth: 1 }),
      disc("violent", (each) => each.violent, within(this.colours.ink, 235)),
      disc("officers", (each) => each.officers, this.colours.accent, ring),
      this.icons("stages", stages, this.shown.crowds),
    ];
  }

  private events(t: number) {
    const gatherings = new Set(this.replay.crowds.map((each) => this.replay.point(each.place)?.join()));
    const calls = this.replay.openAt(t).flatMap((id) => {
      const incident = this.replay.incidents[id]!;
      const at = this.replay.point(incident.place);
      if (!at) return [];
      const mark = incident.answered <= t ? "work" : "call";
      const shift: [number, number] = gatherings.has(at.join()) ? [26, -14] : [0, 0];
      return [{ at, mark, size: 22, shift, choice: { kind: "incident" as const, index: id } }];
    });
    const hurt = [...this.replay.waitingAt(t)].flatMap(([place]) => {
      const at = this.replay.point(place);
      return at ? [{ at, mark: "casualty", size: 16, shift: [18, 14] as [number, number], choice: { kind: "place" as const, index: place } }] : [];
    });
    const fires = this.replay.firesAt(t).flatMap((place) => {
      const at = this.replay.point(place);
      return at ? [{ at, mark: "fire", size: 26, shift: [-20, 14] as [number, number], choice: { kind: "place" as const, index: place } }] : [];
    });
    return [
      this.icons("calls", calls, this.shown.calls),
      this.icons("casualties", hurt, this.shown.casualties),
      this.icons("fires", fires, this.shown.fires),
    ];
  }

  private units(t: number) {
    const moving = this.replay.unitsAt(t).moving.map((each) => {
      const unit = this.replay.doc.units[each.units[0]!]!;
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

  private isHighlighted(choice: Choice): boolean {
    return this.highlighted?.kind === choice.kind && this.highlighted.index === choice.index;
  }

  /** Name the gatherings with their people, and what else there is room for. */
  private drawLabels(): void {
    const t = this.now;
    const wanted: { at: Point; lines: string[]; lift: number }[] = [];
    const moving = this.shown.units ? this.replay.unitsAt(t).moving.map((each) => this.map.project(each.at)) : [];
    const waiting = this.replay.waitingAt(t);
    for (const each of this.shown.crowds ? this.replay.crowdsAt(t) : []) {
      const at = this.replay.point(each.place);
      if (!at) continue;
      const people = each.peaceful + each.violent + each.spent;
      const counts = people ? [this.words.t("label_people", { n: this.words.count(people) })] : [];
      if (each.violent) counts.push(this.words.t("label_violent", { n: this.words.count(each.violent) }));
      const hurt = waiting.get(each.place)?.length ?? 0;
      const care = hurt && this.shown.casualties ? [this.words.t("label_hurt", { n: this.words.count(hurt) })] : [];
      wanted.push({ at, lines: [this.replay.name(each.place), ...counts, ...care], lift: PX_PER_ROOT * Math.sqrt(people) + 8 });
    }
    for (const id of this.shown.calls ? this.replay.openAt(t) : []) {
      const incident = this.replay.incidents[id]!;
      const at = this.replay.point(incident.place);
      const kind = this.words.kind(incident.kind);
      if (at) wanted.push({ at, lines: [`${kind} · ${this.replay.name(incident.place)}`], lift: 12 });
    }
    if (this.shown.hospitals && this.map.getZoom() > LABEL_ZOOM) {
      for (const each of this.replay.hospitalsAt(t)) {
        const at = this.replay.point(each.place);
        if (at) wanted.push({ at, lines: [this.replay.name(each.place)], lift: 14 });
      }
    }
    const at = (each: { at: Point }) => {
      const { x, y } = this.map.project(each.at);
      return { x, y };
    };
    placeLabels(this.labels, wanted.map((each) => ({ ...each, ...at(each) })), moving, this.element);
  }
}
