// What may come if nothing changes: asked for by a desk, told with its intervals, a dialogue first. It gives no order.

import { h, write } from "../dom";
import { Refused, Unreachable, change } from "./api";
import type { Say, Store } from "./store";

const MINUTES = [15, 30, 60, 120];
const USUAL = "60";
const FIRST = new Set(["harm_people", "kuning", "merah", "calls_waiting", "call_wait_s", "reserve_low_people", "hospital_peak_share", "tps_closed_s", "voters_kept_people"]);
const WIDE = 80; // of a picture of an interval, px
const FAN = { wide: 300, high: 76, left: 30, foot: 16 };
const MOST_FANS = 2;

interface Row {
  option: string;
  measure: string;
  place: string;
  unit: string;
  n: number;
  median: number | null;
  p05: number | null;
  p95: number | null;
  mean: number | null;
  low: number | null;
  high: number | null;
  difference: number | null;
  difference_low: number | null;
  difference_high: number | null;
  sure: boolean;
}

interface Move {
  place: string;
  unit: string;
  capability: string;
  seconds: number;
}

interface Fan {
  option: string;
  place: string;
  minutes: number[];
  p05: number[];
  p50: number[];
  p95: number[];
}

export interface Told {
  n: number;
  at: number;
  minutes: number;
  replicates: number;
  failed: number;
  left_out: number;
  options: string[];
  rows: Row[];
  moves: Record<string, Move[]>;
  fans: Fan[];
  assumptions: { key: string; id: string; en: string }[];
}

