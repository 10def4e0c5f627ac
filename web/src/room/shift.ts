// The hand-over of a shift (serah terima) on one page: what is open, what is promised, who is tired; offered and accepted.

import { h } from "../dom";
import { Form, type Sender, type Spec } from "./forms";
import { Specs } from "./specs";
import type { Say, Store } from "./store";
import type { ShiftNow } from "./types";

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
    const orders = units.map((each) => `${say.unit(each.id)}: ${specs.unitState(each)}`);
    const mine = (seat: string) => seat === store.me.seat || seat === store.roleName;
    const requests = Object.values(store.view?.requests ?? {})
      .filter((each) => each.state === "open" && (mine(each.by) || mine(each.to)))
      .map((each) => `${say.request(each.kind, each.step)}, ${say.place(each.place)}: ${say.seat(each.by)} → ${say.seat(each.to)}`);
    const promises = Object.values(store.view?.talks ?? {})
      .filter((each) => each.kept === null && (each.due !== null || each.kind === "commitment"))
      .map((each) => `${each.partner}: ${each.text}${each.due === null ? "" : ` (${say.clock(each.due)})`}`);
    const parts: [string, string[]][] = [["shift_incidents", incidents], ["shift_orders", orders], ["shift_requests", requests], ["shift_promises", promises]];
    const out = store.units().length ? [h("p", {}, say.t("shift_units", { out: orders.length, all: store.units().length }))] : [];
    return [...parts.map(([key, rows]) => this.part(key, rows)), ...out];
  }

  private part(key: string, rows: string[]): HTMLElement {
    const list = rows.length ? h("ul", {}, ...rows.map((row) => h("li", {}, row))) : h("p", { class: "rm-note" }, this.say.t("none"));
    return h("section", {}, h("h3", {}, this.say.t(key)), list);
  }
}
