// The live world as the map sees it: the same questions as of a replicate, answered from the latest frame.

import type { Doc, Point } from "../document";
import type { Crowd, Hospital, Moving, Resting, Walker } from "../replay";
import type { Sight } from "../scene";
import type { Frame, Ground, Reported, Streets, UnitNow, View } from "./types";

export const STAGES = ["hijau", "kuning", "merah"];
const BURNS = [1, 2]; // growing, controlled
const ON_THE_WAY = new Set(["travel", "carry", "return"]);
const CLOSED = new Set(["street_closed", "blocked_exit"]);
const BAY = 0;
const FIRES = new Set(["fire", "arson"]);

export class LiveSight implements Sight {
  readonly doc: Pick<Doc, "places" | "units" | "ground">;
  readonly crowds: { place: number }[];
  readonly incidents: Record<number, { kind: string; place: number; answered: number }> & { length: number } = { length: 0 };
  private readonly number = new Map<string, number>();
  private readonly unitNumber = new Map<string, number>();
  private readonly hospitals: number[];
  private frame: Frame | undefined;
  private closed: number[] = [];
  private reported: View["operation"];
  private boards: NonNullable<View["hospitals"]> = {};

  constructor(
    readonly ground: Ground,
    streets: Streets,
  ) {
    ground.places.forEach((each, index) => this.number.set(each.ref, index));
    const units = ground.units ?? [];
    units.forEach((each, index) => this.unitNumber.set(each.id, index));
    this.doc = {
      places: ground.places.map((each) => [each.ref, each.name, each.kind, "", each.lon, each.lat, 0]),
      units: units.map((each) => [each.id, each.agency, "", each.people, this.at(each.home)]),
      ground: streets,
    };
    this.crowds = ground.crowds.map((ref) => ({ place: this.at(ref) }));
    this.hospitals = (ground.hospitals ?? []).map((ref) => this.at(ref));
  }

  /** Number of a place, −1 for none. */
  at(ref: string | null): number {
    return ref === null ? -1 : (this.number.get(ref) ?? -1);
  }

  unit(id: string): number {
    return this.unitNumber.get(id) ?? -1;
  }

  update(frame: Frame, view: View | undefined): void {
    this.frame = frame;
    this.reported = view?.operation;
    this.boards = view?.hospitals ?? {};
    for (const [n, each] of Object.entries(this.reported?.incidents ?? {})) {
      this.incidents[Number(n)] = { kind: each.kind ?? "", place: this.at(each.place), answered: each.units?.length ? 0 : Infinity };
      this.incidents.length = Math.max(this.incidents.length, Number(n) + 1);
    }
    for (const each of frame.incidents ?? []) {
      const there = Object.values(each.needs).some(([, , n]) => n > 0);
      this.incidents[each.row] = { kind: each.kind, place: this.at(each.place), answered: there ? 0 : Infinity };
      this.incidents.length = Math.max(this.incidents.length, each.row + 1);
    }
    const last = new Map<string, string>();
    for (const each of view?.reports ?? []) if (CLOSED.has(each.what) || each.what === "free_exit") last.set(each.place, each.what);
    const reported = [...last].filter(([, what]) => CLOSED.has(what)).map(([ref]) => ref);
    this.closed = [...new Set([...(view?.blocked ?? []), ...reported])].map((ref) => this.at(ref));
  }

  /** Units whose place somebody told; where one on its way is, nobody did. */
  private reportedUnits(): Resting[] {
    const resting = new Map<string, Resting>();
    for (const [id, each] of Object.entries(this.reported?.units ?? {})) {
      const index = this.unit(id);
      const home = each.state === "standby" && each.place === null ? this.ground.units?.[index]?.home : undefined;
      const ref = each.state === "moving" || each.state === "returning" ? null : (each.place ?? home ?? null);
      const at = this.point(this.at(ref));
      if (!ref || !at || index < 0) continue;
      const known = resting.get(ref);
      if (known) known.units.push(index);
      else resting.set(ref, { at, units: [index] });
    }
    return [...resting.values()];
  }

  point(place: number): Point | undefined {
    const row = this.ground.places[place];
    return row ? [row.lon, row.lat] : undefined;
  }

  name(place: number): string {
    return this.ground.places[place]?.name ?? "";
  }

