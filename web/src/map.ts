// The map: streets by MapLibre, areas and what stands and moves on a canvas above them, names as text of the page.

import { Map as StreetMap, type StyleSpecification, prewarm, setWorkerUrl } from "maplibre-gl";
import workerCode from "maplibre-gl/dist/maplibre-gl-worker.mjs?raw";

import { type Point, lines } from "./document";
import { type Colour, css, h } from "./dom";
import { type Colours, readColours } from "./ink";
import { type Obstacle, placeLabels } from "./labels";
import { type Sheet, drawMarks } from "./marks";
import { Picture } from "./picture";
import {
  type Choice, type Gathering, LEAST_ZOOM, type Layers, MOST_ZOOM, PADDING_PX, type Sight, type View, WIDTHS, boundsOf, fitted, gatherings, gravest,
  isNotable, isOffice, peopleOf, reachOf, stageIcons, toPx, widthByZoom,
} from "./scene";
import { Things } from "./things";
import type { Words } from "./words";

const FIT = { padding: PADDING_PX, maxZoom: MOST_ZOOM };
const LABEL_ZOOM = 12.6;
const HOSPITAL_PX = 11;
const TOP_PX = 56; // the buttons above a map that is the screen

type Project = (point: Point) => { x: number; y: number };

let workerIsSet = false;

/** Start MapLibre's worker: a file of the page's own server, or out of this very file where a page opened from disk may load nothing else. */
export function startWorker(url?: string): void {
  if (workerIsSet) return;
  setWorkerUrl(url ?? URL.createObjectURL(new Blob([workerCode], { type: "text/javascript" })));
  prewarm();
  workerIsSet = true;
}

/** `worker`: where MapLibre's worker is; `whole`: the map is the screen, the wheel and one finger move it. */
export interface MapSettings {
  worker?: string;
  whole?: boolean;
}

export class PlaybackMap {
  readonly element: HTMLElement;
  sheet: Sheet;
  onView: (view: View) => void = () => undefined;
  onChoice: (choice: Choice) => void = () => undefined;
  onReady: () => void = () => undefined;
  onDrawn: () => void = () => undefined;
  private readonly labels = h("div", { class: "pb-labels", "aria-hidden": "true" });
  private readonly things: Things;
  private map: StreetMap | undefined;
  private picture: Picture | undefined;
  private colours: Colours;
  private view: View;
  private now = 0;
  private quiet = false;

  constructor(
    host: HTMLElement,
    private readonly sight: Sight,
    private readonly words: Words,
    private readonly shown: Layers,
    private readonly settings: MapSettings = {},
  ) {
    startWorker(settings.worker);
    this.element = host;
    this.colours = readColours(this.element);
    this.sheet = drawMarks(this.colours);
    this.view = fitted(sight, ...this.size);
    this.picture = new Picture(this.element, sight);
    this.things = new Things(sight, words, shown);
    this.element.append(this.things.element, this.labels);
  }

  private get size(): Point {
    return [this.element.clientWidth, this.element.clientHeight];
  }

  /** Let the map be moved and asked at once, with the still for its streets until WebGL has drawn them; throws where there is none. */
  start(): void {
    this.map = this.makeMap();
    this.onReady();
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
      renderWorldCopies: false,
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
    map.on("move", () => this.moved(map));
    map.on("resize", () => this.moved(map));
    map.on("click", ({ point }) => {
      const choice = this.things.at(point.x, point.y);
      if (choice) this.onChoice(choice);
    });
    map.on("mousemove", ({ point }) => (map.getCanvas().style.cursor = this.things.at(point.x, point.y) ? "pointer" : ""));
    // Hidden until it is whole, it would begin to be drawn only when it is shown.
    const begin = () => map.getCanvas().getContext("webgl2")?.flush();
    map.on("render", begin);
    map.once("load", () => {
      map.off("render", begin);
      this.takeOver();
    });
    return map;
  }

  private moved(map: StreetMap): void {
    this.view = { center: map.getCenter().toArray() as [number, number], zoom: map.getZoom() };
    this.picture?.draw(this.view, this.colours, this.shown.streets);
    this.drawThings();
    if (!this.quiet) this.onView(this.view);
  }

  /** Take the still of the streets away when the map has drawn them; what stands above them stays as it is. */
  private takeOver(): void {
    this.picture?.element.remove();
    this.picture = undefined;
    this.element.querySelector(".pb-ground")?.classList.remove("behind");
    this.draw(this.now);
    this.onDrawn();
  }

