// What a document says of any moment; times are seconds since the scenario's start.

import { type Casualty, type Doc, type Incident, type Point, type Row, Way, lastAtOrBefore, lines, summed } from "./document";

export interface Crowd {
  place: number;
  peaceful: number;
  violent: number;
  spent: number;
  officers: number;
  stage: number;
  known: boolean;
}

export interface Moving {
  units: number[];
  at: Point;
  ahead: Point[];
  patient: Casualty | undefined;
}

/** Somebody hurt who goes to a hospital by himself. */
export interface Walker {
  at: Point;
  ahead: Point[];
}

export interface Resting {
  at: Point;
  units: number[];
}

export interface Hospital {
  place: number;
  used: number;
  open: number;
  waiting: number;
  walkedIn?: number; // who came by themselves, where that is known
}

export interface Event {
  index: number;
  t: number;
  code: string;
  place: number;
  unit: number;
  incident: number;
  detail: string;
  key: boolean;
  others: number; // events of its kind in the same minute that are told with it
}

interface Course {
  place: number;
  t: number[];
  values: Record<"peaceful" | "violent" | "spent" | "officers", number[]>;
  stageTimes: number[];
  stages: number[];
}

const TENTHS = 10;
const MINUTE = 60;
const AT_ONCE = 4; // arrivals in one minute that are told as one
const KEY_CALLS = "call";
const ARRIVAL = "gathering";
export const CROWD_CALL = "unrest";

export class Replay {
  readonly horizon: number;
  readonly events: Event[];
  readonly keys: Event[];
  readonly incidents: (Incident & { answered: number })[];
  readonly crowds: Course[];
  readonly doc: Doc;
  private readonly ways: Way[];
  private readonly hospitals: { place: number; t: number[]; used: number[]; open: number[]; waiting: number[] }[];
  private readonly closed: { place: number; streets: Point[][]; spans: number[] }[];
  private readonly fires: { place: number; start: number; end: number }[];

  constructor(doc: Doc, keyCodes: Set<string>) {
    this.doc = doc;
    this.horizon = doc.about.horizon_s;
    this.ways = doc.ways.map((way) => new Way(way));
    this.events = doc.events.map((row, index) => this.event(row, index, keyCodes));
    this.fold();
    this.keys = this.events.filter((event) => event.key);
    this.crowds = doc.crowds.map((each) => ({
      place: each.place,
      t: summed(each.t),
      values: {
        peaceful: summed(each.peaceful),
        violent: summed(each.violent),
        spent: summed(each.spent),
        officers: summed(each.officers),
      },
      stageTimes: each.stages.map(([t]) => t / TENTHS),
      stages: each.stages.map(([, stage]) => stage),
    }));
    this.hospitals = doc.hospitals.map((each) => ({
      place: each.place,
      t: summed(each.t),
      used: summed(each.used),
      open: summed(each.open),
      waiting: summed(each.waiting),
    }));
    this.incidents = doc.incidents.map((each) => ({ ...each, answered: Infinity }));
    for (const event of this.events) {
      const incident = this.incidents[event.incident];
      if (event.code === "arrive" && incident) incident.answered = Math.min(incident.answered, event.t);
    }
    this.fires = this.readFires();
    this.closed = doc.closures.map((each) => ({ place: each.place, streets: lines(each.streets), spans: each.spans.map((t) => t / TENTHS) }));
  }

  private event([t, code, place, unit, incident, detail]: Row, index: number, keyCodes: Set<string>): Event {
    const call = code === KEY_CALLS && detail !== CROWD_CALL;
    return { index, t: t / TENTHS, code, place, unit, incident, detail, key: keyCodes.has(code) || call, others: 0 };
  }

  /** Tell who comes later to a place where people are already not again, and arrivals at many places at once as one. */
  private fold(): void {
    const seen = new Set<number>();
    const minutes = new Map<number, Event[]>();
    for (const event of this.events.filter((each) => each.key && each.code === ARRIVAL)) {
      event.key = !seen.has(event.place);
      if (!event.key) continue;
      seen.add(event.place);
      const minute = Math.floor(event.t / MINUTE);
      minutes.set(minute, [...(minutes.get(minute) ?? []), event]);
    }
    for (const [first, ...rest] of minutes.values()) {
      if (rest.length + 1 < AT_ONCE) continue;
      first!.others = rest.length;
      for (const each of rest) each.key = false;
    }
  }

  private readFires(): { place: number; start: number; end: number }[] {
    const fires: { place: number; start: number; end: number }[] = [];
    for (const event of this.events) {
      if (event.code === "fire_start") fires.push({ place: event.place, start: event.t, end: Infinity });
      if (event.code === "fire_out" || event.code === "fire_burnt") {
        const open = fires.find((fire) => fire.place === event.place && fire.end === Infinity);
        if (open) open.end = event.t;
      }
    }
    return fires;
  }

  /** Where a place is drawn; undefined where nobody knows. */
  point(place: number): Point | undefined {
    const row = this.doc.places[place];
    return row && row[4] !== null && row[5] !== null ? [row[4], row[5]] : undefined;
  }

  name(place: number): string {
    return this.doc.places[place]?.[1] ?? "";
  }

