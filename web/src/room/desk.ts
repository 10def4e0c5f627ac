// "My desk": what waits for this seat, the most urgent first, what was said to it, and what it may do.

import { h, write } from "../dom";
import { Refused, Unreachable, act } from "./api";
import { Form, type Sender, type Spec, type Values } from "./forms";
import { isLater, makeKey, type Outbox } from "./outbox";
import { Shift } from "./shift";
import { Specs } from "./specs";
import type { Say, Store } from "./store";
import type { Action, IncidentNow, RequestNow } from "./types";

const WAITS = new Set(["report", "hospital.update", "tps.report", "incident.report", "incident.update", "crowd.report", "unit.report"]);
const REPORTS = /^(tps|incident|crowd|unit)\./;
const MOST_MESSAGES = 6;
const MOST_UNMET = 4;

interface Card {
  key: string;
  until: number;
  make: () => HTMLElement;
  update?: (card: HTMLElement) => void;
}

export class Desk implements Sender {
  readonly element: HTMLElement;
  readonly specs: Specs;
  onNews: (text: string) => void = () => undefined;
  private readonly seat = h("div", { class: "rm-seat" });
  private readonly waits = h("ol", { class: "rm-cards" });
  private readonly nothing = h("p", { class: "rm-note" });
  private readonly messages = h("ol", { class: "rm-messages" });
  /** Where a role has more than others. */
  readonly more = h("div", { class: "rm-more" });
  private readonly cards = new Map<string, HTMLElement>();
  private readonly forms = new Map<string, { button: HTMLElement; holder: HTMLElement; form: Form | undefined; spec: Spec }>();
  private readonly shift: Shift;
  private started = false;

  constructor(
    private readonly store: Store,
    private readonly say: Say,
    private readonly outbox: Outbox,
  ) {
    this.specs = new Specs(store, say);
    this.shift = new Shift(store, say, this);
    const t = (key: string) => say.t(key);
    const specs = this.specs.all();
    const first = (spec: Spec) => Number((store.may("inject.message") && spec.do.startsWith("inject")) || REPORTS.test(spec.do));
    specs.sort((a, b) => first(b) - first(a));
    const actions = specs.length || store.may("shift.offer") ? h("section", {}, h("h3", {}, t("may")), h("ul", { class: "rm-acts" }, ...specs.map((spec) => this.action(spec)), this.offer())) : null;
    this.element = h(
      "div",
      { class: "rm-desk" },
      h("h2", {}, t("desk"), h("span", { class: "rm-who" }, say.seat(store.me.seat))),
      this.seat,
      store.role.may.length ? h("section", { "aria-label": t("waits") }, h("h3", {}, t("waits")), this.waits, this.nothing) : null,
      h("section", {}, h("h3", {}, t("messages")), this.messages),
      this.more,
      actions,
      this.shift.element,
    );
    store.on("board", () => this.update());
    store.on("world", () => this.update());
    this.update();
  }

  t = (key: string, fields: Record<string, string | number> = {}): string => this.say.t(key, fields);

  /** Send an action; a report that finds no line is kept until there is one. */
  send = async (action: Action): Promise<"sent" | "kept"> => {
    const key = makeKey();
    try {
      await act(action, key);
      return "sent";
    } catch (error) {
      if (!isLater(error) || !WAITS.has(action.do)) throw error;
      this.outbox.keep(action, key);
      return "kept";
    }
  };

  private action(spec: Spec): HTMLElement {
    const holder = h("div", { class: "rm-holder", hidden: true });
    const button = h("button", { type: "button", "aria-expanded": "false", click: () => this.toggle(spec.do) }, this.t(`do_${spec.do.replace(".", "_")}`));
    this.forms.set(spec.do, { button, holder, form: undefined, spec });
    return h("li", { "data-act": spec.do }, button, holder);
  }

