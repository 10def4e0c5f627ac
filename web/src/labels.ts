// Labels of the map as text of the page: put where there is room, left out where there is none.

import { h, write } from "./dom";

export interface Wanted {
  x: number;
  y: number;
  lines: string[];
  lift: number;
  must?: boolean; // has its name even where there is no room for one
}

/** What a label may not lie on: a unit with its letters above it, or a mark of so many px about its point; a soft one
 * it may, where there is no other room. */
export interface Obstacle {
  x: number;
  y: number;
  half?: number;
  soft?: boolean;
}

type Spot = [x: number, y: number];
type Box = [left: number, top: number, right: number, bottom: number];

const LINE_PX = 16;
const LETTER_PX = 6.9;
const GAP_PX = 4;
const BUTTONS_PX = [56, 152] as const; // where the buttons of the zoom are
const CHIP_PX = 26; // a moving unit with its letters

/** Place labels below, right, left or above their points, in the order in which they matter. */
export function placeLabels(holder: HTMLElement, wanted: Wanted[], obstacles: Obstacle[], frame: HTMLElement, top = 0): void {
  const [width, height] = [frame.clientWidth, frame.clientHeight];
  const taken: Box[] = wanted.map(({ x, y, lift }) => [x - lift + 2, y - lift + 2, x + lift - 2, y + lift - 2]);
  taken.push([width - BUTTONS_PX[0], height - BUTTONS_PX[1], width, height]);
  const boxOf = ({ x, y, half }: Obstacle): Box => (half ? [x - half, y - half, x + half, y + half] : [x - CHIP_PX, y - CHIP_PX, x + CHIP_PX, y + 6]);
  taken.push(...obstacles.filter((each) => !each.soft).map(boxOf));
  const soft = obstacles.filter((each) => each.soft).map(boxOf);
  const marks = [...taken];
  const named: Box[] = [];
  let used = 0;
  for (const each of wanted) {
    const w = Math.max(...each.lines.map((line) => line.length)) * LETTER_PX + 6;
    const tall = each.lines.length * LINE_PX;
    const spots: Spot[] = [
      [each.x - w / 2, each.y + each.lift + GAP_PX],
      [each.x + each.lift + GAP_PX, each.y - tall / 2],
      [each.x - each.lift - GAP_PX - w, each.y - tall / 2],
      [each.x - w / 2, each.y - each.lift - GAP_PX - tall - 22],
    ];
    const inside = ([x, y]: Spot) => x > 0 && y > top && x + w < width && y + tall < height;
    const over = ([x, y]: Spot, boxes: Box[]) => boxes.filter(([a, b, c, d]) => x + w >= a && x <= c && y + tall >= b && y <= d).length;
    const seen = spots
      .filter((spot) => inside(spot) && !over(spot, named))
      .sort((one, other) => over(one, taken) - over(other, taken) || over(one, soft) - over(other, soft));
    const fits = seen.find((spot) => each.must || !over(spot, taken));
    if (!fits) continue;
    named.push([fits[0], fits[1], fits[0] + w, fits[1] + tall]);
    taken.push([fits[0], fits[1], fits[0] + w, fits[1] + tall]);
    put(holder, used++, each.lines, fits, w).classList.toggle("pb-backed", over(fits, marks) > 0);
  }
  while (holder.children.length > used) holder.lastElementChild!.remove();
}

function put(holder: HTMLElement, index: number, lines: string[], [x, y]: Spot, width: number): HTMLElement {
  const label = (holder.children[index] ?? holder.appendChild(h("div", { class: "pb-label" }))) as HTMLElement;
  label.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  label.style.width = `${width}px`;
  while (label.children.length > lines.length) label.lastElementChild!.remove();
  lines.forEach((line, i) => write(label.children[i] ?? label.appendChild(h("span")), line));
  return label;
}
