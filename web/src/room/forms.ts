// Forms out of a list of fields: labels, choices that follow what is chosen, and the server's faults beside the fields.

import { h, write } from "../dom";
import { Refused, Unreachable } from "./api";
import type { Action, Fault } from "./types";

export type Values = Record<string, string>;
export interface Option {
  value: string;
  label: string;
  group?: string;
}

export interface Field {
  name: string;
  kind: "select" | "text" | "area" | "number" | "radio" | "date";
  label: string;
  options?: (values: Values) => Option[];
  shown?: (values: Values) => boolean;
  optional?: boolean;
  value?: () => string;
  min?: number;
  max?: number;
  step?: number;
  hint?: string;
}

export interface Spec {
  do: string;
  fields: Field[];
  build: (values: Values) => Action;
  submit?: string;
}

export interface Sender {
  t: (key: string, fields?: Record<string, string | number>) => string;
  send: (action: Action) => Promise<"sent" | "kept">;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

let count = 0;

/** A fault in a sentence. */
export function faultText(t: Sender["t"], fault: Fault): string {
  return t("fault", { expected: fault.expected, got: fault.got, remedy: fault.remedy });
}

export class Form {
  readonly element: HTMLFormElement;
  onDone: () => void = () => undefined;
  private readonly id = `f${++count}`;
  private readonly rows = new Map<string, { row: HTMLElement; field: Field; fault: HTMLElement }>();
  private readonly said = h("p", { class: "rm-said", role: "status" });
  private readonly button: HTMLButtonElement;

  constructor(
    readonly spec: Spec,
    private readonly sender: Sender,
  ) {
    this.button = h("button", { type: "submit", class: "rm-main" }, sender.t(spec.submit ?? "send")) as HTMLButtonElement;
    const rows = spec.fields.map((field) => this.row(field));
    this.element = h("form", { class: "rm-form", novalidate: true, "data-do": spec.do }, ...rows, h("div", { class: "rm-row" }, this.button, this.said)) as HTMLFormElement;
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.element.addEventListener("change", () => this.refresh());
    this.refresh();
  }

  private row(field: Field): HTMLElement {
    const id = `${this.id}-${field.name}`;
    const fault = h("p", { class: "rm-fault", id: `${id}-fault`, hidden: true });
    const label = this.sender.t(field.label) + (field.optional ? ` (${this.sender.t("optional")})` : "");
    const hint = field.hint ? h("p", { class: "rm-hint" }, this.sender.t(field.hint)) : null;
    const row =
      field.kind === "radio"
        ? h("fieldset", { class: "rm-field" }, h("legend", {}, label), hint, h("div", { class: "rm-radios" }), fault)
        : h("div", { class: "rm-field" }, h("label", { for: id }, label), hint, this.control(field, id), fault);
    this.rows.set(field.name, { row, field, fault });
    return row;
  }

  private control(field: Field, id: string): HTMLElement {
    const common = { id, name: field.name, "aria-describedby": `${id}-fault` };
    if (field.kind === "select") return h("select", common);
    if (field.kind === "area") {
      const area = h("textarea", { ...common, rows: 3, maxlength: 2000 }) as HTMLTextAreaElement;
      area.value = field.value?.() ?? "";
      return area;
    }
    const { min, max, step } = field;
    const numeric = field.kind === "number" ? { inputmode: "numeric", min, max, step } : { maxlength: 2000 };
    const input = h("input", { ...common, type: field.kind, autocomplete: "off", ...(numeric as Record<string, string | number | undefined>) }) as HTMLInputElement;
    input.value = field.value?.() ?? "";
    return input;
  }

  private controls(name: string): Control[] {
    return [...this.rows.get(name)!.row.querySelectorAll<Control>("input, select, textarea")];
  }

  /** What stands in the fields that are shown. */
  values(): Values {
    const out: Values = {};
    for (const [name, { row, field }] of this.rows) {
      if (row.hidden) continue;
      const controls = this.controls(name);
      const chosen = field.kind === "radio" ? controls.find((each) => (each as HTMLInputElement).checked) : controls[0];
      out[name] = chosen?.value.trim() ?? "";
    }
    return out;
  }

  /** Say of a report that was kept without a line that it was sent since. */
  arrived(): void {
    if (this.said.textContent === this.sender.t("kept")) write(this.said, this.sender.t("kept_sent"));
  }

  /** Put values in: from the map, from an item of the list. */
  fill(values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      if (!this.rows.has(name)) continue;
      this.refresh();
      for (const each of this.controls(name)) {
        if (each instanceof HTMLInputElement && each.type === "radio") each.checked = each.value === value;
        else each.value = value;
      }
    }
    this.refresh();
  }

