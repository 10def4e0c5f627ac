// People, the line and what bears, on the ground: each state has its own shape, so that colour never speaks alone.

import { type Colour, css } from "../dom";
import type { Barrier, Course, Standing } from "./course";
import { STATES, type Spot, type State } from "./document";
import type { ToPx, YardColours } from "./ground";

export const SHOWN: State[] = ["homeward", "peaceful", "spent", "led", "violent"]; // the last above the others
const LEAST_PX = 1.8;
const NEAR_PX = 11; // px of a metre from which on one sees which way people face
const VIOLENT_LARGER = 1.5;
const OFFICER_M = 0.5;
const LEAST_OFFICER_PX = 4;
const BARRIER_PX = 4;
const DOOR_PX = 3;
const FALLEN_STUB = 0.22; // of the width, at each end

type Shape = { fill?: Colour; line?: Colour; trace: (path: Path2D | CanvasRenderingContext2D, x: number, y: number, r: number) => void; larger?: number };

const disc: Shape["trace"] = (path, x, y, r) => {
  path.moveTo(x + r, y);
  path.arc(x, y, r, 0, 2 * Math.PI);
};
const diamond: Shape["trace"] = (path, x, y, r) => {
  path.moveTo(x, y - r);
  path.lineTo(x + r, y);
  path.lineTo(x, y + r);
  path.lineTo(x - r, y);
  path.closePath();
};
const square: Shape["trace"] = (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r);

export function shapeOf(state: State, colours: YardColours): Shape {
  switch (state) {
    case "violent":
      return { fill: colours.ink, line: colours.paper, trace: diamond, larger: VIOLENT_LARGER };
    case "spent":
      return { fill: colours.paper, line: colours.grey, trace: disc };
    case "led":
      return { fill: colours.paper, line: colours.ink, trace: square };
    case "homeward":
      return { fill: colours.paper, line: colours.quiet, trace: disc };
    default:
      return { fill: colours.grey, trace: disc };
  }
}

/** Radius of a person, px: a body's, but never too small to see. */
export function radiusOf(scale: number, body: number): number {
  return Math.max(LEAST_PX, (body / 2) * scale);
}

/** Draw all people of a moment: one path a state, for a path costs more than a dot. */
export function drawPeople(brush: CanvasRenderingContext2D, people: Standing, scale: number, body: number, px: ToPx, colours: YardColours): void {
  const r = radiusOf(scale, body);
  const near = scale >= NEAR_PX;
  const [x0, y0] = px([0, 0]);
  for (const state of SHOWN) {
    const shape = shapeOf(state, colours);
    const number = STATES.indexOf(state);
    const size = r * (shape.larger ?? 1);
    brush.beginPath();
    let any = false;
    for (let i = 0; i < people.n; i++) {
      if (people.state[i] !== number) continue;
      any = true;
      shape.trace(brush, x0 + people.x[i]! * scale, y0 - people.y[i]! * scale, size);
    }
    if (!any) continue;
    if (shape.line && shape.larger) {
      brush.lineWidth = 2;
      brush.strokeStyle = css(shape.line);
      brush.stroke();
    }
    brush.fillStyle = css(shape.fill!);
    brush.fill();
    if (shape.line && !shape.larger) {
      brush.lineWidth = Math.max(1, r / 2.5);
      brush.strokeStyle = css(shape.line);
      brush.stroke();
    }
  }
  if (near) ticks(brush, people, r, scale, [x0, y0], colours);
}

/** A small stroke from each person in the direction they face. */
function ticks(brush: CanvasRenderingContext2D, people: Standing, r: number, scale: number, [x0, y0]: Spot, colours: YardColours): void {
  brush.beginPath();
  for (let i = 0; i < people.n; i++) {
    const [x, y] = [x0 + people.x[i]! * scale, y0 - people.y[i]! * scale];
    const [dx, dy] = [Math.cos(people.turn[i]!), -Math.sin(people.turn[i]!)];
    brush.moveTo(x + r * dx, y + r * dy);
    brush.lineTo(x + 1.9 * r * dx, y + 1.9 * r * dy);
  }
  brush.lineWidth = Math.max(1, r / 3);
  brush.strokeStyle = css(colours.ink);
  brush.stroke();
}

