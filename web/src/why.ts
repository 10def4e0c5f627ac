// Why was this unit sent, or none? The decisions of an incident, as the engine took them, in plain words.

import type { Decision } from "./document";
import { h } from "./dom";
import { CROWD_CALL, type Event, type Replay } from "./replay";
import type { Words } from "./words";

const TENTHS = 10;
const HALF_A_TENTH = 0.05;
const FALLS = new Set(["perimeter_damaged", "breached", "rooms_lost"]);

function kept(parts: (HTMLElement | null)[]): HTMLElement[] {
  return parts.filter((each) => each !== null);
}

/** Number of the decision that an event or a moment is about: its own, else the last one before it, else the first. */
function standing(decisions: Decision[], at: number, asked?: Event): number {
  const told = asked && (asked.code === "unmet" || asked.code === "dispatch") ? asked : undefined;
  const capability = told?.detail.split(" ").slice(1).join(" ");
  const own = decisions.findIndex((each) => Math.abs(each.t / TENTHS - at) < HALF_A_TENTH && each.asked === capability);
  if (own >= 0) return own;
  const before = decisions.filter((each) => each.t / TENTHS <= at + HALF_A_TENTH).length;
  return Math.max(0, before - 1);
}

export class Why {
  constructor(
    private readonly replay: Replay,
    private readonly words: Words,
    private readonly jump: (t: number) => void,
  ) {}

  private unit(index: number): string {
    return this.words.unitOf(this.replay, index);
  }

  private clock(tenths: number): string {
    return this.words.clock(this.replay.doc.about.start_s, tenths / TENTHS);
  }

  title(id: number): string {
    const incident = this.replay.incidents[id]!;
    const kind = this.words.kind(incident.kind);
    return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} · ${this.replay.name(incident.place)}`;
  }

  /** Tell one incident: what happened, the decision that stands at a moment, and the others, folded. */
  incident(id: number, at: number, asked?: Event): HTMLElement[] {
    const incident = this.replay.incidents[id]!;
    const [called, recognised, closed] = incident.times;
    const t = (key: string, fields = {}) => this.words.t(key, fields);
    const steps = [t("why_called", { at: this.clock(called) })];
    if (recognised !== null) steps.push(t("why_understood", { span: this.words.span((recognised - called) / TENTHS) }));
    if (incident.answered < Infinity) steps.push(t("why_answered", { span: this.words.span(incident.answered - called / TENTHS) }));
    else steps.push(t("why_unanswered"));
    if (closed !== null) steps.push(t("why_closed", { at: this.clock(closed) }));
    const head = [h("p", {}, steps.join(" ")), this.held(asked)];
    const { decisions } = incident;
    if (!decisions.length) return kept([...head, h("p", {}, t("why_none"))]);
    const now = standing(decisions, at, asked);
    return kept([
      ...head,
      this.decision(decisions[now]!),
      this.folded("why_earlier", decisions.slice(0, now).reverse()),
      this.folded("why_later", decisions.slice(now + 1)),
    ]);
  }

  private folded(key: string, decisions: Decision[]): HTMLElement | null {
    if (!decisions.length) return null;
    const summary = h("summary", {}, this.words.t(key, { n: this.words.count(decisions.length) }));
    return h("details", { class: "pb-decisions" }, summary, ...decisions.map((each) => this.decision(each)));
  }

  /** Say of a fence, doors or rooms that fell how many used violence there, and how many officers stood against them. */
  private held(asked?: Event): HTMLElement | null {
    if (!asked || !FALLS.has(asked.code)) return null;
    const officers = this.replay.crowdsAt(asked.t).find((each) => each.place === asked.place)?.officers ?? 0;
    const fields = { violent: this.words.count(parseInt(asked.detail, 10)), officers: this.words.count(officers) };
    return h("p", { class: "pb-held" }, this.words.t("why_fell", { at: this.clock(asked.t * TENTHS), ...fields }));
  }

  private decision(each: Decision): HTMLElement {
    const words = this.words;
    const asked = words.named("capability", each.asked);
    const time = h("button", { type: "button", class: "pb-link", click: () => this.jump(each.t / TENTHS) }, this.clock(each.t));
    const head = h("h4", {}, time, ` ${words.t("why_asked", { asked })}`);
    return h("div", { class: "pb-decision" }, head, h("p", {}, this.reason(each, asked)), this.candidates(each));
  }

  /** Say in a sentence or two why it went as it did. */
  private reason(each: Decision, asked: string): string {
    const words = this.words;
    const names = each.sent.map((unit) => this.unit(unit)).join(", ");
    const told: string[] = [];
    if (each.sent.length && !each.candidates.length) told.push(words.t("why_freed", { units: names }));
    else if (each.sent.length) told.push(words.t(this.tookLesser(each) ? "why_taken" : "why_nearest", { units: names }));
    if (each.unmet > 0) {
      const free = each.candidates.some(([unit, standing]) => standing === "available" && !each.sent.includes(unit));
      const none = each.candidates.length === 0 ? "why_nobody" : free ? "why_short" : "why_unmet";
      told.push(words.t(none, { n: words.count(each.unmet), asked }));
    }
    return told.join(" ");
  }

  private tookLesser(each: Decision): boolean {
    return each.candidates.some(([unit, standing]) => standing === "serves_lower" && each.sent.includes(unit));
  }

  private candidates(each: Decision): HTMLElement | null {
    if (!each.candidates.length) return null;
    const t = (key: string) => this.words.t(key);
    const rows = each.candidates.map(([unit, standing, seconds]) => {
      const sent = each.sent.includes(unit);
      return h(
        "tr",
        sent ? { class: "sent" } : {},
        h("th", { scope: "row" }, this.unit(unit)),
        h("td", {}, t(`standing_${standing}`)),
        h("td", { class: "number" }, seconds === null ? "–" : this.words.span(seconds)),
        h("td", {}, sent ? t("sent_yes") : "–"),
      );
    });
    const others = Object.entries(each.others).map(([standing, n]) => `${this.words.count(n)} ${t(`standing_${standing}`)}`);
    const head = ["col_unit", "col_standing", "col_there", "col_sent"].map((key) => h("th", { scope: "col" }, t(key)));
    const table = h("table", {}, h("caption", { class: "pb-unseen" }, t("why_table")), h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
    const scroll = h("div", { class: "pb-scroll", tabindex: 0, role: "region", "aria-label": t("why_table") }, table);
    return others.length ? h("div", {}, scroll, h("p", { class: "pb-note" }, this.words.t("why_others", { list: others.join(", ") }))) : scroll;
  }

  /** The incident that a place is or was last asked about; −1 where there was none. */
  latest(place: number, t: number): number {
    let found = -1;
    this.replay.incidents.forEach((each, id) => {
      if (each.place === place && each.times[0] / TENTHS <= t && each.decisions.length) found = id;
    });
    return found;
  }

  /** The incident with the last decision before a moment: what "why?" means when nothing is chosen. */
  recent(t: number): number {
    let found = -1;
    let when = -1;
    this.replay.incidents.forEach((each, id) => {
      for (const decision of each.decisions) {
        if (decision.t / TENTHS <= t && decision.t >= when) [found, when] = [id, decision.t];
      }
    });
    return found;
  }

  isCrowd(id: number): boolean {
    return this.replay.incidents[id]?.kind === CROWD_CALL;
  }
}
