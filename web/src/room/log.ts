// The log: what people did, what they asked for, what happened in the city; filtered, the latest first.

import { h, write } from "../dom";
import type { Say, Store } from "./store";
import type { LogRecord, RequestNow } from "./types";

const MOST_ROWS = 300;
const WINDOWS = ["1", "6", "24", "all"];
const KINDS = ["all", "people", "requests", "reports", "city"] as const;
const UNSAID = new Set(["clock.tick"]);
const TOLD = new Set(["call", "recognised", "dispatch", "depart", "arrive", "release", "home", "closed", "gathering", "triage", "carry", "care"]); // many, and seldom what is looked for
const REPORTS = /^(report|hospital\.update|tps\.report|incident\.|crowd\.|unit\.)/;
type Kind = (typeof KINDS)[number];
type Row = { key: string; t: number; who: string; unit: string; kind: Kind; text: string; request?: RequestNow; quiet: boolean };

export class Log {
  readonly element: HTMLElement;
  private readonly list = h("ol", { class: "rm-log", tabindex: 0 });
  private readonly count = h("p", { class: "rm-note", role: "status" });
  private readonly who = h("select", { id: "log-who" }) as HTMLSelectElement;
  private readonly window = h("select", { id: "log-window" }) as HTMLSelectElement;
  private readonly kind = h("select", { id: "log-kind" }) as HTMLSelectElement;
  private told = "";

  constructor(
    private readonly store: Store,
    private readonly say: Say,
  ) {
    const t = (key: string) => say.t(key);
    this.window.append(...WINDOWS.map((value) => h("option", { value, selected: value === "all" }, t(`last_${value}`))));
    this.kind.append(...KINDS.map((value) => h("option", { value }, t(`log_${value}`))));
    const filter = (key: string, select: HTMLSelectElement) => h("div", { class: "rm-field" }, h("label", { for: select.id }, t(key)), select);
    for (const select of [this.who, this.window, this.kind]) select.addEventListener("change", () => this.update());
    this.list.setAttribute("aria-label", t("log"));
    this.element = h("div", { class: "rm-logs" }, h("h2", {}, t("log")), h("div", { class: "rm-filters" }, filter("f_show", this.kind), filter("f_who", this.who), filter("f_window", this.window)), this.count, this.list);
    store.on("log", () => this.update());
    store.on("board", () => this.update());
    store.on("past", () => this.update());
    this.update();
  }

  private rows(): Row[] {
    const { store, say } = this;
    const until = store.past ? 1000 * store.past.t : Infinity;
    const people = store.records.filter((each) => !UNSAID.has(each.action.do)).map((record) => this.row(record));
    const said = store.events.map((event, index) => ({ event, index })).filter(({ event }) => !(event.event === "incident" && event.detail.startsWith("live/")));
    const city = said.map(({ event, index }): Row => ({ key: `e${index}`, t: event.t, who: "city", unit: event.unit, kind: "city", text: say.happened(event), quiet: TOLD.has(event.event) }));
    return [...people, ...city].filter((row) => row.t <= until).reverse().sort((a, b) => b.t - a.t);
  }

  private row(record: LogRecord): Row {
    const { store, say } = this;
    const request = record.action.do === "request.make" ? store.view?.requests?.[String(record.n)] : undefined;
    const kind: Kind = record.action.do.startsWith("request") ? "requests" : REPORTS.test(record.action.do) ? "reports" : "people";
    const row: Row = { key: `r${record.n}`, t: record.t, who: record.seat, unit: String(record.action["unit"] ?? ""), kind, text: say.record(record), quiet: false };
    return request ? { ...row, request } : row;
  }

  private passes(row: Row): boolean {
    const kind = this.kind.value as Kind;
    const who = this.who.value;
    const since = this.window.value === "all" ? -Infinity : 1000 * this.store.shown.t - 3_600_000 * Number(this.window.value);
    const ofKind = kind === "all" ? !row.quiet || who !== "" : kind === "people" ? row.kind !== "city" : row.kind === kind;
    return ofKind && row.t >= since && (who === "" || row.who === who || (row.unit !== "" && `unit ${row.unit}` === who));
  }

  update(): void {
    this.fillWho();
    const rows = this.rows().filter((row) => this.passes(row));
    const shown = rows.slice(0, MOST_ROWS);
    const told = `${this.say.words.lang} ${shown.map((row) => `${row.key}${row.text}${row.request?.state ?? ""}`).join("|")}`;
    if (told === this.told) return;
    this.told = told;
    write(this.count, rows.length ? this.say.t("log_count", { n: this.say.words.count(rows.length) }) : this.say.t("log_none"));
    this.list.replaceChildren(...shown.map((row) => this.line(row)));
  }

  private line(row: Row): HTMLElement {
    const state = row.request ? h("span", { class: `rm-state ${row.request.state}` }, this.say.t(`request_${row.request.state}`)) : null;
    const who = row.who === "city" ? null : h("span", { class: "rm-by" }, this.say.seat(row.who));
    return h("li", { class: row.kind, "data-n": row.key }, h("span", { class: "rm-at" }, this.say.clock(row.t)), h("span", {}, who, who ? " " : null, row.text, state ? " " : null, state));
  }

  private fillWho(): void {
    const seats = [...new Set(this.store.records.map((each) => each.seat))].filter((seat) => seat !== "server").sort();
    const units = [...new Set(this.store.events.map((each) => each.unit))].filter(Boolean).sort();
    const told = `${seats.join()} ${units.join()}`;
    if (this.who.dataset["told"] === told || this.who === document.activeElement) return;
    this.who.dataset["told"] = told;
    const before = this.who.value;
    const option = (value: string, label: string) => h("option", { value }, label);
    const group = (key: string, options: HTMLElement[]) => (options.length ? [h("optgroup", { label: this.say.t(key) }, ...options)] : []);
    this.who.replaceChildren(
      option("", this.say.t("everybody")),
      ...group("g_seats", seats.map((seat) => option(seat, this.say.seat(seat)))),
      ...group("g_units", units.map((unit) => option(`unit ${unit}`, this.say.unit(unit)))),
    );
    this.who.value = before;
  }
}
