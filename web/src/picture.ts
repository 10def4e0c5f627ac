// The streets on a plain canvas, at the very places where WebGL draws them: what is seen and moved until it has.

import { type Point, lines } from "./document";
import { css, h } from "./dom";
import type { Colours } from "./ink";
import { type Sight, WIDTHS, type View, toPx, widthAt } from "./scene";
import { fitCanvas, pathOf } from "./things";

export class Picture {
  readonly element = h("canvas", { class: "pb-picture", "aria-hidden": "true" }) as HTMLCanvasElement;
  private readonly streets: Record<"minor" | "main", Point[][]>;
  private drawn = "";

  constructor(host: HTMLElement, sight: Sight) {
    const { minor, main } = sight.doc.ground;
    this.streets = { minor: lines(minor), main: lines(main) };
    host.append(this.element);
  }

  /** Draw what the view shows, unless that is what stands there. */
  draw(view: View, colours: Colours, streets: boolean): void {
    const brush = this.element.getContext("2d")!;
    const size: [number, number] = [this.element.clientWidth, this.element.clientHeight];
    const wanted = JSON.stringify([view, size, colours, streets]);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    const dense = fitCanvas(this.element, size);
    const px = toPx(view, ...size);
    brush.setTransform(dense, 0, 0, dense, 0, 0);
    brush.fillStyle = css(colours.faint);
    brush.fillRect(0, 0, ...size);
    brush.lineJoin = brush.lineCap = "round";
    if (!streets) return;
    for (const [name, ink] of [["minor", colours.street], ["main", colours.main]] as const) {
      brush.lineWidth = widthAt(WIDTHS[name], view.zoom);
      brush.strokeStyle = css(ink);
      brush.stroke(pathOf(this.streets[name], px));
    }
  }
}
