// The compound on a plain canvas: what stands still is drawn once a view and map of density, people at every frame.

import { colour, h } from "../dom";
import { type Wanted, placeLabels } from "../labels";
import { fitCanvas } from "../things";
import type { Words } from "../words";
import type { Course } from "./course";
import type { Spot } from "./document";
import { type ToPx, type YardColours, drawCrushes, drawGround, drawHeat } from "./ground";
import { drawBarriers, drawPeople, drawPosts, radiusOf } from "./people";

export const LAYERS = ["people", "posts", "barriers", "heat", "crush", "names"] as const;
export type LayerName = (typeof LAYERS)[number];
export type Layers = Record<LayerName, boolean>;

/** The middle of the picture, metres, and px of a metre. */
export interface Sight {
  x: number;
  y: number;
  scale: number;
}

const PX_PER_M = 96 / 0.0254; // of the page at 1:1, by the definition of CSS
export const DRAWN_AT = 500; // the scale 1:500
const MOST_PX_PER_M = 60;
const LEAST_PX_PER_M = 1.5;
const ZOOM_STEP = 1.5;
const MARGIN_PX = 16;
const NARROW_PX = 640; // below that the picture begins with all there is to see
const DETAIL_PX = 5; // px of a metre from which on doors and vehicles have their names
const LINE_SPOTS = 20; // of the police line, on which names do not lie if they need not
const PAN_PX = 60;
const NEAR_PX = 14;
const HEAT = ["--heat-0", "--heat-1", "--heat-2", "--heat-3", "--heat-4"];
const BAR_M = [1, 2, 5, 10, 20, 50, 100];
const BAR_PX = 60;

export class Yard {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  onChoice: (name: string) => void = () => undefined;
  chosen = "";
  private readonly ground = document.createElement("canvas");
  private readonly names = h("div", { class: "pb-labels", "aria-hidden": "true" });
  private readonly bar = h("span", { class: "pb-bar-m" });
  private readonly scaleTold = h("span", {});
  private readonly extent: [Spot, Spot];
  private colours: YardColours;
  private sight: Sight | undefined;
  private home: Sight | undefined;
  private drawn = "";
  private t = 0;
  private wide = 0;
  private fingers = new Map<number, Spot>();

