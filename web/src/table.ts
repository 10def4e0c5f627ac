// The table behind the map: every event in words, for who cannot see the map or wants to copy.

import { h } from "./dom";
import type { Event, Replay } from "./replay";
import type { Words } from "./words";

const MOST_ROWS = 400;

export class EventTable {
  readonly element: HTMLDetailsElement;
  onJump: (t: number) => void = () => undefined;
  onAsk: (incident: number, event?: Event) => void = () => undefined;
  private readonly body = h("tbody");
  private readonly note = h("p", { class: "pb-note" });
  private all = false;

  constructor(
    private readonly replay: Replay,
    private readonly words: Words,
    name: string,
  ) {
    const t = (key: string) => words.t(key);
    const box = h("input", { type: "checkbox", change: (event) => this.choose((event.target as HTMLInputElement).checked) });
    const head = ["col_time", "col_what", "col_why"].map((key) => h("th", { scope: "col" }, t(key)));
    const caption = name ? `${t("table")} · ${name}` : t("table");
    const table = h("table", { class: "pb-events" }, h("caption", { class: "pb-unseen" }, caption), h("thead", {}, h("tr", {}, ...head)), this.body);
    const scroll = h("div", { class: "pb-scroll pb-tall", tabindex: 0, role: "region", "aria-label": caption }, table);
    this.element = h("details", { class: "pb-table" }, h("summary", {}, caption), h("label", {}, box, ` ${t("all_events")}`), this.note, scroll) as HTMLDetailsElement;
    this.element.addEventListener("toggle", () => this.element.open && this.fill());
  }

  private choose(all: boolean): void {
    this.all = all;
    this.fill();
  }

  private fill(): void {
    const events = this.all ? this.replay.events : this.replay.keys;
    this.body.replaceChildren(...events.slice(0, MOST_ROWS).map((event) => this.row(event)));
    const cut = events.length > MOST_ROWS;
    this.note.textContent = cut ? this.words.t("table_cut", { shown: this.words.count(MOST_ROWS), all: this.words.count(events.length) }) : "";
  }

  private row(event: Event): HTMLElement {
    const { words, replay } = this;
    const { start_s } = replay.doc.about;
    const clock = [words.day(replay, event.t), words.clock(start_s, event.t)].filter(Boolean).join(" ");
    const sentence = words.tell(replay, event);
    const jump = h("button", { type: "button", class: "pb-link", click: () => this.onJump(event.t) }, clock);
    const asks = event.incident >= 0 && replay.incidents[event.incident]!.decisions.length;
    const why = asks
      ? h("button", { type: "button", class: "pb-ask", "aria-label": `${words.t("why")} ${sentence}`, click: () => this.onAsk(event.incident, event) }, words.t("why"))
      : null;
    return h("tr", {}, h("td", { class: "number" }, jump), h("td", {}, sentence), h("td", {}, why));
  }
}
