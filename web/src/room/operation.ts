// The board of an operation: what was reported and how long ago, and what nobody has reported; nothing is simulated.

import { h } from "../dom";
import type { Say, Store } from "./store";
import type { OperationNow, Reported, TpsRow } from "./types";

const TPS = ["not_open", "open", "queue", "closed", "counting", "counted", "disrupted"];
const UNITS = ["standby", "moving", "at_scene", "returning", "resting", "off", "untold"];
const MOST = 12;

export class OperationBoard {
  readonly element = h("section", { class: "rm-operation", "data-part": "operation" });
  private told = "";

  constructor(
    private readonly store: Store,
    private readonly say: Say,
  ) {
    this.element.setAttribute("aria-label", say.t("op_board"));
    for (const topic of ["board", "world", "past"] as const) store.on(topic, () => this.update());
    this.update();
  }

  private update(): void {
    const now = this.store.shown.view?.operation;
    if (!now) return;
    const parts = this.parts(now);
    const told = `${this.say.words.lang} ${parts.map((each) => each.textContent).join("|")}`;
    if (told === this.told) return;
    this.told = told;
    this.element.replaceChildren(h("h3", {}, this.say.t("op_board")), ...parts);
  }

  private parts(now: OperationNow): HTMLElement[] {
    const doubtful = this.doubtful(now);
    return [...(doubtful ? [doubtful] : []), this.incidents(now), ...(now.tps ? [this.tps(now.tps)] : []), ...(now.crowds ? [this.crowds(now)] : []), ...(now.counts ? [this.units(now)] : []), this.hospitals()];
  }

  private part(key: string, name: string, rows: HTMLElement[], none: string): HTMLElement {
    return h("div", { class: "rm-op", "data-op": name }, h("h4", {}, this.say.t(key)), rows.length ? h("ul", {}, ...rows) : h("p", { class: "rm-note" }, this.say.t(none)));
  }

  /** A line and how long ago it was told; what is old is marked in words and by its mark. */
  private line(at: number, text: string, more = ""): HTMLElement {
    const old = this.store.isOld(at);
    return h("li", { class: old ? "old" : "" }, h("span", {}, text), " ", h("span", { class: "rm-age" }, this.say.age(at)), more ? h("p", { class: "rm-note" }, more) : null);
  }

  private incidents(now: OperationNow): HTMLElement {
    const { say } = this;
    const open = Object.entries(now.incidents).filter(([, each]) => each.state !== "closed").reverse();
    const rows = open.slice(0, MOST).map(([n, each]) => this.line(each.at, this.incident(Number(n), each), each.units?.length ? each.units.map((unit) => say.unit(unit)).join(", ") : ""));
    if (open.length > MOST) rows.push(h("li", {}, say.t("op_more", { n: open.length - MOST })));
    return this.part("op_incidents", "incidents", rows, "op_no_incidents");
  }

  private incident(n: number, each: Reported): string {
    const { say } = this;
    const state = each.state ? say.t(`incident_state_${each.state}`) : "";
    const over = each.proposed ? say.t("incident_state_proposed") : "";
    const hurt = each.injured ? say.t("injured_n", { n: each.injured }) : "";
    const what = each.kind ? `${say.kind(each.kind)}, ${say.place(each.place)}` : say.place(each.place);
    return [`${n}. ${what}`, state, over, hurt].filter(Boolean).join(", ");
  }

  private tps(now: NonNullable<OperationNow["tps"]>): HTMLElement {
    const { say } = this;
    const counts = TPS.filter((state) => now.states[state]).map((state) => `${say.t(`tps_${state}`)} ${say.words.count(now.states[state]!)}`);
    const told = say.t("op_tps_told", { told: say.words.count(now.told), of: say.words.count(now.of), silent: say.words.count(now.of - now.told) });
    const rows = [h("li", {}, told), ...(counts.length ? [h("li", { "data-op": "states" }, counts.join("; "))] : [])];
    const list = (key: string, all: number, some: TpsRow[]) => {
      if (!all) return;
      rows.push(h("li", { class: "rm-strong" }, say.t(key, { n: say.words.count(all) })));
      rows.push(...some.slice(0, MOST).map((each) => this.line(each.at, say.tps(each.tps))));
      if (all > MOST) rows.push(h("li", {}, say.t("op_more", { n: all - MOST })));
    };
    list("op_disrupted", now.disrupted_n, now.disrupted);
    list("op_late", now.late_n, now.late);
    return this.part("op_tps", "tps", rows, "none");
  }