  private offer(): HTMLElement | null {
    if (!this.store.may("shift.offer")) return null;
    return h("li", { "data-act": "shift.offer" }, h("button", { type: "button", click: () => this.shift.offer() }, this.t("do_shift_offer")));
  }

  private toggle(name: string): void {
    const known = this.forms.get(name)!;
    this.show(name, known.holder.hidden);
  }

  private show(name: string, open: boolean): Form | undefined {
    const known = this.forms.get(name);
    if (!known) return undefined;
    if (open && !known.form) {
      known.form = new Form(known.spec, this);
      known.holder.append(known.form.element);
    }
    known.form?.refresh();
    known.holder.hidden = !open;
    known.button.setAttribute("aria-expanded", String(open));
    return known.form;
  }

  /** Open a form with what is known already; says whether this desk has it. */
  open(name: string, values: Values): boolean {
    const form = this.show(name, true);
    if (!form) return false;
    form.fill(values);
    form.element.scrollIntoView({ block: "nearest" });
    const first = [...form.element.querySelectorAll<HTMLSelectElement>("input, select, textarea")].find((each) => each.offsetParent && !each.value);
    (first ?? form.element.querySelector<HTMLElement>("input, select, textarea"))?.focus();
    return true;
  }

  update(): void {
    this.updateSeat();
    this.updateCards();
    this.updateMessages();
    for (const { form, holder } of this.forms.values()) if (!holder.hidden) form?.refresh();
  }

  // --- the seat ---------------------------------------------------------------------------------------------------------

  private updateSeat(): void {
    if (!this.store.may("seat.take") || !this.store.view) return;
    const sits = this.store.sits;
    const told = `${sits} ${this.store.frame?.ended}`;
    if (this.seat.dataset["told"] === told) return;
    this.seat.dataset["told"] = told;
    const text = this.t(sits ? "seat_held" : this.store.role.agencies.length && !this.store.ground.real ? "seat_policy" : "seat_free");
    const said = h("p", { class: "rm-note" });
    const click = async () => {
      said.textContent = "";
      said.textContent = await this.quietly({ do: sits ? "seat.leave" : "seat.take" });
    };
    const button = h("button", { type: "button", class: sits ? "" : "rm-main", "data-do": "seat", click }, this.t(sits ? "leave" : "take"));
    this.seat.replaceChildren(h("p", {}, text), ...(this.store.frame?.ended ? [] : [button, said]));
  }

  /** Do something that has no form of its own; where it is refused the page says so. Gives what was said, "" for done. */
  async quietly(action: Action): Promise<string> {
    try {
      await act(action);
      return "";
    } catch (error) {
      const why = error instanceof Refused ? error.faults[0]?.remedy : undefined;
      const said = error instanceof Unreachable ? this.t("not_sent") : (why ?? this.t("refused_plain"));
      this.onNews(said);
      return said;
    }
  }

  // --- what waits -------------------------------------------------------------------------------------------------------

  private wanted(): Card[] {
    const { store } = this;
    const waiting = (store.view?.waiting ?? []).flatMap((each): Card[] => {
      const request = store.view?.requests?.[String(each.n)];
      if (each.what === "request" && request) return [this.requestCard(request)];
      const talk = each.entry ? store.view?.talks?.[each.entry] : undefined;
      if (each.what === "talk" && talk) {
        const body = [h("p", {}, `${this.t(`talk_${talk.kind}`)}, ${talk.partner}: ${talk.text}`)];
        return [this.plain(`talk ${talk.id}`, each.until, "w_promise", body, "close_talk", () => this.open("dialogue.close", { entry: talk.id }))];
      }
      const over = each.what === "close" ? store.view?.operation?.incidents[String(each.n)] : undefined;
      if (over) {
        const body = [h("p", { class: "rm-lead" }, this.say.incident(each.n!)), h("p", {}, this.t("proposed_by", { who: this.say.seat(over.proposed?.by ?? ""), text: over.updates.filter((one) => one.state === "proposed").at(-1)?.text ?? "" }))];
        return [this.plain(`close ${each.n} ${over.proposed?.n}`, 0, "w_close", body, "close_incident", () => this.open("incident.update", { incident: String(each.n), state: "closed" }), false)];
      }
      const offer = each.what === "shift" ? store.view?.shifts?.[String(each.n)] : undefined;
      return offer ? [this.plain(`shift ${each.n}`, each.until, "w_shift", [h("p", {}, offer.text)], "read_shift", () => this.shift.accept(offer), false)] : [];
    });
    return [...waiting, ...this.unmet(), ...this.dueItems()];
  }