  /** Each gathering's people: as last seen, once a minute; its stage to the moment. */
  crowdsAt(t: number): Crowd[] {
    return this.crowds.map((course) => {
      const k = Math.max(0, lastAtOrBefore(course.t, t));
      const value = (name: keyof Course["values"]) => course.values[name][k]!;
      return {
        place: course.place,
        peaceful: value("peaceful"),
        violent: value("violent"),
        spent: value("spent"),
        officers: value("officers"),
        stage: course.stages[Math.max(0, lastAtOrBefore(course.stageTimes, t))]!,
        known: this.point(course.place) !== undefined,
      };
    });
  }

  hospitalsAt(t: number): Hospital[] {
    return this.hospitals.map((each) => {
      const k = Math.max(0, lastAtOrBefore(each.t, t));
      return { place: each.place, used: each.used[k]!, open: each.open[k]!, waiting: each.waiting[k]!, walkedIn: this.walkedInAt(t, each.place) };
    });
  }

  reach(): number[] {
    const { units, legs, incidents } = this.doc;
    const homes = units.filter((_, index) => legs[index]?.length).map((unit) => unit[4]);
    return [...this.crowds.map((each) => each.place), ...homes, ...incidents.map((each) => each.place)];
  }

  closedAt(t: number): number[] {
    return this.closed.filter((each) => within(each.spans, t)).map((each) => each.place);
  }

  closedStreetsAt(t: number): Point[][] {
    return this.closed.filter((each) => within(each.spans, t)).flatMap((each) => each.streets);
  }

  firesAt(t: number): number[] {
    return this.fires.filter((fire) => fire.start <= t && t < fire.end).map((fire) => fire.place);
  }

  /** Incidents that are open at a moment, but for the calls of crowds. */
  openAt(t: number): number[] {
    const ids: number[] = [];
    this.incidents.forEach((each, id) => {
      const end = each.times[2] === null ? Infinity : each.times[2] / TENTHS;
      if (each.kind !== CROWD_CALL && each.times[0] / TENTHS <= t && t < end) ids.push(id);
    });
    return ids;
  }

  /** Casualties whom nobody cares for yet and who have not set out by themselves, by place. */
  waitingAt(t: number): Map<number, Casualty[]> {
    const found = new Map<number, Casualty[]>();
    for (const each of this.doc.casualties) {
      const over = [each.treated, each.left, each.set_out, each.reached, each.died].some((end) => end !== undefined && end / TENTHS <= t);
      if (each.place === undefined || each.hurt === undefined || each.hurt / TENTHS > t || over) continue;
      found.set(each.place, [...(found.get(each.place) ?? []), each]);
    }
    return found;
  }

  /** Casualties who have come to a hospital by themselves: no unit carried them. */
  walkedInAt(t: number, hospital: number): number {
    return this.doc.casualties.filter((each) => each.hospital === hospital && each.unit === undefined && (each.reached ?? Infinity) / TENTHS <= t).length;
  }

  /** Casualties on their way to a hospital by themselves. */
  walkersAt(t: number): Walker[] {
    return this.doc.casualties.flatMap(({ way, set_out: out, reached }) => {
      if (way === undefined || out === undefined || reached === undefined) return [];
      const share = (t * TENTHS - out) / (reached - out);
      const line = this.ways[way]!;
      return share >= 0 && share < 1 ? [{ at: line.at(share)[0], ahead: line.part(share, 1) }] : [];
    });
  }

  /** Units on their way, those on one journey together; and units at rest, those at one point together. */
  unitsAt(t: number): { moving: Moving[]; resting: Resting[] } {
    const moving = new Map<string, Moving>();
    const resting = new Map<string, Resting>();
    const carried = new Map<number, Casualty>();
    for (const each of this.doc.casualties) {
      const open = each.left !== undefined && each.left / TENTHS <= t && (each.reached ?? each.died ?? Infinity) / TENTHS > t;
      if (open && each.unit !== undefined) carried.set(each.unit, each);
    }
    this.doc.units.forEach((unit, index) => {
      if (this.isAway(index, t)) return;
      const legs = this.doc.legs[index] ?? [];
      const k = lastAtOrBefore(legs.map((leg) => leg[0] / TENTHS), t);
      if (k < 0) return put(resting, this.point(unit[4]), index);
      const [start, end, way, first, last] = legs[k]!;
      const line = this.ways[way]!;
      if (t >= end / TENTHS) return put(resting, line.at(last / 1000)[0], index);
      const share = (first + ((last - first) * (t - start / TENTHS)) / ((end - start) / TENTHS)) / 1000;
      const key = `${start} ${end} ${way} ${unit[1]} ${carried.has(index) ? index : ""}`;
      const known = moving.get(key);
      if (known) known.units.push(index);
      else {
        const [at] = line.at(share);
        moving.set(key, { units: [index], at, ahead: line.part(share, last / 1000), patient: carried.get(index) });
      }
    });
    return { moving: [...moving.values()], resting: [...resting.values()] };
  }

  private isAway(unit: number, t: number): boolean {
    return within(this.doc.away[unit] ?? [], t * TENTHS);
  }
}

/** Whether a moment lies in one of the spans: start, end, start, end … */
function within(spans: number[], t: number): boolean {
  for (let i = 0; i + 1 < spans.length; i += 2) {
    if (spans[i]! <= t && t < spans[i + 1]!) return true;
  }
  return false;
}

function put(resting: Map<string, Resting>, at: Point | undefined, unit: number): void {
  if (!at) return;
  const key = at.map((each) => each.toFixed(5)).join();
  const known = resting.get(key);
  if (known) known.units.push(unit);
  else resting.set(key, { at, units: [unit] });
}
