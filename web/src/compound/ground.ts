// What stands still in a compound, drawn once for a view: ground, buildings, walls, ways out, and how dense it is.

import { type Colour, css } from "../dom";
import type { Course } from "./course";
import type { Spot } from "./document";

export type ToPx = (spot: Spot) => Spot;

/** The colours of the page that a compound is drawn in. */
export interface YardColours {
  paper: Colour;
  ink: Colour;
  quiet: Colour;
  grey: Colour;
  faint: Colour;
  street: Colour;
  main: Colour;
  accent: Colour;
  hijau: Colour;
  heat: Colour[];
}

const WALL_PX = 1.6;
const EXIT_PX = 3;
const LEAST_HEAT = 0.5; // persons/m²; below that the ground stays as it is
const HEAT_ALPHA = 150; // as the key in style.css
const CRUSH_PX = 2.5;

export function drawGround(brush: CanvasRenderingContext2D, course: Course, px: ToPx, colours: YardColours): void {
  const { plan } = course.head;
  fill(brush, [plan.ground], px, colours.faint);
  dashed(brush, plan.spaces.map(([, ring]) => [...ring, ring[0]!]), px, colours.grey, [2, 4], 1);
  dashed(brush, plan.stands.map(([, , way]) => way), px, colours.grey, [6, 4], 1.2);
  fill(brush, plan.buildings.map(([, ring]) => ring), px, colours.street);
  hatch(brush, plan.buildings.map(([, ring]) => ring), px, colours.main);
  fill(brush, plan.obstacles.map(([, ring]) => ring), px, colours.main);
  brush.lineCap = "square";
  dashed(brush, plan.walls.map(([ax, ay, bx, by]) => [[ax, ay], [bx, by]]), px, colours.quiet, [], WALL_PX);
  brush.lineCap = "butt";
  const exits = plan.openings.filter(([, kind]) => kind === "exit").map(([, , points]) => points);
  dashed(brush, exits, px, colours.hijau, [8, 5], EXIT_PX);
}

/** Draw density as squares of a metre, dark where few stand, bright where many: a ramp that is safe for all eyes. */
export function drawHeat(brush: CanvasRenderingContext2D, course: Course, t: number, px: ToPx, colours: YardColours): void {
  const { grid, origin, density_unit: unit, crush } = course.head;
  const map = course.densityAt(t);
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const density = map[row * grid.columns + column]! * unit;
      if (density < LEAST_HEAT) continue;
      brush.fillStyle = css(heatAt(density / crush, colours));
      const [[x0, y1], [x1, y0]] = square(origin, row, column, px);
      brush.globalAlpha = HEAT_ALPHA / 255;
      brush.fillRect(x0, y0, x1 - x0, y1 - y0);
    }
  }
  brush.globalAlpha = 1;
}

/** Outline where people stand closer than the threshold, in ink between two lines of paper: seen on any ground. */
export function drawCrushes(brush: CanvasRenderingContext2D, course: Course, t: number, px: ToPx, colours: YardColours): void {
  const cells = course.crushesAt(t);
  if (!cells.length) return;
  const { origin } = course.head;
  const key = (x: number, y: number) => `${Math.floor(x - origin[0])},${Math.floor(y - origin[1])}`;
  const taken = new Set(cells.map(({ x, y }) => key(x, y)));
  const edges = new Path2D();
  for (const { x, y } of cells) {
    const corner = ([dx, dy]: Spot): Spot => px([x + dx, y + dy]);
    const sides: [Spot, Spot, Spot][] = [
      [[0, 1], [-0.5, 0.5], [0.5, 0.5]],
      [[0, -1], [-0.5, -0.5], [0.5, -0.5]],
      [[-1, 0], [-0.5, -0.5], [-0.5, 0.5]],
      [[1, 0], [0.5, -0.5], [0.5, 0.5]],
    ];
    for (const [over, a, b] of sides) {
      if (taken.has(key(x + over[0], y + over[1]))) continue;
      edges.moveTo(...corner(a));
      edges.lineTo(...corner(b));
    }
  }
  brush.lineCap = "square";
  for (const [width, ink] of [[CRUSH_PX + 4, colours.paper], [CRUSH_PX, colours.ink]] as const) {
    brush.lineWidth = width;
    brush.strokeStyle = css(ink);
    brush.stroke(edges);
  }
  brush.lineCap = "butt";
}

export function heatAt(share: number, { heat }: YardColours): Colour {
  const at = Math.min(1, Math.max(0, share)) * (heat.length - 1);
  const k = Math.min(heat.length - 2, Math.floor(at));
  const [a, b] = [heat[k]!, heat[k + 1]!];
  return a.map((from, i) => Math.round(from + (at - k) * (b[i]! - from))) as Colour;
}

function square(origin: Spot, row: number, column: number, px: ToPx): [Spot, Spot] {
  return [px([origin[0] + column, origin[1] + row]), px([origin[0] + column + 1, origin[1] + row + 1])];
}

function trace(brush: CanvasRenderingContext2D, lines: Spot[][], px: ToPx): void {
  brush.beginPath();
  for (const line of lines) line.forEach((spot, i) => (i ? brush.lineTo(...px(spot)) : brush.moveTo(...px(spot))));
}

function fill(brush: CanvasRenderingContext2D, rings: Spot[][], px: ToPx, ink: Colour): void {
  trace(brush, rings, px);
  brush.fillStyle = css(ink);
  brush.fill();
}

function dashed(brush: CanvasRenderingContext2D, lines: Spot[][], px: ToPx, ink: Colour, dash: number[], width: number): void {
  trace(brush, lines, px);
  brush.setLineDash(dash);
  brush.lineWidth = width;
  brush.strokeStyle = css(ink);
  brush.stroke();
  brush.setLineDash([]);
}

/** Hatch what one cannot see into. */
function hatch(brush: CanvasRenderingContext2D, rings: Spot[][], px: ToPx, ink: Colour): void {
  const step = 8;
  brush.save();
  trace(brush, rings, px);
  brush.clip();
  brush.lineWidth = 1;
  brush.strokeStyle = css(ink);
  for (const ring of rings) {
    const spots = ring.map(px);
    const [xs, ys] = [spots.map(([x]) => x), spots.map(([, y]) => y)];
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    brush.beginPath();
    for (let x = x0 - (y1 - y0); x < x1; x += step) {
      brush.moveTo(x, y1);
      brush.lineTo(x + (y1 - y0), y0);
    }
    brush.stroke();
  }
  brush.restore();
}
