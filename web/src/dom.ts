// Elements in one line, and the colours that the page's style sheet sets.

type Child = Node | string | null | undefined;
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((each): each is Node | string => each !== null && each !== undefined));
  return element;
}

export type Colour = [r: number, g: number, b: number, a: number];

let brush: CanvasRenderingContext2D | null = null;

/** Read a custom property of the page as red, green, blue, alpha. */
export function colour(element: Element, name: string, alpha = 255): Colour {
  brush ??= document.createElement("canvas").getContext("2d");
  const value = getComputedStyle(element).getPropertyValue(name).trim();
  if (!brush) return [0, 0, 0, alpha];
  brush.fillStyle = "#000";
  brush.fillStyle = value;
  const hex = String(brush.fillStyle);
  return [parseInt(hex.slice(1, 3), 16), parseInt(hex.slice(3, 5), 16), parseInt(hex.slice(5, 7), 16), alpha];
}

export function css([r, g, b]: Colour): string {
  return `rgb(${r},${g},${b})`;
}

/** Put new text in only where it changed: the screen stays still and screen readers quiet. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
