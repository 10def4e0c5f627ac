// How long the session still holds: it is said an hour before, and renewed by the password without leaving the desk.

import { h, write } from "../dom";
import { authorise, post } from "./api";
import { Form, type Spec } from "./forms";
import type { Say } from "./store";
import type { Me } from "./types";

const WARN_MS = [3_600_000, 600_000];

export interface Line {
  hold(): void;
  open(): void;
}

export class SessionEnd {
  readonly element: HTMLElement;
  readonly dialog: HTMLDialogElement;
  onNews: (text: string) => void = () => undefined;
  private readonly button: HTMLButtonElement;
  private warned = 0;

  constructor(
    private readonly me: Me,
    private readonly say: Say,
    private readonly line: Line,
    private readonly ends: { at: number | undefined },
    private readonly renewed: (me: Me) => void,
  ) {
    this.button = h("button", { type: "button", "data-tool": "renew", click: () => this.open() }) as HTMLButtonElement;
    this.element = h("p", { class: "rm-ends", hidden: true }, this.button);
    this.dialog = h("dialog", { class: "rm-dialog", "aria-label": say.t("renew") }) as HTMLDialogElement;
    this.update();
  }

  /** Say how long is left, an hour before the end. */
  update(): void {
    const left = this.ends.at === undefined ? Infinity : this.ends.at - Date.now();
    const due = WARN_MS.filter((ms) => left < ms).length;
    this.element.hidden = due === 0;
    if (due === 0) return void (this.warned = 0);
    const text = this.say.t("session_ends", { n: this.say.words.count(Math.max(0, Math.ceil(left / 60_000))) });
    write(this.button, text);
    if (due > this.warned) this.onNews(text);
    this.warned = due;
  }

  private open(): void {
    const { say } = this;
    const spec: Spec = { do: "renew", submit: "renew", fields: [{ name: "password", kind: "text", label: "f_password" }], build: (v) => ({ do: "renew", password: v["password"] }) };
    const form = new Form(spec, { t: (key, fields) => say.t(key, fields), send: (made) => this.send(String(made["password"])) });
    const input = form.element.querySelector("input")!;
    input.type = "password";
    input.autocomplete = "current-password";
    const close = h("button", { type: "button", click: () => this.dialog.close() }, say.t("close"));
    this.dialog.replaceChildren(h("h2", {}, say.t("renew")), h("p", {}, say.t("renew_lead", { account: this.me.account })), form.element, h("div", { class: "rm-row" }, close));
    this.dialog.showModal();
    input.focus();
  }

  /** Sign in anew; the line is let go meanwhile, as the old session ends with it. */
  private async send(password: string): Promise<"sent"> {
    this.line.hold();
    try {
      const me = await post<Me>("/api/login", { account: this.me.account, password });
      authorise(me.csrf);
      this.renewed(me);
      this.dialog.close();
      this.update();
    } finally {
      this.line.open();
    }
    return "sent";
  }
}
