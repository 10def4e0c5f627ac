// What a scene says of any moment; times are seconds of the scene.

import { lastAtOrBefore } from "../document";
import { AWAY, type Head, STATES, type SceneDoc, type Spot, type State, TURNS } from "./document";

export type Barrier = { name: string; how: "open" | "whole" | "worn" | "fallen"; left: number };
export type Flow = { name: string; kind: string; width: number; all: number; lately: number };
export type Crush = { x: number; y: number; density: number };
export type Told = { t: number; code: string; grave: boolean; fields: Record<string, string | number> };
export type Counts = Record<State, number>;

/** Where people are at a moment, in metres; `n` of each array are in use. */
export interface Standing {
  n: number;
  x: Float32Array;
  y: Float32Array;
  state: Uint8Array;
  turn: Float32Array;
}

const LATELY_S = 60;
const WHOLE = 255;
const OPENED = 1; // open, and nobody broke it
const FULL_TURN = 2 * Math.PI;
const INSIDE = STATES.filter((each) => each !== "gone" && each !== "awaited");

export class Course {
  readonly head: Head;
  readonly start: number;
  readonly end: number;
  readonly events: Told[];
  readonly stageTimes: number[] = [];
  readonly stages: number[] = [];
  private readonly people: number;
  private readonly standing: Standing;
  private readonly tallies: Int32Array;
  private readonly counted: Uint8Array;
  private readonly crowded: Crush[][];

  constructor(readonly doc: SceneDoc) {
    const { head } = doc;
    this.head = head;
    this.people = head.about.people;
    this.start = head.first_s;
    this.end = head.first_s + (head.frames - 1) * head.every_s;
    this.standing = {
      n: 0,
      x: new Float32Array(this.people),
      y: new Float32Array(this.people),
      state: new Uint8Array(this.people),
      turn: new Float32Array(this.people),
    };
    this.tallies = new Int32Array(head.frames * STATES.length);
    this.counted = new Uint8Array(head.frames);
    this.crowded = Array.from({ length: head.grid.maps }, (_, map) => this.findCrushes(map));
    doc.stage.forEach((stage, k) => {
      if (k && stage === doc.stage[k - 1]) return;
      this.stageTimes.push(this.timeOf(k));
      this.stages.push(stage);
    });
    this.events = this.tell();
  }

  timeOf(frame: number): number {
    return this.start + frame * this.head.every_s;
  }

  frameAt(t: number): number {
    return Math.min(this.head.frames - 1, Math.max(0, Math.floor((t - this.start) / this.head.every_s + 1e-6)));
  }

  /** Where people are: between two frames on the straight line from the one to the other. */
  standingAt(t: number): Standing {
    const { doc, people, standing } = this;
    const { unit_m: unit, origin, frames, every_s: every } = this.head;
    const k = this.frameAt(t);
    const share = Math.min(1, Math.max(0, (t - this.timeOf(k)) / every));
    const [here, next] = [k * people, Math.min(frames - 1, k + 1) * people];
    let n = 0;
    for (let i = 0; i < people; i++) {
      const [x, ahead] = [doc.x[here + i]!, doc.x[next + i]!];
      if (x === AWAY) continue;
      // Who is gone at the next frame stays where they were last seen; who comes is there from their first frame on.
      const f = ahead === AWAY ? 0 : share;
      const y = doc.y[here + i]!;
      standing.x[n] = origin[0] + unit * (x + f * (ahead - x));
      standing.y[n] = origin[1] + unit * (y + f * (doc.y[next + i]! - y));
      standing.state[n] = doc.state[here + i]!;
      const turn = doc.turn[here + i]!;
      const by = f ? ((doc.turn[next + i]! - turn + 1.5 * TURNS) % TURNS) - TURNS / 2 : 0;
      standing.turn[n++] = ((turn + f * by) * FULL_TURN) / TURNS;
    }
    standing.n = n;
    return standing;
  }

  countsAt(t: number): Counts {
    const k = this.frameAt(t);
    const at = k * STATES.length;
    if (!this.counted[k]) {
      this.counted[k] = 1;
      for (let i = k * this.people; i < (k + 1) * this.people; i++) this.tallies[at + this.doc.state[i]!]!++;
    }
    return Object.fromEntries(STATES.map((name, i) => [name, this.tallies[at + i]!])) as Counts;
  }

  insideAt(t: number): number {
    const counts = this.countsAt(t);
    return INSIDE.reduce((sum, name) => sum + counts[name], 0);
  }

  stageAt(t: number): number {
    return this.doc.stage[this.frameAt(t)]!;
  }

  postsAt(t: number): { officers: number; negotiators: number } {
    const k = this.frameAt(t);
    return { officers: this.doc.officers[k]!, negotiators: this.doc.negotiators[k]! };
  }

  barriersAt(t: number): Barrier[] {
    return this.head.barriers.map((name, b) => this.barrier(name, b, this.frameAt(t)));
  }

  private barrier(name: string, b: number, k: number): Barrier {
    const wide = this.head.barriers.length;
    const bears = this.doc.bears[k * wide + b]!;
    if (bears === OPENED) return { name, how: "open", left: 0 };
    const left = bears / WHOLE;
    if (left > 0) return { name, how: left < 1 ? "worn" : "whole", left };
    let stood = false;
    for (let j = k - 1; j >= 0 && !stood; j--) stood = this.doc.bears[j * wide + b]! > 0;
    return { name, how: stood ? "fallen" : "open", left };
  }

