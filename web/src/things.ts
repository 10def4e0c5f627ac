// What stands and what moves, on a plain canvas above the streets: the same drawing over the still and over the map.
// A few hundred marks are there at once this way; a second canvas of WebGL takes seconds where there is no graphics card.

import { type Point, lines } from "./document";
import { type Colour, css, h } from "./dom";
import type { Colours } from "./ink";
import type { Sheet } from "./marks";
import {
  type Choice, DASH, type Icon, type Layers, type Sight, type View, WALKER_PX, WIDTHS, callIcons, casualtyIcons, closedIcons, fireIcons, gatherings, hospitalIcons,
  peopleOf, postIcons, radiusOf, stageIcons, toPx, widthAt,
} from "./scene";
import type { Words } from "./words";

const MOST_PIXELS = 2; // of the screen per px of the page
const ALPHA = { crowd: 190, violent: 235, ahead: 150 };
const RING_PX = 22;
const RING_GAP_PX = 8;
const CLOSED = { more: 2.5, dash: [5, 5] };
const WALKIN_SHIFT = [24, -6] as const; // from the middle of its hospital
const NEAR_PX = 8; // a click beside a mark still means it
const CHIP = { lift: 17, high: 18, side: 5, font: '600 12px "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif' };

type ToPx = (point: Point) => Point;
type Target = { x: number; y: number; reach: number; choice: Choice };
type Look = { fill?: Colour; alpha?: number; line?: Colour; width?: number };

/** Size a canvas to its frame, as fine as the screen is; gives how many pixels of it lie on a px of the page. */
export function fitCanvas(canvas: HTMLCanvasElement, size: Point): number {
  const dense = Math.min(MOST_PIXELS, window.devicePixelRatio || 1);
  const [wide, high] = size.map((each) => Math.round(each * dense)) as [number, number];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  return dense;
}

/** Lines as one path of the screen. */
export function pathOf(all: Point[][], px: ToPx): Path2D {
  const path = new Path2D();
  for (const line of all) line.map(px).forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  return path;
}

export class Things {
  readonly element = h("canvas", { class: "pb-things", "aria-hidden": "true" }) as HTMLCanvasElement;
  highlighted: Choice | undefined;
  differing: Point[] = [];
  private readonly brush = this.element.getContext("2d")!;
  private readonly outlines: Point[][];
  private targets: Target[] = [];
  private px: ToPx = (point) => point;

  constructor(
    private readonly sight: Sight,
    private readonly words: Words,
    private readonly shown: Layers,
  ) {
    this.outlines = lines(sight.doc.ground.areas);
  }

  /** Draw a moment, the gravest above the rest. */
  draw(t: number, view: View, size: Point, colours: Colours, sheet: Sheet): void {
    const { brush, sight, shown } = this;
    this.px = toPx(view, ...size);
    this.targets = [];
    const dense = fitCanvas(this.element, size);
    brush.setTransform(dense, 0, 0, dense, 0, 0);
    brush.clearRect(0, 0, ...size);
    if (shown.areas) this.areas(widthAt(WIDTHS.areas, view.zoom), colours);
    if (shown.closed) this.closedStreets(t, widthAt(WIDTHS.main, view.zoom), colours);
    const icons = (on: boolean, data: Icon[]) => on && data.forEach((icon) => this.icon(icon, sheet));
    icons(shown.posts, postIcons(sight, t));
    icons(shown.hospitals, hospitalIcons(sight, t));
    this.crowds(t, colours);
    icons(shown.crowds, stageIcons(gatherings(sight, t)));
    icons(shown.closed, closedIcons(sight, t));
    icons(shown.calls, callIcons(sight, t));
    icons(shown.casualties, casualtyIcons(sight, t));
    icons(shown.fires, fireIcons(sight, t));
    if (shown.walkins) {
      this.walkers(t, colours, sheet);
      this.walkins(t, colours);
    }
    if (shown.units) this.units(t, colours);
    if (shown.differences) this.rings(t, colours);
  }

  /** What stands at a point of the screen: the uppermost, or the uppermost near it. */
  at(x: number, y: number): Choice | undefined {
    const within = (more: number) => [...this.targets].reverse().find((each) => Math.hypot(each.x - x, each.y - y) <= each.reach + more);
    return (within(0) ?? within(NEAR_PX))?.choice;
  }

  /** Outlines of areas, dashed: they are no way. */
  private areas(width: number, colours: Colours): void {
    const { brush } = this;
    brush.lineWidth = width;
    brush.strokeStyle = css(colours.rule);
    brush.setLineDash(DASH.map((each) => each * width));
    brush.stroke(pathOf(this.outlines, this.px));
    brush.setLineDash([]);
  }

  /** Closed streets: dark with light dashes, which no open street and no outline has. */
  private closedStreets(t: number, width: number, colours: Colours): void {
    const streets = this.sight.closedStreetsAt(t);
    if (!streets.length) return;
    const { brush } = this;
    const path = pathOf(streets, this.px);
    brush.lineCap = "butt";
    brush.strokeStyle = css(colours.ink);
    brush.lineWidth = width + CLOSED.more;
    brush.stroke(path);
    brush.setLineDash(CLOSED.dash);
    brush.strokeStyle = css(colours.paper);
    brush.lineWidth = width;
    brush.stroke(path);
    brush.setLineDash([]);
  }

