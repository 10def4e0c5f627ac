// What a desk may do, as forms: each says its fields, what can be chosen, and the action that it makes.

import type { Field, Option, Spec, Values } from "./forms";
import { makeKey } from "./outbox";
import { Reports } from "./reports";
import type { Say, Store } from "./store";
import type { Action, ItemNow } from "./types";

const REPORTS = ["calm", "crowd", "violence", "fire", "injured", "blocked_exit", "free_exit", "street_closed", "other"];
const TALKS = ["meeting", "commitment", "notice", "rumour", "clarification", "contact"];
const STANDBY = ["agreed", "called_up", "ready", "released"];
const VOTING = ["open", "paused", "moved"];
const RATINGS = ["P", "S", "M", "U"];
const STEPS = [1, 2, 3, 4, 5];
const MINUTES = [5, 10, 15, 30, 60, 120];
const HOURS = [1, 3, 6, 12, 24, 72, 168];
const BUSY = new Set(["off_duty", "outside"]);
const OF_CROWDS = new Set(["office-fire", "unrest", "neighbour-fire"]); // they start at a crowd, by themselves

/** Leave out what was left empty. */
const given = (action: Record<string, unknown>): Action => Object.fromEntries(Object.entries(action).filter(([, value]) => value !== "" && value !== undefined)) as Action;
const number = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);

/** A name of one's own for an entry or an item. */
const named = (kind: string): string => `${kind}-${makeKey().slice(0, 8)}`;

export class Specs {
  readonly reports: Reports;

  constructor(
    private readonly store: Store,
    private readonly say: Say,
  ) {
    this.reports = new Reports(store, say, () => this.places());
  }

  // --- fields that several forms have -----------------------------------------------------------------------------------

  private place(name: string, more: Partial<Field> = {}): Field {
    return { name, kind: "select", label: "f_place", options: () => this.places(), ...more };
  }

  private crowd(): Field {
    return { name: "place", kind: "select", label: "f_place", options: () => this.store.ground.crowds.map((ref) => ({ value: ref, label: this.say.place(ref) })) };
  }

  private area(name: string, label: string, more: Partial<Field> = {}): Field {
    return { name, kind: "area", label, ...more };
  }

  private choice(name: string, label: string, keys: readonly string[], prefix: string, more: Partial<Field> = {}): Field {
    return { name, kind: "select", label, options: () => keys.map((key) => ({ value: key, label: this.say.t(`${prefix}_${key}`) })), ...more };
  }

