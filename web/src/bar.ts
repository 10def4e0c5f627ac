// The time bar: stages as ribbons, events as marks, one slider over both, and the buttons that move the time.

import { h, write } from "./dom";
import type { Words } from "./words";

export const SYMBOLS = ["●", "▲", "■"];
export const STAGES = ["hijau", "kuning", "merah"];
const SNAP_PX = 8;
const WIDE = 0.025; // of the bar; a part as wide has its symbol
const LAST = 0.97; // of the bar; a tick beyond keeps to its left

export type Act = "play" | "back" | "forward" | "previous" | "next" | "start" | "end" | "help";

/** What of one course stands on the bar: ribbons of stages, and the moments one may jump to. */
export interface Strip {
  ribbons: { name: string; times: number[]; stages: number[] }[];
  name: string;
  marks: { t: number; grave: boolean; title: string }[];
}

/** What a bar shows. */
export interface Span {
  start: number;
  end: number;
  strips: Strip[];
  speeds: number[];
  speed: number;
  step: string; // how far back and forward go, in words
  ticks: { t: number; told: string }[];
  clock(t: number): string;
  /** The moment in words, for who cannot see the bar. */
  told(t: number): string;
}

export class TimeBar {
  readonly element: HTMLElement;
  readonly slider: HTMLInputElement;
  speed: number;
  onAct: (act: Act) => void = () => undefined;
  onTime: (t: number) => void = () => undefined;
  private readonly select = h("select") as HTMLSelectElement;
  private readonly playButton: HTMLElement;
  private readonly time: HTMLElement;

  constructor(
    private readonly span: Span,
    private readonly words: Words,
  ) {
    const t = (key: string) => words.t(key);
    const button = (act: Act, sign: string, text = t(act)) =>
      h("button", { type: "button", "data-act": act, click: () => this.onAct(act) }, h("span", { "aria-hidden": "true" }, sign), ` ${text}`);
    this.speed = span.speed;
    this.playButton = button("play", "▶");
    this.time = h("output", { class: "pb-time" });
    this.slider = h("input", {
      type: "range",
      min: span.start,
      max: span.end,
      step: 1,
      value: span.start,
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
        button("back", "−", span.step),
        button("forward", "+", span.step),
        button("next", "»"),
        this.speeds(),
        button("help", "?"),
      ),
      h("div", { class: "pb-lines" }, ...span.strips.flatMap((strip) => this.rows(strip)), this.sliderRow(), this.axis()),
    );
  }

  private speeds(): HTMLElement {
    this.select.append(...this.span.speeds.map((speed) => h("option", { value: speed, selected: speed === this.speed }, `×${this.words.count(speed)}`)));
    this.select.addEventListener("change", () => (this.speed = Number(this.select.value)));
    return h("label", { class: "pb-speed" }, `${this.words.t("speed")} `, this.select);
  }

  changeSpeed(by: number): void {
    const next = Math.min(this.select.options.length - 1, Math.max(0, this.select.selectedIndex + by));
    this.select.selectedIndex = next;
    this.speed = Number(this.select.value);
  }

  private share(t: number): number {
    return (t - this.span.start) / (this.span.end - this.span.start || 1);
  }

  private percent(t: number): string {
    return `${(100 * this.share(t)).toFixed(3)}%`;
  }

  private rows(strip: Strip): HTMLElement[] {
    const ribbons = strip.ribbons.map(({ name, times, stages }) => {
      const parts = times.map((start, k) => {
        const end = times[k + 1] ?? this.span.end;
        const stage = stages[k]!;
        const wide = this.share(end) - this.share(start) > WIDE;
        const part = h("span", { class: `pb-part ${STAGES[stage]}`, title: this.words.stage(stage) }, wide ? SYMBOLS[stage]! : "");
        part.style.left = this.percent(start);
        part.style.width = `${(100 * (this.share(end) - this.share(start))).toFixed(3)}%`;
        return part;
      });
      return this.row(name, h("div", { class: "pb-ribbon" }, ...parts));
    });
    const track = h("div", { class: "pb-marks", click: (event) => this.snap(event as MouseEvent, strip) });
    for (const each of strip.marks) {
      const mark = h("span", { class: `pb-mark${each.grave ? " grave" : ""}`, title: each.title });
      mark.style.left = this.percent(each.t);
      track.append(mark);
    }
    return [...ribbons, this.row(strip.name, track)];
  }

  private row(name: string, body: HTMLElement): HTMLElement {
    return h("div", { class: "pb-row", "aria-hidden": "true" }, h("span", { class: "pb-name" }, name), body);
  }

  private sliderRow(): HTMLElement {
    return h("div", { class: "pb-row pb-slide" }, h("span", { class: "pb-name" }, this.time), this.slider);
  }

  private axis(): HTMLElement {
    const scale = h("div", { class: "pb-scale" });
    for (const { t, told } of this.span.ticks) {
      const tick = h("span", {}, told);
      tick.style.left = this.percent(t);
      if (this.share(t) > LAST) tick.className = "last";
      scale.append(tick);
    }
    return this.row("", scale);
  }

  private snap(event: MouseEvent, { marks }: Strip): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const long = this.span.end - this.span.start;
    const t = this.span.start + ((event.clientX - box.left) / box.width) * long;
    const near = marks.reduce<number | undefined>((best, each) => (best === undefined || Math.abs(each.t - t) < Math.abs(best - t) ? each.t : best), undefined);
    const reach = (SNAP_PX / box.width) * long;
    this.onTime(near !== undefined && Math.abs(near - t) < reach ? near : t);
  }

  /** Show a moment: the slider, the clock, and in words for who cannot see either. */
  show(t: number, playing: boolean): void {
    this.slider.value = String(Math.round(t));
    write(this.time, this.span.clock(t));
    this.slider.setAttribute("aria-valuetext", this.span.told(t));
    write(this.playButton.firstElementChild!, playing ? "❚❚" : "▶");
    const word = this.playButton.lastChild!;
    const text = ` ${this.words.t(playing ? "pause" : "play")}`;
    if (word.textContent !== text) word.textContent = text;
  }
}
