// What of the program failed while the room went on: told to who leads, with what became of it.

import { h } from "../dom";
import type { Say, Store } from "./store";
import type { Trouble } from "./types";

export class TroubleBoard {
  readonly element = h("div", { class: "rm-trouble", role: "status", hidden: true });

  constructor(
    private readonly store: Store,
    private readonly say: Say,
  ) {
    store.on("trouble", () => this.update());
    this.update();
  }

  private update(): void {
    const rows = this.store.troubles;
    this.element.hidden = rows.length === 0;
    this.element.classList.toggle("over", rows.every((row) => row.over));
    this.element.replaceChildren(...(rows.length ? [h("ul", {}, ...rows.map((row) => h("li", {}, this.line(row)))), this.close()] : []));
  }

  private line(row: Trouble): string {
    const { say } = this;
    const [name = "", ...which] = row.part.split(" ");
    const known = say.words.find(`room.part_${name}`) ? say.t(`part_${name}`) : name;
    const part = which.length ? `${known} (${which.join(" ")})` : known;
    const at = (iso: string) => new Date(iso).toLocaleTimeString(say.words.lang, { hour: "2-digit", minute: "2-digit" });
    return say.t(row.over ? "trouble_over" : "trouble_now", { part, since: at(row.since), last: at(row.last), n: say.words.count(row.n) });
  }

  /** Put away what is read; the next fault shows it again. */
  private close(): HTMLElement {
    return h("button", { type: "button", click: () => this.store.takeTroubles([]) }, this.say.t("close"));
  }
}
