// The words come from Python's catalogues; here they are looked up and filled, and numbers and times written.

import type { Doc } from "./document";
import type { Event, Replay } from "./replay";

/** Who names places and units, and what of an event is told. */
export type Told = { readonly doc: Pick<Doc, "places" | "units"> & Partial<Pick<Doc, "closures">>; name(place: number): string };
export type Happening = Pick<Event, "code" | "place" | "unit" | "detail"> & Partial<Pick<Event, "others">>;

export type Tables = Record<string, Record<string, string>>;
export type Fields = Record<string, string | number>;

const DAY = 86_400;
const AREA_CODE = /-(\d\d-\d{4})(?=-|$)/; // the end of a kelurahan's code in the id of a unit
const STREETS = new Set(["streets_closed", "streets_open"]);

export class Words {
  lang: string;
  private readonly tables: Tables;

  constructor(tables: Tables, lang: string) {
    this.tables = tables;
    this.lang = lang;
  }

  get languages(): string[] {
    return Object.keys(this.tables);
  }

  find(key: string): string | undefined {
    return this.tables[this.lang]?.[key];
  }

  t(key: string, fields: Fields = {}): string {
    const text = this.find(`playback.${key}`) ?? this.find(key);
    if (text === undefined) throw new Error(`no words for ${key}`);
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name] ?? ""));
  }

  count(value: number, digits = 0): string {
    return new Intl.NumberFormat(this.lang, { maximumFractionDigits: digits }).format(value);
  }

  clock(start: number, t: number): string {
    const all = start + t;
    const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
    const fields = { h: two((all % DAY) / 3600), m: two((all % 3600) / 60) };
    return this.t("clock", fields);
  }

  /** The day of the operation where it lasts longer than one. */
  day(replay: Replay, t: number): string {
    const { start_s, horizon_s } = replay.doc.about;
    return start_s + horizon_s <= DAY ? "" : this.t("day", { day: this.count(Math.floor((start_s + t) / DAY) + 1) });
  }

  span(seconds: number): string {
    return seconds < 90 ? this.t("seconds", { n: this.count(seconds) }) : this.t("minutes", { n: this.count(seconds / 60) });
  }

  /** A unit of a document: where its id has the code of its post's area, the area's name stands for it. */
  unitOf(told: Told, index: number): string {
    const [id, , , , home] = told.doc.units[index]!;
    return this.unit(id, told.doc.places[home]?.[0], told.name(home));
  }

  unit(id: string, area = "", called = ""): string {
    const [name = "", part] = id.split("/");
    const code = AREA_CODE.exec(name);
    const known = code && area.endsWith(code[1]!.replace("-", "."));
    const parts = known ? [name.slice(0, code.index), called, name.slice(code.index + code[0].length)] : [name];
    const plain = parts.map((each) => (each === called ? each : each.replace(/[-_]/g, " ").trim())).join(" ").trim();
    return part === undefined ? plain : this.t("part", { unit: plain, part });
  }

  named(table: string, key: string): string {
    return this.find(`${table}.${key.replace(/-/g, "_")}`) ?? key.replace(/[-_]/g, " ");
  }

  /** A kind of incident; one that the catalogue does not know is shown by its key. */
  kind(kind: string): string {
    return this.find(`playback.kind_${kind.replace(/-/g, "_")}`) ?? kind.replace(/[-_]/g, " ");
  }

  stage(stage: number): string {
    return this.t(`stage_${stage}`);
  }

  /** An event in a sentence. */
  tell(replay: Told, event: Happening): string {
    const unit = event.unit < 0 ? "" : this.unitOf(replay, event.unit);
    const fields = { place: replay.name(event.place), unit, detail: this.detail(replay, event), n: this.count((event.others ?? 0) + 1) };
    const many = event.others ? this.find(`event.${event.code}_many`) : undefined;
    const unknown = STREETS.has(event.code) && !fields.detail ? this.find(`event.${event.code}_somewhere`) : undefined;
    const text = many ?? unknown ?? this.find(`playback.did_${event.code}`) ?? this.find(`event.${event.code}`);
    const told = text === undefined ? event.code : this.fill(text, fields);
    return told.charAt(0).toUpperCase() + told.slice(1);
  }

  private fill(text: string, fields: Fields): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name] ?? ""));
  }

  /** Where streets are closed, by the closure's id before the stroke; "" where that is not known. */
  private closed(replay: Told, detail: string): string {
    const closure = replay.doc.closures?.find((each) => detail.startsWith(`${each.id}/`));
    return closure ? replay.name(closure.place) : "";
  }

  private detail(replay: Told, event: Happening): string {
    const [head = "", ...rest] = event.detail.split(" ");
    const tail = rest.join(" ");
    const place = replay.doc.places.find((each) => each[0] === event.detail);
    if (place) return place[1];
    switch (event.code) {
      case "call":
      case "recognised":
        return this.kind(event.detail);
      case "streets_closed":
      case "streets_open":
        return this.closed(replay, event.detail);
      case "closed":
        return this.span(Number(rest[0] ?? 0));
      case "surge":
        return head;
      case "depart":
      case "reinforce":
        return this.span(Number(head));
      case "arrive":
        return this.named("capability", event.detail);
      case "casualty":
        return this.t(`cause_${tail}`);
      case "triage":
      case "carry":
      case "hospital":
      case "death":
        return tail;
      case "care":
        return this.t(`bed_${tail}`);
    }
    const capability = this.find(`capability.${tail}`);
    if (capability !== undefined) return `${head} ${capability}`;
    return event.detail.replace(/[-_]/g, " ");
  }
}
