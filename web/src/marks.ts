// The marks of the map as one picture: each kind of thing has a shape of its own, so that colour never speaks alone.

import { type Colour, css } from "./dom";

const CELL = 64;
const LEVELS = 5;

export type Mark = { x: number; y: number; width: number; height: number; mask: boolean };
export interface Sheet {
  picture: HTMLCanvasElement;
  marks: Record<string, Mark>;
}

export interface Ink {
  paper: Colour;
  ink: Colour;
  quiet: Colour;
  accent: Colour;
  stages: Colour[];
}

type Drawing = (brush: CanvasRenderingContext2D) => void;

function shape(points: [number, number][], fill: Colour, line: Colour, width = 5): Drawing {
  return (brush) => {
    brush.beginPath();
    points.forEach(([x, y], i) => (i ? brush.lineTo(x, y) : brush.moveTo(x, y)));
    brush.closePath();
    paint(brush, fill, line, width);
  };
}

function paint(brush: CanvasRenderingContext2D, fill: Colour, line: Colour, width: number): void {
  brush.lineJoin = "round";
  brush.lineWidth = width;
  brush.fillStyle = css(fill);
  brush.strokeStyle = css(line);
  brush.stroke();
  brush.fill();
}

function disc(fill: Colour, line: Colour): Drawing {
  return (brush) => {
    brush.beginPath();
    brush.arc(32, 32, 22, 0, 2 * Math.PI);
    paint(brush, fill, line, 7);
  };
}

/** A boxed H over a gauge of five parts, filled as the emergency bays are. */
function hospital(ink: Ink, level: number): Drawing {
  return (brush) => {
    brush.beginPath();
    brush.roundRect(12, 4, 40, 40, 6);
    paint(brush, ink.paper, ink.quiet, 4);
    brush.strokeStyle = css(ink.ink);
    brush.lineWidth = 5;
    brush.stroke(new Path2D("M24 13v22M40 13v22M24 24h16"));
    brush.fillStyle = css(ink.paper);
    brush.fillRect(8, 49, 48, 11);
    brush.fillStyle = css(level > LEVELS ? ink.ink : ink.accent);
    brush.fillRect(10, 51, (44 * Math.min(level, LEVELS)) / LEVELS, 7);
    brush.strokeStyle = css(ink.quiet);
    brush.lineWidth = 2;
    brush.strokeRect(9, 50, 46, 9);
  };
}

const FLAME = "M33 6c4 12 18 16 18 33a19 19 0 0 1-38 0c0-8 5-12 8-19 4 3 5 6 6 9 5-6 7-14 6-23z";
const CROSS: [number, number][] = [
  [24, 8], [40, 8], [40, 24], [56, 24], [56, 40], [40, 40], [40, 56], [24, 56], [24, 40], [8, 40], [8, 24], [24, 24],
];
const DIAMOND: [number, number][] = [[32, 6], [58, 32], [32, 58], [6, 32]];

/** Draw all marks in the colours of the page. */
export function drawMarks(ink: Ink): Sheet {
  const [hijau, kuning, merah] = ink.stages as [Colour, Colour, Colour];
  const drawings: Record<string, Drawing> = {
    stage_0: disc(hijau, ink.ink),
    stage_1: shape([[32, 8], [58, 54], [6, 54]], kuning, ink.ink),
    stage_2: shape([[10, 10], [54, 10], [54, 54], [10, 54]], merah, ink.ink),
    post: shape([[20, 20], [44, 20], [44, 44], [20, 44]], ink.paper, ink.quiet, 5),
    call: shape(DIAMOND, ink.paper, ink.ink, 6),
    work: shape(DIAMOND, ink.accent, ink.ink, 6),
    casualty: shape(CROSS, ink.ink, ink.paper, 5),
    closed: (brush) => {
      disc(ink.paper, ink.ink)(brush);
      brush.fillStyle = css(ink.ink);
      brush.fillRect(16, 26, 32, 12);
    },
    fire: (brush) => {
      brush.lineWidth = 6;
      brush.lineJoin = "round";
      brush.strokeStyle = css(ink.paper);
      brush.fillStyle = css(ink.ink);
      brush.stroke(new Path2D(FLAME));
      brush.fill(new Path2D(FLAME));
    },
  };
  for (let level = 0; level <= LEVELS + 1; level++) drawings[`hospital_${level}`] = hospital(ink, level);
  const names = Object.keys(drawings);
  const picture = document.createElement("canvas");
  picture.width = CELL * 8;
  picture.height = CELL * Math.ceil(names.length / 8);
  const brush = picture.getContext("2d")!;
  const marks: Record<string, Mark> = {};
  names.forEach((name, i) => {
    const [x, y] = [CELL * (i % 8), CELL * Math.floor(i / 8)];
    brush.save();
    brush.translate(x, y);
    drawings[name]!(brush);
    brush.restore();
    marks[name] = { x, y, width: CELL, height: CELL, mask: false };
  });
  return { picture, marks };
}

/** One mark alone, for the legend: the same drawing as on the map. */
export function cut(sheet: Sheet, name: string, size: number): HTMLCanvasElement {
  const mark = sheet.marks[name]!;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELL;
  canvas.style.width = canvas.style.height = `${size}px`;
  canvas.setAttribute("aria-hidden", "true");
  canvas.getContext("2d")!.drawImage(sheet.picture, mark.x, mark.y, CELL, CELL, 0, 0, CELL, CELL);
  return canvas;
}

export function hospitalMark(used: number, open: number, waiting: number): string {
  if (waiting > 0) return `hospital_${LEVELS + 1}`;
  return `hospital_${open > 0 ? Math.min(LEVELS, Math.ceil((LEVELS * used) / open)) : 0}`;
}
