// One player: one or two replicates on maps that share the time and the view, a time bar, and the words beside them.

import { TimeBar, type Act } from "./bar";
import { Clockwork } from "./clockwork";
import { DifferenceTable, differencesAt } from "./differences";
import type { Doc } from "./document";
import { h, write } from "./dom";
import { keyList, listen } from "./keys";
import { PlaybackMap } from "./map";
import { cut } from "./marks";
import { type Event, Replay } from "./replay";
import { type Choice, LAYERS, type LayerName, type Layers, type View } from "./scene";
import { spanOf } from "./replay_bar";
import { Side } from "./side";
import { EventTable } from "./table";
import type { Words } from "./words";

export interface Settings {
  keys: string[];
  switchable: boolean;
}

const STEP_S = 60;
const BIG_STEP_S = 600;
const LEGEND: Partial<Record<LayerName, string[]>> = {
  crowds: ["stage_0", "stage_1", "stage_2"],
  posts: ["post"],
  calls: ["call", "work"],
  casualties: ["casualty"],
  fires: ["fire"],
  hospitals: ["hospital_3"],
  closed: ["closed"],
};
const HELP: [string, string][] = [
  ["␣", "help_play"],
  ["← →", "help_step"],
  ["⇧ ← →", "help_big"],
  ["Home End", "help_ends"],
  ["n p", "help_events"],
  ["w", "help_why"],
  ["[ ]", "help_speed"],
  ["+ − 0", "help_zoom"],
  ["Esc", "help_close"],
  ["?", "help_help"],
];

/** Wait until an element is on the screen or nearly so: a long page opens without its maps. */
function whenNear(element: HTMLElement, act: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      act();
    },
    { rootMargin: "600px" },
  );
  observer.observe(element);
}

/** Act when what is there now has reached the screen. */
function afterPainting(act: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(act));
}

export class Player {
  private readonly replays: Replay[];
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private shown = Object.fromEntries(LAYERS.map((name) => [name, true])) as Layers;
  private maps: PlaybackMap[] = [];
  private sides: Side[] = [];
  private tables: EventTable[] = [];
  private differences: DifferenceTable | undefined;
  private bar!: TimeBar;
  private help!: HTMLDialogElement;
  private readonly live = h("p", { class: "pb-unseen", "aria-live": "polite" });
  private clock!: HTMLElement;
  private readonly time: Clockwork;
  private ready = 0;
  private drawn = 0;

  constructor(
    private readonly root: HTMLElement,
    docs: Doc[],
    private readonly words: Words,
    private readonly settings: Settings,
  ) {
    const keys = new Set(settings.keys);
    this.replays = docs.map((doc) => new Replay(doc, keys));
    this.time = new Clockwork(0, this.horizon, () => this.bar.speed, () => this.show());
    // A page of its own listens everywhere; in a report the keys are the player's only where the focus is in it.
    const listener = settings.switchable ? document : root;
    listen(listener, () => this.help.open, (event) => this.press(event));
    this.dark.addEventListener("change", () => this.recolour());
    this.build();
  }

  private get horizon(): number {
    return Math.max(...this.replays.map((replay) => replay.horizon));
  }

