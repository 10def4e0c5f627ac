// The time bar: stages as ribbons, events as marks, one slider over both, and the buttons that move the time.

import { h, write } from "./dom";
import type { Event, Replay } from "./replay";
import type { Words } from "./words";

const SYMBOLS = ["●", "▲", "■"];
const STAGES = ["hijau", "kuning", "merah"];
const MOST_RIBBONS = 4;
const SPEEDS = [1, 5, 15, 30, 60];
const LONG_SPEEDS = [300, 900];
const LONG_S = 6 * 3600;
const SNAP_PX = 8;
const GRAVE = new Set(["death", "rooms_lost", "breached", "stage_merah", "fire_start", "perimeter_damaged"]);

export type Act = "play" | "back" | "forward" | "previous" | "next" | "start" | "end" | "help";

export class TimeBar {
  readonly element: HTMLElement;
  readonly slider: HTMLInputElement;
  speed = 60;
  onAct: (act: Act) => void = () => undefined;
  onTime: (t: number) => void = () => undefined;
  private readonly select = h("select") as HTMLSelectElement;
  private readonly playButton: HTMLElement;
  private readonly time: HTMLElement;

  constructor(
    private readonly replays: Replay[],
    private readonly words: Words,
  ) {
    const t = (key: string) => words.t(key);
    const button = (act: Act, sign: string) =>
      h("button", { type: "button", "data-act": act, click: () => this.onAct(act) }, h("span", { "aria-hidden": "true" }, sign), ` ${t(act)}`);
    this.playButton = button("play", "▶");
    this.time = h("output", { class: "pb-time" });
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: this.horizon,
      step: 1,
      value: 0,
      "aria-label": t("slider"),
      input: () => this.onTime(Number(this.slider.value)),
    }) as HTMLInputElement;
    this.element = h(
      "div",
      { class: "pb-bar" },
      h(
        "div",
        { class: "pb-buttons", role: "toolbar", "aria-label": t("toolbar") },
        this.playButton,
        button("previous", "«"),
        button("back", "−"),
        button("forward", "+"),
        button("next", "»"),
        this.speeds(),
        button("help", "?"),
      ),
      h("div", { class: "pb-lines" }, ...replays.flatMap((replay, n) => this.ribbons(replay, n)), this.sliderRow(), this.axis()),
    );
  }

  private get horizon(): number {
    return Math.max(...this.replays.map((replay) => replay.horizon));
  }

  private speeds(): HTMLElement {
    const all = this.horizon > LONG_S ? [...SPEEDS, ...LONG_SPEEDS] : SPEEDS;
    this.select.append(...all.map((speed) => h("option", { value: speed, selected: speed === this.speed }, `×${this.words.count(speed)}`)));
    this.select.addEventListener("change", () => (this.speed = Number(this.select.value)));
    return h("label", { class: "pb-speed" }, `${this.words.t("speed")} `, this.select);
  }

  changeSpeed(by: number): void {
    const next = Math.min(this.select.options.length - 1, Math.max(0, this.select.selectedIndex + by));
    this.select.selectedIndex = next;
    this.speed = Number(this.select.value);
  }

  private percent(t: number): string {
    return `${((100 * t) / this.horizon).toFixed(3)}%`;
  }

  /** One ribbon for each of the places that went furthest, and the key events as marks under them. */
  private ribbons(replay: Replay, n: number): HTMLElement[] {
    const worst = (stages: number[]) => Math.max(...stages);
    const rows = [...replay.crowds]
      .sort((a, b) => worst(b.stages) - worst(a.stages))
      .slice(0, MOST_RIBBONS)
      .map((course) => {
        const parts = course.stageTimes.map((start, k) => {
          const end = course.stageTimes[k + 1] ?? replay.horizon;
          const stage = course.stages[k]!;
          const wide = (end - start) / this.horizon > 0.025;
          const part = h("span", { class: `pb-part ${STAGES[stage]}`, title: this.words.stage(stage) }, wide ? SYMBOLS[stage]! : "");
          part.style.left = this.percent(start);
          part.style.width = this.percent(end - start);
          return part;
        });
        return this.row(this.label(replay, n, replay.name(course.place)), h("div", { class: "pb-ribbon" }, ...parts));
      });
    const track = h("div", { class: "pb-marks", click: (event) => this.snap(event as MouseEvent, replay) });
    for (const event of replay.keys) {
      const mark = h("span", { class: `pb-mark${GRAVE.has(event.code) ? " grave" : ""}`, title: this.title(replay, event) });
      mark.style.left = this.percent(event.t);
      track.append(mark);
    }
    return [...rows, this.row(this.label(replay, n, this.words.t("events")), track)];
  }

  private label(replay: Replay, n: number, name: string): string {
    return this.replays.length > 1 ? `${String.fromCharCode(65 + n)} · ${name}` : name || replay.doc.about.city;
  }

  private title(replay: Replay, event: Event): string {
    return `${this.words.clock(replay.doc.about.start_s, event.t)} ${this.words.tell(replay, event)}`;
  }

  private row(name: string, body: HTMLElement): HTMLElement {
    return h("div", { class: "pb-row", "aria-hidden": "true" }, h("span", { class: "pb-name" }, name), body);
  }

  private sliderRow(): HTMLElement {
    return h("div", { class: "pb-row pb-slide" }, h("span", { class: "pb-name" }, this.time), this.slider);
  }

  /** Hours, or parts of an hour, as the clock on the wall shows them. */
  private axis(): HTMLElement {
    const start = this.replays[0]!.doc.about.start_s;
    const step = [600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800].find((s) => this.horizon / s <= 8.5) ?? 2_592_000;
    const scale = h("div", { class: "pb-scale" });
    for (let t = Math.ceil(start / step) * step - start; t <= this.horizon; t += step) {
      const tick = h("span", {}, this.words.clock(start, t));
      tick.style.left = this.percent(t);
      if (t > 0.97 * this.horizon) tick.className = "last";
      scale.append(tick);
    }
    return this.row("", scale);
  }

  private snap(event: MouseEvent, replay: Replay): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const t = ((event.clientX - box.left) / box.width) * this.horizon;
    const near = replay.keys.reduce<Event | undefined>((best, each) => (!best || Math.abs(each.t - t) < Math.abs(best.t - t) ? each : best), undefined);
    const reach = (SNAP_PX / box.width) * this.horizon;
    this.onTime(near && Math.abs(near.t - t) < reach ? near.t : t);
  }

  /** Show a moment: the slider, the clock, and in words for who cannot see either. */
  show(t: number, playing: boolean): void {
    const replay = this.replays[0]!;
    this.slider.value = String(Math.round(t));
    const clock = this.words.clock(replay.doc.about.start_s, t);
    const minute = this.words.t("minute", { n: this.words.count(Math.floor(t / 60)) });
    write(this.time, clock);
    const stages = replay.crowdsAt(t).map((each) => `${replay.name(each.place)} ${this.words.stage(each.stage)}`);
    this.slider.setAttribute("aria-valuetext", [clock, minute, ...stages.slice(0, MOST_RIBBONS)].join(", "));
    write(this.playButton.firstElementChild!, playing ? "❚❚" : "▶");
    const word = this.playButton.lastChild!;
    const text = ` ${this.words.t(playing ? "pause" : "play")}`;
    if (word.textContent !== text) word.textContent = text;
  }
}
