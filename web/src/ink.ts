// The colours of the page that a map is drawn in.

import { type Colour, colour } from "./dom";
import type { Ink } from "./marks";

export interface Colours extends Ink {
  faint: Colour;
  street: Colour;
  main: Colour;
  rule: Colour;
  crowd: Colour;
}

export function readColours(element: Element): Colours {
  const read = (name: string) => colour(element, name);
  return {
    paper: read("--paper"),
    ink: read("--ink"),
    quiet: read("--ink-2"),
    accent: read("--accent"),
    stages: [read("--hijau"), read("--kuning"), read("--merah")],
    faint: read("--faint"),
    street: read("--street"),
    main: read("--street-main"),
    rule: read("--rule"),
    crowd: read("--crowd"),
  };
}