  /** Show the choices as they are now; a choice that somebody is making stays as it is. */
  refresh(): void {
    for (const [name, { row, field }] of this.rows) {
      const values = this.values();
      row.hidden = field.shown !== undefined && !field.shown(values);
      if (!field.options) continue;
      const options = field.options(values);
      if (field.kind === "radio") this.fillRadios(name, row, options);
      else this.fillSelect(row.querySelector("select")!, field, options, options.length ? "choose" : this.waits(name, values) ? "first" : "none");
    }
  }

  private fillRadios(name: string, row: HTMLElement, options: Option[]): void {
    const holder = row.querySelector(".rm-radios")!;
    if (holder.children.length) return;
    holder.append(...options.map(({ value, label }) => h("label", {}, h("input", { type: "radio", name: `${this.id}-${name}`, value, "aria-describedby": `${this.id}-${name}-fault` }), ` ${label}`)));
  }

  /** Whether a choice that must be made stands open above a field: what the field offers may hang on it. */
  private waits(name: string, values: Values): boolean {
    const above = [...this.rows.keys()].slice(0, [...this.rows.keys()].indexOf(name));
    return above.some((each) => {
      const { field, row } = this.rows.get(each)!;
      const open = field.kind === "select" && !row.hidden && !field.optional && !values[each];
      return open && field.options!(values).length > 0;
    });
  }

  private fillSelect(select: HTMLSelectElement, field: Field, options: Option[], blank: string): void {
    const told = JSON.stringify([blank, options]);
    if (select.dataset["told"] === told || (select === document.activeElement && select.dataset["told"] !== undefined)) return;
    const before = select.dataset["told"] === undefined ? (field.value?.() ?? "") : select.value;
    select.dataset["told"] = told;
    const groups = new Map<string, HTMLElement>();
    const made = options.map(({ value, label, group }) => ({ option: h("option", { value }, label), group }));
    const children: HTMLElement[] = field.optional || options.length !== 1 ? [h("option", { value: "" }, this.sender.t(blank))] : [];
    for (const { option, group } of made) {
      if (!group) {
        children.push(option);
        continue;
      }
      const known = groups.get(group) ?? h("optgroup", { label: group });
      if (!groups.has(group)) children.push(known);
      groups.set(group, known);
      known.append(option);
    }
    select.replaceChildren(...children);
    select.value = options.some((each) => each.value === before) ? before : (children[0]?.getAttribute("value") ?? "");
  }

  /** Send what is filled in by another button. */
  submitAs(spec: Spec): void {
    void this.submit(spec);
  }

  private async submit(spec: Spec = this.spec): Promise<void> {
    this.clear();
    const values = this.values();
    const missing = [...this.rows.values()].filter(({ field, row }) => !row.hidden && !field.optional && !values[field.name]);
    if (missing.length) {
      for (const { field } of missing) this.mark(field.name, this.sender.t("needed"));
      this.controls(missing[0]!.field.name)[0]?.focus();
      return;
    }
    this.button.disabled = true;
    try {
      const how = await this.sender.send(spec.build(values));
      this.empty();
      write(this.said, this.sender.t(how === "kept" ? "kept" : "sent"));
      this.onDone();
    } catch (error) {
      if (error instanceof Unreachable) write(this.said, this.sender.t("not_sent"));
      else if (error instanceof Refused) this.show(error.faults, error.status);
      else throw error;
    } finally {
      this.button.disabled = false;
    }
  }

  /** Show what was refused beside the fields that it is about. */
  show(faults: Fault[], status: number): void {
    this.clear();
    const loose: string[] = [];
    for (const fault of faults) {
      const name = fault.field.split(".").at(-1)!.replace(/\[\d+\]$/, "");
      const text = faultText(this.sender.t, fault);
      if (this.rows.has(name) && !this.rows.get(name)!.row.hidden) this.mark(name, text);
      else loose.push(text);
    }
    if (!faults.length) loose.push(this.sender.t(status === 429 ? "too_fast" : status === 401 ? "signed_out" : "refused_plain"));
    write(this.said, loose.join(" "));
    this.said.classList.toggle("bad", loose.length > 0);
    this.element.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }

  private mark(name: string, text: string): void {
    const { fault } = this.rows.get(name)!;
    fault.hidden = false;
    write(fault, text);
    for (const each of this.controls(name)) each.setAttribute("aria-invalid", "true");
  }

  private clear(): void {
    write(this.said, "");
    this.said.classList.remove("bad");
    for (const [name, { fault }] of this.rows) {
      fault.hidden = true;
      for (const each of this.controls(name)) each.removeAttribute("aria-invalid");
    }
  }

  /** Empty what was written and chosen, but for what has a value of its own. */
  private empty(): void {
    for (const [name, { field }] of this.rows) {
      for (const each of this.controls(name)) {
        if (each instanceof HTMLInputElement && each.type === "radio") each.checked = false;
        else if (field.kind !== "select") each.value = field.value?.() ?? "";
      }
    }
    this.refresh();
  }
}
