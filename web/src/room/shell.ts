// The frame around everything: the top line, the map between log and desk, the time bar, and on a phone three tabs.

import { h, write } from "../dom";
import type { Words } from "../words";
import { Ahead } from "./ahead";
import { Refused, get, post } from "./api";
import { CityMap, type Deed } from "./city";
import { Control, reviewLinks } from "./control";
import { Desk } from "./desk";
import { Lapor } from "./lapor";
import { Link, type Message } from "./link";
import type { LiveSight } from "./live";
import { Log } from "./log";
import { OperationBoard } from "./operation";
import { Outbox } from "./outbox";
import { SessionEnd } from "./session";
import { Say, Store } from "./store";
import { LiveBar } from "./timebar";
import { TroubleBoard } from "./trouble";
import type { Clock, Frame, Ground, Me, View } from "./types";

const TICK_MS = 500;
const SOUND = "sispamkota.sound";
const TONE = { hertz: 660, seconds: 0.18, loud: 0.08 };
const HELP: [string, string][] = [["1", "help_log"], ["2", "help_map"], ["3", "help_desk"], ["4", "help_time"], ["0", "help_fit"], ["?", "help_help"]];

export class Shell {
  onSignedOut: () => void = () => undefined;
  onRenewed: (me: Me) => void = () => undefined;
  private readonly ends: { at: number | undefined } = { at: undefined };
  private session!: SessionEnd;
  private readonly store: Store;
  private readonly say: Say;
  private readonly link: Link;
  private readonly outbox: Outbox;
  private readonly live = h("p", { class: "rm-unseen", "aria-live": "polite" });
  private readonly frame = h("div", { class: "rm-room" });
  private clock!: HTMLElement;
  private pace!: HTMLElement;
  private line!: HTMLElement;
  private banner!: HTMLElement;
  private city: CityMap | undefined;
  private desk!: Desk;
  private lapor!: Lapor;
  private timer = 0;
  private tab = "";
  private help!: HTMLDialogElement;
  private logs!: HTMLElement;
  private readonly small = matchMedia("(max-width: 760px)");
  private readonly place = () => this.placeLog();
  private readonly listener = (event: KeyboardEvent) => this.key(event);

  constructor(
    private readonly root: HTMLElement,
    me: Me,
    ground: Ground,
    words: Words,
    sight: LiveSight,
    private tools: HTMLElement,
    private readonly leave: () => void,
  ) {
    this.store = new Store(me, ground, words, sight);
    this.takeEnd(me);
    this.say = new Say(this.store);
    this.outbox = new Outbox(`sispamkota.outbox.${me.account}`);
    this.outbox.clock = () => (ground.real && this.store.up ? this.store.now : undefined);
    this.link = new Link(() => ({ records: this.store.last, events: this.store.nextEvent, mark: this.store.eventMark }));
    this.link.onMessage = (message) => this.take(message);
    this.link.onState = (up) => this.state(up);
    this.link.onSignedOut = () => this.onSignedOut();
    this.root.replaceChildren(this.frame, this.live);
    this.build();
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("keydown", this.listener);
    this.small.addEventListener("change", this.place);
  }

  /** Ask for the state, then hold the line. */
  async connect(): Promise<void> {
    try {
      const { frame, view, clock } = await get<{ frame: Frame; view: View; clock?: Clock }>("/api/state");
      this.store.takeView(view);
      this.store.takeFrame(frame, clock);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return this.onSignedOut();
    }
    this.link.open();
    void this.outbox.flush();
  }

  /** Take in how long the session holds; a phone's clock may be wrong, and what is left is told. */
  private takeEnd(me: Me): void {
    this.ends.at = me.left_s === undefined ? undefined : Date.now() + 1000 * me.left_s;
  }