  /** Who passed each opening so far, and in the last minute, net of those who came back. */
  flowsAt(t: number): Flow[] {
    const { lines, plan } = this.head;
    const k = this.frameAt(t);
    const before = this.frameAt(Math.max(this.start, t - LATELY_S));
    return lines.map((name, i) => {
      const [, kind, , width] = plan.openings.find(([other]) => other === name) ?? [name, "exit", [], 0];
      const all = this.doc.passed[k * lines.length + i]!;
      return { name, kind, width, all, lately: all - this.doc.passed[before * lines.length + i]! };
    });
  }

  mapAt(t: number): number {
    return Math.min(this.head.grid.maps - 1, Math.max(0, Math.floor((t - this.start) / this.head.map_every_s + 1e-6)));
  }

  /** The map of density of a moment, rows from the south. */
  densityAt(t: number): Uint8Array {
    const size = this.head.grid.rows * this.head.grid.columns;
    const map = this.mapAt(t);
    return this.doc.density.subarray(map * size, (map + 1) * size);
  }

  /** Squares where people stand closer than the threshold, the densest first. */
  crushesAt(t: number): Crush[] {
    return this.crowded[this.mapAt(t)] ?? [];
  }

  densestAt(t: number): number {
    return this.densityAt(t).reduce((most, each) => Math.max(most, each), 0) * this.head.density_unit;
  }

  /** People in the squares of a crush hazard. */
  atRiskAt(t: number): number {
    const cells = this.crushesAt(t);
    if (!cells.length) return 0;
    const key = (x: number, y: number) => Math.floor(x - this.head.origin[0]) + this.head.grid.columns * Math.floor(y - this.head.origin[1]);
    const taken = new Set(cells.map(({ x, y }) => key(x, y)));
    const { n, x, y } = this.standingAt(t);
    let risk = 0;
    for (let i = 0; i < n; i++) if (taken.has(key(x[i]!, y[i]!))) risk++;
    return risk;
  }

  private findCrushes(map: number): Crush[] {
    const { grid, origin, density_unit: unit, crush } = this.head;
    const size = grid.rows * grid.columns;
    const out: Crush[] = [];
    for (let cell = 0; cell < size; cell++) {
      const density = this.doc.density[map * size + cell]! * unit;
      if (density <= crush + 1e-9) continue;
      out.push({ x: origin[0] + (cell % grid.columns) + 0.5, y: origin[1] + Math.floor(cell / grid.columns) + 0.5, density });
    }
    return out.sort((a, b) => b.density - a.density);
  }

  /** The first crush hazard: where and when it was first measured, about a person or on a map, whichever was sooner. */
  get firstCrush(): Crush & { t: number } | undefined {
    const map = this.crowded.findIndex((each) => each.length);
    const seen = map < 0 ? [] : [{ t: this.start + map * this.head.map_every_s, ...this.crowded[map]![0]! }];
    const told = this.head.hazards.map(({ at, x, y, densest }) => ({ t: at, x, y, density: densest }));
    return [...told, ...seen].sort((a, b) => a.t - b.t)[0];
  }

  private tell(): Told[] {
    const out: Told[] = [];
    const add = (t: number, code: string, grave = false, fields: Told["fields"] = {}) => out.push({ t, code, grave, fields });
    const crush = this.firstCrush;
    if (crush) add(crush.t, "crush", true);
    this.stageTimes.forEach((t, k) => k && add(t, `stage_${this.stages[k]!}`, this.stages[k]! > 1));
    this.head.barriers.forEach((name, b) => this.falls(b).forEach((t) => add(t, "fell", true, { name })));
    const { ends_at: ends } = this.head.about;
    if (ends !== null && ends >= this.start && ends <= this.end) add(ends, "asked");
    if (this.head.cleared_at !== null) add(this.head.cleared_at, "cleared");
    const first = this.firstViolent();
    if (first !== undefined) add(first, "violent");
    return out.sort((a, b) => a.t - b.t || Number(b.code === "crush") - Number(a.code === "crush"));
  }

  private falls(b: number): number[] {
    const wide = this.head.barriers.length;
    const left = (k: number) => this.doc.bears[k * wide + b]!;
    const out: number[] = [];
    for (let k = 1; k < this.head.frames; k++) if (left(k) === 0 && left(k - 1) > 0) out.push(this.timeOf(k));
    return out;
  }

  /** When somebody first used violence, where nobody did from the start. */
  private firstViolent(): number | undefined {
    const violent = STATES.indexOf("violent");
    const k = Math.floor(this.doc.state.indexOf(violent) / this.people);
    return k > 0 ? this.timeOf(k) : undefined;
  }

  /** Points along the police line where so many stand, evenly. */
  alongLine(n: number, spread: "whole" | "middle"): Spot[] {
    const way = this.head.plan.line;
    if (way.length < 2) return [];
    const gone = [0];
    for (let i = 1; i < way.length; i++) gone.push(gone[i - 1]! + Math.hypot(way[i]![0] - way[i - 1]![0], way[i]![1] - way[i - 1]![1]));
    const all = gone.at(-1)!;
    return Array.from({ length: n }, (_, i) => {
      const at = spread === "whole" ? ((i + 0.5) / n) * all : all / 2 + i - (n - 1) / 2;
      const k = Math.min(way.length - 2, Math.max(0, lastAtOrBefore(gone, at)));
      const f = (at - gone[k]!) / (gone[k + 1]! - gone[k]! || 1);
      const [a, b] = [way[k]!, way[k + 1]!];
      return [a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1])] as Spot;
    });
  }
}
