// The reporting tab of a phone: its forms, and what still waits for the line.

import { h, write } from "../dom";
import type { Desk } from "./desk";
import { Form, type Spec, faultText } from "./forms";
import type { Letter, Outbox } from "./outbox";
import type { Say, Store } from "./store";

export class Lapor {
  readonly element: HTMLElement;
  private readonly letters = h("ul", { class: "rm-plain rm-outbox" });
  private readonly forms: { spec: Spec; form: Form; holder: HTMLElement; button: HTMLElement }[];
  private readonly title = h("h2");

  constructor(
    private readonly store: Store,
    private readonly say: Say,
    desk: Desk,
    private readonly outbox: Outbox,
  ) {
    this.forms = this.specs(desk).map((spec) => {
      const form = new Form(spec, desk);
      const button = h("button", { type: "button", "data-lapor": spec.do, click: () => this.show(spec.do) }, say.t(`do_${spec.do.replace(".", "_")}`));
      return { spec, form, holder: h("div", {}, form.element), button };
    });
    const choices = this.forms.length > 1 ? h("div", { class: "rm-row rm-choices", role: "group", "aria-label": say.t("tab_lapor") }, ...this.forms.map((each) => each.button)) : null;
    this.element = h("div", { class: "rm-lapor" }, choices, this.title, ...this.forms.map((each) => each.holder), h("section", { "aria-label": say.t("outbox") }, this.letters));
    if (this.forms[0]) this.show(this.forms[0].spec.do);
    outbox.onChange = () => {
      this.update();
      store.tell("outbox");
    };
    outbox.onSent = () => {
      if (!outbox.letters.length) for (const each of this.forms) each.form.arrived();
    };
    store.on("board", () => this.form?.refresh());
    this.update();
  }

  /** What this phone reports: of an operation the TPS, incidents and crowds that it may, else one thing. */
  private specs(desk: Desk): Spec[] {
    const { store } = this;
    const { specs } = desk;
    if (store.may("hospital.update")) return [specs.hospital()];
    const real = [specs.reports.tps(), specs.reports.incident(), specs.reports.crowd()].filter((each) => store.may(each.do));
    if (store.ground.real && real.length) return real;
    return store.may("report") ? [specs.report()] : store.may("observe") ? [specs.observe()] : [];
  }

  /** The form that is shown. */
  private get form(): Form | undefined {
    return this.forms.find((each) => !each.holder.hidden)?.form;
  }

  private show(name: string): void {
    for (const { spec, form, holder, button } of this.forms) {
      holder.hidden = spec.do !== name;
      button.setAttribute("aria-pressed", String(spec.do === name));
      if (holder.hidden) continue;
      write(this.title, this.say.t(`do_${name.replace(".", "_")}`));
      form.refresh();
    }
  }

  get any(): boolean {
    return this.forms.length > 0;
  }

  private update(): void {
    this.letters.replaceChildren(...this.outbox.letters.map((each) => this.line(each)));
  }

  private line(letter: Letter): HTMLElement {
    const { say } = this;
    const { action, faults } = letter;
    const at = new Date(letter.made).toLocaleTimeString(say.words.lang === "id" ? "id-ID" : "en-GB", { hour: "2-digit", minute: "2-digit" });
    const what = say.record({ n: -1, t: 0, at: "", seat: this.store.me.seat, action });
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
    this.show(letter.action.do);
    this.form?.fill(values);
    this.form?.show(letter.faults ?? [], 409);
    this.outbox.drop(letter.key);
  }

  /** Report from a place that was clicked. */
  open(place: string): void {
    if (this.store.ground.real && this.forms.some((each) => each.spec.do === "incident.report")) this.show("incident.report");
    this.form?.fill({ place });
    this.form?.element.querySelector<HTMLElement>("select, input, textarea")?.focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  get canReport(): boolean {
    return this.store.may("report");
  }
}
