// Where two replicates differ at a moment: a table of both states, and the places for rings on both maps.

import { h, write } from "./dom";
import type { Replay } from "./replay";
import { peopleOf } from "./scene";
import type { Words } from "./words";

const WHAT = ["hurt", "violent", "calls", "people", "officers", "bays"] as const; // in the order in which they are told
const MOST_ROWS = 15;

type What = (typeof WHAT)[number];
type State = Record<What, number>;
export interface Difference {
  id: string;
  name: string;
  what: What;
  a: number;
  b: number;
}

/** What stands at each place at a moment, by the place's reference: replicates number their places each for itself. */
function states(replay: Replay, t: number): Map<string, State> {
  const found = new Map<string, State>();
  const add = (place: number, what: What, n: number) => {
    const id = replay.doc.places[place]?.[0];
    if (id === undefined) return;
    const state = found.get(id) ?? { hurt: 0, violent: 0, calls: 0, people: 0, officers: 0, bays: 0 };
    state[what] += n;
    found.set(id, state);
  };
  for (const each of replay.crowdsAt(t)) {
    add(each.place, "people", peopleOf(each));
    add(each.place, "violent", each.violent);
    add(each.place, "officers", each.officers);
  }
  for (const id of replay.openAt(t)) add(replay.incidents[id]!.place, "calls", 1);
  for (const [place, hurt] of replay.waitingAt(t)) add(place, "hurt", hurt.length);
  for (const each of replay.hospitalsAt(t)) add(each.place, "bays", each.used);
  return found;
}

/** List what differs, harm first, then the largest differences. */
export function differencesAt([a, b]: [Replay, Replay], t: number): Difference[] {
  const [left, right] = [states(a, t), states(b, t)];
  const rows: Difference[] = [];
  for (const id of new Set([...left.keys(), ...right.keys()])) {
    const replay = left.has(id) ? a : b;
    const name = replay.name(replay.doc.places.findIndex((place) => place[0] === id));
    for (const what of WHAT) {
      const [x, y] = [left.get(id)?.[what] ?? 0, right.get(id)?.[what] ?? 0];
      if (x !== y) rows.push({ id, name, what, a: x, b: y });
    }
  }
  const far = (row: Difference) => Math.abs(row.b - row.a);
  return rows.sort((p, q) => WHAT.indexOf(p.what) - WHAT.indexOf(q.what) || far(q) - far(p) || (p.id < q.id ? -1 : 1));
}

export class DifferenceTable {
  readonly element: HTMLElement;
  private readonly body = h("tbody");
  private readonly note = h("p", { class: "pb-note" });
  private readonly table: HTMLElement;
  private told = "";

  constructor(private readonly words: Words) {
    const head = ["col_place", "col_differs", "col_a", "col_b", "col_difference"];
    const cells = head.map((key, i) => h("th", { scope: "col", class: i > 1 ? "number" : "" }, words.t(key)));
    this.table = h("table", {}, h("caption", { class: "pb-unseen" }, words.t("differences")), h("thead", {}, h("tr", {}, ...cells)), this.body);
    const scroll = h("div", { class: "pb-scroll", tabindex: 0, role: "region", "aria-label": words.t("differences") }, this.table);
    this.element = h("section", { class: "pb-differences" }, h("h3", {}, words.t("differences")), h("p", { class: "pb-note" }, words.t("differences_note")), this.note, scroll);
  }

  show(rows: Difference[]): void {
    const { words } = this;
    const told = JSON.stringify(rows);
    if (told === this.told) return;
    this.told = told;
    const rest = rows.length - MOST_ROWS;
    write(this.note, rows.length === 0 ? words.t("differences_none") : rest > 0 ? words.t("differences_more", { n: words.count(rest) }) : "");
    this.table.hidden = rows.length === 0;
    this.body.replaceChildren(
      ...rows.slice(0, MOST_ROWS).map((row) => {
        const gap = row.b - row.a;
        const signed = `${gap > 0 ? "+" : "−"}${words.count(Math.abs(gap))}`;
        const numbers = [words.count(row.a), words.count(row.b), signed].map((text) => h("td", { class: "number" }, text));
        return h("tr", {}, h("th", { scope: "row" }, row.name), h("td", {}, words.t(`differs_${row.what}`)), ...numbers);
      }),
    );
  }
}
