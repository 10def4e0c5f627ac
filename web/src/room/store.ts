// What this page knows: the latest frame, board and log, the past where it is looked at, and who wants to hear of it.

import type { Told, Words } from "../words";
import type { LiveSight } from "./live";
import type { Clock, Frame, Ground, Happened, IncidentNow, ItemNow, LogRecord, Me, Reported, Role, Trouble, View } from "./types";

const TEXTS = ["text", "why", "told", "partner", "expected", "evidence", "authority", "owner"]; // what a redaction empties

const PLAYED = ["clock.run", "clock.pause", "clock.jump", "inject.", "msel."]; // not in an operation
const REAL = ["tps.", "incident.", "crowd.", "unit."]; // in an operation only

export type Topic = "world" | "board" | "log" | "link" | "past" | "outbox" | "trouble";
export type Past = { frame: Frame; view: View; t: number };

export class Store {
  frame: Frame | undefined;
  view: View | undefined;
  past: Past | undefined;
  records: LogRecord[] = [];
  events: Happened[] = [];
  last = -1;
  nextEvent = 0;
  eventMark = ""; // of the events that have come: the server knows by it whether they are still what happened
  troubles: Trouble[] = [];
  up = false;
  heard = Date.now(); // wall clock, ms, of what is shown
  readonly start: number; // second of the day at which the scenario starts
  readonly incidents = new Map<number, IncidentNow>(); // every one that was ever seen open, by row
  private clock: Clock = { t: 0, speed: 0 };
  private clockAt = performance.now();
  private readonly hearers = new Map<Topic, (() => void)[]>();

  constructor(
    readonly me: Me,
    readonly ground: Ground,
    readonly words: Words,
    readonly sight: LiveSight,
  ) {
    const [h = 0, m = 0, s = 0] = (ground.start.split("T")[1] ?? "").split(":").map(Number);
    this.start = 3600 * h + 60 * m + s;
  }

  on(topic: Topic, hear: () => void): void {
    this.hearers.set(topic, [...(this.hearers.get(topic) ?? []), hear]);
  }

  /** Forget who listened: the page is built anew. */
  deafen(): void {
    this.hearers.clear();
  }

  tell(...topics: Topic[]): void {
    for (const topic of topics) for (const hear of this.hearers.get(topic) ?? []) hear();
  }

  get role(): Role {
    return this.ground.roles[this.roleName]!;
  }

  get roleName(): string {
    return this.me.seat.split(":")[0]!;
  }

  may(action: string): boolean {
    if ((this.ground.real ? PLAYED : REAL).some((group) => action.startsWith(group))) return false;
    return this.role.may.includes(action) || this.role.may.includes(`${action.split(".")[0]}.*`);
  }

  /** Whether a desk leads a reported incident, and so closes it; others propose to. */
  closes(n: number, seat = this.me.seat): boolean {
    const kind = this.view?.operation?.incidents[String(n)]?.kind ?? "";
    const own = this.ground.roles[seat.split(":")[0]!]?.closes ?? [];
    return own.includes("*") || own.includes(kind);
  }

  get sits(): boolean {
    return (this.view?.seats?.[this.me.seat] ?? 0) > 0;
  }

  /** Seconds of the world now; between two frames the clock runs on by itself. */
  get now(): number {
    const gone = this.up ? (performance.now() - this.clockAt) / 1000 : 0;
    const now = this.clock.t / 1000 + gone * this.clock.speed;
    return this.ground.real ? now : Math.min(now, Math.max(this.ground.horizon, this.clock.t / 1000));
  }

  get speed(): number {
    return this.clock.speed;
  }

  /** Incidents that were reported and are not closed, the latest first. */
  get reported(): [number, Reported][] {
    return Object.entries(this.view?.operation?.incidents ?? {}).filter(([, each]) => each.state !== "closed").map(([n, each]): [number, Reported] => [Number(n), each]).sort((a, b) => b[0] - a[0]);
  }

  /** Whether what was told at a moment (ms) is old by now. */
  isOld(at: number): boolean {
    return 1000 * this.shown.t - at > 60_000 * (this.ground.old_min ?? Infinity);
  }

  /** What is on the screen: the past where it is looked at, else now. */
  get shown(): { frame: Frame | undefined; view: View | undefined; t: number } {
    return this.past ?? { frame: this.frame, view: this.view, t: this.now };
  }

  takeFrame(frame: Frame, clock: Clock | undefined): void {
    this.frame = frame;
    this.clock = { t: frame.t, speed: clock?.speed ?? frame.running };
    this.clockAt = performance.now();
    this.heard = Date.now();
    for (const each of frame.incidents ?? []) this.incidents.set(each.row, each);
    this.draw();
    this.tell("world");
  }

  takeView(view: View): void {
    this.view = view;
    this.heard = Date.now();
    this.draw();
    this.tell("board");
  }

  takeRecord(record: LogRecord): void {
    if (record.n <= this.last) return;
    this.last = record.n;
    this.records.push(record);
    if (record.action.do === "redact") this.empty(Number(record.action["record"]));
    this.tell("log");
  }

