// Reports that wait for the line: kept in the browser over a reload, each with a key, so that it arrives exactly once.

import { Refused, Unreachable, act } from "./api";
import type { Action, Fault } from "./types";

export interface Letter {
  key: string;
  made: number; // wall clock, ms
  action: Action;
  faults?: Fault[];
}

const AGAIN_MS = 4000;
const DATED = new Set(["tps.report", "incident.report", "incident.update", "crowd.report", "unit.report"]);
const WAITED_MS = 1000; // what goes out at once is seen now: a clock that is a little slow must not make it late
const LATER = new Set([401, 403, 408, 429, 500, 503]); // signed out, hurried, broken or full: the report is still good

/** Say whether what was not taken now may be taken later, as it is. */
export function isLater(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && LATER.has(error.status));
}

/** A key that no other report has; randomUUID is missing where the page came over plain http. */
export function makeKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  letters: Letter[];
  sent = 0;
  onChange: () => void = () => undefined;
  onSent: () => void = () => undefined;
  /** The operation's time, seconds, where what is reported says when it was seen. */
  clock: () => number | undefined = () => undefined;
  private busy = false;
  private readonly timer: number;

  constructor(private readonly name: string) {
    this.letters = this.read();
    this.timer = window.setInterval(() => void this.flush(), AGAIN_MS);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private read(): Letter[] {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]") as Letter[];
    } catch {
      return [];
    }
  }

  private write(): void {
    localStorage.setItem(this.name, JSON.stringify(this.letters));
    this.onChange();
  }

  keep(action: Action, key: string): void {
    this.letters.push({ key, made: Date.now(), action });
    this.write();
    void this.flush();
  }

  drop(key: string): void {
    this.letters = this.letters.filter((each) => each.key !== key);
    this.write();
  }

  /** Send what waits, one after the other, until the line is lost again. */
  async flush(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      for (const letter of this.letters.filter((each) => !each.faults)) {
        if (!(await this.send(letter))) break;
      }
    } finally {
      this.busy = false;
    }
  }

  /** A report of an operation says when it was seen: as long ago as it has waited here. */
  private dated(letter: Letter): Action {
    const now = this.clock();
    const waited = Date.now() - letter.made;
    if (now === undefined || waited < WAITED_MS || !DATED.has(letter.action.do)) return letter.action;
    return { ...letter.action, seen: Math.max(0, Math.round(1000 * now - waited) / 1000) };
  }

  private async send(letter: Letter): Promise<boolean> {
    try {
      await act(this.dated(letter), letter.key);
    } catch (error) {
      if (isLater(error)) return false;
      if (!(error instanceof Refused)) throw error;
      letter.faults = error.faults;
      this.write();
      return true;
    }
    this.sent += 1;
    this.drop(letter.key);
    this.onSent();
    return true;
  }
}
