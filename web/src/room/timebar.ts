// The time bar of the room: how the stage of each place went, what people did and what happened as marks, and now.

import { h, write } from "../dom";
import { Unreachable, act, get } from "./api";
import { STAGES } from "./live";
import type { Past, Say, Store } from "./store";

const SYMBOLS = ["●", "▲", "■"];
const MOST_RIBBONS = 4;
const SPEEDS = [1, 2, 5, 10, 20, 30, 60];
const WAIT_MS = 250;
const STEP_S = 300;
const GRAVE = new Set(["death", "rooms_lost", "breached", "fire_start", "perimeter_damaged"]);
const MARKED = new Set([...GRAVE, "lapis_ganti", "lintas_ganti", "alih_kendali", "provoke", "incident", "hospital"]);
const ACTS = /^(request|order|command|voting|inject|report|dialogue|hospital|incident|crowd)/;

export class LiveBar {
  readonly element: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly ribbons = h("div", { class: "rm-ribbons", "aria-hidden": "true" });
  private readonly marks = h("div", { class: "rm-marks", "aria-hidden": "true" });
  private readonly line = h("div", { class: "rm-now" });
  private readonly time = h("output", { class: "rm-time" });
  private readonly play = h("button", { type: "button", class: "rm-main", "data-clock": "play" });
  private readonly speed = h("select", { "data-clock": "speed" }) as HTMLSelectElement;
  private readonly next = h("button", { type: "button", "data-clock": "next" });
  private readonly end = h("button", { type: "button", "data-clock": "end" });
  private readonly seen = new Map<number, [t: number, stage: number][]>();
  private timer = 0;
  private told = "";
  private asked: number | undefined; // the moment that is asked for: until it is shown the slider stays there

  constructor(
    private readonly store: Store,
    private readonly say: Say,
    private readonly onNews: (text: string) => void,
  ) {
    const t = (key: string) => say.t(key);
    const mayLook = ["controller", "evaluator"].includes(store.roleName);
    this.slider = h("input", { type: "range", min: 0, max: store.ground.horizon, step: 1, value: 0, "aria-label": t(mayLook ? "slider" : "slider_only"), disabled: !mayLook, input: () => this.drag() }) as HTMLInputElement;
    const row = (name: string, body: HTMLElement, more = "") => h("div", { class: `rm-bar-row ${more}` }, h("span", { class: "rm-name" }, name), body);
    const slide = h("div", { class: "rm-bar-row rm-slide" }, h("span", { class: "rm-name" }, this.time), this.slider);
    this.element = h("div", { class: "rm-bar" }, store.may("clock.run") || (store.ground.real && store.may("clock.end")) ? this.buttons() : null, h("div", { class: "rm-lines" }, this.ribbons, row(t("marks"), this.marks), slide, this.axis()));
    store.on("world", () => this.update());
    store.on("log", () => this.update());
    store.on("past", () => this.update());
    this.update();
  }

  // --- the clock of the controller --------------------------------------------------------------------------------------

  private buttons(): HTMLElement {
    const t = (key: string) => this.say.t(key);
    this.speed.setAttribute("aria-label", t("speed"));
    this.speed.append(...SPEEDS.map((value) => h("option", { value, selected: value === 10 }, `×${value}`)));
    this.speed.addEventListener("change", () => {
      if (this.store.speed > 0) void this.clock({ do: "clock.run", speed: Number(this.speed.value) });
    });
    this.play.addEventListener("click", () => void this.clock(this.store.speed > 0 ? { do: "clock.pause" } : { do: "clock.run", speed: Number(this.speed.value) }));
    this.next.addEventListener("click", () => void this.clock({ do: "clock.jump", to: this.target() }));
    this.end.addEventListener("click", () => this.ask());
    write(this.end, t(this.store.ground.real ? "end_real" : "end"));
    if (this.store.ground.real) return h("div", { class: "rm-buttons", role: "toolbar", "aria-label": t("clock_tools") }, this.end);
    const step = h("button", { type: "button", "data-clock": "step", click: () => void this.clock({ do: "clock.jump", to: Math.min(this.store.ground.horizon, this.store.now + STEP_S) }) }, t("step"));
    return h("div", { class: "rm-buttons", role: "toolbar", "aria-label": t("clock_tools") }, this.play, this.speed, step, this.next, this.end);
  }

  private async clock(action: { do: string } & Record<string, unknown>): Promise<void> {
    try {
      await act(action);
    } catch (error) {
      this.onNews(this.say.t(error instanceof Unreachable ? "not_sent" : "refused_plain"));
    }
  }

  /** The time of the next event of the list, else the end of the scenario. */
  private target(): number {
    const ahead = this.store.items.filter((each) => each.played === null && each.at !== null && each.at > 1000 * this.store.now);
    return ahead.length ? ahead[0]!.at! / 1000 : this.store.ground.horizon;
  }

  /** Ask before the end: nothing follows it but the review. */
  private ask(): void {
    const t = (key: string) => this.say.t(key);
    const dialog = h("dialog", { class: "rm-dialog", "aria-label": t("end") }) as HTMLDialogElement;
    const yes = () => {
      dialog.close();
      void this.clock({ do: "clock.end" });
    };
    const buttons = h("div", { class: "rm-row" }, h("button", { type: "button", click: () => dialog.close() }, t("cancel")), h("button", { type: "button", class: "rm-main", "data-clock": "end-yes", click: yes }, t("end_yes")));
    dialog.append(h("h2", {}, t("end")), h("p", {}, t(this.store.ground.real ? "end_ask_real" : "end_ask")), buttons);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  private updateButtons(): void {
    const ended = this.store.frame?.ended ?? false;
    write(this.play, this.say.t(this.store.speed > 0 ? "pause" : "run"));
    write(this.next, this.say.t("next", { at: this.say.clock(1000 * this.target()) }));
    for (const each of this.element.querySelectorAll<HTMLButtonElement>(".rm-buttons button, .rm-buttons select")) each.disabled = ended;
    if (this.store.speed > 0 && document.activeElement !== this.speed) this.speed.value = String(this.store.speed);
  }

  // --- the past ---------------------------------------------------------------------------------------------------------

  private drag(): void {
    const t = (this.asked = Number(this.slider.value));
    write(this.time, this.say.clock(1000 * t));
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(t), WAIT_MS);
  }