  private icon({ at, mark: name, size, shift = [0, 0], choice }: Icon, sheet: Sheet): void {
    const mark = sheet.marks[name]!;
    const [x, y] = this.px(at).map((each, axis) => each + shift[axis]!) as Point;
    const half = size / 2;
    this.brush.drawImage(sheet.picture, mark.x, mark.y, mark.width, mark.height, x - half, y - half, size, size);
    if (choice) this.targets.push({ x, y, reach: half, choice });
  }

  private crowds(t: number, colours: Colours): void {
    const { shown } = this;
    for (const each of gatherings(this.sight, t)) {
      const at = this.px(each.at);
      const [all, violent] = [radiusOf(peopleOf(each)), radiusOf(each.violent)];
      if (shown.crowds) {
        this.disc(at, all, { fill: colours.crowd, alpha: ALPHA.crowd, line: colours.quiet, width: 1 });
        this.disc(at, violent, { fill: colours.ink, alpha: ALPHA.violent });
        this.targets.push({ x: at[0], y: at[1], reach: all, choice: each.choice });
      }
      if (shown.officers) this.disc(at, radiusOf(each.officers), { line: colours.accent, width: 2.5 });
    }
  }

  /** Who goes to a hospital by himself: a small mark, and the way that is left. */
  private walkers(t: number, colours: Colours, sheet: Sheet): void {
    const { brush } = this;
    const walkers = this.sight.walkersAt(t);
    brush.strokeStyle = css(colours.quiet);
    brush.lineWidth = 1.5;
    brush.setLineDash(DASH);
    for (const { ahead } of walkers) brush.stroke(pathOf([ahead], this.px));
    brush.setLineDash([]);
    for (const { at } of walkers) this.icon({ at, mark: "casualty", size: WALKER_PX }, sheet);
  }

  /** At each hospital how many came by themselves. */
  private walkins(t: number, colours: Colours): void {
    for (const { place, walkedIn } of this.sight.hospitalsAt(t)) {
      const at = this.sight.point(place);
      if (!at || !walkedIn) continue;
      const [x, y] = this.px(at);
      this.chip([x + WALKIN_SHIFT[0], y + WALKIN_SHIFT[1] + CHIP.lift], `+${this.words.count(walkedIn)}`, colours);
    }
  }

  private units(t: number, colours: Colours): void {
    const { brush, words } = this;
    const { moving } = this.sight.unitsAt(t);
    brush.lineJoin = brush.lineCap = "round";
    brush.lineWidth = 3;
    brush.strokeStyle = css(colours.accent);
    brush.globalAlpha = ALPHA.ahead / 255;
    for (const { ahead } of moving) {
      brush.beginPath();
      for (const point of ahead) brush.lineTo(...this.px(point));
      brush.stroke();
    }
    brush.globalAlpha = 1;
    for (const each of moving) {
      const unit = this.sight.doc.units[each.units[0]!]!;
      const code = words.find(`agency_code.${unit[1]}`) ?? unit[1].slice(0, 3).toUpperCase();
      const many = each.units.length > 1 ? ` ×${each.units.length}` : "";
      const choice: Choice = { kind: "unit", index: each.units[0]! };
      const chosen = this.highlighted?.kind === "unit" && this.highlighted.index === choice.index;
      const at = this.px(each.at);
      this.disc(at, chosen ? 8 : 5, { fill: colours.accent, line: colours.paper, width: 1.5 });
      this.chip(at, `${code}${many}${each.patient ? ` + ${each.patient.triage ?? ""}` : ""}`, colours);
      this.targets.push({ x: at[0], y: at[1], reach: 6, choice }, { x: at[0], y: at[1] - CHIP.lift, reach: CHIP.high / 2, choice });
    }
  }

  /** Letters in a box above a unit. */
  private chip([x, y]: Point, text: string, colours: Colours): void {
    const { brush } = this;
    brush.font = CHIP.font;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    const wide = Math.ceil(brush.measureText(text).width) + 2 * CHIP.side;
    const box = [Math.round(x - wide / 2) + 0.5, Math.round(y - CHIP.lift - CHIP.high / 2) + 0.5, wide, CHIP.high] as const;
    brush.fillStyle = css(colours.paper);
    brush.fillRect(...box);
    brush.lineWidth = 1;
    brush.strokeStyle = css(colours.quiet);
    brush.strokeRect(...box);
    brush.fillStyle = css(colours.ink);
    brush.fillText(text, box[0] + wide / 2, box[1] + CHIP.high / 2);
  }

  /** Two circles about what differs: black on paper, so that they are seen on any ground and mistaken for no crowd. */
  private rings(t: number, colours: Colours): void {
    const reach = new Map(gatherings(this.sight, t).map((each) => [each.at.join(), radiusOf(peopleOf(each))]));
    for (const place of this.differing) {
      const radius = Math.max(RING_PX, (reach.get(place.join()) ?? 0) + RING_GAP_PX);
      for (const [line, width] of [[colours.paper, 7], [colours.ink, 3]] as const) this.disc(this.px(place), radius, { line, width });
    }
  }

  private disc([x, y]: Point, radius: number, { fill, alpha = 255, line, width = 0 }: Look): void {
    if (radius <= 0) return;
    const { brush } = this;
    brush.beginPath();
    brush.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill) {
      brush.globalAlpha = alpha / 255;
      brush.fillStyle = css(fill);
      brush.fill();
      brush.globalAlpha = 1;
    }
    if (line) {
      brush.strokeStyle = css(line);
      brush.lineWidth = width;
      brush.stroke();
    }
  }
}
