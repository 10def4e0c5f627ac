// The hand-over of a shift (serah terima) on one page: what is open, what is promised, who is tired; offered and accepted.

import { h } from "../dom";
import { Form, type Sender, type Spec } from "./forms";
import { Specs } from "./specs";
import type { Say, Store } from "./store";
import type { ShiftNow, View } from "./types";

const MOST = 10; // units within the limit that are named; those beyond it all are
const AT_WORK = ["moving", "at_scene", "returning"];

export class Shift {
  readonly element = h("dialog", { class: "rm-dialog" }) as HTMLDialogElement;

  constructor(
    private readonly store: Store,
    private readonly say: Say,
    private readonly sender: Sender,
  ) {}

  /** Write the page for the shift that comes. */
  offer(): void {
    this.show(undefined, { do: "shift.offer", submit: "offer", fields: [{ name: "text", kind: "area", label: "f_shift", hint: "h_text" }], build: (v) => ({ do: "shift.offer", text: v["text"] }) });
  }

  /** Read the page of the shift before, and take the desk over. */
  accept(offer: ShiftNow): void {
    this.show(offer, { do: "shift.accept", submit: "accept", fields: [], build: () => ({ do: "shift.accept", offer: offer.n }) });
  }

  private show(offer: ShiftNow | undefined, spec: Spec): void {
    const t = (key: string) => this.say.t(key);
    const form = new Form(spec, this.sender);
    form.onDone = () => this.element.close();
    const close = h("button", { type: "button", click: () => this.element.close() }, t("close"));
    form.element.querySelector(".rm-row")!.prepend(close);
    const said = offer ? [h("p", { class: "rm-kicker" }, `${t("shift_said")} ${this.say.clock(offer.at)}`), h("p", { class: "rm-lead" }, offer.text)] : [];
    this.element.setAttribute("aria-label", t("shift"));
    this.element.replaceChildren(h("h2", {}, `${t("shift")}: ${this.say.seat(this.store.me.seat)}`), ...said, ...this.state(), form.element);
    this.element.showModal();
  }

  /** What the state itself tells the next shift. */
  private state(): HTMLElement[] {
    const { store, say } = this;
    const specs = new Specs(store, say);
    const real = store.reported.map(([n, each]) => `${n}. ${say.incident(n)}: ${say.t(`incident_state_${each.state}`)}, ${say.age(each.at)}`);
    const simulated = (store.frame?.incidents ?? []).map((each) => {
      const needs = Object.entries(each.needs).map(([name, [need, sent]]) => say.t("need", { name: say.capability(name), need, sent }));
      return `${say.incident(each.row)}: ${needs.join("; ")}`;
    });
    const incidents = store.ground.real ? real : simulated;
    const units = store.units().filter((each) => each.state !== "idle");
    const orders = store.ground.real ? this.told() : units.map((each) => `${say.unit(each.id)}: ${specs.unitState(each)}`);
    const mine = (seat: string) => seat === store.me.seat || seat === store.roleName;
    const requests = Object.values(store.view?.requests ?? {})
      .filter((each) => each.state === "open" && (mine(each.by) || mine(each.to)))
      .map((each) => `${say.request(each.kind, each.step)}, ${say.place(each.place)}: ${say.seat(each.by)} → ${say.seat(each.to)}`);
    const promises = Object.values(store.view?.talks ?? {})
      .filter((each) => each.kept === null && (each.due !== null || each.kind === "commitment"))
      .map((each) => `${each.partner}: ${each.text}${each.due === null ? "" : ` (${say.clock(each.due)})`}`);
    const parts: [string, string[]][] = [["shift_incidents", incidents], ["shift_orders", orders], ["shift_requests", requests], ["shift_promises", promises]];
    const out = store.units().length ? [h("p", {}, say.t("shift_units", { out: orders.length, all: store.units().length }))] : [];
    const fatigue = store.view?.duty ? [this.part("shift_fatigue", this.fatigue(store.view.duty))] : [];
    return [...parts.slice(0, 2).map(([key, rows]) => this.part(key, rows)), ...out, ...fatigue, ...parts.slice(2).map(([key, rows]) => this.part(key, rows))];
  }

  /** Units of this desk that are at work in an operation, as they were told. */
  private told(): string[] {
    const { store, say } = this;
    const own = (store.ground.units ?? []).filter((each) => store.role.agencies.includes(each.agency));
    return own.flatMap(({ id }) => {
      const row = store.view?.operation?.units?.[id];
      if (!row || !AT_WORK.includes(row.state)) return [];
      const where = row.incident !== null ? say.incident(row.incident) : row.place ? say.place(row.place) : "";
      return [`${say.unit(id)}: ${[say.t(`unit_state_${row.state}`), where, say.age(row.at)].filter(Boolean).join(", ")}`];
    });
  }

  /** Who has been on duty longest without rest, those beyond the doctrine's limit first and marked. */
  private fatigue(duty: NonNullable<View["duty"]>): (string | HTMLElement)[] {
    const { store, say } = this;
    const most = store.ground.duty_max_h ?? Infinity;
    const all = Object.entries(duty).map(([id, row]) => ({ id, by: row.by, hours: (store.now - row.since / 1000) / 3600 }));
    all.sort((a, b) => b.hours - a.hours || a.id.localeCompare(b.id));
    const over = all.filter((each) => each.hours > most).length;
    const named = all.slice(0, Math.max(over, MOST));
    const hours = (value: number) => say.words.count(Math.floor(10 * value) / 10, 1);
    const rows: (string | HTMLElement)[] = named.map((each) => {
      const text = say.t(each.by === "roster" ? "shift_duty_roster" : "shift_duty", { unit: say.unit(each.id), hours: hours(each.hours) });
      return each.hours > most ? h("strong", { class: "rm-over" }, `${text} ${say.t("shift_over", { most: say.words.count(most) })}`) : text;
    });
    const rest = all.slice(named.length);
    if (rest.length) rows.push(say.t("shift_duty_more", { n: say.words.count(rest.length), hours: hours(rest[0]!.hours) }));
    const own = (store.ground.units ?? []).filter((each) => store.role.agencies.includes(each.agency));
    const unknown = store.ground.real ? own.filter(({ id }) => !duty[id] && !store.view?.operation?.units?.[id]).length : 0;
    if (unknown) rows.push(say.t("shift_duty_unknown", { n: say.words.count(unknown) }));
    return rows;
  }

  private part(key: string, rows: (string | HTMLElement)[]): HTMLElement {
    const list = rows.length ? h("ul", {}, ...rows.map((row) => h("li", {}, row))) : h("p", { class: "rm-note" }, this.say.t("none"));
    return h("section", {}, h("h3", {}, this.say.t(key)), list);
  }
}