  /** Show a moment of the past; at now or beyond, now itself. */
  private async look(t: number): Promise<void> {
    let past: Past | undefined;
    if (t < this.store.now - 1) {
      try {
        past = { ...(await get<Past>(`/api/at?t=${Math.round(1000 * t)}`)), t };
      } catch {
        this.onNews(this.say.t("no_past"));
      }
    }
    if (this.asked !== t) return; // dragged on meanwhile
    this.asked = undefined;
    this.store.look(past);
  }

  // --- the picture ------------------------------------------------------------------------------------------------------

  private percent(t: number): string {
    return `${((100 * Math.min(Math.max(t, 0), this.store.ground.horizon)) / this.store.ground.horizon).toFixed(2)}%`;
  }

  /** The stages of a place so far: as the log tells them, else as they were seen since the page was opened. */
  private course(crowd: number): [t: number, stage: number][] {
    const ref = this.store.ground.crowds[crowd]!;
    const told = this.store.events.filter((each) => each.place === ref && each.event.startsWith("stage_")).map((each): [number, number] => [each.t / 1000, STAGES.indexOf(each.event.slice(6))]);
    const now = STAGES.indexOf(this.store.frame?.crowds?.[crowd]?.stage ?? "hijau");
    const seen = this.seen.get(crowd) ?? [];
    if (seen.at(-1)?.[1] !== now) seen.push([this.store.now, now]);
    this.seen.set(crowd, seen);
    if (!told.length && this.store.role.sees !== "public") return [[0, now]];
    return told.length ? [[0, 0], ...told] : seen;
  }

  private update(): void {
    const { store, say } = this;
    const { t } = store.shown;
    if (this.asked === undefined) {
      if (document.activeElement !== this.slider || !store.past) this.slider.value = String(Math.round(t));
      write(this.time, say.clock(1000 * t));
      this.slider.setAttribute("aria-valuetext", say.clock(1000 * t));
    }
    this.line.style.left = this.percent(store.now);
    this.updateButtons();
    const courses = (store.frame?.crowds ?? []).map((_, crowd) => this.course(crowd));
    const told = `${say.words.lang} ${JSON.stringify(courses)} ${Math.round((200 * store.now) / store.ground.horizon)} ${store.records.length} ${store.events.length}`;
    if (told === this.told) return;
    this.told = told;
    const worst = (course: [number, number][]) => Math.max(...course.map(([, stage]) => stage));
    const order = courses.map((course, crowd) => ({ course, crowd })).sort((a, b) => worst(b.course) - worst(a.course) || a.crowd - b.crowd);
    this.ribbons.replaceChildren(...order.slice(0, MOST_RIBBONS).map(({ course, crowd }) => this.ribbon(course, crowd)));
    this.drawMarks();
  }

  private ribbon(course: [number, number][], crowd: number): HTMLElement {
    const parts = course.map(([from, stage], k) => {
      const to = course[k + 1]?.[0] ?? this.store.now;
      const wide = (to - from) / this.store.ground.horizon > 0.025;
      const part = h("span", { class: `rm-part ${STAGES[stage]}`, title: this.say.words.stage(stage) }, wide ? SYMBOLS[stage]! : "");
      part.style.left = this.percent(from);
      part.style.width = this.percent(Math.max(0, to - from));
      return part;
    });
    return h("div", { class: "rm-bar-row" }, h("span", { class: "rm-name" }, this.say.place(this.store.ground.crowds[crowd])), h("div", { class: "rm-ribbon" }, ...parts));
  }

  private drawMarks(): void {
    const { store, say } = this;
    const city = store.events.filter((each) => MARKED.has(each.event)).map((each) => ({ t: each.t, class: GRAVE.has(each.event) ? "rm-mark grave" : "rm-mark", title: say.happened(each) }));
    const people = store.records.filter((each) => ACTS.test(each.action.do)).map((each) => ({ t: each.t, class: "rm-mark act", title: say.record(each) }));
    const marks = [...city, ...people].map((each) => {
      const mark = h("span", { class: each.class, title: `${say.clock(each.t)} ${each.title}` });
      mark.style.left = this.percent(each.t / 1000);
      return mark;
    });
    this.marks.replaceChildren(...marks, this.line);
  }

  private axis(): HTMLElement {
    const { horizon } = this.store.ground;
    const step = [600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].find((s) => horizon / s <= 8.5) ?? 604_800;
    const scale = h("div", { class: "rm-scale" });
    for (let t = Math.ceil(this.store.start / step) * step - this.store.start; t <= horizon; t += step) {
      const tick = h("span", {}, this.say.clock(1000 * t));
      tick.style.left = this.percent(t);
      if (t > 0.97 * horizon) tick.className = "last";
      if (t < 0.03 * horizon) tick.className = "first";
      scale.append(tick);
    }
    return h("div", { class: "rm-bar-row", "aria-hidden": "true" }, h("span", { class: "rm-name" }), scale);
  }
}