  reach(): number[] {
    return [...this.crowds.map((each) => each.place), ...this.doc.units.map((each) => each[4]), ...(this.doc.units.length ? [] : this.hospitals)];
  }

  crowdsAt(): Crowd[] {
    if (this.ground.real) return this.told();
    return (this.frame?.crowds ?? []).map((each, index) => ({
      place: this.crowds[index]!.place,
      peaceful: each.peaceful ?? 0,
      violent: each.violent ?? 0,
      spent: each.spent ?? 0,
      officers: (each.officers ?? []).reduce((a, b) => a + b, 0),
      stage: STAGES.indexOf(each.stage),
      known: true,
    }));
  }

  /** Crowds as people told them. Nobody reports a stage: the mark says only whether violence was reported. */
  private told(): Crowd[] {
    return Object.entries(this.reported?.crowds ?? {}).map(([ref, each]) => ({
      place: this.at(ref),
      peaceful: each.people - (each.violent ?? 0),
      violent: each.violent ?? 0,
      spent: 0,
      officers: 0,
      stage: each.violent ? 1 : 0,
      known: true,
    }));
  }

  private openReports(): [number, Reported][] {
    return Object.entries(this.reported?.incidents ?? {}).filter(([, each]) => each.state !== "closed").map(([n, each]): [number, Reported] => [Number(n), each]);
  }

  hospitalsAt(): Hospital[] {
    if (this.ground.real) return Object.entries(this.boards).map(([ref, each]) => ({ place: this.at(ref), used: each.igd_free ? 0 : 1, open: 1, waiting: each.igd_waiting }));
    return (this.frame?.hospitals ?? []).map((each, index) => ({
      place: this.hospitals[index]!,
      used: each.open[BAY]! - each.free[BAY]!,
      open: each.open[BAY]!,
      waiting: each.waiting[BAY]!,
    }));
  }

  firesAt(): number[] {
    if (this.ground.real) return this.openReports().filter(([, each]) => FIRES.has(each.kind)).map(([, each]) => this.at(each.place));
    return (this.frame?.crowds ?? []).flatMap((each, index) => (BURNS.includes(each.fire ?? 0) ? [this.crowds[index]!.place] : []));
  }

  closedAt(): number[] {
    return this.closed;
  }

  closedStreetsAt(): Point[][] {
    return [];
  }

  walkersAt(): Walker[] {
    return [];
  }

  openAt(): number[] {
    if (this.ground.real) return this.openReports().filter(([, each]) => !FIRES.has(each.kind)).map(([n]) => n);
    return (this.frame?.incidents ?? []).filter((each) => each.kind !== "unrest").map((each) => each.row);
  }

  waitingAt(): Map<number, unknown[]> {
    return new Map();
  }

  /** Units between the place they left and the one they go to, straight; and those that stand somewhere. */
  unitsAt(t: number): { moving: Moving[]; resting: Resting[] } {
    const moving = new Map<string, Moving>();
    const resting = new Map<string, Resting>();
    if (this.ground.real) return { moving: [], resting: this.reportedUnits() };
    (this.frame?.units ?? []).forEach((row, index) => {
      if (row[0] === "outside") return;
      const from = this.point(this.at(row[1]));
      const to = this.point(this.at(row[2]));
      if (from && to && isMoving(row, t)) {
        const key = `${this.doc.units[index]![1]} ${row[1]} ${row[2]} ${row[3]} ${row[5]}`;
        const known = moving.get(key);
        if (known) known.units.push(index);
        else moving.set(key, onTheWay(index, from, to, row, t));
        return;
      }
      if (!from) return;
      const known = resting.get(row[1]);
      if (known) known.units.push(index);
      else resting.set(row[1], { at: from, units: [index] });
    });
    return { moving: [...moving.values()], resting: [...resting.values()] };
  }
}

function isMoving([state, place, to, arrives]: UnitNow, t: number): boolean {
  return ON_THE_WAY.has(state) && to !== null && to !== place && arrives !== null && arrives > 1000 * t;
}

function onTheWay(unit: number, from: Point, to: Point, row: UnitNow, t: number): Moving {
  const [arrives, left] = [row[3]!, row[5] ?? 1000 * t];
  const share = arrives > left ? Math.min(1, Math.max(0, (1000 * t - left) / (arrives - left))) : 0;
  const at: Point = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
  return { units: [unit], at, ahead: [at, to], patient: undefined };
}
