// The controller's part of the desk: the list of events (MSEL), invitations, who sits where, and the exercise's files.

import { h, write } from "../dom";
import { Refused, get, post, remove } from "./api";
import type { Desk } from "./desk";
import { Form, type Spec } from "./forms";
import type { Say, Store } from "./store";
import type { ItemNow } from "./types";

interface Invite {
  id: string | number;
  seat: string;
  expires: string;
  account: string;
}

interface Account {
  account: string;
  seat: string;
}

const HOURS = [1, 8, 24, 72, 168];
const WITH_PLACE = "hospital";

/** Copy a text; over plain http the browser's clipboard is shut, and an old way is open. */
async function copy(input: HTMLInputElement): Promise<void> {
  input.select();
  if (navigator.clipboard) return navigator.clipboard.writeText(input.value);
  document.execCommand("copy");
}

export class Control {
  readonly element: HTMLElement;
  private readonly items = h("ol", { class: "rm-items" });
  private readonly seats = h("ul", { class: "rm-plain" });
  private readonly invites = h("ul", { class: "rm-plain" });
  private readonly accounts = h("ul", { class: "rm-plain" });
  private readonly link = h("div", { class: "rm-link", hidden: true });
  private readonly files = h("p", { class: "rm-files" });
  private readonly lines = new Map<string, HTMLElement>();

  constructor(
    private readonly store: Store,
    private readonly say: Say,
    private readonly desk: Desk,
  ) {
    const t = (key: string) => say.t(key);
    const part = (key: string, open: boolean, ...children: HTMLElement[]) => h("details", { class: "rm-part", open, "data-part": key }, h("summary", {}, t(key)), ...children);
    const invitations = part("invitations", false, this.invite(), this.link, h("h4", {}, t("invites_open")), this.invites, h("h4", {}, t("accounts")), this.accounts);
    invitations.addEventListener("toggle", () => void this.list());
    const fresh = h("div");
    const add = h("button", { type: "button", click: () => this.edit(fresh, undefined) }, t("item_new"));
    this.element = h("div", { class: "rm-control" }, part("msel", true, this.items, add, fresh), part("seats", false, this.seats), invitations, this.files);
    store.on("board", () => this.update());
    store.on("world", () => this.updateFiles());
    this.update();
    this.updateFiles();
  }

  // --- the list of events -----------------------------------------------------------------------------------------------

  private update(): void {
    const shown = this.store.items;
    const names = new Set(shown.map((each) => each.id));
    for (const [id, line] of this.lines) {
      if (names.has(id)) continue;
      line.remove();
      this.lines.delete(id);
    }
    shown.forEach((item, index) => {
      const line = this.lines.get(item.id) ?? h("li", { "data-item": item.id });
      this.lines.set(item.id, line);
      const told = `${JSON.stringify(item)} ${this.store.frame?.ended}`;
      if (line.dataset["told"] !== told) {
        line.dataset["told"] = told;
        line.replaceChildren(...this.item(item));
      }
      if (this.items.children[index] !== line) this.items.insertBefore(line, this.items.children[index] ?? null);
    });
    const held = Object.entries(this.store.view?.seats ?? {}).map(([seat, n]) => h("li", {}, n > 1 ? `${this.say.seat(seat)} (${n})` : this.say.seat(seat)));
    this.seats.replaceChildren(...(held.length ? held : [h("li", { class: "rm-note" }, this.say.t("nobody_sits"))]));
  }

  private item(item: ItemNow): HTMLElement[] {
    const t = (key: string) => this.say.t(key);
    const when = item.played !== null ? `✓ ${this.say.clock(item.played)}` : this.waits(item);
    const holder = h("div");
    const open = item.played === null && !this.store.frame?.ended;
    const button = (key: string, act: () => void) => h("button", { type: "button", "data-msel": key, click: act }, t(key));
    const buttons = open ? h("div", { class: "rm-row" }, button("play_now", () => void this.desk.play(item.id)), button("edit", () => this.edit(holder, item)), button("drop", () => this.form(holder, this.desk.specs.drop(item)))) : null;
    const expected = this.say.both(item.expected);
    return [
      h("p", { class: "rm-kicker" }, when, item.when && item.played === null ? ": " : " ", item.to.map((role) => this.say.seat(role)).join(", ")),
      h("p", {}, this.say.both(item.text)),
      ...(expected ? [h("p", { class: "rm-note" }, `${t("expected")}: ${expected}`)] : []),
      ...(buttons ? [buttons, holder] : []),
    ];
  }

  /** What an event of the list waits for: its time, a stage of a place, or the controller. */
  private waits(item: ItemNow): string {
    if (item.when) return this.say.t("at_stage", { place: this.say.place(item.when.place), stage: item.when.stage });
    return item.at === null ? this.say.t("shelf") : this.say.clock(item.at);
  }

