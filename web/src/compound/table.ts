// Behind the picture: its numbers every so often as a table that can be copied.

import { h } from "../dom";
import type { Words } from "../words";
import type { Course } from "./course";
import type { State } from "./document";

const ROWS = 40;
const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600];
const COUNTED: State[] = ["peaceful", "violent", "spent", "led", "homeward", "gone"];

export function numberTable(course: Course, words: Words, clock: (t: number) => string): HTMLElement {
  const t = (key: string) => words.t(`compound.${key}`);
  const step = STEPS_S.find((s) => (course.end - course.start) / s <= ROWS) ?? 1800;
  const head = [t("col_time"), t("col_stage"), ...COUNTED.map((state) => t(`state_${state}`)), t("col_densest"), t("col_crush")];
  const columns = head.map((name, i) => h("th", { scope: "col", class: i > 1 ? "number" : "" }, name));
  const body = h("tbody");
  const details = h(
    "details",
    { class: "pb-table" },
    h("summary", {}, t("table")),
    h("div", { class: "pb-scroll pb-tall", tabindex: 0, role: "region", "aria-label": t("table") }, h("table", {}, h("thead", {}, h("tr", {}, ...columns)), body)),
  );
  // Its rows are made when somebody looks: each counts people and squares.
  details.addEventListener("toggle", () => {
    if (body.children.length) return;
    for (let at = course.start; at <= course.end + 1e-6; at += step) {
      const counts = course.countsAt(at);
      const cells = [...COUNTED.map((state) => words.count(counts[state])), words.count(course.densestAt(at), 1), words.count(course.crushesAt(at).length)];
      body.append(h("tr", {}, h("th", { scope: "row" }, clock(at)), h("td", {}, words.stage(course.stageAt(at))), ...cells.map((each) => h("td", { class: "number" }, each))));
    }
  });
  return details;
}