/** Draw gates and doors as they are: whole, worn (broken lines, fewer the weaker), fallen (two stubs and a cross), open. */
export function drawBarriers(brush: CanvasRenderingContext2D, course: Course, t: number, px: ToPx, colours: YardColours): void {
  const barriers = course.barriersAt(t);
  for (const each of barriers) {
    const opening = course.head.plan.openings.find(([name]) => name === each.name);
    const isLine = !opening;
    const way = opening ? opening[2] : course.head.plan.line;
    if (isLine && !barriers.some(({ name }) => name === each.name)) continue;
    const width = opening?.[1] === "door" ? DOOR_PX : BARRIER_PX;
    const ink = opening?.[1] === "door" ? colours.ink : colours.accent;
    barrier(brush, each, way.map(px), width, ink, colours);
  }
}

function barrier(brush: CanvasRenderingContext2D, { how, left }: Barrier, way: Spot[], width: number, ink: Colour, colours: YardColours): void {
  const [a, b] = [way[0]!, way.at(-1)!];
  const stroke = (lines: Spot[][], line: number, colour: Colour, dash: number[] = []) => {
    brush.beginPath();
    for (const each of lines) each.forEach((spot, i) => (i ? brush.lineTo(...spot) : brush.moveTo(...spot)));
    brush.setLineDash(dash);
    brush.lineWidth = line;
    brush.strokeStyle = css(colour);
    brush.stroke();
    brush.setLineDash([]);
  };
  if (how === "open") return stroke([way], 1.5, ink, [1.5, 3]);
  if (how === "whole") return stroke([way], width, ink);
  if (how === "worn") {
    stroke([way], width, colours.paper);
    return stroke([way], width, ink, [2 + 8 * left, 2 + 4 * (1 - left)]);
  }
  const between = (f: number): Spot => [a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1])];
  if (way.length === 2) stroke([[a, between(FALLEN_STUB)], [between(1 - FALLEN_STUB), b]], width, ink);
  else stroke([way], 1.5, ink, [2, 6]);
  const [x, y] = way.length === 2 ? between(0.5) : middle(way);
  const cross: Spot[][] = [[[x - 5, y - 5], [x + 5, y + 5]], [[x - 5, y + 5], [x + 5, y - 5]]];
  stroke(cross, 6, colours.paper);
  stroke(cross, 2.5, colours.ink);
}

function middle(way: Spot[]): Spot {
  const k = Math.floor((way.length - 1) / 2);
  const [a, b] = [way[k]!, way[k + 1]!];
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** Officers of the line as blue squares, negotiators as blue rings in front of its middle. */
export function drawPosts(brush: CanvasRenderingContext2D, course: Course, t: number, scale: number, px: ToPx, colours: YardColours): void {
  const { officers, negotiators } = course.postsAt(t);
  const half = Math.max(LEAST_OFFICER_PX, OFFICER_M * scale) / 2;
  brush.beginPath();
  for (const spot of course.alongLine(officers, "whole")) square(brush, ...px(spot), half);
  brush.lineWidth = 2;
  brush.strokeStyle = css(colours.paper);
  brush.stroke();
  brush.fillStyle = css(colours.accent);
  brush.fill();
  brush.beginPath();
  for (const spot of course.alongLine(negotiators, "middle")) disc(brush, ...px(spot), half + 1);
  brush.fillStyle = css(colours.paper);
  brush.fill();
  brush.lineWidth = 2.5;
  brush.strokeStyle = css(colours.accent);
  brush.stroke();
}