  private edit(holder: HTMLElement, item: ItemNow | undefined): void {
    this.form(holder, this.desk.specs.item(item));
  }

  private form(holder: HTMLElement, spec: Spec): void {
    const same = holder.querySelector(`[data-do="${spec.do}"]`);
    if (same) return holder.replaceChildren();
    const form = new Form(spec, this.desk);
    form.onDone = () => holder.replaceChildren();
    holder.replaceChildren(form.element);
    form.element.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }

  // --- invitations ------------------------------------------------------------------------------------------------------

  private invite(): HTMLElement {
    const { store, say } = this;
    const seats = () => Object.keys(store.ground.roles).map((value) => ({ value, label: say.seat(value) }));
    const hospitals = () => (store.ground.hospitals ?? []).map((value) => ({ value, label: say.place(value) }));
    const spec: Spec = {
      do: "invite",
      submit: "invite",
      fields: [
        { name: "seat", kind: "select", label: "f_seat", options: seats },
        { name: "what", kind: "select", label: "f_hospital", options: hospitals, optional: true, shown: (v) => v["seat"] === WITH_PLACE },
        { name: "hours", kind: "select", label: "f_hours", options: () => HOURS.map((n) => ({ value: String(n), label: say.t("in_h", { n }) })), value: () => "24" },
      ],
      build: (v) => ({ do: "invite", seat: v["what"] ? `${v["seat"]}:${v["what"]}` : v["seat"], hours: Number(v["hours"]) }),
    };
    const send = async (made: Record<string, unknown>): Promise<"sent"> => {
      const { link } = await post<{ link: string }>("/api/invites", { seat: made["seat"], hours: made["hours"] });
      this.showLink(link, String(made["seat"]));
      void this.list();
      return "sent";
    };
    return new Form(spec, { t: this.desk.t, send }).element;
  }

  private showLink(link: string, seat: string): void {
    const input = h("input", { type: "text", readonly: true, value: link, "aria-label": this.say.t("link_for", { seat: this.say.seat(seat) }) }) as HTMLInputElement;
    const said = h("span", { role: "status" });
    const button = h("button", { type: "button", click: () => void copy(input).then(() => write(said, this.say.t("copied"))) }, this.say.t("copy"));
    this.link.replaceChildren(h("p", {}, this.say.t("link_for", { seat: this.say.seat(seat) })), input, h("div", { class: "rm-row" }, button, said));
    this.link.hidden = false;
  }

  private async list(): Promise<void> {
    try {
      const [invites, accounts] = await Promise.all([get<Invite[] | { invites: Invite[] }>("/api/invites"), get<Account[] | { accounts: Account[] }>("/api/accounts")]);
      const open = (Array.isArray(invites) ? invites : invites.invites).filter((each) => !each.account);
      const known = Array.isArray(accounts) ? accounts : accounts.accounts;
      this.fill(this.invites, open.map((each) => this.line(this.say.seat(each.seat), `/api/invites/${each.id}`)));
      this.fill(this.accounts, known.map((each) => this.account(each)));
    } catch (error) {
      if (!(error instanceof Refused)) this.fill(this.invites, []);
    }
  }

  private fill(list: HTMLElement, rows: HTMLElement[]): void {
    list.replaceChildren(...(rows.length ? rows : [h("li", { class: "rm-note" }, this.say.t("none"))]));
  }

  /** An account: it can be signed out everywhere, and stays; or taken back with its desk. */
  private account(each: Account): HTMLElement {
    const own = each.account === this.store.me.account;
    const text = `${each.account}: ${this.say.seat(each.seat)}`;
    const row = this.line(text, own ? "" : `/api/accounts/${each.account}`);
    if (!own) row.append(h("button", { type: "button", "data-account": "close", "aria-label": `${this.say.t("sign_out")} ${text}`, click: () => void remove(`/api/accounts/${each.account}/sessions`).then(() => this.list()) }, this.say.t("sign_out")));
    return row;
  }

  private line(text: string, path: string): HTMLElement {
    const button = path ? h("button", { type: "button", "aria-label": `${this.say.t("take_back")} ${text}`, click: () => void remove(path).then(() => this.list()) }, this.say.t("take_back")) : null;
    return h("li", {}, h("span", {}, text), button);
  }

  private updateFiles(): void {
    const told = `${this.store.frame?.ended}`;
    if (this.files.dataset["told"] === told) return;
    this.files.dataset["told"] = told;
    this.files.replaceChildren(...reviewLinks(this.store, this.say));
  }
}

/** Where the exercise can be taken away, and its review once it has ended. */
export function reviewLinks(store: Store, say: Say): HTMLElement[] {
  const review = store.frame?.ended ? [h("a", { href: `/api/review.html?lang=${say.words.lang}`, target: "_blank", rel: "noopener" }, say.t("review"))] : [];
  return [...review, h("a", { href: "/api/export", download: "" }, say.t(store.ground.real ? "export_real" : "export"))];
}