  /** The streets; they come with the document, so nothing is ever fetched. */
  private style(): StyleSpecification {
    const { ground } = this.sight.doc;
    const feature = (kind: "minor" | "main") => ({
      type: "Feature" as const,
      properties: { kind },
      geometry: { type: "MultiLineString" as const, coordinates: lines(ground[kind]) },
    });
    const data = { type: "FeatureCollection" as const, features: [feature("minor"), feature("main")] };
    const line = (id: "minor" | "main", ink: Colour) => ({
      id,
      type: "line" as const,
      source: "ground",
      filter: ["==", ["get", "kind"], id] as never,
      layout: { "line-join": "round" as const, "line-cap": "round" as const, visibility: this.visibility },
      paint: { "line-color": css(ink), "line-width": widthByZoom(WIDTHS[id]) as never },
    });
    // One source and one kind of layer: each kind has programs of its own, which take long to make without a graphics card.
    return {
      version: 8,
      sources: { ground: { type: "geojson", tolerance: 0.2, data } },
      layers: [line("minor", this.colours.street), line("main", this.colours.main)],
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
    this.things.highlighted = choice;
    this.drawThings();
  }

  /** Ring the places, by reference, that the other map shows otherwise; drawn with the next moment. */
  ring(places: Set<string>): void {
    this.things.differing = this.sight.doc.places.flatMap(([id], index) => {
      const at = places.has(id) ? this.sight.point(index) : undefined;
      return at ? [at] : [];
    });
  }

  /** Take the page's colours anew: light and dark have their own. */
  recolour(): void {
    this.colours = readColours(this.element);
    this.sheet = drawMarks(this.colours);
    this.paint();
    this.draw(this.now);
  }

  /** Colour the ground, once it is there. */
  private paint(): void {
    const { map, colours } = this;
    if (!map?.getLayer("main")) return;
    map.setPaintProperty("minor", "line-color", css(colours.street));
    map.setPaintProperty("main", "line-color", css(colours.main));
  }

  /** Draw the city as it was at a moment. */
  draw(t: number): void {
    this.now = t;
    this.picture?.draw(this.view, this.colours, this.shown.streets);
    this.drawThings();
    if (!this.map?.getLayer("main")) return;
    this.map.setLayoutProperty("minor", "visibility", this.visibility);
    this.map.setLayoutProperty("main", "visibility", this.visibility);
  }

  private get visibility(): "visible" | "none" {
    return this.shown.streets ? "visible" : "none";
  }

  /** Draw what stands above the streets, where the map is looked at now. */
  private drawThings(): void {
    this.things.draw(this.now, this.view, this.size, this.colours, this.sheet);
    this.drawLabels();
  }

  /** Name the gatherings with their people, and what else there is room for. */
  private drawLabels(): void {
    const t = this.now;
    const wanted: { at: Point; lines: string[]; lift: number; must?: boolean }[] = [];
    const px = toPx(this.view, ...this.size);
    const project: Project = (point) => {
      const [x, y] = px(point);
      return { x, y };
    };
    const crowds = gatherings(this.sight, t);
    const obstacles: Obstacle[] = this.shown.units ? this.sight.unitsAt(t).moving.map((each) => project(each.at)) : [];
    if (this.settings.whole) obstacles.push(...this.hospitalMarks(t, project), ...this.stageMarks(crowds, project));
    const waiting = this.sight.waitingAt(t);
    for (const each of this.shown.crowds ? gravest(crowds) : []) {
      const must = isOffice(this.sight, each.place);
      if (!must && !isNotable(each, crowds) && !waiting.has(each.place)) continue;
      const { at } = each;
      const people = peopleOf(each);
      const counts = people ? [this.words.t("label_people", { n: this.words.count(people) })] : [];
      if (each.violent) counts.push(this.words.t("label_violent", { n: this.words.count(each.violent) }));
      const hurt = waiting.get(each.place)?.length ?? 0;
      const care = hurt && this.shown.casualties ? [this.words.t("label_hurt", { n: this.words.count(hurt) })] : [];
      wanted.push({ at, lines: [this.sight.name(each.place), ...counts, ...care], lift: reachOf(people) + 8, must });
    }
    for (const place of this.sight.doc.places.keys()) {
      const at = isOffice(this.sight, place) && this.sight.point(place);
      if (at && !(this.shown.crowds && crowds.some((each) => each.place === place))) wanted.push({ at, lines: [this.sight.name(place)], lift: 12, must: true });
    }
    wanted.sort((a, b) => Number(b.must ?? false) - Number(a.must ?? false));
    for (const id of this.shown.calls ? this.sight.openAt(t) : []) {
      const incident = this.sight.incidents[id]!;
      const at = this.sight.point(incident.place);
      const kind = this.words.kind(incident.kind);
      if (at) wanted.push({ at, lines: [`${kind} · ${this.sight.name(incident.place)}`], lift: 12 });
    }
    if (this.shown.hospitals && this.view.zoom > LABEL_ZOOM) {
      for (const each of this.sight.hospitalsAt(t)) {
        const at = this.sight.point(each.place);
        if (at) wanted.push({ at, lines: [this.sight.name(each.place)], lift: 14 });
      }
    }
    placeLabels(this.labels, wanted.map((each) => ({ ...each, ...project(each.at) })), obstacles, this.element, this.settings.whole ? TOP_PX : 0);
  }

  private hospitalMarks(t: number, project: Project): Obstacle[] {
    const points = this.shown.hospitals ? this.sight.hospitalsAt(t).map((each) => this.sight.point(each.place)) : [];
    return points.flatMap((at) => (at ? [{ ...project(at), half: HOSPITAL_PX, soft: true }] : []));
  }

  private stageMarks(crowds: Gathering[], project: Project): Obstacle[] {
    return stageIcons(this.shown.crowds ? crowds : []).map(({ at, size, shift }) => {
      const { x, y } = project(at);
      return { x: x + (shift?.[0] ?? 0), y: y + (shift?.[1] ?? 0), half: size / 2 };
    });
  }
}