  /** Build the page's part anew; the language may have changed. */
  private build(): void {
    const t = (key: string) => this.words.t(key);
    const twins = this.replays.length > 1;
    const name = (n: number) => (twins ? `${String.fromCharCode(65 + n)} · ${this.replays[n]!.doc.about.plan}` : "");
    for (const map of this.maps) map.remove();
    this.maps = [];
    this.ready = this.drawn = 0;
    this.root.removeAttribute("data-ready");
    this.root.removeAttribute("data-streets");
    this.root.setAttribute("aria-label", t("title"));
    this.root.lang = this.words.lang;
    this.clock = h("p", { class: "pb-clock" });
    this.bar = new TimeBar(spanOf(this.replays, this.words), this.words);
    this.sides = this.replays.map((replay, n) => new Side(replay, this.words, name(n)));
    this.tables = this.replays.map((replay, n) => new EventTable(replay, this.words, name(n)));
    this.differences = twins ? new DifferenceTable(this.words) : undefined;
    this.help = keyList(HELP, this.words);
    const hosts = this.replays.map(() => h("div", { class: "pb-canvas" }));
    const frames = hosts.map((host, n) => h("div", { class: "pb-map" }, twins ? h("h3", { class: "pb-which" }, name(n)) : null, host, n === 0 ? this.zoomButtons() : null));
    const maps = h("div", { class: "pb-maps" }, ...frames);
    const layers = this.layers();
    this.root.replaceChildren(
      this.header(),
      h("div", { class: `pb-stage-area${twins ? " twins" : ""}` }, maps, h("div", { class: "pb-sides" }, ...this.sides.map((side) => side.element))),
      this.bar.element,
      ...(this.differences ? [this.differences.element] : []),
      layers,
      h("div", { class: "pb-notes" }, ...this.notes().map((note) => h("p", { class: "pb-note" }, note))),
      ...this.tables.map((table) => table.element),
      this.live,
      this.help,
    );
    this.connect();
    this.go(this.t);
    whenNear(maps, () => this.startMaps(hosts, maps, layers));
    performance.mark("playback-built");
  }

  /** Show a still at once and start the maps behind it: the page is there before WebGL is. */
  private startMaps(hosts: HTMLElement[], maps: HTMLElement, layers: HTMLElement): void {
    hosts.forEach((host, n) => this.addMap(host, this.replays[n]!));
    const own = this.maps;
    this.fillLegend();
    this.go(this.t);
    afterPainting(() => {
      performance.mark("playback-picture");
      if (this.maps !== own) return; // the page was built anew in the meantime
      try {
        own.forEach((map) => map.start());
      } catch {
        this.withoutMaps(maps, layers);
      }
    });
  }

  /** Say that the browser cannot draw the maps: the time bar and the tables are there all the same. */
  private withoutMaps(maps: HTMLElement, layers: HTMLElement): void {
    this.maps = [];
    maps.replaceWith(h("p", { class: "pb-missing" }, this.words.t("no_webgl")));
    layers.remove();
    this.tables.forEach((table) => (table.element.open = true));
    this.root.dataset.ready = "table";
  }

  private header(): HTMLElement {
    const about = this.replays[0]!.doc.about;
    const told = this.words.t("told", { replicate: this.words.count(about.replicate), plan: about.plan, city: about.city });
    const buttons = this.words.languages.map((lang) =>
      h("button", { type: "button", lang, "aria-pressed": lang === this.words.lang ? "true" : "false", click: () => this.speak(lang) }, this.words.named("playback", `language_${lang}`)),
    );
    const languages = this.settings.switchable ? h("div", { class: "pb-languages", role: "group", "aria-label": this.words.t("language") }, ...buttons) : null;
    return h("div", { class: "pb-head" }, this.clock, h("p", { class: "pb-told" }, told), languages);
  }

  private zoomButtons(): HTMLElement {
    const button = (sign: string, key: string, act: () => void) => h("button", { type: "button", title: this.words.t(key), "aria-label": this.words.t(key), click: act }, sign);
    return h(
      "div",
      { class: "pb-zoom" },
      button("+", "zoom_in", () => this.maps[0]?.zoom(1)),
      button("−", "zoom_out", () => this.maps[0]?.zoom(-1)),
      button("⤢", "zoom_all", () => this.maps[0]?.fit()),
    );
  }

  private addMap(host: HTMLElement, replay: Replay): void {
    const map = new PlaybackMap(host, replay, this.words, this.shown);
    this.maps.push(map);
    map.onView = (view: View) => this.maps.filter((each) => each !== map).forEach((each) => each.follow(view));
    map.onDrawn = () => {
      map.draw(this.t);
      this.drawn += 1;
      if (this.drawn === this.maps.length) {
        afterPainting(() => {
          this.root.dataset.streets = "webgl";
          performance.mark("playback-webgl");
        });
      }
    };
    map.onReady = () => {
      this.ready += 1;
      if (this.ready === this.maps.length) {
        // Ready is what has reached the screen, not what was handed to it.
        afterPainting(() => {
          this.root.dataset.ready = "map";
          performance.mark("playback-ready");
        });
      }
    };
    const n = this.maps.length - 1;
    map.onChoice = (choice) => this.choose(n, choice);
  }

