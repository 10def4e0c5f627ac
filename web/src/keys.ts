// The keys of a player, and the list of them.

import { h } from "./dom";
import type { Words } from "./words";

const OWN_KEYS = "input[type=checkbox], select, summary, button, a";
const MOVES = /^(Arrow|Home|End|Page|[+=-])/;

/** Listen for keys, but leave to a control those that are its own; `press` says whether a key was one of the player's. */
export function listen(target: Document | HTMLElement, quiet: () => boolean, press: (event: KeyboardEvent) => boolean): void {
  target.addEventListener("keydown", (given) => {
    const event = given as KeyboardEvent;
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || quiet()) return;
    if ((event.key === " " || event.key === "Enter") && at.matches(OWN_KEYS)) return;
    if (at.matches("select, .maplibregl-canvas, .pb-yard") && MOVES.test(event.key)) return;
    if (at.matches(".pb-scroll, .pb-why") && /^(Arrow|Home|End|Page| )/.test(event.key)) return;
    if (!press(event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** The list of keys, each with the word that says what it does. */
export function keyList(rows: [string, string][], words: Words): HTMLDialogElement {
  const body = rows.map(([key, told]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, words.t(told))));
  const close = h("button", { type: "button", click: () => dialog.close() }, words.t("close"));
  const dialog = h("dialog", { class: "pb-help", "aria-label": words.t("keys") }, h("h3", {}, words.t("keys")), h("table", {}, h("tbody", {}, ...body)), close) as HTMLDialogElement;
  return dialog;
}