  /** Forget the texts of a record that was redacted while it was on this page. */
  private empty(n: number): void {
    const old = this.records.find((each) => each.n === n);
    if (!old) return;
    for (const name of TEXTS) if (name in old.action) old.action[name] = "—";
  }

  /** Take what happened in the city; `from` 0: all of it anew, where the room went on from an earlier moment. */
  takeEvents(from: number, events: Happened[], next: number, mark: string): void {
    const anew = from === 0 && this.events.length > 0;
    this.nextEvent = next;
    this.eventMark = mark;
    if (anew) this.events = [];
    this.events.push(...events);
    if (anew || events.length) this.tell("log");
  }

  takeTroubles(rows: Trouble[]): void {
    this.troubles = rows;
    this.tell("trouble");
  }

  look(past: Past | undefined): void {
    this.past = past;
    this.draw();
    this.tell("past");
  }

  private draw(): void {
    const { frame, view } = this.shown;
    if (frame) this.sight.update(frame, view);
  }

  get items(): ItemNow[] {
    const known = Object.values(this.view?.items ?? {}).filter((each) => !each.dropped);
    return known.sort((a, b) => (a.at ?? Infinity) - (b.at ?? Infinity) || a.id.localeCompare(b.id));
  }

  /** Say whether a unit of this desk can do something. */
  can(capability: string): boolean {
    return (this.ground.units ?? []).some((each) => this.role.agencies.includes(each.agency) && each.can.includes(capability));
  }

  /** Incidents that lack something that a unit of this desk could bring, the gravest first. */
  get unmet(): IncidentNow[] {
    const lacks = (each: IncidentNow) => Object.entries(each.needs).some(([name, [need, sent]]) => this.can(name) && sent < need);
    return (this.frame?.incidents ?? []).filter((each) => each.recognised && lacks(each)).sort((a, b) => a.priority - b.priority || a.called - b.called);
  }

  /** Units of this desk, with how they stand. */
  units(): { index: number; id: string; state: string; place: string; to: string | null; arrives: number | null; incident: number }[] {
    const own = new Set(this.role.agencies);
    return (this.ground.units ?? []).flatMap(({ id, agency }, index) => {
      const row = this.frame?.units?.[index];
      if (!row || !own.has(agency)) return [];
      const [state, place, to, arrives, incident] = row;
      return [{ index, id, state, place, to, arrives, incident }];
    });
  }
}

const STATES: Record<string, string> = { "tps.report": "tps", "unit.report": "unit_state", "incident.update": "incident_state" };

/** Names behind what the server says, in the language of the page. */
export class Say {
  constructor(private readonly store: Store) {}

  get words(): Words {
    return this.store.words;
  }

  t(key: string, fields: Record<string, string | number> = {}): string {
    return this.words.t(`room.${key}`, fields);
  }

  private get lang(): "id" | "en" {
    return this.words.lang === "en" ? "en" : "id";
  }

  both(texts: Record<"id" | "en", string>): string {
    return texts[this.lang];
  }

  pick(row: object, name: string): string {
    return String((row as Record<string, unknown>)[`${name}_${this.lang}`] ?? "");
  }

  place(ref: string | null | undefined): string {
    if (!ref) return "";
    const place = this.store.ground.places[this.store.sight.at(ref)];
    if (!place) return ref;
    return place.kind === "kelurahan" ? this.t("kelurahan", { name: place.name }) : place.name;
  }

  seat(seat: string): string {
    const [name = "", what] = seat.split(":");
    const role = this.store.ground.roles[name];
    const told = role ? this.both(role) : this.t("server");
    return what ? `${told}: ${this.place(what)}` : told;
  }

  unit(id: string): string {
    const { sight } = this.store;
    const index = sight.unit(id);
    return sight.doc.units[index] ? this.words.unitOf(sight, index) : this.words.unit(id);
  }

  clock(ms: number): string {
    return this.words.clock(this.store.start, ms / 1000);
  }

  seconds(t: number): string {
    const s = String(Math.floor((this.store.start + t) % 60)).padStart(2, "0");
    const minutes = this.words.clock(this.store.start, t);
    return `${minutes}${/\D/.exec(minutes)?.[0] ?? "."}${s}`;
  }

  kind(kind: string): string {
    return this.words.kind(kind);
  }

  capability(name: string): string {
    return this.words.named("capability", name);
  }

  /** How long ago something was told, and that it is old. */
  age(at: number): string {
    const span = this.words.span(Math.max(0, Math.round(this.store.shown.t - at / 1000)));
    return this.t(this.store.isOld(at) ? "told_old" : "told_ago", { age: span });
  }

  /** A TPS by its code, or all of a kelurahan. */
  tps(code: string): string {
    const [area = "", number] = code.split("/");
    return number === undefined ? this.t("tps_all", { place: this.place(area) }) : this.t("tps_one", { n: Number(number), place: this.place(area) });
  }

