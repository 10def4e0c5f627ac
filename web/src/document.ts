// The document that Python writes (docs/reference/playback.md), and its numbers unpacked.

export type Run = number[];
export type Row = [t: number, code: string, place: number, unit: number, incident: number, detail: string];

export interface Decision {
  t: number;
  asked: string;
  sent: number[];
  unmet: number;
  candidates: [unit: number, standing: string, seconds: number | null][];
  others: Record<string, number>;
}

export interface Incident {
  kind: string;
  place: number;
  times: [called: number, recognised: number | null, closed: number | null];
  decisions: Decision[];
}

export interface Casualty {
  number: number;
  place?: number;
  hurt?: number;
  cause?: string;
  triage?: string;
  treated?: number;
  unit?: number;
  left?: number;
  hospital?: number;
  reached?: number;
  set_out?: number; // of who goes by himself
  way?: number;
  died?: number;
}

export interface Doc {
  format: number;
  about: {
    title: Record<string, string>;
    city: string;
    plan: string;
    replicate: number;
    horizon_s: number;
    start_s: number;
    synthetic: boolean;
    straight: boolean;
    guessed_areas: boolean;
  };
  places: [id: string, name: string, kind: string, role: string, lon: number | null, lat: number | null, guessed: number][];
  units: [id: string, agency: string, kind: string, people: number, home: number][];
  ways: [lon: Run, lat: Run, share: Run][];
  legs: [start: number, end: number, way: number, first: number, last: number][][];
  away: number[][];
  crowds: {
    place: number;
    t: Run;
    peaceful: Run;
    violent: Run;
    spent: Run;
    officers: Run;
    stages: [t: number, stage: number][];
  }[];
  hospitals: { place: number; t: Run; used: Run; open: Run; waiting: Run }[];
  events: Row[];
  incidents: Incident[];
  casualties: Casualty[];
  closures: { id: string; place: number; streets: Run; spans: number[] }[];
  ground: { main: Run; minor: Run; areas: Run; left_out: number };
  unlike: number;
}

export type Point = [lon: number, lat: number];

const GRID = 1e5;
const SHARES = 1e4;

/** Sum steps up to the values themselves. */
export function summed(steps: Run): number[] {
  let at = 0;
  return steps.map((step) => (at += step));
}

/** Read a run of lines: the number of points of each, then their steps in lon and lat. */
export function lines(run: Run): Point[][] {
  const out: Point[][] = [];
  let lon = 0;
  let lat = 0;
  for (let i = 0; i < run.length; ) {
    const line: Point[] = [];
    for (let n = run[i++]!; n > 0; n--) {
      lon += run[i++]!;
      lat += run[i++]!;
      line.push([lon / GRID, lat / GRID]);
    }
    out.push(line);
  }
  return out;
}

export class Way {
  readonly points: Point[];
  readonly share: number[];

  constructor([lon, lat, share]: [Run, Run, Run]) {
    const x = summed(lon);
    const y = summed(lat);
    this.points = x.map((each, i) => [each / GRID, y[i]! / GRID]);
    this.share = summed(share).map((each) => each / SHARES);
  }

  /** The point after a share of the time, and the number of the point before it. */
  at(share: number): [Point, number] {
    const last = this.points.length - 1;
    let k = lastAtOrBefore(this.share, share);
    if (k >= last) return [this.points[last]!, last];
    if (k < 0) k = 0;
    const [a, b] = [this.share[k]!, this.share[k + 1]!];
    const f = b > a ? (share - a) / (b - a) : 0;
    const [p, q] = [this.points[k]!, this.points[k + 1]!];
    return [[p[0] + (q[0] - p[0]) * f, p[1] + (q[1] - p[1]) * f], k];
  }

  /** The part of the way from one share to another, in the direction of travel. */
  part(from: number, to: number): Point[] {
    const [a, i] = this.at(Math.min(from, to));
    const [b, j] = this.at(Math.max(from, to));
    const path = [a, ...this.points.slice(i + 1, j + 1), b];
    return from <= to ? path : path.reverse();
  }
}

/** Number of the last value at or before x in rising values, −1 where there is none. */
export function lastAtOrBefore(values: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Read the document out of its script element, packed (gzip, base64) or plain. */
export async function readDoc(script: HTMLScriptElement): Promise<Doc> {
  const text = script.textContent ?? "";
  if (script.dataset.packed !== "gzip") return JSON.parse(text) as Doc;
  const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Doc;
}
