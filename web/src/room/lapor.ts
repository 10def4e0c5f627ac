// The reporting tab of a phone: one form, and what still waits for the line.

import { h } from "../dom";
import type { Desk } from "./desk";
import { Form, faultText } from "./forms";
import type { Letter, Outbox } from "./outbox";
import type { Say, Store } from "./store";

export class Lapor {
  readonly element: HTMLElement;
  private readonly letters = h("ul", { class: "rm-plain rm-outbox" });
  private readonly form: Form | undefined;

  constructor(
    private readonly store: Store,
    private readonly say: Say,
    desk: Desk,
    private readonly outbox: Outbox,
  ) {
    const { specs } = desk;
    const spec = store.may("hospital.update") ? specs.hospital() : store.may("report") ? specs.report() : store.may("observe") ? specs.observe() : undefined;
    this.form = spec ? new Form(spec, desk) : undefined;
    const title = spec ? say.t(`do_${spec.do.replace(".", "_")}`) : "";
    this.element = h("div", { class: "rm-lapor" }, h("h2", {}, title), this.form?.element ?? null, h("section", { "aria-label": say.t("outbox") }, this.letters));
    outbox.onChange = () => {
      this.update();
      store.tell("outbox");
    };
    store.on("board", () => this.form?.refresh());
    this.update();
  }

  get any(): boolean {
    return this.form !== undefined;
  }

  private update(): void {
    this.letters.replaceChildren(...this.outbox.letters.map((each) => this.line(each)));
  }

  private line(letter: Letter): HTMLElement {
    const { say } = this;
    const { action, faults } = letter;
    const at = new Date(letter.made).toLocaleTimeString(say.words.lang === "id" ? "id-ID" : "en-GB", { hour: "2-digit", minute: "2-digit" });
    const what = action.do === "report" ? `${say.t(`what_${String(action["what"])}`)}, ${say.place(String(action["place"]))}` : say.place(String(action["hospital"]));
    const state = faults ? say.t("letter_refused") : say.t("letter_waits");
    const buttons = faults
      ? [
          h("button", { type: "button", click: () => this.mend(letter) }, say.t("mend")),
          h("button", { type: "button", click: () => this.outbox.drop(letter.key) }, say.t("drop")),
        ]
      : [];
    return h(
      "li",
      { class: faults ? "bad" : "", "data-key": letter.key },
      h("p", { class: "rm-kicker" }, `${at} ${state}`),
      h("p", {}, what),
      ...(faults ?? []).map((fault) => h("p", { class: "rm-fault" }, faultText((key, fields) => say.t(key, fields), fault))),
      buttons.length ? h("div", { class: "rm-row" }, ...buttons) : null,
    );
  }

  /** Put a refused report back into the form, with what was refused. */
  private mend(letter: Letter): void {
    const values = Object.fromEntries(Object.entries(letter.action).map(([name, value]) => [name, String(value)]));
    this.form?.fill(values);
    this.form?.show(letter.faults ?? [], 409);
    this.outbox.drop(letter.key);
  }

  /** Report from a place that was clicked. */
  open(place: string): void {
    this.form?.fill({ place });
    this.form?.element.querySelector<HTMLElement>("select, input, textarea")?.focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  get canReport(): boolean {
    return this.store.may("report");
  }
}