  /** Reported incidents to which nobody was sent yet, or that nobody has seen. */
  private reported(): Card[] {
    const open = this.store.reported.filter(([, each]) => each.state === "new" || (!each.units.length && each.state !== "handled"));
    return open.slice(0, MOST_UNMET).map(([n, each]) => {
      const send = this.store.may("order.send") && this.store.role.agencies.length > 0 && !each.units.length;
      const body = [h("p", { class: "rm-lead" }, this.say.incident(n)), h("p", {}, each.text), h("p", { class: "rm-needs" })];
      const [button, click] = send ? ["send_unit", () => this.open("order.send", { incident: String(n) })] : ["see_incident", () => this.open("incident.update", { incident: String(n), state: "seen" })];
      const card = this.plain(`told ${n} ${String(send)}`, 0, "w_reported", body, String(button), click as () => void, false);
      const needs = () => [this.say.t(`incident_state_${each.state}`), this.say.age(each.at), each.injured ? this.t("injured_n", { n: each.injured }) : ""].filter(Boolean).join(", ");
      return { ...card, update: (element: HTMLElement) => write(element.querySelector(".rm-needs")!, needs()) };
    });
  }

  private unmet(): Card[] {
    if (this.store.ground.real) return this.store.may("incident.update") && !this.store.frame?.ended ? this.reported() : [];
    if (!this.store.may("order.send") || this.store.frame?.ended) return [];
    return this.store.unmet.slice(0, MOST_UNMET).map((each) => {
      const card = this.plain(`incident ${each.row}`, 0, "w_incident", [h("p", { class: "rm-lead" }, this.say.incident(each.row)), h("p", { class: "rm-needs" })], "send_unit", () => this.open("order.send", { incident: String(each.row), capability: this.lack(each) }), false);
      const needs = () => this.needs(each.row);
      return { ...card, update: (element: HTMLElement) => write(element.querySelector(".rm-needs")!, needs()) };
    });
  }

  private lack(each: IncidentNow): string {
    return Object.entries(each.needs).find(([name, [need, sent]]) => this.store.can(name) && sent < need)?.[0] ?? "";
  }

  private needs(row: number): string {
    const each = this.store.frame?.incidents?.find((one) => one.row === row);
    return Object.entries(each?.needs ?? {})
      .filter(([, [need, sent]]) => sent < need)
      .map(([name, [need, sent]]) => this.t("need", { name: this.say.capability(name), need, sent }))
      .join("; ");
  }

  /** Events of the list whose time or stage has come, as the room itself says. */
  private dueItems(): Card[] {
    if (!this.store.may("inject.message") || this.store.frame?.ended) return [];
    const now = 1000 * this.store.now;
    const due = this.store.items.filter((each) => this.store.view?.due?.includes(each.id));
    return due.map((item) => {
      const body = [h("p", {}, this.say.both(item.text)), h("p", { class: "rm-note" }, item.to.map((role) => this.say.seat(role)).join(", "))];
      return this.plain(`item ${item.id}`, item.at ?? now, "w_item", body, "play_now", () => void this.play(item.id));
    });
  }

  /** Bring a message of the list to its roles. */
  async play(id: string): Promise<void> {
    const item = this.store.view?.items?.[id];
    if (item) await this.quietly({ do: "inject.message", to: [...item.to], text: this.say.both(item.text), item: id });
  }

