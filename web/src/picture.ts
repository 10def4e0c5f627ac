// A still of the streets on a plain canvas: what is seen until WebGL is ready, at the very same places.

import { lines } from "./document";
import { css, h } from "./dom";
import type { Colours } from "./ink";
import type { Replay } from "./replay";
import { WIDTHS, type View, toPx, widthAt } from "./scene";
import { fitCanvas, pathOf } from "./things";

export class Picture {
  readonly element = h("canvas", { class: "pb-picture", "aria-hidden": "true" }) as HTMLCanvasElement;

  constructor(
    host: HTMLElement,
    private readonly replay: Replay,
    private readonly view: View,
  ) {
    host.append(this.element);
  }

  draw(colours: Colours, streets: boolean): void {
    const brush = this.element.getContext("2d")!;
    const { ground } = this.replay.doc;
    const size: [number, number] = [this.element.clientWidth, this.element.clientHeight];
    const dense = fitCanvas(this.element, size);
    const px = toPx(this.view, ...size);
    brush.setTransform(dense, 0, 0, dense, 0, 0);
    brush.fillStyle = css(colours.faint);
    brush.fillRect(0, 0, ...size);
    brush.lineJoin = brush.lineCap = "round";
    if (!streets) return;
    for (const [name, ink] of [["minor", colours.street], ["main", colours.main]] as const) {
      brush.lineWidth = widthAt(WIDTHS[name], this.view.zoom);
      brush.strokeStyle = css(ink);
      brush.stroke(pathOf(lines(ground[name]), px));
    }
  }
}