  private crowds(now: OperationNow): HTMLElement {
    const { say } = this;
    const rows = Object.entries(now.crowds ?? {})
      .sort(([, a], [, b]) => (b.violent ?? 0) - (a.violent ?? 0) || b.people - a.people)
      .map(([ref, each]) => {
        const violent = each.violent === null ? say.t("violent_untold") : say.t("violent_n", { n: say.words.count(each.violent) });
        return this.line(each.at, `${say.place(ref)}: ${say.t("people_n", { n: say.words.count(each.people) })}, ${violent}, ${say.t(`trend_${each.trend}`)}`, this.command(now, ref));
      });
    return this.part("op_crowds", "crowds", rows, "op_no_crowds");
  }

  /** What was decided at a place. */
  private command(now: OperationNow, ref: string): string {
    const row = now.commands?.[ref];
    if (!row) return "";
    const { say } = this;
    const asked = row.asked === null ? "" : say.t("op_asked", { at: say.clock(row.asked) });
    return [say.t("op_command", { leads: say.t(`control_${row.control}`), cap: say.t(`step_${row.cap}`) }), asked].filter(Boolean).join(" ");
  }

  private units(now: OperationNow): HTMLElement {
    const { say, store } = this;
    const own = store.role.agencies;
    const agencies = Object.entries(now.counts ?? {}).sort(([a], [b]) => Number(own.includes(b)) - Number(own.includes(a)));
    const rows = agencies.map(([agency, of]) => h("li", {}, `${say.words.named("agency", agency)}: ${UNITS.filter((state) => of[state]).map((state) => `${say.t(`unit_state_${state}`)} ${say.words.count(of[state]!)}`).join(", ")}`));
    const mine = (store.ground.units ?? []).filter((each) => own.includes(each.agency) && now.units?.[each.id]);
    rows.push(...mine.slice(0, MOST).map((each) => {
      const row = now.units![each.id]!;
      const where = row.incident !== null ? say.incident(row.incident) : row.place ? say.place(row.place) : "";
      return this.line(row.at, [`${say.unit(each.id)}: ${say.t(`unit_state_${row.state}`)}`, where].filter(Boolean).join(", "));
    }));
    return this.part("op_units", "units", rows, "none");
  }

  private hospitals(): HTMLElement {
    const { say, store } = this;
    const rows = Object.entries(store.shown.view?.hospitals ?? {}).map(([ref, each]) => this.line(each.at, `${say.place(ref)}: ${say.t("op_hospital", { free: say.words.count(each.igd_free), waiting: say.words.count(each.igd_waiting) })}`));
    return this.part("op_hospitals", "hospitals", rows, "op_no_hospitals");
  }

  /** What a merge of two posts could not settle: it waits for somebody's decision. */
  private doubtful(now: OperationNow): HTMLElement | undefined {
    const { say } = this;
    const doubled = (now.doubled ?? []).map((each) => h("li", { class: "rm-strong" }, say.t("op_doubled", { unit: say.unit(each.unit), a: say.incident(each.incidents[0]), b: say.incident(each.incidents[1]) })));
    const others = (now.conflicts ?? []).filter((each) => each.why !== "twice").map((each) => h("li", {}, say.t("op_conflict", { n: each.n, seat: say.seat(each.by), why: say.t(`merge_${each.why}`) })));
    return doubled.length + others.length ? this.part("op_doubtful", "doubtful", [...doubled, ...others], "none") : undefined;
  }
}