  incident(row: number): string {
    const told = this.store.view?.operation?.incidents[String(row)];
    if (this.store.ground.real) return told ? `${this.kind(told.kind)}, ${this.place(told.place)}` : this.t("incident_n", { n: row });
    const each = this.store.incidents.get(row);
    return each ? `${this.kind(each.kind)}, ${this.place(each.place)}` : this.t("incident_n", { n: row });
  }

  request(kind: string, step: number | null | undefined): string {
    const known = this.store.ground.requests?.[kind];
    const name = known ? this.both(known) : kind;
    return step ? this.t("request_step", { name, step }) : name;
  }

  /** How long until a moment of the world. */
  left(ms: number): string {
    const minutes = Math.ceil((ms / 1000 - this.store.now) / 60);
    return minutes > 0 ? this.t("minutes_left", { n: this.words.count(minutes) }) : this.t("overdue");
  }

  happened(event: { event: string; place: string; unit: string; detail: string }): string {
    const { sight } = this.store;
    const row = { code: event.event, place: sight.at(event.place), unit: event.unit ? sight.unit(event.unit) : -1, detail: event.detail };
    // What the controller lets happen has no name of its own: who plays is not told that it is an inject.
    return this.words.tell(sight as Told, row).replace(/:? \(?live\/\d+\)?/, "");
  }

  /** A record of the log in a sentence. */
  record(record: LogRecord): string {
    const a = record.action as unknown as Record<string, never>;
    const request = this.store.view?.requests?.[String(a["request"])];
    const item = a["item"] ? String(a["item"]) : "";
    const fields: Record<string, string> = {
      place: this.place(a["place"] ?? request?.place ?? null),
      unit: a["unit"] ? this.unit(a["unit"]) : "",
      incident: a["incident"] === undefined ? "" : this.incident(a["incident"]),
      capability: a["capability"] ? this.capability(a["capability"]) : "",
      kind: this.named(record),
      request: this.request(a["kind"] ?? request?.kind ?? "", a["step"] ?? request?.step),
      to: Array.isArray(a["to"]) ? (a["to"] as string[]).map((each) => this.seat(each)).join(", ") : a["to"] && record.action.do === "request.make" ? this.seat(a["to"]) : "",
      hospital: this.place(a["hospital"]),
      state: a["state"] ? this.t(`${STATES[record.action.do] ?? "state"}_${this.stateOf(record)}`) : "",
      trend: a["trend"] ? this.t(`trend_${String(a["trend"])}`) : "",
      tps: a["tps"] ? this.tps(a["tps"]) : "",
      text: String(a["text"] ?? a["why"] ?? ""),
      why: String(a["why"] ?? ""),
      item,
      who: a["seat"] ? this.seat(a["seat"]) : "",
      n: String(a["speed"] ?? a["people"] ?? a["step"] ?? a["record"] ?? a["tension"] ?? a["igd_free"] ?? a["n"] ?? ""),
      waiting: a["waiting"] ? this.t("queue_n", { n: this.words.count(a["waiting"]) }) : String(a["igd_waiting"] ?? ""),
      violent: a["violent"] == null ? "" : `, ${this.t("violent_n", { n: this.words.count(a["violent"]) })}`,
      injured: a["injured"] ? `, ${this.t("injured_n", { n: this.words.count(a["injured"]) })}` : "",
      partner: String(a["partner"] ?? ""),
      authority: String(a["authority"] ?? ""),
      rating: String(a["rating"] ?? ""),
      task: a["task"] ? this.task(a["task"]) : "",
      what: a["what"] ? this.t(`what_${String(a["what"])}`) : "",
      clock: typeof a["to"] === "number" ? this.clock(1000 * (a["to"] as number)) : "",
    };
    if (record.action.do === "merge.conflict") return this.t("did_merge_conflict", { why: this.t(`merge_${String(a["why"])}`), text: this.record({ ...record, action: a["action"] }) });
    if (record.action.do === "clock.end" && this.store.ground.real) return this.t("did_end_real");
    const key = record.action.do === "request.answer" ? (a["granted"] ? "granted" : "refused") : record.action.do.replace(".", "_");
    return this.words.find(`room.did_${key}`) ? this.t(`did_${key}`, fields) : record.action.do;
  }

  /** The state that a record tells; "closed" by who does not lead the incident is a proposal. */
  private stateOf({ action, seat }: LogRecord): string {
    const proposed = action.do === "incident.update" && action["state"] === "closed" && !this.store.closes(Number(action["incident"]), seat);
    return proposed ? "proposed" : String(action["state"]);
  }

  private named(record: LogRecord): string {
    const kind = record.action["kind"];
    if (kind === undefined) return "";
    if (record.action.do === "dialogue.put") return this.t(`talk_${String(kind)}`);
    return this.kind(String(kind));
  }

  task(id: string): string {
    const found = this.store.ground.objectives?.flatMap((each) => each.tasks).find((each) => each.id === id);
    return found ? this.pick(found, "title") : id;
  }
}
