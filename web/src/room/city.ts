// The middle of the room: the player's map, live; what is asked of a place on a card; the same in a table.

import { h, write } from "../dom";
import { type Choice, type Layers, gravest } from "../scene";
import { readColours } from "../ink";
import { cut, drawMarks } from "../marks";
import type { Say, Store } from "./store";

type Player = typeof import("../main");
declare global {
  interface Window {
    sispamkotaPlayer?: Player;
  }
}

const SYMBOLS = ["●", "▲", "■"];
const STAGES = ["hijau", "kuning", "merah"];
const LEGEND: [layer: string, marks: string[]][] = [
  ["crowds", ["stage_0", "stage_1", "stage_2"]], ["officers", []], ["units", []], ["posts", ["post"]], ["calls", ["call", "work"]],
  ["fires", ["fire"]], ["hospitals", ["hospital_3"]], ["closed", ["closed"]],
]; // prettier-ignore
const REPORTED = new Set(["crowds", "units", "posts", "calls", "fires", "hospitals", "closed"]);
const SIGN_PX = 18;
let loading: Promise<Player> | undefined;

/** Load the map once, when it is first looked at: the rest of the page is small and there before it. */
function loadPlayer(): Promise<Player> {
  loading ??= new Promise((done, failed) => {
    const script = h("script", { src: "/static/player.js" });
    script.addEventListener("load", () => (window.sispamkotaPlayer ? done(window.sispamkotaPlayer) : failed(new Error("no map"))));
    script.addEventListener("error", () => {
      loading = undefined;
      failed(new Error("no map"));
    });
    document.head.append(h("link", { rel: "stylesheet", href: "/static/player.css" }), script);
  });
  return loading;
}

export interface Deed {
  label: string;
  act: () => void;
}

export class CityMap {
  readonly element: HTMLElement;
  /** What can be done at a place that was clicked, or for an incident. */
  deeds: (place: string, incident: number) => Deed[] = () => [];
  private readonly host = h("div", { class: "pb-canvas rm-canvas" });
  private readonly card = h("div", { class: "rm-place", hidden: true, role: "group", tabindex: -1 });
  private readonly body = h("div", { class: "rm-tables" });
  private readonly wait = h("p", { class: "rm-wait" });
  private readonly legend = h("details", { class: "rm-legend" });
  private map: InstanceType<Player["PlaybackMap"]> | undefined;
  private chosen: Choice | undefined;
  private table = false;