  /** Places of protest first, then offices and services, then kelurahan. */
  places(): Option[] {
    const { ground } = this.store;
    const crowds = new Set(ground.crowds);
    const group = (ref: string, kind: string) => (crowds.has(ref) ? "g_crowds" : kind === "kelurahan" ? "g_kelurahan" : kind.startsWith("rs_") ? "g_hospitals" : "g_offices");
    const order = ["g_crowds", "g_offices", "g_hospitals", "g_kelurahan"];
    return ground.places
      .map((each) => ({ each, key: group(each.ref, each.kind) }))
      .sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key) || a.each.name.localeCompare(b.each.name))
      .map(({ each, key }) => ({ value: each.ref, label: this.say.place(each.ref), group: this.say.t(key) }));
  }

  seats(of: readonly string[]): Option[] {
    const held = Object.keys(this.store.view?.seats ?? {});
    return of.flatMap((role) => [role, ...held.filter((seat) => seat.startsWith(`${role}:`))]).map((seat) => ({ value: seat, label: this.say.seat(seat) }));
  }

  private minutes(name: string, label: string, options: readonly number[], unit: "min" | "h", more: Partial<Field> = {}): Field {
    return { name, kind: "select", label, options: () => options.map((n) => ({ value: String(n), label: this.say.t(`in_${unit}`, { n }) })), ...more };
  }

  private after(minutes: string | undefined): number | undefined {
    return minutes ? Math.round(this.store.now) + 60 * Number(minutes) : undefined;
  }

  // --- the forms, in the order of a desk --------------------------------------------------------------------------------

  /** Every form that this role may fill in. */
  all(): Spec[] {
    const { reports } = this;
    const made = [
      ...(this.store.ground.real ? [...reports.all(), reports.send(), reports.recall()] : [this.send(), this.recall()]), this.askToLeave(), this.handOver("command.hand_over"), this.handOver("command.change_line"), this.cap(), this.reinforce(),
      this.request(), this.hospital(), this.voting(), this.talk(), this.closeTalk(), this.report(), this.standby(), this.note(), this.rate(), this.observe(),
      this.improve(), this.closeImprove(), this.incident(), this.provoke(), this.arrive(), this.tension(), this.message(), this.redact(),
    ]; // prettier-ignore
    return made.filter((spec) => this.store.may(spec.do));
  }

  private send(): Spec {
    const { say, store } = this;
    const incidents = () => {
      const open = [...store.unmet, ...(store.frame?.incidents ?? []).filter((each) => each.recognised && !store.unmet.includes(each))];
      return open.map((each) => ({ value: String(each.row), label: say.incident(each.row) }));
    };
    const needs = (values: Values) => store.frame?.incidents?.find((each) => String(each.row) === values["incident"])?.needs ?? {};
    const capabilities = (values: Values) =>
      Object.entries(needs(values))
        .filter(([name]) => store.can(name))
        .map(([name, [need, sent]]) => ({ value: name, label: say.t("need", { name: say.capability(name), need, sent }) }));
    return {
      do: "order.send",
      submit: "order",
      fields: [
        { name: "incident", kind: "select", label: "f_incident", options: incidents },
        { name: "capability", kind: "select", label: "f_capability", options: capabilities },
        { name: "unit", kind: "select", label: "f_unit", options: (values) => this.able(values["capability"] ?? "") },
      ],
      build: (v) => ({ do: "order.send", unit: v["unit"], incident: Number(v["incident"]), capability: v["capability"] }),
    };
  }

  /** Units of the desk that can do something, those that stand idle first. */
  private able(capability: string): Option[] {
    const units = this.store.units().filter(({ index, state }) => this.store.ground.units![index]!.can.includes(capability) && !BUSY.has(state));
    const idle = (state: string) => state === "idle" || state === "return" || state === "freed";
    return units
      .sort((a, b) => Number(idle(b.state)) - Number(idle(a.state)))
      .map((each) => ({ value: each.id, label: `${this.say.unit(each.id)}: ${this.unitState(each)}`, group: this.say.t(idle(each.state) ? "g_idle" : "g_busy") }));
  }

  unitState(each: { state: string; place: string; to: string | null; incident: number }): string {
    const place = this.say.place(each.state === "travel" || each.state === "carry" || each.state === "turnout" ? each.to : each.place);
    return this.say.t(`unit_${each.state}`, { place });
  }

  private recall(): Spec {
    const out = () =>
      this.store
        .units()
        .filter((each) => each.incident >= 0)
        .map((each) => ({ value: each.id, label: `${this.say.unit(each.id)}: ${this.unitState(each)}` }));
    return { do: "order.recall", submit: "order", fields: [{ name: "unit", kind: "select", label: "f_unit", options: out }], build: (v) => ({ do: "order.recall", unit: v["unit"] }) };
  }

  private askToLeave(): Spec {
    return { do: "order.ask_to_leave", fields: [this.crowd()], build: (v) => ({ do: "order.ask_to_leave", place: v["place"] }) };
  }

  private handOver(what: string): Spec {
    return { do: what, submit: "order", fields: [this.crowd()], build: (v) => ({ do: what, place: v["place"] }) };
  }

  private steps(): Field {
    return { name: "step", kind: "select", label: "f_step", options: () => STEPS.map((n) => ({ value: String(n), label: this.say.t(`step_${n}`) })) };
  }

  private cap(): Spec {
    return {
      do: "command.cap_force",
      submit: "order",
      fields: [this.crowd(), this.steps(), this.area("why", "f_why")],
      build: (v) => ({ do: "command.cap_force", place: v["place"], step: Number(v["step"]), why: v["why"] }),
    };
  }

  private reinforce(): Spec {
    return { do: "command.reinforce", submit: "order", fields: [this.area("why", "f_why")], build: (v) => ({ do: "command.reinforce", why: v["why"] }) };
  }

  private request(): Spec {
    const { store, say } = this;
    const kinds = store.ground.requests ?? {};
    const mine = () => Object.entries(kinds).filter(([, kind]) => kind.by.includes(store.roleName)).map(([value, kind]) => ({ value, label: say.both(kind) }));
    const kind = (v: Values) => kinds[v["kind"] ?? ""];
    return {
      do: "request.make",
      submit: "ask",
      fields: [
        { name: "kind", kind: "select", label: "f_request", options: mine },
        { name: "to", kind: "select", label: "f_to", options: (v) => this.seats(kind(v)?.to ?? []) },
        this.place("place", { shown: (v) => Boolean(kind(v)?.place) }),
        { ...this.steps(), shown: (v) => Boolean(kind(v)?.step) },
        this.area("why", "f_why"),
        this.minutes("until", "f_until", MINUTES, "min", { value: () => "10" }),
      ],
      build: (v) => given({ do: "request.make", kind: v["kind"], to: v["to"], place: v["place"], step: number(v["step"]), why: v["why"], until: this.after(v["until"]) }),
    };
  }

  hospital(): Spec {
    const { store, say } = this;
    const own = store.me.seat.split(":")[1];
    const hospitals = (own ? [own] : (store.ground.hospitals ?? [])).map((value) => ({ value, label: say.place(value) }));
    const beds = (name: string, optional: boolean): Field => ({ name, kind: "number", label: `f_${name}`, min: 0, max: 10_000, step: 1, optional });
    return {
      do: "hospital.update",
      fields: [{ name: "hospital", kind: "select", label: "f_hospital", options: () => hospitals }, beds("igd_free", false), beds("igd_waiting", false), beds("icu_free", true), beds("ward_free", true)],
      build: (v) => given({ do: "hospital.update", hospital: v["hospital"], igd_free: number(v["igd_free"]), igd_waiting: number(v["igd_waiting"]), icu_free: number(v["icu_free"]), ward_free: number(v["ward_free"]) }),
    };
  }

  private voting(): Spec {
    return {
      do: "voting",
      submit: "decide",
      fields: [this.place("place"), this.choice("state", "f_voting", VOTING, "state"), this.area("why", "f_why")],
      build: (v) => ({ do: "voting", place: v["place"], state: v["state"], why: v["why"] }),
    };
  }

  private talk(): Spec {
    const rumours = () =>
      Object.values(this.store.view?.talks ?? {}).filter((each) => each.kind === "rumour").map((each) => ({ value: each.id, label: each.text.slice(0, 80) }));
    return {
      do: "dialogue.put",
      fields: [
        this.choice("kind", "f_talk", TALKS, "talk"),
        { name: "partner", kind: "text", label: "f_partner", hint: "h_partner" },
        this.area("text", "f_text"),
        this.place("place", { optional: true }),
        { name: "about", kind: "select", label: "f_about", options: rumours, shown: (v) => v["kind"] === "clarification" },
        { name: "notice_h", kind: "number", label: "f_notice", min: 0, max: 9600, step: 1, shown: (v) => v["kind"] === "notice" },
        this.minutes("due", "f_due", HOURS, "h", { optional: true, shown: (v) => v["kind"] === "commitment" || v["kind"] === "meeting" }),
      ],
      build: (v) =>
        given({
          do: "dialogue.put", entry: named(v["kind"]!), kind: v["kind"], partner: v["partner"], text: v["text"], place: v["place"], about: v["about"],
          notice_h: number(v["notice_h"]), due: v["due"] ? this.after(String(60 * Number(v["due"]))) : undefined,
        }), // prettier-ignore
    };
  }

  private closeTalk(): Spec {
    const { say } = this;
    const open = () =>
      Object.values(this.store.view?.talks ?? {}).filter((each) => each.kept === null).map((each) => ({ value: each.id, label: `${say.t(`talk_${each.kind}`)}, ${each.partner}: ${each.text.slice(0, 60)}` }));
    const kept = () => ["yes", "no"].map((value) => ({ value, label: say.t(`kept_${value}`) }));
    return {
      do: "dialogue.close",
      fields: [{ name: "entry", kind: "select", label: "f_entry", options: open }, { name: "kept", kind: "radio", label: "f_kept", options: kept }, this.area("text", "f_end")],
      build: (v) => ({ do: "dialogue.close", entry: v["entry"], kept: v["kept"] === "yes", text: v["text"] }),
    };
  }

  report(): Spec {
    return {
      do: "report",
      fields: [this.place("place"), this.choice("what", "f_what", REPORTS, "what"), this.area("text", "f_text", { hint: "h_text" })],
      build: (v) => ({ do: "report", place: v["place"], what: v["what"], text: v["text"] }),
    };
  }

  private standby(): Spec {
    return {
      do: "standby",
      fields: [
        { name: "text", kind: "text", label: "f_standby" },
        { name: "n", kind: "number", label: "f_number", min: 0, max: 10_000, step: 1 },
        this.place("place", { optional: true }),
        this.choice("state", "f_state", STANDBY, "state"),
      ],
      build: (v) => given({ do: "standby", text: v["text"], n: number(v["n"]), place: v["place"], state: v["state"] }),
    };
  }

  note(): Spec {
    return { do: "note", fields: [this.area("text", "f_text", { hint: "h_text" })], build: (v) => ({ do: "note", text: v["text"] }) };
  }

  private tasks(): Option[] {
    const { say } = this;
    return (this.store.ground.objectives ?? []).flatMap((each) => each.tasks.map((task) => ({ value: task.id, label: say.pick(task, "title"), group: say.pick(each, "title") })));
  }

  private rate(): Spec {
    return {
      do: "rate",
      submit: "rate",
      fields: [
        { name: "task", kind: "select", label: "f_task", options: () => this.tasks() },
        { name: "rating", kind: "radio", label: "f_rating", options: () => RATINGS.map((value) => ({ value, label: this.say.t(`rating_${value}`) })) },
        this.area("text", "f_text", { hint: "h_text" }),
      ],
      build: (v) => ({ do: "rate", task: v["task"], rating: v["rating"], text: v["text"] }),
    };
  }

  observe(): Spec {
    const task: Field = { name: "task", kind: "select", label: "f_task", options: () => this.tasks(), optional: true };
    return {
      do: "observe",
      fields: [...(this.store.ground.objectives?.length ? [task] : []), this.place("place", { optional: true }), this.area("text", "f_text", { hint: "h_text" })],
      build: (v) => given({ do: "observe", task: v["task"], place: v["place"], text: v["text"] }),
    };
  }

  private improve(): Spec {
    return {
      do: "improve.put",
      fields: [this.area("text", "f_improve"), { name: "owner", kind: "text", label: "f_owner", hint: "h_partner" }, { name: "due", kind: "date", label: "f_day" }],
      build: (v) => ({ do: "improve.put", item: named("perbaikan"), text: v["text"], owner: v["owner"], due: v["due"] }),
    };
  }

  private closeImprove(): Spec {
    const open = () =>
      Object.entries(this.store.view?.improvements ?? {}).filter(([, each]) => each.closed === null).map(([value, each]) => ({ value, label: `${each.owner}: ${each.text.slice(0, 60)}` }));
    return {
      do: "improve.close",
      fields: [{ name: "item", kind: "select", label: "f_item", options: open }, this.area("evidence", "f_evidence")],
      build: (v) => ({ do: "improve.close", item: v["item"], evidence: v["evidence"] }),
    };
  }

  // --- of the controller ------------------------------------------------------------------------------------------------

  private incident(): Spec {
    const kinds = () => (this.store.ground.kinds ?? []).filter((kind) => !OF_CROWDS.has(kind)).map((value) => ({ value, label: this.say.kind(value) }));
    return {
      do: "inject.incident",
      submit: "play",
      fields: [this.place("place"), { name: "kind", kind: "select", label: "f_kind", options: kinds }],
      build: (v) => ({ do: "inject.incident", place: v["place"], kind: v["kind"] }),
    };
  }

  private people(): Field {
    return { name: "people", kind: "number", label: "f_people", min: 1, max: 100_000, step: 1 };
  }

  private provoke(): Spec {
    return { do: "inject.provoke", submit: "play", fields: [this.crowd(), this.people()], build: (v) => ({ do: "inject.provoke", place: v["place"], people: Number(v["people"]) }) };
  }

  private arrive(): Spec {
    return {
      do: "inject.arrive",
      submit: "play",
      fields: [this.crowd(), this.people(), this.minutes("over", "f_over", MINUTES, "min", { value: () => "10" })],
      build: (v) => ({ do: "inject.arrive", place: v["place"], people: Number(v["people"]), over: 60 * Number(v["over"]) }),
    };
  }

  private tension(): Spec {
    const field: Field = { name: "tension", kind: "number", label: "f_tension", min: 0, max: 100, step: 0.1, hint: "h_tension" };
    return { do: "inject.tension", submit: "play", fields: [field], build: (v) => ({ do: "inject.tension", tension: Number(v["tension"]) }) };
  }

  private roles(): Field {
    return { name: "to", kind: "select", label: "f_to", options: () => this.seats(Object.keys(this.store.ground.roles).filter((name) => name !== "public")) };
  }

  private message(): Spec {
    return { do: "inject.message", submit: "play", fields: [this.roles(), this.area("text", "f_message")], build: (v) => ({ do: "inject.message", to: [v["to"]], text: v["text"] }) };
  }

  /** An item of the list, new or in the place of one that is there. */
  item(old: ItemNow | undefined): Spec {
    const { say } = this;
    const minute: Field = { name: "at", kind: "number", label: "f_minute", min: 0, max: 600_000, step: 1, optional: true, hint: "h_shelf", value: () => (old?.at === null || !old ? "" : String(Math.round(old.at / 60_000))) };
    const to = old ? [] : [this.roles()];
    const place: Field = { ...this.crowd(), name: "when_place", label: "f_when_place", optional: true, shown: (v) => !v["at"], value: () => old?.when?.place ?? "" };
    const stage = this.choice("when_stage", "f_when_stage", ["kuning", "merah"], "stage", { shown: (v) => !v["at"] && !!v["when_place"], value: () => old?.when?.stage ?? "" });
    const when = (v: Values) => (!v["at"] && v["when_place"] ? { place: v["when_place"], stage: v["when_stage"] } : undefined);
    return {
      do: "msel.put",
      submit: "keep",
      fields: [...to, minute, place, stage, this.area("text", "f_message", { value: () => (old ? say.both(old.text) : "") }), this.area("expected", "f_expected", { optional: true, value: () => (old ? say.both(old.expected) : "") })],
      build: (v) => given({ do: "msel.put", item: old?.id ?? named("acara"), at: v["at"] ? 60 * Number(v["at"]) : undefined, when: when(v), to: old ? [...old.to] : [v["to"]], text: v["text"], expected: v["expected"] }),
    };
  }

  drop(item: ItemNow): Spec {
    return { do: "msel.drop", submit: "drop", fields: [this.area("why", "f_why")], build: (v) => ({ do: "msel.drop", item: item.id, why: v["why"] }) };
  }

  private redact(): Spec {
    const field: Field = { name: "record", kind: "number", label: "f_record", min: 0, max: 10_000_000, step: 1, hint: "h_record" };
    return { do: "redact", submit: "redact", fields: [field, this.area("why", "f_why")], build: (v) => ({ do: "redact", record: Number(v["record"]), why: v["why"] }) };
  }
}