  private connect(): void {
    this.bar.onAct = (act) => this.act(act);
    this.bar.onTime = (t) => this.go(t);
    this.sides.forEach((side, n) => {
      side.onJump = (t) => this.go(t);
      side.onAsk = (incident, event) => this.ask(n, incident, event);
    });
    this.tables.forEach((table, n) => {
      table.onJump = (t) => this.go(t);
      table.onAsk = (incident, event) => this.ask(n, incident, event);
    });
  }

  /** The legend is where layers are switched on and off. */
  private layers(): HTMLElement {
    const closes = this.replays.some((replay) => replay.doc.closures.length > 0);
    const offered = LAYERS.filter((name) => (name !== "closed" || closes) && (name !== "differences" || this.replays.length > 1));
    const label = (name: LayerName) => this.words.t(name === "closed" ? "layer_closed_streets" : `layer_${name}`);
    const rows = offered.map((name) => {
      const box = h("input", { type: "checkbox", checked: this.shown[name], change: (event) => this.toggle(name, (event.target as HTMLInputElement).checked) });
      return h("label", {}, box, h("span", { class: `pb-swatch ${name}`, "data-layer": name }), ` ${label(name)}`);
    });
    return h("fieldset", { class: "pb-layers" }, h("legend", {}, this.words.t("layers")), ...rows, h("p", { class: "pb-note" }, this.words.t("key_discs")));
  }

  private fillLegend(): void {
    const sheet = this.maps[0]?.sheet;
    if (!sheet) return;
    for (const swatch of this.root.querySelectorAll<HTMLElement>(".pb-swatch")) {
      const names = LEGEND[swatch.dataset.layer as LayerName] ?? [];
      swatch.replaceChildren(...names.map((name) => cut(sheet, name, 18)));
    }
  }

  private toggle(name: LayerName, on: boolean): void {
    this.shown[name] = on;
    this.maps.forEach((map) => map.draw(this.t));
  }

  /** What the map is not: said under it. */
  private notes(): string[] {
    const { about, ground, unlike } = this.replays[0]!.doc;
    return [
      ...(about.synthetic ? [this.words.t("note_synthetic")] : []),
      ...(about.straight ? [this.words.t("note_straight")] : []),
      ...(about.guessed_areas ? [this.words.t("note_areas")] : []),
      ...(this.replays.length > 1 ? [this.words.t("note_twins", { replicate: this.words.count(about.replicate) })] : []),
      ...(ground.left_out ? [this.words.t("note_left_out", { n: this.words.count(ground.left_out) })] : []),
      ...(unlike ? [this.words.t("note_unlike", { n: this.words.count(unlike) })] : []),
    ];
  }

  private speak(lang: string): void {
    this.time.pause();
    this.words.lang = lang;
    document.documentElement.lang = lang;
    document.title = this.replays[0]!.doc.about.title[lang] ?? document.title;
    const heading = document.querySelector("[data-playback-title]");
    if (heading) heading.textContent = document.title;
    this.build();
    this.root.querySelector<HTMLElement>(`.pb-languages [lang=${lang}]`)?.focus();
  }

  private recolour(): void {
    this.maps.forEach((map) => map.recolour());
    this.fillLegend();
  }

  // --- time ---------------------------------------------------------------------------------------------------------

  private get t(): number {
    return this.time.t;
  }

  private go(t: number): void {
    this.time.go(t);
  }

