// Beside the compound: a crush hazard before anything else, the stage, who is there, what bears, and who passes where.

import { STAGES, SYMBOLS } from "../bar";
import { h, write } from "../dom";
import type { Words } from "../words";
import type { Course, Told } from "./course";
import type { State } from "./document";

const COUNTED: State[] = ["peaceful", "violent", "spent", "led", "homeward", "awaited", "gone"];
const MOST_EVENTS = 6;

export class Side {
  readonly element: HTMLElement;
  onJump: (t: number) => void = () => undefined;
  onChoice: (name: string) => void = () => undefined;
  private readonly hazard = h("section", { class: "pb-hazard" });
  private readonly stage = h("p", { class: "pb-now" });
  private readonly counts = new Map<State, HTMLElement>();
  private readonly posts = h("p", { class: "pb-note" });
  private readonly rows = new Map<string, HTMLElement>();
  private readonly latest = h("ol", { class: "pb-latest" });
  private told = "";

  constructor(
    private readonly course: Course,
    private readonly words: Words,
    private readonly tell: (event: Told) => string,
    private readonly clock: (t: number) => string,
  ) {
    const t = (key: string) => words.t(`compound.${key}`);
    const ever = new Set(this.everSeen());
    const counts = COUNTED.filter((state) => ever.has(state)).map((state) => {
      const value = h("td", { class: "number" });
      this.counts.set(state, value);
      return h("tr", {}, h("th", { scope: "row" }, h("span", { class: "pb-swatch", "data-state": state }), ` ${t(`state_${state}`)}`), value);
    });
    this.element = h(
      "div",
      { class: "pb-side" },
      this.hazard,
      h("section", {}, h("h3", {}, t("there")), this.stage, h("table", { class: "pb-counts" }, h("tbody", {}, ...counts)), this.posts),
      h("section", {}, h("h3", {}, t("events")), this.latest),
      this.openings(),
    );
  }

  /** States that anybody is in at any moment: rows of a table do not come and go. */
  private everSeen(): State[] {
    const { frames, every_s: every, first_s: first } = this.course.head;
    const found = new Set<State>(["peaceful", "violent", "spent", "gone"]);
    for (let k = 0; k < frames; k += Math.max(1, Math.floor(frames / 60))) {
      const counts = this.course.countsAt(first + k * every);
      for (const state of COUNTED) if (counts[state] > 0) found.add(state);
    }
    return [...found];
  }

  /** Gates, doors and ways out: how each stands, who has passed, and who did in the last minute. */
  private openings(): HTMLElement {
    const t = (key: string) => this.words.t(`compound.${key}`);
    const flows = this.course.flowsAt(this.course.start);
    const names = [...this.course.head.barriers.filter((name) => !flows.some((each) => each.name === name)), ...flows.map((each) => each.name)];
    const body = names.map((name) => {
      const label = name === "line" ? this.words.t("site.line") : name;
      const button = h("button", { type: "button", class: "pb-link", click: () => this.onChoice(name) }, label);
      const row = h("tr", {}, h("th", { scope: "row" }, button), h("td", {}), h("td", { class: "number" }), h("td", { class: "number" }));
      this.rows.set(name, row);
      return row;
    });
    const columns = ["col_opening", "col_how", "col_passed", "col_lately"].map((key, i) => h("th", { scope: "col", class: i > 1 ? "number" : "" }, t(key)));
    return h("section", {}, h("h3", {}, t("openings")), h("table", { class: "pb-openings" }, h("thead", {}, h("tr", {}, ...columns)), h("tbody", {}, ...body)));
  }

  show(at: number): void {
    this.showHazard(at);
    const stage = this.course.stageAt(at);
    const text = this.words.stage(stage);
    if (this.stage.dataset.told !== text) {
      this.stage.dataset.told = text;
      this.stage.replaceChildren(h("span", { class: `pb-stage ${STAGES[stage]}` }, SYMBOLS[stage]!), ` ${text}`);
    }
    const counts = this.course.countsAt(at);
    for (const [state, cell] of this.counts) write(cell, this.words.count(counts[state]));
    const { officers, negotiators } = this.course.postsAt(at);
    write(this.posts, this.words.t("compound.posts", { officers: this.words.count(officers), negotiators: this.words.count(negotiators) }));
    this.showOpenings(at);
    this.showLatest(at);
  }

  private showHazard(at: number): void {
    const { words, course } = this;
    const cells = course.crushesAt(at);
    const first = course.firstCrush;
    const limit = words.count(course.head.crush, 1);
    const now = cells.length
      ? words.t("compound.crush_now", { squares: words.count(cells.length), people: words.count(course.atRiskAt(at)), most: words.count(cells[0]!.density, 1), limit })
      : words.t(first ? "compound.crush_not_now" : "compound.crush_never", { most: words.count(course.densestAt(at), 1), limit });
    const told = [words.lang, now, first?.t].join();
    if (this.hazard.dataset.told === told) return;
    this.hazard.dataset.told = told;
    this.hazard.classList.toggle("now", cells.length > 0);
    const jump = first ? h("button", { type: "button", class: "pb-link", click: () => this.onJump(first.t) }, words.t("compound.crush_first", { at: this.clock(first.t) })) : null;
    this.hazard.replaceChildren(h("h3", {}, words.t("compound.crush")), h("p", {}, now), ...(jump ? [jump] : []));
  }

  private showOpenings(at: number): void {
    for (const { name, how, left } of this.course.barriersAt(at)) {
      const row = this.rows.get(name);
      if (row) write(row.children[1]!, this.words.t(`compound.how_${how}`, { left: this.words.count(Math.ceil(100 * left)) }));
    }
    for (const { name, kind, all, lately } of this.course.flowsAt(at)) {
      const row = this.rows.get(name)!;
      if (kind === "exit") write(row.children[1]!, this.words.t("compound.how_out"));
      write(row.children[2]!, this.words.count(all));
      write(row.children[3]!, this.words.count(lately));
    }
  }

  private showLatest(at: number): void {
    const events = this.course.events.filter((event) => event.t <= at + 1e-6).slice(-MOST_EVENTS).reverse();
    const told = `${this.words.lang} ${events.length} ${events[0]?.t ?? ""}`;
    if (told === this.told) return;
    this.told = told;
    const rows = events.map((event) =>
      h("li", {}, h("button", { type: "button", class: "pb-link", click: () => this.onJump(event.t) }, this.clock(event.t)), ` ${this.tell(event)}`),
    );
    this.latest.replaceChildren(...(rows.length ? rows : [h("li", { class: "pb-note" }, this.words.t("nothing_yet"))]));
  }

  /** Show which opening was chosen. */
  choose(name: string): void {
    for (const [other, row] of this.rows) row.classList.toggle("chosen", other === name);
  }
}
