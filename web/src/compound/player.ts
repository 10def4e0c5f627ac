// The player of a scene at a compound: the picture, the time bar that every player has, and the words beside it.

import { type Act, type Span, TimeBar } from "../bar";
import { Clockwork } from "../clockwork";
import { css, h, write } from "../dom";
import { keyList, listen } from "../keys";
import type { Settings } from "../player";
import type { Words } from "../words";
import { Course, type Told } from "./course";
import { type SceneDoc, type State } from "./document";
import { shapeOf } from "./people";
import { Side } from "./side";
import { numberTable } from "./table";
import { LAYERS, type LayerName, type Layers, Yard } from "./yard";

const STEP_S = 5;
const BIG_STEP_S = 60;
const SPEEDS = [1, 2, 4, 8, 16, 32, 64];
const USUAL_SPEED = 4;
const TICKS_S = [30, 60, 120, 300, 600, 900, 1800];
const MOST_TICKS = 10;
const SIDE_MS = 200; // while it plays the words beside the picture change so often, not with every frame
const FRAMES_KEPT = 240;
const SWATCH_PX = 18;
const HELP: [string, string][] = [
  ["␣", "help_play"],
  ["← →", "compound.help_step"],
  ["⇧ ← →", "compound.help_big"],
  ["Home End", "help_ends"],
  ["n p", "help_events"],
  ["c", "compound.help_crush"],
  ["d", "compound.help_heat"],
  ["[ ]", "help_speed"],
  ["+ − 0", "help_zoom"],
  ["?", "help_help"],
];

export class CompoundPlayer {
  private readonly course: Course;
  private readonly time: Clockwork;
  private readonly shown = Object.fromEntries(LAYERS.map((name) => [name, name !== "heat"])) as Layers;
  private readonly live = h("p", { class: "pb-unseen", "aria-live": "polite" });
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private yard!: Yard;
  private side!: Side;
  private bar!: TimeBar;
  private help!: HTMLDialogElement;
  private clockTold!: HTMLElement;
  private sideAt = 0;
  private readonly spent: number[] = [];

  constructor(
    private readonly root: HTMLElement,
    doc: SceneDoc,
    private readonly words: Words,
    private readonly settings: Settings,
  ) {
    this.course = new Course(doc);
    this.time = new Clockwork(this.course.start, this.course.end, () => this.bar.speed, () => this.show());
    listen(settings.switchable ? document : root, () => this.help.open, (event) => this.press(event));
    this.dark.addEventListener("change", () => this.recolour());
    this.build();
  }

  // --- words --------------------------------------------------------------------------------------------------------

  /** The clock on the wall, where the scene knows it; else minutes and seconds since it began. */
  private clock(t: number): string {
    const start = this.course.head.about.start_s;
    const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
    if (start === null) return `${Math.floor(t / 60)}:${two(t % 60)}`;
    const all = start + t;
    return this.words.t("compound.clock", { h: two((all % 86_400) / 3600), m: two((all % 3600) / 60), s: two(all % 60) });
  }

  private tell({ code, fields }: Told): string {
    const name = fields.name === "line" ? this.words.t("site.line") : (fields.name ?? "");
    return this.words.t(`compound.did_${code}`, { ...fields, name, limit: this.words.count(this.course.head.crush, 1) });
  }

  private span(): Span {
    const { course, words } = this;
    const step = TICKS_S.find((s) => (course.end - course.start) / s <= MOST_TICKS) ?? 3600;
    const ticks = [];
    for (let t = Math.ceil(course.start / step) * step; t <= course.end; t += step) ticks.push({ t, told: this.clock(t) });
    return {
      start: course.start,
      end: course.end,
      strips: [
        {
          ribbons: [{ name: words.t("compound.col_stage"), times: course.stageTimes, stages: course.stages }],
          name: words.t("events"),
          marks: course.events.map((event) => ({ t: event.t, grave: event.grave, title: `${this.clock(event.t)} ${this.tell(event)}` })),
        },
      ],
      speeds: SPEEDS,
      speed: USUAL_SPEED,
      step: words.t("compound.step"),
      ticks,
      clock: (t) => this.clock(t),
      told: (t) => {
        const counts = course.countsAt(t);
        const there = words.t("compound.told_there", { n: words.count(course.insideAt(t)), violent: words.count(counts.violent) });
        return [this.clock(t), words.stage(course.stageAt(t)), there].join(", ");
      },
    };
  }

  private title(): string {
    return this.course.head.about.title;
  }

  // --- the page's part ----------------------------------------------------------------------------------------------

