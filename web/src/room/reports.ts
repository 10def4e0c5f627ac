// The reports of an operation as forms: a TPS in three taps, an incident, a crowd, a unit; and orders to real incidents.

import type { Field, Option, Spec } from "./forms";
import { makeKey } from "./outbox";
import type { Say, Store } from "./store";
import type { Action } from "./types";

const TPS = ["not_open", "open", "queue", "closed", "counting", "counted", "disrupted"];
const UNITS = ["standby", "moving", "at_scene", "returning", "resting", "off"];
const UPDATES = ["seen", "handled", "closed"];
const TRENDS = ["growing", "steady", "shrinking"];
const OF_CROWDS = new Set(["office-fire", "unrest", "neighbour-fire"]); // a crowd has a report of its own
const AWAY = new Set(["resting", "off"]);
const WHERE = "sispamkota.tps"; // the TPS of this phone: chosen once

const given = (action: Record<string, unknown>): Action => Object.fromEntries(Object.entries(action).filter(([, value]) => value !== "" && value !== undefined)) as Action;
const number = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);

export class Reports {
  constructor(
    private readonly store: Store,
    private readonly say: Say,
    private readonly places: () => Option[],
  ) {}

  all(): Spec[] {
    return [this.tps(), this.incident(), this.crowd(), this.update(), this.unit()];
  }

  private radio(name: string, label: string, keys: readonly string[], prefix: string): Field {
    return { name, kind: "radio", label, options: () => keys.map((key) => ({ value: key, label: this.say.t(`${prefix}_${key}`) })) };
  }

  private count(name: string, label: string, more: Partial<Field> = {}): Field {
    return { name, kind: "number", label, min: 0, max: 100_000, step: 1, ...more };
  }

  private place(): Field {
    return { name: "place", kind: "select", label: "f_place", options: this.places };
  }

  private text(): Field {
    return { name: "text", kind: "area", label: "f_text", hint: "h_text" };
  }

  /** How a TPS stands: it is chosen once and stays, so that the next report takes two taps. */
  tps(): Spec {
    const { store, say } = this;
    const kept = () => localStorage.getItem(WHERE) ?? "";
    const areas = () => Object.keys(store.ground.tps ?? {}).map((ref) => ({ value: ref, label: say.place(ref) })).sort((a, b) => a.label.localeCompare(b.label));
    const codes = (area: string) => (store.ground.tps?.[area] ?? []).map((code) => ({ value: code, label: say.t("tps_n", { n: Number(code.split("/")[1]) }) }));
    return {
      do: "tps.report",
      fields: [
        { name: "area", kind: "select", label: "f_kelurahan", options: areas, value: () => kept().split("/")[0] ?? "" },
        { name: "tps", kind: "select", label: "f_tps", options: (v) => (v["area"] ? [...codes(v["area"]), { value: v["area"], label: say.t("tps_every") }] : []), value: kept },
        this.radio("state", "f_tps_state", TPS, "tps"),
        this.count("waiting", "f_waiting", { optional: true, shown: (v) => v["state"] === "queue" }),
      ],
      build: (v) => {
        localStorage.setItem(WHERE, v["tps"] ?? "");
        return given({ do: "tps.report", tps: v["tps"], state: v["state"], waiting: number(v["waiting"]), key: makeKey() });
      },
    };
  }

  incident(): Spec {
    const kinds = () => (this.store.ground.kinds ?? []).filter((kind) => !OF_CROWDS.has(kind)).map((value) => ({ value, label: this.say.kind(value) }));
    return {
      do: "incident.report",
      fields: [this.place(), { name: "kind", kind: "select", label: "f_kind", options: kinds }, this.text(), this.count("injured", "f_injured", { optional: true })],
      build: (v) => given({ do: "incident.report", place: v["place"], kind: v["kind"], text: v["text"], injured: number(v["injured"]), key: makeKey() }),
    };
  }

  private open(): Field {
    return { name: "incident", kind: "select", label: "f_incident", options: () => this.store.reported.map(([n]) => ({ value: String(n), label: `${n}. ${this.say.incident(n)}` })) };
  }

  update(): Spec {
    return {
      do: "incident.update",
      fields: [this.open(), { ...this.radio("state", "f_state", UPDATES, "incident_state"), options: (v) => this.updates(v["incident"]) }, this.text(), this.count("injured", "f_injured", { optional: true })],
      build: (v) => given({ do: "incident.update", incident: Number(v["incident"]), state: v["state"], text: v["text"], injured: number(v["injured"]), key: makeKey() }),
    };
  }

  /** What may be said of an incident; who does not lead it proposes to close it. */
  private updates(incident: string | undefined): Option[] {
    const closes = !incident || this.store.closes(Number(incident));
    return UPDATES.map((value) => ({ value, label: this.say.t(value === "closed" && !closes ? "incident_propose" : `incident_state_${value}`) }));
  }

  crowd(): Spec {
    return {
      do: "crowd.report",
      fields: [this.place(), this.count("people", "f_people"), this.count("violent", "f_violent", { optional: true, hint: "h_violent" }), this.radio("trend", "f_trend", TRENDS, "trend")],
      build: (v) => given({ do: "crowd.report", place: v["place"], people: number(v["people"]), violent: number(v["violent"]), trend: v["trend"], key: makeKey() }),
    };
  }

  /** Units of the desk with what was last reported of them; those that are free first. */
  private units(which: (state: string | undefined, incident: number | null, can: string[]) => boolean): Option[] {
    const { store, say } = this;
    const told = store.view?.operation?.units ?? {};
    const own = (store.ground.units ?? []).filter((each) => store.role.agencies.includes(each.agency) && which(told[each.id]?.state, told[each.id]?.incident ?? null, each.can));
    return own.map(({ id }) => ({ value: id, label: `${say.unit(id)}: ${say.t(`unit_state_${told[id]?.state ?? "untold"}`)}` }));
  }

  unit(): Spec {
    const there = (v: Record<string, string>) => v["state"] === "moving" || v["state"] === "at_scene";
    return {
      do: "unit.report",
      fields: [
        { name: "unit", kind: "select", label: "f_unit", options: () => this.units(() => true) },
        this.radio("state", "f_state", UNITS, "unit_state"),
        { ...this.open(), optional: true, shown: there },
        { ...this.place(), optional: true },
      ],
      build: (v) => given({ do: "unit.report", unit: v["unit"], state: v["state"], incident: number(v["incident"]), place: v["place"], key: makeKey() }),
    };
  }

  send(): Spec {
    const { store, say } = this;
    const able = () => [...new Set((store.ground.units ?? []).filter((each) => store.role.agencies.includes(each.agency)).flatMap((each) => each.can))];
    return {
      do: "order.send",
      submit: "order",
      fields: [
        this.open(),
        { name: "capability", kind: "select", label: "f_capability", options: () => able().map((value) => ({ value, label: say.capability(value) })) },
        { name: "unit", kind: "select", label: "f_unit", options: (v) => (v["capability"] ? this.units((state, incident, can) => incident === null && !AWAY.has(state ?? "") && can.includes(v["capability"]!)) : []) },
      ],
      build: (v) => ({ do: "order.send", unit: v["unit"], incident: Number(v["incident"]), capability: v["capability"] }),
    };
  }

  recall(): Spec {
    return { do: "order.recall", submit: "order", fields: [{ name: "unit", kind: "select", label: "f_unit", options: () => this.units((_, incident) => incident !== null) }], build: (v) => ({ do: "order.recall", unit: v["unit"] }) };
  }
}
