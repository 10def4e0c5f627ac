// Beside the map: the people at each place, the latest events, the hospitals, and the answer to "why?".

import { h, write } from "./dom";
import type { Event, Replay } from "./replay";
import { gravest } from "./scene";
import type { Words } from "./words";
import { Why } from "./why";

const SYMBOLS = ["●", "▲", "■"];
const STAGES = ["hijau", "kuning", "merah"];
const MOST_CROWDS = 8;
const MOST_HOSPITALS = 5;
const MOST_EVENTS = 5;
const LEVELS = 100;

export class Side {
  readonly element: HTMLElement;
  readonly why: Why;
  onJump: (t: number) => void = () => undefined;
  onAsk: (incident: number, event?: Event) => void = () => undefined;
  private readonly crowds = h("tbody");
  private readonly others = h("p", { class: "pb-note" });
  private readonly hospitals = h("ul", { class: "pb-gauges" });
  private readonly latest = h("ol", { class: "pb-latest" });
  private readonly answer: HTMLElement;
  private asked = -1;
  private told = "";

  constructor(
    private readonly replay: Replay,
    private readonly words: Words,
    name: string,
  ) {
    const t = (key: string) => words.t(key);
    this.why = new Why(replay, words, (at) => this.onJump(at));
    this.answer = h("section", { class: "pb-why", hidden: true, tabindex: -1 });
    const head = ["col_place", "col_peaceful", "col_violent", "col_spent", "col_officers"];
    const columns = head.map((key, i) => h("th", { scope: "col", class: i ? "number" : "" }, t(key)));
    const hospitals = replay.doc.hospitals.length ? this.hospitals : h("p", { class: "pb-note" }, t("no_hospitals"));
    this.element = h(
      "div",
      { class: "pb-side" },
      name ? h("h3", { class: "pb-which" }, name) : null,
      this.answer,
      h("section", {}, h("h3", {}, t("crowds")), h("table", { class: "pb-crowds" }, h("thead", {}, h("tr", {}, ...columns)), this.crowds), this.others),
      h("section", {}, h("h3", {}, t("latest")), this.latest),
      h("section", {}, h("h3", {}, t("hospitals")), hospitals),
    );
  }

  show(t: number): void {
    this.showCrowds(t);
    this.showHospitals(t);
    this.showLatest(t);
  }

  private showCrowds(t: number): void {
    const all = this.replay.crowdsAt(t);
    const rest = all.length - MOST_CROWDS;
    write(this.others, rest > 0 ? this.words.t("crowds_more", { n: this.words.count(rest) }) : "");
    (rest > 0 ? gravest(all) : all).slice(0, MOST_CROWDS).forEach((each, i) => {
      const row = this.crowds.children[i] ?? this.crowds.appendChild(h("tr", {}, h("th", { scope: "row" }), ...[1, 2, 3, 4].map(() => h("td", { class: "number" }))));
      const stage = h("span", { class: `pb-stage ${STAGES[each.stage]}` }, SYMBOLS[each.stage]!);
      const head = row.children[0]!;
      const text = `${SYMBOLS[each.stage]} ${this.replay.name(each.place)} ${this.words.stage(each.stage)}`;
      if (head.getAttribute("data-told") !== text) {
        head.setAttribute("data-told", text);
        head.replaceChildren(stage, ` ${this.replay.name(each.place)}`, h("small", {}, this.words.stage(each.stage)));
      }
      [each.peaceful, each.violent, each.spent, each.officers].forEach((value, k) => write(row.children[k + 1]!, this.words.count(value)));
    });
  }

  /** The fullest hospitals: a gauge with its standard, the number of bays, and who waits. */
  private showHospitals(t: number): void {
    const load = (each: { used: number; open: number; waiting: number }) => each.waiting + each.used / Math.max(1, each.open);
    const fullest = this.replay.hospitalsAt(t).sort((a, b) => load(b) - load(a) || a.place - b.place).slice(0, MOST_HOSPITALS);
    fullest.forEach((each, i) => {
      const row =
        this.hospitals.children[i] ??
        this.hospitals.appendChild(h("li", {}, h("span", { class: "pb-hospital" }), h("meter", { min: 0, max: LEVELS, high: LEVELS - 1, optimum: 0 }), h("span", { class: "pb-load" })));
      const name = this.replay.name(each.place);
      const words = this.words.t(each.waiting > 0 ? "load_waiting" : "load", {
        used: this.words.count(each.used),
        open: this.words.count(each.open),
        waiting: this.words.count(each.waiting),
      }) + (each.walkedIn ? `, ${this.words.t("walked_in", { n: this.words.count(each.walkedIn) })}` : "");
      write(row.children[0]!, name);
      const meter = row.children[1] as HTMLMeterElement;
      meter.value = Math.round((LEVELS * each.used) / Math.max(1, each.open));
      meter.setAttribute("aria-label", `${name}: ${words}`);
      write(row.children[2]!, words);
    });
  }

  private showLatest(t: number): void {
    const events = this.replay.keys.filter((event) => event.t <= t).slice(-MOST_EVENTS).reverse();
    const told = `${this.words.lang} ${events.map((event) => event.index).join()}`;
    if (told === this.told) return;
    this.told = told;
    const rows = events.map((event) => h("li", {}, this.line(event)));
    this.latest.replaceChildren(...(rows.length ? rows : [h("li", { class: "pb-note" }, this.words.t("nothing_yet"))]));
  }

  private line(event: Event): HTMLElement {
    const clock = this.words.clock(this.replay.doc.about.start_s, event.t);
    const time = h("button", { type: "button", class: "pb-link", click: () => this.onJump(event.t) }, clock);
    const why =
      event.incident >= 0 && this.replay.incidents[event.incident]!.decisions.length
        ? h("button", { type: "button", class: "pb-ask", click: () => this.onAsk(event.incident, event) }, this.words.t("why"))
        : null;
    return h("div", {}, time, " ", this.words.tell(this.replay, event), why ? " " : null, why);
  }

  /** Answer "why?" of an incident at a moment, or of an event of it; −1 closes the answer. */
  ask(incident: number, at: number, event?: Event): void {
    this.asked = incident;
    this.answer.hidden = incident < 0;
    this.element.classList.toggle("asking", incident >= 0);
    if (incident < 0) return this.answer.replaceChildren();
    const close = h("button", { type: "button", class: "pb-close", click: () => this.onAsk(-1) }, this.words.t("close"));
    const head = h("div", { class: "pb-why-head" }, h("h3", {}, `${this.words.t("why")} ${this.why.title(incident)}`), close);
    this.answer.replaceChildren(head, ...this.why.incident(incident, event?.t ?? at, event));
    this.answer.focus({ preventScroll: true });
    this.answer.scrollTop = 0;
    this.answer.scrollIntoView({ block: "nearest" });
  }

  get open(): number {
    return this.asked;
  }
}