  constructor(
    private readonly store: Store,
    private readonly say: Say,
  ) {
    const t = (key: string) => say.t(key);
    const look = (table: boolean) => h("button", { type: "button", "aria-pressed": String(!table), "data-look": table ? "table" : "map", click: () => this.look(table) }, t(table ? "as_table" : "as_map"));
    const zoom = (sign: string, key: string, act: () => void) => h("button", { type: "button", "aria-label": say.words.t(key), title: say.words.t(key), click: act }, sign);
    write(this.wait, t("map_loading"));
    this.body.hidden = true;
    this.element = h(
      "div",
      { class: "rm-city" },
      h("div", { class: "rm-looks", role: "group", "aria-label": t("map") }, look(false), look(true)),
      this.legend,
      this.host,
      this.wait,
      h("div", { class: "rm-zoom" }, zoom("+", "zoom_in", () => this.map?.zoom(1)), zoom("−", "zoom_out", () => this.map?.zoom(-1)), zoom("⤢", "zoom_all", () => this.map?.fit())),
      this.body,
      this.card,
    );
    this.fillLegend();
    store.on("world", () => this.draw());
    store.on("board", () => this.draw());
    store.on("past", () => this.draw());
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      void this.start();
    });
    observer.observe(this.host);
  }

  private async start(): Promise<void> {
    try {
      const { LAYERS, PlaybackMap } = await loadPlayer();
      if (!this.store.sight.doc.ground.main.length) this.element.classList.add("bare");
      const shown = Object.fromEntries(LAYERS.map((name) => [name, true])) as Layers;
      const settings = { worker: "/static/map-worker.js", whole: true };
      this.map = new PlaybackMap(this.host, this.store.sight, this.say.words, shown, settings);
      this.map.onChoice = (choice) => this.choose(choice);
      this.map.onReady = () => {
        this.element.dataset["ready"] = "map";
        this.draw();
      };
      this.wait.hidden = true;
      this.draw();
      requestAnimationFrame(() => requestAnimationFrame(() => this.begin()));
    } catch {
      this.withoutMap();
    }
  }

  /** What the marks of the map mean, in the colours of the page. */
  private fillLegend(): void {
    const sheet = drawMarks(readColours(document.documentElement));
    const rows = LEGEND.filter(([layer]) => !this.store.ground.real || REPORTED.has(layer)).map(([layer, marks]) => h("li", {}, h("span", { "data-sign": layer }, ...marks.map((name) => cut(sheet, name, SIGN_PX))), h("span", {}, this.store.ground.real && layer === "crowds" ? this.say.t("layer_crowds_real") : this.say.words.t(`layer_${layer}`))));
    this.legend.replaceChildren(h("summary", {}, this.say.t("legend")), h("ul", {}, ...rows));
  }

  private begin(): void {
    try {
      this.map?.start();
    } catch {
      // Without WebGL the drawn picture stays, and the table beside it.
      this.element.dataset["ready"] = "picture";
    }
  }

  private withoutMap(): void {
    write(this.wait, this.say.t("map_missing"));
    this.wait.hidden = false;
    this.element.dataset["ready"] = "table";
    this.look(true);
  }

  fit(): void {
    this.map?.fit();
  }

  recolour(): void {
    this.map?.recolour();
    this.fillLegend();
  }

  remove(): void {
    this.map?.remove();
  }

  private look(table: boolean): void {
    this.table = table;
    this.body.hidden = !table;
    this.element.classList.toggle("table", table);
    for (const button of this.element.querySelectorAll<HTMLElement>("[data-look]")) button.setAttribute("aria-pressed", String((button.dataset["look"] === "table") === table));
    this.draw();
  }

  private draw(): void {
    if (this.table) this.drawTable();
    else this.map?.draw(this.store.shown.t);
    if (this.chosen) this.fillCard(this.chosen);
  }

  // --- the table behind the map -----------------------------------------------------------------------------------------

  private drawTable(): void {
    const { store, say } = this;
    const t = (key: string) => say.t(key);
    const { sight } = store;
    const head = (...names: string[]) => h("thead", {}, h("tr", {}, ...names.map((name, i) => h("th", { scope: "col", class: i && name !== t("t_needs") ? "number" : "" }, name))));
    const row = (name: HTMLElement | string, ...cells: string[]) => h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((cell) => h("td", { class: /^[\d.,:]*$/.test(cell) ? "number" : "" }, cell)));
    const n = (value: number) => say.words.count(value);
    const w = (key: string) => say.words.t(key);
    if (store.ground.real) return this.drawReported(row, n);
    const crowds = gravest(sight.crowdsAt()).map((each) => {
      const ref = store.ground.places[each.place]!.ref;
      return row(h("span", {}, h("span", { class: `rm-stage ${STAGES[each.stage]}`, "aria-hidden": "true" }, SYMBOLS[each.stage]!), ` ${say.place(ref)}, ${say.words.stage(each.stage)}`), n(each.peaceful), n(each.violent), n(each.spent), n(each.officers));
    });
    const incidents = (store.shown.frame?.incidents ?? []).map((each) => row(say.incident(each.row), say.clock(each.called), Object.entries(each.needs).map(([name, [need, sent]]) => say.t("need", { name: say.capability(name), need, sent })).join("; ")));
    const hospitals = sight.hospitalsAt().map((each) => row(sight.name(each.place), n(each.used), n(each.open), n(each.waiting)));
    const table = (key: string, headings: string[], rows: HTMLElement[]) => (rows.length ? [h("section", {}, h("h3", {}, t(key)), h("table", {}, head(...headings), h("tbody", {}, ...rows)))] : []);
    this.body.replaceChildren(
      ...table("t_crowds", [w("col_place"), w("col_peaceful"), w("col_violent"), w("col_spent"), w("col_officers")], crowds),
      ...table("t_incidents", [t("f_incident"), w("col_time"), t("t_needs")], incidents),
      ...table("t_hospitals", [t("f_hospital"), t("t_used"), t("t_open"), t("t_waiting")], hospitals),
    );
  }

  /** The same for an operation: what was told of each place, and how long ago. */
  private drawReported(row: (name: string, ...cells: string[]) => HTMLElement, n: (value: number) => string): void {
    const { store, say } = this;
    const now = store.shown.view?.operation;
    const t = (key: string) => say.t(key);
    const head = (...names: string[]) => h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col", class: name === t("f_people") || name === t("f_violent") ? "number" : "" }, name))));
    const table = (key: string, headings: string[], rows: HTMLElement[]) => (rows.length ? [h("section", {}, h("h3", {}, t(key)), h("table", {}, head(...headings), h("tbody", {}, ...rows)))] : []);
    const incidents = store.reported.map(([number, each]) => row(`${number}. ${say.incident(number)}`, say.t(`incident_state_${each.state}`), say.age(each.at)));
    const crowds = Object.entries(now?.crowds ?? {}).map(([ref, each]) => row(say.place(ref), n(each.people), each.violent === null ? "–" : n(each.violent), say.age(each.at)));
    const areas = Object.entries(now?.tps?.areas ?? {}).map(([ref, each]) => row(say.place(ref), this.tps(ref), say.age(each.oldest)));
    this.body.replaceChildren(
      ...table("op_incidents", [t("f_incident"), t("f_state"), t("t_told")], incidents),
      ...table("op_crowds", [t("f_place"), t("f_people"), t("f_violent"), t("t_told")], crowds),
      ...table("op_tps", [t("f_kelurahan"), t("f_tps_state"), t("t_oldest")], areas),
    );
    if (!this.body.children.length) this.body.replaceChildren(h("p", { class: "rm-note" }, t("op_nothing")));
  }

  /** The TPS of a kelurahan by state, and how many have told nothing. */
  private tps(ref: string): string {
    const area = this.store.shown.view?.operation?.tps?.areas[ref];
    if (!area) return "";
    const told = Object.values(area.states).reduce((a, b) => a + b, 0);
    const counts = Object.entries(area.states).map(([state, k]) => `${this.say.t(`tps_${state}`)} ${k}`).join(", ");
    return told < area.of ? `${counts}, ${this.say.t("tps_silent", { n: area.of - told })}` : counts;
  }

  private reportedLines(ref: string, incident: number): string[] {
    const { say, store } = this;
    const now = store.shown.view?.operation;
    const lines: string[] = [];
    for (const [n, each] of store.reported) if (n === incident || each.place === ref) lines.push(`${n}. ${say.kind(each.kind)}: ${say.t(`incident_state_${each.state}`)}, ${say.age(each.at)}`);
    const crowd = now?.crowds?.[ref];
    if (crowd) lines.push(`${say.t("people_n", { n: say.words.count(crowd.people) })}, ${crowd.violent === null ? say.t("violent_untold") : say.t("violent_n", { n: say.words.count(crowd.violent) })}, ${say.age(crowd.at)}`);
    const area = now?.tps?.areas[ref];
    if (area) lines.push(`TPS: ${this.tps(ref)} (${say.age(area.oldest)})`);
    const board = store.shown.view?.hospitals?.[ref];
    if (board) lines.push(`${say.t("op_hospital", { free: say.words.count(board.igd_free), waiting: say.words.count(board.igd_waiting) })}, ${say.age(board.at)}`);
    const voting = store.shown.view?.voting?.[ref];
    if (voting) lines.push(`${say.t(`state_${voting.state}`)}: ${voting.why}`);
    if (store.sight.closedAt().includes(store.sight.at(ref))) lines.push(say.t("p_closed"));
    return lines.length ? lines : [say.t("op_nothing_here")];
  }

  // --- the card of a place ----------------------------------------------------------------------------------------------

  private choose(choice: Choice): void {
    this.chosen = choice;
    this.map?.highlight(choice);
    delete this.card.dataset["told"];
    this.fillCard(choice);
    this.card.focus({ preventScroll: true });
  }

  private closeCard(): void {
    this.chosen = undefined;
    this.card.hidden = true;
    this.map?.highlight(undefined);
  }

  private fillCard(choice: Choice): void {
    const { sight, ground } = this.store;
    const place = choice.kind === "incident" ? (sight.incidents[choice.index]?.place ?? -1) : choice.kind === "place" ? choice.index : this.placeOf(choice.index);
    const ref = ground.places[place]?.ref ?? "";
    const told = this.store.reported.find(([, each]) => each.place === ref)?.[0];
    const incident = choice.kind === "incident" ? choice.index : this.store.ground.real ? (told ?? -1) : (this.store.frame?.incidents?.find((each) => each.place === ref)?.row ?? -1);
    const title = choice.kind === "unit" ? this.say.unit(ground.units![choice.index]!.id) : this.say.place(ref);
    const lines = choice.kind === "unit" ? this.unitLines(choice.index) : this.placeLines(place, incident);
    const shown = `${title} ${lines.join("|")}`;
    if (this.card.dataset["told"] === shown) return;
    this.card.dataset["told"] = shown;
    const deeds = this.deeds(ref, incident).map((each) => h("button", { type: "button", click: each.act }, each.label));
    const close = h("button", { type: "button", click: () => this.closeCard() }, this.say.t("close"));
    this.card.replaceChildren(h("h3", {}, title), ...lines.map((line) => h("p", {}, line)), h("div", { class: "rm-row" }, ...deeds, close));
    this.card.setAttribute("aria-label", title);
    this.card.hidden = false;
  }

  private placeOf(unit: number): number {
    const told = this.store.shown.view?.operation?.units?.[this.store.ground.units?.[unit]?.id ?? ""];
    if (this.store.ground.real) return this.store.sight.at(told?.place ?? this.store.ground.units?.[unit]?.home ?? null);
    return this.store.sight.at(this.store.shown.frame?.units?.[unit]?.[1] ?? null);
  }

  private unitLines(unit: number): string[] {
    if (this.store.ground.real) return this.reportedUnit(unit);
    const row = this.store.shown.frame?.units?.[unit];
    const { agency, people, can } = this.store.ground.units![unit]!;
    const going = row && row[2] && row[2] !== row[1];
    const state = row ? this.say.t(`unit_${row[0]}`, { place: this.say.place(going ? row[2] : row[1]) }) : "";
    const arrives = going && row[3] ? [this.say.t("arrives", { at: this.say.clock(row[3]) })] : [];
    return [`${this.say.words.named("agency", agency)}, ${this.say.words.t("label_people", { n: people })}`, can.map((each) => this.say.capability(each)).join(", "), state, ...arrives];
  }

  private reportedUnit(unit: number): string[] {
    const { say, store } = this;
    const { id, agency, people, can } = store.ground.units![unit]!;
    const row = store.shown.view?.operation?.units?.[id];
    const state = row ? `${say.t(`unit_state_${row.state}`)}, ${say.age(row.at)}` : say.t("unit_state_untold");
    return [`${say.words.named("agency", agency)}, ${say.words.t("label_people", { n: people })}`, can.map((each) => say.capability(each)).join(", "), state];
  }

  private placeLines(place: number, incident: number): string[] {
    if (this.store.ground.real) return this.reportedLines(this.store.ground.places[place]?.ref ?? "", incident);
    const { sight, ground } = this.store;
    const frame = this.store.shown.frame;
    const n = (value: number | undefined) => this.say.words.count(value ?? 0);
    const lines: string[] = [];
    const index = sight.crowds.findIndex((each) => each.place === place);
    const crowd = frame?.crowds?.[index];
    if (crowd) lines.push(`${SYMBOLS[STAGES.indexOf(crowd.stage)]} ${this.say.words.stage(STAGES.indexOf(crowd.stage))}`);
    if (crowd?.peaceful !== undefined) {
      lines.push(this.say.t("p_people", { peaceful: n(crowd.peaceful), violent: n(crowd.violent), officers: n(crowd.officers?.reduce((a, b) => a + b, 0)) }));
      lines.push(this.say.t("p_command", { leads: crowd.leads ?? "", force: this.say.t(`step_${crowd.force ?? 0}`), cap: this.say.t(`step_${crowd.cap || 5}`) }));
    }
    const hospital = sight.hospitalsAt().find((each) => each.place === place);
    if (hospital) lines.push(this.say.words.t(hospital.waiting ? "load_waiting" : "load", { used: n(hospital.used), open: n(hospital.open), waiting: n(hospital.waiting) }));
    const board = this.store.shown.view?.hospitals?.[ground.places[place]?.ref ?? ""];
    if (board) lines.push(this.say.t("p_board", { free: n(board.igd_free), waiting: n(board.igd_waiting), at: this.say.clock(board.at) }));
    const voting = this.store.shown.view?.voting?.[ground.places[place]?.ref ?? ""];
    if (voting) lines.push(`${this.say.t(`state_${voting.state}`)}: ${voting.why}`);
    if (sight.closedAt().includes(place)) lines.push(this.say.t("p_closed"));
    const open = frame?.incidents?.find((each) => each.row === incident);
    if (open) lines.push(`${this.say.kind(open.kind)}: ${Object.entries(open.needs).map(([name, [need, sent]]) => this.say.t("need", { name: this.say.capability(name), need, sent })).join("; ")}`);
    return lines.length ? lines : [this.say.t("p_quiet")];
  }
}