  private plain(key: string, until: number, title: string, body: HTMLElement[], button: string, click: () => void, counts = true): Card {
    const left = h("span", { class: "rm-left" });
    const make = () => h("li", { class: "rm-card" }, h("p", { class: "rm-kicker" }, this.t(title), " ", left), ...body, h("div", { class: "rm-row" }, h("button", { type: "button", click }, this.t(button))));
    const update = (element: HTMLElement) => counts && write(element.querySelector(".rm-left")!, `${this.say.clock(until)} (${this.say.left(until)})`);
    return { key, until, make, update };
  }

  private requestCard(request: RequestNow): Card {
    const make = () => {
      const title = [this.say.request(request.kind, request.step), this.say.place(request.place)].filter(Boolean).join(", ");
      const form = this.answer(request);
      return h(
        "li",
        { class: "rm-card rm-request", "data-request": request.n },
        h("p", { class: "rm-kicker" }, this.t("w_request"), " ", h("span", { class: "rm-left" })),
        h("p", { class: "rm-lead" }, title),
        h("p", {}, this.t("asked_by", { by: this.say.seat(request.by), why: request.why })),
        form,
      );
    };
    const update = (element: HTMLElement) => write(element.querySelector(".rm-left")!, this.t("until", { at: this.say.clock(request.until), left: this.say.left(request.until) }));
    return { key: `request ${request.n}`, until: request.until, make, update };
  }

  /** Two buttons, one office, one reason. */
  private answer(request: RequestNow): HTMLElement {
    const make = (granted: boolean): Spec => ({
      do: "request.answer",
      submit: granted ? "grant" : "refuse",
      fields: [
        { name: "authority", kind: "text", label: "f_authority", hint: "h_partner", value: () => this.store.role.office },
        { name: "why", kind: "area", label: "f_why" },
      ],
      build: (v) => ({ do: "request.answer", request: request.n, granted, authority: v["authority"], why: v["why"] }),
    });
    const form = new Form(make(true), this);
    const refuse = h("button", { type: "button", "data-answer": "refuse", click: () => form.submitAs(make(false)) }, this.t("refuse"));
    const grant = form.element.querySelector("button[type=submit]")!;
    grant.setAttribute("data-answer", "grant");
    grant.after(refuse);
    return form.element;
  }

  private updateCards(): void {
    if (!this.store.view) return;
    const wanted = this.wanted();
    const keys = new Set(wanted.map((each) => each.key));
    for (const [key, element] of this.cards) {
      if (keys.has(key)) continue;
      element.remove();
      this.cards.delete(key);
    }
    wanted.forEach((each, index) => {
      const known = this.cards.get(each.key);
      const card = known ?? each.make();
      if (!known) {
        this.cards.set(each.key, card);
        if (this.started) this.onNews(card.querySelector(".rm-kicker")?.textContent ?? "");
      }
      each.update?.(card);
      if (this.waits.children[index] !== card) this.waits.insertBefore(card, this.waits.children[index] ?? null);
    });
    this.started = true;
    write(this.nothing, wanted.length ? "" : this.t("nothing_waits"));
  }

  private updateMessages(): void {
    const latest = (this.store.view?.messages ?? []).slice(-MOST_MESSAGES).reverse();
    const told = latest.map((each) => `${each.n} ${each.text}`).join();
    if (this.messages.dataset["told"] === told) return;
    if (this.messages.dataset["told"] !== undefined && latest.length) this.onNews(`${this.t("new_message")} ${latest[0]!.text}`);
    this.messages.dataset["told"] = told;
    const rows = latest.map((each) => h("li", {}, h("span", { class: "rm-at" }, this.say.clock(each.at)), " ", each.text));
    this.messages.replaceChildren(...(rows.length ? rows : [h("li", { class: "rm-note" }, this.t("no_messages"))]));
  }
}