  private build(): void {
    const { words, root } = this;
    const t = (key: string) => words.t(`compound.${key}`);
    root.removeAttribute("data-ready");
    root.setAttribute("aria-label", t("title"));
    root.lang = words.lang;
    this.clockTold = h("p", { class: "pb-clock" });
    this.bar = new TimeBar(this.span(), words);
    this.yard = new Yard(this.course, words, this.shown);
    this.side = new Side(this.course, words, (event) => this.tell(event), (at) => this.clock(at));
    this.help = keyList(HELP, words);
    const notes = h("div", { class: "pb-notes" }, ...this.notes().map((note) => h("p", { class: "pb-note" }, note)));
    const map = h("div", { class: "pb-map" }, this.yard.element, this.zoomButtons());
    root.replaceChildren(
      this.header(),
      h("div", { class: "pb-stage-area compound" }, h("div", { class: "pb-main" }, h("div", { class: "pb-maps" }, map), this.bar.element, this.layers(), notes), h("div", { class: "pb-sides" }, this.side.element)),
      numberTable(this.course, words, (at) => this.clock(at)),
      this.live,
      this.help,
    );
    this.bar.onAct = (act) => this.act(act);
    this.bar.onTime = (at) => this.time.go(at);
    this.side.onJump = (at) => this.time.go(at);
    this.side.onChoice = this.yard.onChoice = (name) => this.choose(name);
    this.recolour();
    this.time.go(this.time.t);
    requestAnimationFrame(() => requestAnimationFrame(() => (root.dataset.ready = "compound")));
  }

  private header(): HTMLElement {
    const { about } = this.course.head;
    const n = (value: number) => this.words.count(value);
    const title = about.place ? this.words.t("compound.told_place", { place: about.place, title: this.title() }) : this.title();
    const told = [
      this.words.t("compound.told", { title, people: n(about.people), replicate: n(about.replicate), seed: String(about.seed) }),
      ...(about.violent === null ? [] : [this.words.t("compound.told_violent", { n: n(about.violent) })]),
    ];
    const buttons = this.words.languages.map((lang) =>
      h("button", { type: "button", lang, "aria-pressed": lang === this.words.lang ? "true" : "false", click: () => this.speak(lang) }, this.words.named("playback", `language_${lang}`)),
    );
    const languages = this.settings.switchable ? h("div", { class: "pb-languages", role: "group", "aria-label": this.words.t("language") }, ...buttons) : null;
    return h("div", { class: "pb-head" }, this.clockTold, h("p", { class: "pb-told" }, told.join(" · ")), languages);
  }

  private zoomButtons(): HTMLElement {
    const button = (sign: string, key: string, act: () => void) => h("button", { type: "button", title: this.words.t(key), "aria-label": this.words.t(key), click: act }, sign);
    return h("div", { class: "pb-zoom" }, button("+", "zoom_in", () => this.yard.zoom(1)), button("−", "zoom_out", () => this.yard.zoom(-1)), button("⤢", "zoom_all", () => this.yard.fit()));
  }

  /** The legend is where layers are switched on and off. */
  private layers(): HTMLElement {
    const rows = LAYERS.map((name) => {
      const box = h("input", { type: "checkbox", checked: this.shown[name], "data-layer": name, change: (event) => this.toggle(name, (event.target as HTMLInputElement).checked) });
      return h("label", {}, box, h("span", { class: `pb-swatch compound-${name}` }), ` ${this.words.t(`compound.layer_${name}`)}`);
    });
    return h("fieldset", { class: "pb-layers" }, h("legend", {}, this.words.t("layers")), ...rows, this.heatKey(), h("p", { class: "pb-note" }, this.words.t("compound.key", { limit: this.words.count(this.course.head.crush, 1) })));
  }

  private heatKey(): HTMLElement {
    const { crush } = this.course.head;
    const ramp = h("span", { class: "pb-ramp" });
    return h("p", { class: "pb-heat-key" }, `${this.words.count(0.5, 1)} `, ramp, ` ${this.words.count(crush, 1)} ${this.words.t("compound.per_m2")}`);
  }

  /** What the picture is not: said under it. */
  private notes(): string[] {
    const { about, every_s: every } = this.course.head;
    const finer = every > 0.5 + 1e-6 ? [this.words.t("compound.note_every", { s: this.words.count(every, 1) })] : [];
    const followed = about.place ? [this.words.t("compound.note_followed")] : [];
    return [...followed, ...about.rests.map((each) => (this.words.lang === "id" ? each.id : each.en)), this.words.t("compound.note_weapons"), ...finer];
  }

  private toggle(name: LayerName, on: boolean): void {
    this.shown[name] = on;
    const box = this.root.querySelector<HTMLInputElement>(`input[data-layer=${name}]`);
    if (box) box.checked = on;
    this.yard.draw(this.time.t);
  }

  private choose(name: string): void {
    this.yard.chosen = name === this.yard.chosen ? "" : name;
    this.side.choose(this.yard.chosen);
    this.yard.draw(this.time.t);
  }

