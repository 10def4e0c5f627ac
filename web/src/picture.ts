// A still of the map, drawn at once on a plain canvas: what is seen until WebGL is ready, at the very same places.

import { type Point, lines } from "./document";
import { type Colour, css, h } from "./dom";
import type { Colours } from "./ink";
import type { Sheet } from "./marks";
import { type Icon, type Sight, WIDTHS, fitted, gatherings, hospitalIcons, peopleOf, postIcons, radiusOf, stageIcons, widthAt } from "./scene";

const MOST_PIXELS = 2; // of the screen per px of the page
const ALPHA = { crowd: 190, violent: 235 };
const DASH = [2, 3];

export class Picture {
  readonly element = h("canvas", { class: "pb-picture", "aria-hidden": "true" }) as HTMLCanvasElement;
  readonly px: (point: Point) => Point;
  readonly zoom: number;
  private readonly size: Point;
  private readonly dense = Math.min(MOST_PIXELS, window.devicePixelRatio || 1);
  private ground: HTMLCanvasElement | undefined;

  constructor(
    host: HTMLElement,
    private readonly sight: Sight,
  ) {
    this.size = [host.clientWidth, host.clientHeight];
    const { px, zoom } = fitted(sight, ...this.size);
    this.px = px;
    this.zoom = zoom;
    this.fitCanvas(this.element);
    host.append(this.element);
  }

  private fitCanvas(canvas: HTMLCanvasElement): void {
    [canvas.width, canvas.height] = this.size.map((each) => Math.round(each * this.dense)) as [number, number];
  }

  /** Draw the city as it was at a moment; its streets are drawn once. */
  draw(t: number, colours: Colours, sheet: Sheet, shown: Record<string, boolean>): void {
    const brush = this.element.getContext("2d");
    if (!brush) return;
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.drawImage(this.drawnGround(colours), 0, 0);
    brush.scale(this.dense, this.dense);
    const { sight, px } = this;
    const icons = [...(shown.posts ? postIcons(sight, t) : []), ...(shown.hospitals ? hospitalIcons(sight, t) : [])];
    for (const icon of icons) drawIcon(brush, icon, px, sheet);
    const crowds = gatherings(sight, t);
    for (const each of crowds) {
      const at = px(each.at);
      if (shown.crowds) disc(brush, at, radiusOf(peopleOf(each)), { fill: colours.crowd, alpha: ALPHA.crowd, line: colours.quiet, width: 1 });
      if (shown.crowds) disc(brush, at, radiusOf(each.violent), { fill: colours.ink, alpha: ALPHA.violent });
      if (shown.officers) disc(brush, at, radiusOf(each.officers), { line: colours.accent, width: 2.5 });
    }
    if (shown.crowds) for (const icon of stageIcons(crowds)) drawIcon(brush, icon, px, sheet);
  }

  /** Draw the streets anew next time. */
  forget(): void {
    this.ground = undefined;
  }

  private drawnGround(colours: Colours): HTMLCanvasElement {
    if (this.ground) return this.ground;
    this.ground = document.createElement("canvas");
    this.fitCanvas(this.ground);
    const brush = this.ground.getContext("2d")!;
    brush.fillStyle = css(colours.faint);
    brush.fillRect(0, 0, this.ground.width, this.ground.height);
    brush.scale(this.dense, this.dense);
    drawGround(brush, this.sight, this.px, this.zoom, colours);
    return this.ground;
  }
}

function drawGround(brush: CanvasRenderingContext2D, sight: Sight, px: (at: Point) => Point, zoom: number, colours: Colours): void {
  const { ground } = sight.doc;
  brush.lineJoin = brush.lineCap = "round";
  const layers = [["areas", colours.rule], ["minor", colours.street], ["main", colours.main]] as const;
  for (const [name, ink] of layers) {
    const path = new Path2D();
    for (const line of lines(ground[name])) line.map(px).forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    brush.lineWidth = widthAt(WIDTHS[name], zoom);
    brush.strokeStyle = css(ink);
    brush.setLineDash(name === "areas" ? DASH.map((each) => each * brush.lineWidth) : []);
    brush.stroke(path);
  }
  brush.setLineDash([]);
}

type Look = { fill?: Colour; alpha?: number; line?: Colour; width?: number };

function disc(brush: CanvasRenderingContext2D, [x, y]: Point, radius: number, { fill, alpha = 255, line, width = 0 }: Look): void {
  if (radius <= 0) return;
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

function drawIcon(brush: CanvasRenderingContext2D, icon: Icon, px: (at: Point) => Point, sheet: Sheet): void {
  const mark = sheet.marks[icon.mark]!;
  const [x, y] = px(icon.at);
  const [dx, dy] = icon.shift ?? [0, 0];
  const half = icon.size / 2;
  brush.drawImage(sheet.picture, mark.x, mark.y, mark.width, mark.height, x + dx - half, y + dy - half, icon.size, icon.size);
}