  /** Show the moment. */
  private show(): void {
    const replay = this.replays[0]!;
    const clock = [this.words.day(replay, this.t), this.words.clock(replay.doc.about.start_s, this.t)].filter(Boolean).join(" ");
    write(this.clock, clock);
    this.bar.show(this.t, this.time.playing);
    this.sides.forEach((side) => side.show(this.t));
    this.compare();
    this.maps.forEach((map) => map.draw(this.t));
    this.root.dataset.t = this.t.toFixed(1);
  }

  /** Tell what differs between the two at this moment. */
  private compare(): void {
    const [a, b] = this.replays;
    if (!this.differences || !a || !b) return;
    const rows = differencesAt([a, b], this.t);
    this.differences.show(rows);
    const places = new Set(rows.map((row) => row.id));
    this.maps.forEach((map) => map.ring(places));
  }

  private act(act: Act): void {
    switch (act) {
      case "play":
        return this.time.toggle();
      case "back":
        return this.go(this.t - STEP_S);
      case "forward":
        return this.go(this.t + STEP_S);
      case "start":
        return this.go(0);
      case "end":
        return this.go(this.horizon);
      case "next":
        return this.jump(1);
      case "previous":
        return this.jump(-1);
      case "help":
        return this.help.showModal();
    }
  }

  /** Go to the next or the last key event of either replicate, and say it. */
  private jump(direction: 1 | -1): void {
    const all = this.replays.flatMap((replay) => replay.keys.map((event) => ({ replay, event })));
    const ahead = all.filter(({ event }) => (direction > 0 ? event.t > this.t + 0.05 : event.t < this.t - 0.05));
    ahead.sort((a, b) => direction * (a.event.t - b.event.t));
    const first = ahead[0];
    if (!first) return;
    this.go(first.event.t);
    this.maps[this.replays.indexOf(first.replay)]?.lookAt(first.event.place);
    const same = ahead.filter(({ event }) => event.t === first.event.t).map(({ replay, event }) => this.words.tell(replay, event));
    write(this.live, `${this.words.clock(first.replay.doc.about.start_s, first.event.t)} ${same.join(" ")}`);
  }

  // --- why ----------------------------------------------------------------------------------------------------------

  private choose(n: number, choice: Choice): void {
    const side = this.sides[n]!;
    const replay = this.replays[n]!;
    this.maps[n]?.highlight(choice);
    if (choice.kind === "incident") return this.ask(n, choice.index);
    if (choice.kind === "place") return this.ask(n, side.why.latest(choice.index, this.t));
    const dispatches = replay.events.filter((event) => event.unit === choice.index && event.code === "dispatch" && event.t <= this.t);
    this.ask(n, dispatches.at(-1)?.incident ?? -1);
  }

  private ask(n: number, incident: number, event?: Event): void {
    this.time.pause();
    this.sides.forEach((side, k) => side.ask(k === n ? incident : -1, this.t, event));
    if (incident >= 0) this.maps[n]?.lookAt(this.replays[n]!.incidents[incident]!.place);
    else this.bar.slider.focus();
  }

  // --- keyboard -----------------------------------------------------------------------------------------------------

  private press(event: KeyboardEvent): boolean {
    const step = event.shiftKey ? BIG_STEP_S : STEP_S;
    const acts: Record<string, () => void> = {
      " ": () => this.act("play"),
      ArrowLeft: () => this.go(this.t - step),
      ArrowRight: () => this.go(this.t + step),
      Home: () => this.act("start"),
      End: () => this.act("end"),
      n: () => this.act("next"),
      p: () => this.act("previous"),
      w: () => this.ask(0, this.sides[0]!.why.recent(this.t)),
      "[": () => this.bar.changeSpeed(-1),
      "]": () => this.bar.changeSpeed(1),
      "+": () => this.maps[0]?.zoom(1),
      "=": () => this.maps[0]?.zoom(1),
      "-": () => this.maps[0]?.zoom(-1),
      "0": () => this.maps[0]?.fit(),
      "?": () => this.act("help"),
      Escape: () => this.sides.forEach((side, n) => side.open >= 0 && this.ask(n, -1)),
    };
    const act = acts[event.key];
    if (!act) return false;
    act();
    return true;
  }
}