  private speak(lang: string): void {
    this.time.pause();
    this.words.lang = lang;
    document.documentElement.lang = lang;
    document.title = this.words.t("compound.title");
    const heading = document.querySelector("[data-playback-title]");
    if (heading) heading.textContent = document.title;
    this.build();
    this.root.querySelector<HTMLElement>(`.pb-languages [lang=${lang}]`)?.focus();
  }

  /** Colours change with the light; the legend's shapes are drawn with the picture's. */
  private recolour(): void {
    this.yard.recolour();
    const colours = this.yard.palette;
    this.root.style.setProperty("--heat", colours.heat.map(css).join(", "));
    for (const swatch of this.root.querySelectorAll<HTMLElement>(".pb-swatch[data-state]")) swatch.replaceChildren(this.swatch(swatch.dataset.state as State));
  }

  private swatch(state: State): HTMLElement {
    const canvas = h("canvas", { width: 2 * SWATCH_PX, height: 2 * SWATCH_PX, "aria-hidden": "true" }) as HTMLCanvasElement;
    if (state === "gone" || state === "awaited") return canvas;
    const brush = canvas.getContext("2d")!;
    const shape = shapeOf(state, this.yard.palette);
    const path = new Path2D();
    shape.trace(path, SWATCH_PX, SWATCH_PX, 0.55 * SWATCH_PX * (shape.larger ? 1.25 : 1));
    brush.fillStyle = css(shape.fill!);
    brush.fill(path);
    if (shape.line) {
      brush.lineWidth = 4;
      brush.strokeStyle = css(shape.line);
      if (!shape.larger) brush.stroke(path);
    }
    return canvas;
  }

  // --- time ---------------------------------------------------------------------------------------------------------

  private show(): void {
    const { t, playing } = this.time;
    const began = performance.now();
    this.yard.draw(t);
    this.spent.push(performance.now() - began);
    if (this.spent.length > FRAMES_KEPT) this.spent.shift();
    this.root.dataset.t = t.toFixed(2);
    write(this.clockTold, this.clock(t));
    this.bar.show(t, playing);
    if (playing && began - this.sideAt < SIDE_MS) return;
    this.sideAt = began;
    this.side.show(t);
    this.root.dataset.frameMs = (this.spent.reduce((sum, each) => sum + each, 0) / this.spent.length).toFixed(2);
  }

  private act(act: Act): void {
    switch (act) {
      case "play":
        return this.time.toggle();
      case "back":
        return this.time.go(this.time.t - STEP_S);
      case "forward":
        return this.time.go(this.time.t + STEP_S);
      case "start":
        return this.time.go(this.course.start);
      case "end":
        return this.time.go(this.course.end);
      case "next":
        return this.jump(1);
      case "previous":
        return this.jump(-1);
      case "help":
        return this.help.showModal();
    }
  }

  private jump(direction: 1 | -1): void {
    const { t } = this.time;
    const ahead = this.course.events.filter((event) => (direction > 0 ? event.t > t + 0.05 : event.t < t - 0.05));
    const first = direction > 0 ? ahead[0] : ahead.at(-1);
    if (!first) return;
    this.time.go(first.t);
    const same = ahead.filter((event) => event.t === first.t).map((event) => this.tell(event));
    write(this.live, `${this.clock(first.t)} ${same.join(" ")}`);
  }

  /** Go to the first crush hazard, and look at it. */
  private toCrush(): void {
    const first = this.course.firstCrush;
    if (!first) return write(this.live, this.words.t("compound.crush_never", { most: this.words.count(this.course.densestAt(this.time.t), 1), limit: this.words.count(this.course.head.crush, 1) }));
    this.time.go(first.t);
    this.yard.lookAt([first.x, first.y]);
    write(this.live, `${this.clock(first.t)} ${this.words.t("compound.did_crush", { limit: this.words.count(this.course.head.crush, 1) })}`);
  }

  // --- keyboard -----------------------------------------------------------------------------------------------------

  private press(event: KeyboardEvent): boolean {
    const step = event.shiftKey ? BIG_STEP_S : STEP_S;
    const acts: Record<string, () => void> = {
      " ": () => this.act("play"),
      ArrowLeft: () => this.time.go(this.time.t - step),
      ArrowRight: () => this.time.go(this.time.t + step),
      Home: () => this.act("start"),
      End: () => this.act("end"),
      n: () => this.act("next"),
      p: () => this.act("previous"),
      c: () => this.toCrush(),
      d: () => this.toggle("heat", !this.shown.heat),
      "[": () => this.bar.changeSpeed(-1),
      "]": () => this.bar.changeSpeed(1),
      "+": () => this.yard.zoom(1),
      "=": () => this.yard.zoom(1),
      "-": () => this.yard.zoom(-1),
      "0": () => this.yard.fit(),
      "?": () => this.act("help"),
    };
    const act = acts[event.key];
    if (!act) return false;
    act();
    return true;
  }
}