  close(): void {
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.listener);
    this.small.removeEventListener("change", this.place);
    this.link.close();
    this.city?.remove();
    this.outbox.close();
  }

  recolour(): void {
    this.city?.recolour();
  }

  speak(tools: HTMLElement): void {
    this.tools = tools;
    this.city?.remove();
    this.store.deafen();
    this.build();
  }

  // --- what the server says ---------------------------------------------------------------------------------------------

  private take(message: Message): void {
    if (message.kind === "frame") this.store.takeFrame(message.frame, message.clock);
    else if (message.kind === "view") this.store.takeView(message.view);
    else if (message.kind === "record") this.store.takeRecord(message.record);
    else if (message.kind === "events") this.store.takeEvents(message.from, message.events, message.next, message.mark);
    else if (message.kind === "notice" && message.what === "trouble") this.store.takeTroubles(message.rows ?? []);
  }

  private state(up: boolean): void {
    this.store.up = up;
    this.store.tell("link");
    this.tick();
    if (up) void this.outbox.flush();
    else void get<Me>("/api/me").then((me) => this.takeEnd(me)).catch((error: unknown) => error instanceof Refused && error.status === 401 && this.onSignedOut());
  }

  // --- building ---------------------------------------------------------------------------------------------------------

  private build(): void {
    const { store, say } = this;
    const t = (key: string) => say.t(key);
    const news = (text: string) => this.tellNews(text);
    document.title = `${say.both(store.ground.title)} · SISPAMKOTA`;
    this.desk = new Desk(store, say, this.outbox);
    this.desk.onNews = news;
    this.lapor = new Lapor(store, say, this.desk, this.outbox);
    this.city = new CityMap(store, say);
    this.city.deeds = (place, incident) => this.deeds(place, incident);
    const bar = new LiveBar(store, say, news);
    const log = new Log(store, say);
    this.logs = log.element;
    if (store.ground.real && store.role.sees !== "public") this.desk.more.append(new OperationBoard(store, say).element);
    if (store.may("forecast")) this.desk.more.append(new Ahead(store, say).element);
    if (store.roleName === "controller") this.desk.more.append(new Control(store, say, this.desk).element);
    else if (store.roleName === "evaluator") this.desk.more.append(h("p", { class: "rm-files" }, ...reviewLinks(store, say)));
    this.banner = h("div", { class: "rm-banner", role: "status", hidden: true });
    const layout = store.role.layout;
    const region = (name: string, label: string, ...children: HTMLElement[]) => h("section", { class: `rm-${name}`, "data-region": name, "aria-label": t(label), tabindex: -1 }, ...children);
    const regions = [
      ...(this.lapor.any ? [region("left-lapor", "tab_lapor", this.lapor.element)] : []),
      region("log", "log", log.element),
      h("main", { class: "rm-center", "data-region": "center", "aria-label": t("map"), tabindex: -1 }, this.banner, new TroubleBoard(store, say).element, this.city.element, bar.element),
      region("right", "desk", this.desk.element),
    ];
    this.frame.className = `rm-room layout-${layout}${this.lapor.any ? "" : " no-lapor"}${store.ground.real ? " real" : ""}`;
    this.help = this.makeHelp();
    this.frame.replaceChildren(this.header(), ...regions, this.tabs(), this.help, this.session.dialog);
    store.on("past", () => this.showBanner());
    store.on("link", () => this.showBanner());
    store.on("outbox", () => this.tick());
    this.placeLog();
    this.tick();
  }

  /** The log has a column of its own where there is room; else it is under the desk. */
  private placeLog(): void {
    const under = this.small.matches || this.store.role.layout === "phone";
    this.frame.querySelector(under ? ".rm-right" : "section.rm-log")?.append(this.logs);
  }

  private header(): HTMLElement {
    const { store, say } = this;
    const t = (key: string) => say.t(key);
    this.clock = h("p", { class: "rm-clock" });
    this.session = new SessionEnd(store.me, say, this.link, this.ends, (me) => {
      this.takeEnd(me);
      this.onRenewed(me);
    });
    this.session.onNews = (text) => this.tellNews(text);
    this.pace = h("p", { class: "rm-pace" });
    this.line = h("p", { class: "rm-line" });
    const on = () => localStorage.getItem(SOUND) === "on";
    const sound = h("button", { type: "button", "data-tool": "sound", "aria-pressed": String(on()) }, t("sound"));
    sound.addEventListener("click", () => {
      localStorage.setItem(SOUND, on() ? "off" : "on");
      sound.setAttribute("aria-pressed", String(on()));
      if (on()) this.beep();
    });
    const help = h("button", { type: "button", "data-tool": "help", "aria-label": t("keys"), click: () => this.help.showModal() }, "?");
    const leave = h("button", { type: "button", "data-tool": "leave", click: this.leave }, t("logout"));
    this.tools.append(sound, help, leave);
    return h(
      "header",
      { class: "rm-top" },
      store.ground.real ? h("p", { class: "rm-real" }, t("real")) : null,
      h("div", { class: "rm-title" }, h("h1", {}, say.both(store.ground.title)), h("p", { class: "rm-role" }, say.seat(store.me.seat))),
      h("div", { class: "rm-times" }, this.clock, this.pace),
      this.line,
      this.session.element,
      this.tools,
    );
  }

  private tabs(): HTMLElement {
    const names = this.lapor.any ? ["lapor", "peta", "tugas"] : ["peta", "tugas"];
    if (!names.includes(this.tab)) this.tab = names[0]!;
    this.frame.dataset["tab"] = this.tab;
    const buttons = names.map((name) => h("button", { type: "button", "data-tab": name, "aria-pressed": String(name === this.tab), click: () => this.go(name) }, h("span", {}, this.say.t(`tab_${name}`)), h("span", { class: "rm-count" })));
    return h("nav", { class: "rm-tabs", "aria-label": this.say.t("tabs") }, ...buttons);
  }

  private go(tab: string): void {
    this.tab = tab;
    this.frame.dataset["tab"] = tab;
    for (const button of this.frame.querySelectorAll<HTMLElement>(".rm-tabs button")) button.setAttribute("aria-pressed", String(button.dataset["tab"] === tab));
  }

  private deeds(place: string, incident: number): Deed[] {
    const deeds: Deed[] = [];
    const offer = (action: string, key: string, values: Record<string, string>) => {
      if (this.store.may(action) && !this.store.past) deeds.push({ label: this.say.t(key), act: () => this.openForm(action, values) });
    };
    if (incident >= 0 && this.store.frame?.incidents?.some((each) => each.row === incident)) offer("order.send", "send_unit", { incident: String(incident) });
    if (incident >= 0 && this.store.reported.some(([n]) => n === incident)) {
      offer("order.send", "send_unit", { incident: String(incident) });
      offer("incident.update", "see_incident", { incident: String(incident) });
    }
    if (this.store.ground.real) offer("incident.report", "report_here", { place });
    else offer("report", "report_here", { place });
    offer("inject.incident", "inject_here", { place });
    return deeds;
  }

  private openForm(action: string, values: Record<string, string>): void {
    const phone = this.frame.querySelector<HTMLElement>(".rm-tabs")!.offsetParent !== null;
    if ((action === "report" || action === "incident.report") && (phone || this.store.role.layout === "phone") && this.store.may("report") && !this.store.may("hospital.update")) {
      this.go("lapor");
      return this.lapor.open(values["place"] ?? "");
    }
    this.go("tugas");
    this.desk.open(action, values);
  }

  // --- moment by moment -------------------------------------------------------------------------------------------------

  private tick(): void {
    const { store, say } = this;
    const waits = this.outbox.letters.length;
    write(this.clock, store.frame ? say.seconds(store.now) : "--.--.--");
    const pace = store.frame?.ended ? say.t(store.ground.real ? "ended_real" : "ended") : store.ground.real ? say.t("wall") : store.speed > 0 ? say.t("runs", { n: store.speed }) : say.t("stands");
    write(this.pace, store.frame ? pace : "");
    const state = store.up ? say.t("connected") : say.t("lost", { age: this.age() });
    write(this.line, waits ? `${state}. ${say.t("outbox_n", { n: waits })}` : state);
    this.line.classList.toggle("bad", !store.up);
    this.session.update();
    const counts: Record<string, number> = { lapor: waits, tugas: store.view?.waiting.length ?? 0 };
    for (const button of this.frame.querySelectorAll<HTMLElement>(".rm-tabs button")) {
      const n = counts[button.dataset["tab"]!] ?? 0;
      write(button.querySelector(".rm-count")!, n ? say.words.count(n) : "");
    }
    this.showBanner();
  }

  private age(): string {
    return this.say.words.span(Math.max(0, Math.round((Date.now() - this.store.heard) / 1000)));
  }

  /** Say loudly that this is the past, or that what is shown is old. */
  private showBanner(): void {
    const { store, say } = this;
    const past = store.past;
    const lost = !store.up && store.frame !== undefined;
    this.frame.classList.toggle("past", past !== undefined);
    this.frame.querySelector<HTMLElement>(".rm-right")?.toggleAttribute("inert", past !== undefined);
    this.banner.hidden = !past && !lost;
    const told = past ? `past ${past.t} ${say.words.lang}` : lost ? `lost ${this.age()}` : "";
    if (this.banner.dataset["told"] === told) return;
    this.banner.dataset["told"] = told;
    if (!past) return this.banner.replaceChildren(h("p", {}, lost ? say.t("lost_long", { age: this.age() }) : ""));
    const back = h("button", { type: "button", "data-past": "back", click: () => store.look(undefined) }, say.t("back_to_now"));
    this.banner.replaceChildren(h("p", {}, say.t("past", { at: say.clock(1000 * past.t) })), back);
  }

  private tellNews(text: string): void {
    write(this.live, text);
    if (localStorage.getItem(SOUND) === "on") this.beep();
  }

  private beep(): void {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const gain = context.createGain();
    gain.gain.value = TONE.loud;
    tone.frequency.value = TONE.hertz;
    tone.connect(gain).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + TONE.seconds);
    tone.addEventListener("ended", () => void context.close());
  }

  // --- keyboard ---------------------------------------------------------------------------------------------------------

  private makeHelp(): HTMLDialogElement {
    const t = (key: string) => this.say.t(key);
    const rows = HELP.map(([key, words]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, t(words))));
    const close = h("button", { type: "button", click: () => this.help.close() }, t("close"));
    const everywhere = h("button", { type: "button", "data-tool": "leave-all", click: () => void post("/api/logout/all").then(() => this.onSignedOut()).catch(() => undefined) }, t("logout_all"));
    return h("dialog", { class: "rm-dialog", "aria-label": t("keys") }, h("h2", {}, t("keys")), h("table", {}, h("tbody", {}, ...rows)), h("div", { class: "rm-row" }, close, everywhere)) as HTMLDialogElement;
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("dialog") || target.matches("input:not([type=range]), select, textarea")) return;
    const region = (name: string, tab: string) => () => {
      this.go(tab);
      this.frame.querySelector<HTMLElement>(`[data-region="${name}"]`)?.focus();
    };
    const acts: Record<string, () => void> = {
      "1": region("log", "tugas"),
      "2": region("center", "peta"),
      "3": region("right", "tugas"),
      "4": () => this.frame.querySelector<HTMLElement>(".rm-slide input, .rm-buttons button")?.focus(),
      "0": () => this.city?.fit(),
      "?": () => this.help.showModal(),
      Escape: () => this.store.past && this.store.look(undefined),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