/** An element of a picture; its words stand beside it. */
function draw(tag: string, attributes: Record<string, string | number>, ...children: Element[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

export class Ahead {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly minutes: HTMLSelectElement;
  private readonly said = h("p", { class: "rm-note", role: "status" });
  private readonly told = h("div", { class: "rm-told" });
  private busy = false;

  constructor(
    private readonly store: Store,
    private readonly say: Say,
  ) {
    const t = (key: string) => say.t(key);
    const options = MINUTES.map((n) => h("option", { value: n, selected: String(n) === USUAL }, say.t("in_min", { n })));
    this.minutes = h("select", { id: "rm-ahead-minutes", name: "minutes" }, ...options) as HTMLSelectElement;
    this.button = h("button", { type: "button", "data-do": "forecast", click: () => void this.ask() }, t("ahead_go")) as HTMLButtonElement;
    const row = h("div", { class: "rm-row" }, h("label", { for: "rm-ahead-minutes" }, t("ahead_if")), this.minutes, this.button);
    const open = h("details", { class: "rm-part", "data-part": "ahead" }, h("summary", {}, t("ahead")), row, h("p", { class: "rm-hint" }, this.f("no_order")), this.said, this.told);
    this.element = h("div", { class: "rm-ahead" }, open);
    for (const topic of ["world", "past", "link"] as const) store.on(topic, () => this.update());
    this.update();
  }

  private f(key: string, fields: Record<string, string | number> = {}): string {
    return this.say.words.t(`forecast.${key}`, fields);
  }

  private update(): void {
    this.button.disabled = this.busy || !this.store.up || this.store.past !== undefined || Boolean(this.store.frame?.ended);
  }

  private async ask(): Promise<void> {
    this.busy = true;
    this.update();
    write(this.said, this.say.t("ahead_works"));
    try {
      this.show(await change<Told>("/api/forecast", { minutes: Number(this.minutes.value) }));
    } catch (error) {
      write(this.said, this.why(error));
    }
    this.busy = false;
    this.update();
  }

  private why(error: unknown): string {
    if (error instanceof Unreachable) return this.say.t("not_sent");
    const fault = error instanceof Refused ? error.faults[0] : undefined;
    return fault ? `${this.say.t("refused_plain")} ${fault.remedy}` : this.say.t("refused_plain");
  }

  // --- what was told ----------------------------------------------------------------------------------------------------

  private show(told: Told): void {
    const { say } = this;
    const fields = { at: say.clock(1000 * told.at), minutes: say.words.count(told.minutes), n: say.words.count(told.replicates - told.failed), record: told.n };
    write(this.said, say.t("ahead_told", fields));
    const rank = (row: Row) => (row.measure === "harm_people" ? 0 : row.place ? 1 : 2);
    const firsts = told.rows.filter((row) => FIRST.has(row.measure)).sort((a, b) => rank(a) - rank(b));
    const others = told.rows.filter((row) => !FIRST.has(row.measure));
    this.told.replaceChildren(
      h("ul", { class: "rm-plain" }, ...this.sure(told)),
      this.table(firsts),
      h("p", { class: "rm-hint" }, this.f("legend")),
      ...this.fans(told),
      h("h4", {}, this.f("moves")),
      h("ul", { class: "rm-plain" }, ...told.options.slice(0, -1).map((option) => this.moves(option, told.moves[option] ?? []))),
      this.part("ahead_more", this.table(others)),
      this.part("ahead_rests", h("ul", { class: "rm-plain" }, ...told.assumptions.map((each) => h("li", {}, say.both(each))))),
      ...(told.left_out ? [h("p", { class: "rm-note" }, this.f("left_out", { n: told.left_out }))] : []),
    );
  }

  private part(key: string, ...children: HTMLElement[]): HTMLElement {
    return h("details", { class: "rm-part" }, h("summary", {}, this.say.t(key)), ...children);
  }

  private label(row: Row): string {
    return row.place ? this.f("at_place", { place: this.say.place(row.place), stage: row.measure }) : this.f(`m_${row.measure}`);
  }

  private chance(row: Row): boolean {
    return row.unit === "share";
  }

  private number(value: number): string {
    const digits = Math.abs(value) >= 10 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 2 };
    return new Intl.NumberFormat(this.say.words.lang, digits).format(value);
  }

  private signed(value: number): string {
    return `${value > 0 ? "+" : value < 0 ? "−" : ""}${this.number(Math.abs(value))}`;
  }

  /** The value with its interval, in words. */
  private value(row: Row): string {
    if (row.mean === null) return this.f("none");
    if (this.chance(row)) return this.f("chance", { mean: `${this.number(100 * row.mean)} %`, low: this.number(100 * (row.low ?? 0)), high: this.number(100 * (row.high ?? 1)) });
    return this.f("amount", { median: this.number(row.median ?? 0), p05: this.number(row.p05 ?? 0), p95: this.number(row.p95 ?? 0) });
  }

  /** Differences that are sure, the dialogue's first; a table of all stands below. */
  private sure(told: Told): HTMLElement[] {
    const found = told.options.flatMap((option) => told.rows.filter((row) => row.option === option && row.sure && FIRST.has(row.measure)));
    if (!found.length) return [h("li", {}, this.f("differs_none"))];
    const rows = found.map((row) => {
      const scale = this.chance(row) ? 100 : 1;
      const part = (value: number | null) => this.signed(scale * (value ?? 0));
      const fields = { option: this.f(`option_${row.option}`), what: this.label(row), difference: part(row.difference), low: part(row.difference_low), high: part(row.difference_high) };
      return h("li", {}, this.f("differs_row", fields));
    });
    return [h("li", { class: "rm-lead" }, this.f("differs")), ...rows];
  }

  private table(rows: Row[]): HTMLElement {
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const key = `${row.measure} ${row.place}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const bodies = [...groups.values()].map((own) => {
      const most = Math.max(...own.map((row) => (this.chance(row) ? 1 : (row.p95 ?? 0))), 1e-9);
      const lines = own.map((row) => h("tr", {}, h("th", { scope: "row" }, this.f(`option_${row.option}`)), h("td", {}, this.interval(row, most)), h("td", {}, this.value(row))));
      return h("tbody", {}, h("tr", {}, h("th", { scope: "rowgroup", colspan: 3 }, this.label(own[0]!))), ...lines);
    });
    return h("table", { class: "rm-ahead-table" }, ...bodies);
  }

  /** A line from low to high and a mark at the middle; the words beside it say the same. */
  private interval(row: Row, most: number): SVGElement {
    const x = (value: number) => 4 + ((WIDE - 8) * Math.min(value, most)) / most;
    const [low, middle, high] = this.chance(row) ? [row.low, row.mean, row.high] : [row.p05, row.median, row.p95];
    const parts = [draw("line", { x1: 4, x2: WIDE - 4, y1: 8, y2: 8, class: "axis" })];
    if (middle !== null && low !== null && high !== null) {
      parts.push(draw("line", { x1: x(low), x2: Math.max(x(high), x(low) + 1), y1: 8, y2: 8, class: "span" }), draw("circle", { cx: x(middle), cy: 8, r: 4, class: "mark" }));
    }
    return draw("svg", { width: WIDE, height: 16, viewBox: `0 0 ${WIDE} 16`, "aria-hidden": "true" }, ...parts);
  }

  // --- fans -------------------------------------------------------------------------------------------------------------

  /** How many are violent at the likeliest places, with a dialogue and without. */
  private fans(told: Told): HTMLElement[] {
    const places = [...new Set(told.fans.filter((fan) => Math.max(...fan.p95) > 0).map((fan) => fan.place))].slice(0, MOST_FANS);
    const shown = [told.options[0]!, told.options[told.options.length - 1]!];
    return places.map((place) => {
      const own = shown.flatMap((option) => told.fans.filter((fan) => fan.place === place && fan.option === option));
      const most = Math.max(...own.flatMap((fan) => fan.p95), 1);
      const pictures = own.map((fan) => h("div", {}, h("span", { class: "rm-at" }, this.f(`option_${fan.option}`)), this.fan(fan, most)));
      return h("figure", { class: "rm-fan" }, h("figcaption", {}, this.say.t("ahead_fan", { place: this.say.place(place) })), ...pictures);
    });
  }

  private fan(fan: Fan, most: number): SVGElement {
    const end = fan.minutes[fan.minutes.length - 1] || 1;
    const x = (minute: number) => FAN.left + ((FAN.wide - FAN.left - 4) * minute) / end;
    const y = (value: number) => 4 + (FAN.high - FAN.foot - 8) * (1 - value / most);
    const line = (values: number[]) => values.map((value, i) => `${x(fan.minutes[i]!).toFixed(1)},${y(value).toFixed(1)}`);
    const band = [...line(fan.p95), ...line(fan.p05).reverse()].join(" ");
    const text = (at: number, down: number, told: string, anchor: string) => {
      const element = draw("text", { x: at, y: down, "text-anchor": anchor });
      element.textContent = told;
      return element;
    };
    const ends = `${this.number(fan.p50[fan.p50.length - 1]!)} (${this.number(fan.p05[fan.p05.length - 1]!)}–${this.number(fan.p95[fan.p95.length - 1]!)})`;
    return draw(
      "svg",
      { viewBox: `0 0 ${FAN.wide} ${FAN.high}`, role: "img", "aria-label": `${this.say.t("ahead_fan", { place: this.say.place(fan.place) })}: ${ends}` },
      draw("line", { x1: FAN.left, x2: FAN.wide - 4, y1: y(0), y2: y(0), class: "axis" }),
      draw("polygon", { points: band, class: "band" }),
      draw("polyline", { points: line(fan.p50).join(" "), class: "middle" }),
      text(FAN.left - 4, y(most) + 8, this.number(most), "end"),
      text(FAN.left - 4, y(0) + 4, "0", "end"),
      text(FAN.left, FAN.high - 2, this.say.t("ahead_now"), "start"),
      text(FAN.wide - 4, FAN.high - 2, this.say.t("in_min", { n: this.say.words.count(end) }), "end"),
    );
  }

  private moves(option: string, moves: Move[]): HTMLElement {
    const named = this.f(`option_${option}`);
    if (!moves.length) return h("li", {}, this.f("moves_none", { option: named }));
    const what = moves.map((move) => {
      const fields = { place: this.say.place(move.place), unit: this.say.unit(move.unit), capability: move.unit ? this.say.capability(move.capability) : "", minutes: this.number(move.seconds / 60) };
      return this.f(move.unit ? (move.seconds > 0 ? "move_send" : "move_there") : "move_ask", fields);
    });
    return h("li", {}, this.f("moves_row", { option: named, what: what.join("; ") }));
  }
}
