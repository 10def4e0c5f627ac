// The room's page: asks who is here, shows the door or the desk, and keeps both in step with the server.

import "./room.css";

import { h, write } from "../dom";
import { type Tables, Words } from "../words";
import { Refused, Unreachable, authorise, get, post, speakTo } from "./api";
import { invitation, showDoor } from "./door";
import { LiveSight } from "./live";
import { Shell } from "./shell";
import type { Ground, Me, Streets } from "./types";

const KEPT = "sispamkota.room";
const LANG = "sispamkota.lang";
const THEME = "sispamkota.theme";
const AGAIN_MS = 4000;
const NO_STREETS: Streets = { main: [], minor: [], areas: [], left_out: 0 };

interface Kept {
  words: Tables;
  me?: Me;
  ground?: Ground;
}

/** What was there the last time: a phone shows its form with it before, and without, the line. */
function kept(): Kept | undefined {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null") as Kept | undefined;
  } catch {
    return undefined;
  }
}

function keep(what: Partial<Kept>): void {
  localStorage.setItem(KEPT, JSON.stringify({ ...(kept() ?? {}), ...what }));
}

class Page {
  private readonly root = document.querySelector<HTMLElement>("#room")!;
  private words!: Words;
  private shell: Shell | undefined;
  private me: Me | undefined;

  async start(): Promise<void> {
    const lang = localStorage.getItem(LANG) ?? (navigator.language.startsWith("en") ? "en" : "id");
    document.documentElement.dataset["theme"] = localStorage.getItem(THEME) ?? "dark";
    speakTo(lang);
    const tables = await this.tables();
    if (!tables) return;
    this.words = new Words(tables, lang);
    document.documentElement.lang = lang;
    await this.enter();
  }

  /** The words, from the server or from the last visit; without both, wait for the line. */
  private async tables(): Promise<Tables | undefined> {
    try {
      const tables = await get<Tables>("/api/words");
      keep({ words: tables });
      return tables;
    } catch {
      const known = kept()?.words;
      if (known) return known;
      setTimeout(() => location.reload(), AGAIN_MS);
      return undefined;
    }
  }

  private async enter(): Promise<void> {
    const token = invitation();
    if (token) return this.door(token);
    try {
      const me = await get<Me>("/api/me");
      await this.sit(me);
    } catch (error) {
      if (error instanceof Refused) return this.door("");
      if (!(error instanceof Unreachable)) throw error;
      const { me, ground } = kept() ?? {};
      if (me && ground) {
        authorise(me.csrf);
        this.open(me, ground, NO_STREETS);
      }
      this.wait();
    }
  }

  /** Ask again who is here until the line is back. */
  private wait(): void {
    const again = async (): Promise<void> => {
      try {
        authorise((await get<Me>("/api/me")).csrf);
        await this.sit(await get<Me>("/api/me"));
      } catch (error) {
        if (error instanceof Refused) return this.door("");
        setTimeout(() => void again(), AGAIN_MS);
      }
    };
    setTimeout(() => void again(), AGAIN_MS);
  }

  private door(token: string): void {
    this.shell?.close();
    this.shell = undefined;
    showDoor(this.root, this.words, this.tools(), token, (me) => void this.sit(me));
  }

  private async sit(me: Me): Promise<void> {
    authorise(me.csrf);
    const [ground, streets] = await Promise.all([get<Ground>("/api/ground"), get<Streets>("/api/streets").catch(() => NO_STREETS)]);
    keep({ me, ground });
    this.open(me, ground, streets);
    void this.shell?.connect();
  }

  private open(me: Me, ground: Ground, streets: Streets): void {
    this.me = me;
    this.shell?.close();
    this.shell = new Shell(this.root, me, ground, this.words, new LiveSight(ground, streets), this.tools(), () => void this.leave());
    this.shell.onSignedOut = () => this.door("");
    this.shell.onRenewed = (renewed) => keep({ me: (this.me = renewed) });
  }

  private async leave(): Promise<void> {
    await post("/api/logout").catch(() => undefined);
    localStorage.removeItem(KEPT);
    this.me = undefined;
    this.door("");
  }

  // --- language and theme, everywhere the same --------------------------------------------------------------------------

  private tools(): HTMLElement {
    const t = (key: string) => this.words.t(`room.${key}`);
    const languages = this.words.languages.map((lang) =>
      h("button", { type: "button", lang, "aria-pressed": String(lang === this.words.lang), title: this.words.named("playback", `language_${lang}`), click: () => this.speak(lang) }, lang.toUpperCase()),
    );
    const dark = () => document.documentElement.dataset["theme"] !== "light";
    const theme = h("button", { type: "button", "data-tool": "theme", "aria-pressed": String(dark()) }, t("dark"));
    theme.addEventListener("click", () => {
      document.documentElement.dataset["theme"] = dark() ? "light" : "dark";
      localStorage.setItem(THEME, document.documentElement.dataset["theme"]!);
      theme.setAttribute("aria-pressed", String(dark()));
      this.shell?.recolour();
    });
    return h("div", { class: "rm-tools", role: "group", "aria-label": this.words.t("language") }, ...languages, theme);
  }

  private speak(lang: string): void {
    if (lang === this.words.lang) return;
    this.words.lang = lang;
    localStorage.setItem(LANG, lang);
    document.documentElement.lang = lang;
    speakTo(lang);
    if (this.shell && this.me) {
      this.shell.speak(this.tools());
    } else {
      this.door(invitation());
    }
    this.root.querySelector<HTMLElement>(`.rm-tools [lang=${lang}]`)?.focus();
  }
}

new Page().start().catch((error: unknown) => {
  const root = document.querySelector<HTMLElement>("#room");
  if (root) write(root, String(error));
  throw error;
});