  constructor(
    private readonly course: Course,
    private readonly words: Words,
    private readonly shown: Layers,
  ) {
    const xs = course.head.plan.ground.map(([x]) => x);
    const ys = course.head.plan.ground.map(([, y]) => y);
    this.extent = [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]];
    this.canvas = h("canvas", { class: "pb-yard", tabindex: 0, role: "img", "aria-label": words.t("compound.picture", { title: course.head.about.title }) }) as HTMLCanvasElement;
    const scale = h("div", { class: "pb-scale-m" }, this.bar, this.scaleTold);
    this.element = h("div", { class: "pb-canvas pb-compound" }, this.canvas, this.names, scale);
    this.colours = this.readColours();
    this.listen();
    new ResizeObserver(() => this.resized()).observe(this.element);
  }

  private readColours(): YardColours {
    const root = this.element.isConnected ? this.element : document.documentElement;
    const read = (name: string) => colour(root, name);
    return {
      paper: read("--paper"),
      ink: read("--ink"),
      quiet: read("--ink-2"),
      grey: read("--ink-3"),
      faint: read("--faint"),
      street: read("--street"),
      main: read("--street-main"),
      accent: read("--accent"),
      hijau: read("--hijau"),
      heat: HEAT.map(read),
    };
  }

  recolour(): void {
    this.colours = this.readColours();
    this.draw(this.t);
  }

  get palette(): YardColours {
    return this.colours;
  }

  private get size(): Spot {
    return [this.element.clientWidth, this.element.clientHeight];
  }

  /** The first view: 1:500 on what a gathering faces where there is room for it, else all there is. */
  private first(): Sight {
    const [w] = this.size;
    const whole = this.whole();
    const { front } = this.course.head.plan;
    const scale = PX_PER_M / DRAWN_AT;
    if (w < NARROW_PX || !front.length || whole.scale >= scale) return whole;
    const [[x0, y0], [x1, y1]] = this.extent;
    const middle = (at: number, from: number, to: number, px: number) => {
      const half = (px / 2 - MARGIN_PX) / scale; // none of the picture is wasted on what lies outside
      return to - from <= 2 * half ? (from + to) / 2 : Math.min(to - half, Math.max(from + half, at));
    };
    const [, high] = this.size;
    return { x: middle(mean(front.map(([x]) => x)), x0, x1, w), y: middle(mean(front.map(([, y]) => y)), y0, y1, high), scale };
  }

  /** All there is, in the middle. */
  private whole(): Sight {
    const [[x0, y0], [x1, y1]] = this.extent;
    const [w, high] = this.size;
    const room = Math.min((w - 2 * MARGIN_PX) / (x1 - x0), (high - 2 * MARGIN_PX) / (y1 - y0));
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale: Math.min(MOST_PX_PER_M, Math.max(LEAST_PX_PER_M, room)) };
  }

  /** Keep the middle of a view on the ground, so that nobody loses it. */
  private held({ x, y, scale: wanted }: Sight): Sight {
    const scale = Math.min(MOST_PX_PER_M, Math.max(LEAST_PX_PER_M, wanted));
    const [[x0, y0], [x1, y1]] = this.extent;
    const keep = (at: number, from: number, to: number) => Math.min(to, Math.max(from, at));
    return { x: keep(x, x0, x1), y: keep(y, y0, y1), scale };
  }

  private resized(): void {
    const wide = this.element.clientWidth;
    if (!wide || wide === this.wide) return;
    this.wide = wide;
    this.sight = undefined;
    this.draw(this.t);
  }

  fit(): void {
    this.look(this.whole());
  }

  /** Zoom by steps about the middle or a point of the picture. */
  zoom(steps: number, about?: Spot): void {
    const sight = this.sight;
    if (!sight) return;
    const scale = Math.min(MOST_PX_PER_M, Math.max(LEAST_PX_PER_M, sight.scale * ZOOM_STEP ** steps));
    const [w, high] = this.size;
    const [dx, dy] = about ? [about[0] - w / 2, about[1] - high / 2] : [0, 0];
    this.look({ x: sight.x + dx / sight.scale - dx / scale, y: sight.y - dy / sight.scale + dy / scale, scale });
  }

  private pan(dx: number, dy: number): void {
    const sight = this.sight;
    if (sight) this.look({ ...sight, x: sight.x - dx / sight.scale, y: sight.y + dy / sight.scale });
  }

  private look(sight: Sight): void {
    this.sight = this.held(sight);
    this.draw(this.t);
  }

  /** Bring a point of the ground into view, as near as it can be told apart. */
  lookAt([x, y]: Spot): void {
    const scale = Math.max(this.sight?.scale ?? 0, PX_PER_M / DRAWN_AT);
    this.look({ x, y, scale });
  }

  get px(): ToPx {
    const { x, y, scale } = this.sight ?? this.first();
    const [w, high] = this.size;
    return (spot) => [w / 2 + (spot[0] - x) * scale, high / 2 - (spot[1] - y) * scale];
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  /** Draw a moment. */
  draw(t: number): void {
    this.t = t;
    if (!this.element.clientWidth) return;
    this.sight ??= this.home = this.first();
    const { shown, course, colours } = this;
    const { scale } = this.sight;
    const size = this.size;
    const dense = fitCanvas(this.canvas, size);
    this.still(t, dense, size);
    const brush = this.canvas.getContext("2d", { alpha: false })!;
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.drawImage(this.ground, 0, 0);
    brush.setTransform(dense, 0, 0, dense, 0, 0);
    const px = this.px;
    if (shown.barriers) drawBarriers(brush, course, t, px, colours);
    if (shown.people) drawPeople(brush, course.standingAt(t), scale, course.head.body_m, px, shown.heat ? { ...colours, grey: colours.quiet } : colours);
    if (shown.posts) drawPosts(brush, course, t, scale, px, colours);
    if (shown.crush) drawCrushes(brush, course, t, px, colours);
    this.mark(brush, px);
    this.element.dataset.scale = scale.toFixed(3);
  }

  /** The ground and the density, unless they are there as they must be. */
  private still(t: number, dense: number, size: Spot): void {
    const { shown, course, colours, sight } = this;
    const wanted = JSON.stringify([sight, size, dense, colours, shown.names, shown.heat ? course.mapAt(t) : -1, this.words.lang]);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    fitCanvas(this.ground, size);
    const brush = this.ground.getContext("2d", { alpha: false })!;
    brush.setTransform(dense, 0, 0, dense, 0, 0);
    brush.fillStyle = `rgb(${colours.paper.slice(0, 3).join()})`;
    brush.fillRect(0, 0, ...size);
    drawGround(brush, course, this.px, colours);
    if (shown.heat) drawHeat(brush, course, t, this.px, colours);
    this.label();
    this.tellScale();
    // On a phone a finger scrolls the page until the picture is larger than its frame.
    this.canvas.classList.toggle("held", sight!.scale > (this.home?.scale ?? 0) * 1.01);
  }

  private label(): void {
    const { plan } = this.course.head;
    const wanted: Wanted[] = [];
    const add = (name: string, at: Spot, lift: number) => {
      const [x, y] = this.px(at);
      wanted.push({ x, y, lines: [name], lift });
    };
    if (this.shown.names) {
      for (const [name, ring] of plan.buildings) add(name, [mean(ring.map(([x]) => x)), mean(ring.map(([, y]) => y))], -8);
      for (const [name, kind, points, width] of plan.openings) {
        if (kind !== "door") add(`${name} ${this.words.count(width, 1)} m`, mid(points), 5);
      }
      if (this.sight!.scale >= DETAIL_PX) {
        for (const [name, , way] of plan.stands) add(name, way.at(-1)!, 9);
        for (const [name, kind, points] of plan.openings) if (kind === "door") add(name, mid(points), 5);
      }
    }
    const high = this.size[1];
    const scale = [30, 70, 110, 150].map((x) => ({ x, y: high - 18, half: 20 }));
    const line = this.course.alongLine(LINE_SPOTS, "whole").map((spot) => {
      const [x, y] = this.px(spot);
      return { x, y, half: 8, soft: true };
    });
    placeLabels(this.names, wanted, [...scale, ...line], this.element);
  }

  private tellScale(): void {
    const { scale } = this.sight!;
    const metres = BAR_M.find((each) => each * scale >= BAR_PX) ?? BAR_M.at(-1)!;
    this.bar.style.width = `${(metres * scale).toFixed(1)}px`;
    this.bar.textContent = `${metres} m`;
    this.scaleTold.textContent = `1 : ${this.words.count(Math.round(PX_PER_M / scale / 10) * 10)}`;
  }

  /** Ring what was chosen in the table, and stand vehicles where they stand. */
  private mark(brush: CanvasRenderingContext2D, px: ToPx): void {
    const { ink, paper } = this.colours;
    const css = (rgb: number[]) => `rgb(${rgb.slice(0, 3).join()})`;
    for (const [, vehicle, way] of this.course.head.plan.stands) {
      const [x, y] = px(way.at(-1)!);
      brush.fillStyle = css(paper);
      brush.strokeStyle = css(ink);
      brush.lineWidth = 1.5;
      brush.fillRect(x - 8, y - 8, 16, 16);
      brush.strokeRect(x - 8, y - 8, 16, 16);
      brush.fillStyle = css(ink);
      brush.font = '600 12px "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
      brush.textAlign = "center";
      brush.textBaseline = "middle";
      brush.fillText(this.words.t(`compound.code_${vehicle}`), x, y + 0.5);
    }
    const points = this.pointsOf(this.chosen);
    if (!points) return;
    const [x, y] = px(mid(points));
    brush.beginPath();
    brush.arc(x, y, Math.max(14, (this.sight!.scale * length(points)) / 2 + 6), 0, 2 * Math.PI);
    brush.lineWidth = 5;
    brush.strokeStyle = css(paper);
    brush.stroke();
    brush.lineWidth = 2;
    brush.strokeStyle = css(ink);
    brush.stroke();
  }

  private pointsOf(name: string): Spot[] | undefined {
    const { openings, line } = this.course.head.plan;
    const found = openings.find(([other]) => other === name);
    return found ? found[2] : name === "line" && line.length ? line : undefined;
  }

  /** What opening stands at a point of the picture. */
  openingAt(at: Spot): string {
    const px = this.px;
    const far = (points: Spot[]) => {
      const [[ax, ay], [bx, by]] = [px(points[0]!), px(points.at(-1)!)];
      const long = (bx - ax) ** 2 + (by - ay) ** 2;
      const f = Math.min(1, Math.max(0, ((at[0] - ax) * (bx - ax) + (at[1] - ay) * (by - ay)) / (long || 1)));
      return Math.hypot(ax + f * (bx - ax) - at[0], ay + f * (by - ay) - at[1]);
    };
    const near = this.course.head.plan.openings.map(([name, , points]) => ({ name, d: far(points) })).sort((a, b) => a.d - b.d)[0];
    return near && near.d <= NEAR_PX ? near.name : "";
  }

  /** Radius of a dot, px. */
  get dot(): number {
    return radiusOf(this.sight?.scale ?? this.first().scale, this.course.head.body_m);
  }

  // --- hands --------------------------------------------------------------------------------------------------------

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("pointerdown", (event) => {
      this.fingers.set(event.pointerId, this.at(event));
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    canvas.addEventListener("click", (event) => this.onChoice(this.openingAt(this.at(event))));
  }

  private at(event: MouseEvent): Spot {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(-Math.sign(event.deltaY) * 0.5, this.at(event));
  }

  private drag(event: PointerEvent): void {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, now);
    if (!other) return this.pan(now[0] - before[0], now[1] - before[1]);
    const span = (spot: Spot) => Math.max(1, Math.hypot(spot[0] - other[0], spot[1] - other[1]));
    this.zoom(Math.log(span(now) / span(before)) / Math.log(ZOOM_STEP), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
  }

  private key(event: KeyboardEvent): void {
    const by: Record<string, Spot> = { ArrowLeft: [PAN_PX, 0], ArrowRight: [-PAN_PX, 0], ArrowUp: [0, PAN_PX], ArrowDown: [0, -PAN_PX] };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = by[event.key];
    if (step) this.pan(...step);
    else if (event.key === "+" || event.key === "=") this.zoom(1);
    else if (event.key === "-") this.zoom(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function mean(values: number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

function mid(points: Spot[]): Spot {
  return [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
}

function length(points: Spot[]): number {
  return points.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - points[i]![0], y - points[i]![1]), 0);
}
