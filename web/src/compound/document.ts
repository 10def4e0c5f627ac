// The document of a scene that Python writes (docs/reference/scene-playback.md), and its arrays unpacked.

export type Spot = [x: number, y: number];

export interface Head {
  format: number;
  about: {
    title: string;
    site: string;
    place: string | null;
    people: number;
    violent: number | null;
    guards: number | null;
    seed: number;
    replicate: number;
    start_s: number | null;
    ends_at: number | null;
    rests: { id: string; en: string; tag: string }[];
  };
  plan: {
    ground: Spot[];
    buildings: [name: string, ring: Spot[]][];
    obstacles: [name: string, ring: Spot[]][];
    walls: [ax: number, ay: number, bx: number, by: number][];
    openings: [name: string, kind: "gate" | "door" | "exit", points: Spot[], width: number][];
    spaces: [name: string, ring: Spot[]][];
    stands: [name: string, vehicle: "engine" | "ambulance", way: Spot[]][];
    line: Spot[];
    front: Spot[];
  };
  lines: string[];
  inward: number[]; // told where the counts are made: they come turned already
  barriers: string[];
  origin: Spot;
  grid: { rows: number; columns: number; maps: number };
  map_every_s: number;
  density_unit: number;
  crush: number;
  body_m: number;
  hazards: { at: number; x: number; y: number; densest: number; people: number }[];
  cleared_at: number | null;
  frames: number;
  first_s: number;
  every_s: number;
  unit_m: number;
  arrays: Record<string, number>;
}

/** A scene, frame after frame: of a frame all people stand side by side. A person who is not there has an x of `AWAY`. */
export interface SceneDoc {
  head: Head;
  x: Int16Array;
  y: Int16Array;
  state: Uint8Array;
  turn: Uint8Array;
  stage: Uint8Array;
  officers: Int32Array;
  negotiators: Int32Array;
  passed: Int32Array; // frames × lines
  bears: Uint8Array; // frames × barriers
  density: Uint8Array; // maps × rows × columns
}

export const AWAY = -32_768;
export const TURNS = 32;
/** States of people, as the engine numbers them; those who are outside come last, but for who goes home by themselves. */
export const STATES = ["peaceful", "violent", "spent", "led", "gone", "awaited", "homeward"] as const;
export type State = (typeof STATES)[number];
const [GONE, AWAITED] = [STATES.indexOf("gone"), STATES.indexOf("awaited")];

/** Reads whole numbers: seven bits a byte, the least first, the sign in the lowest bit. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  next(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return (value >>> 1) ^ -(value & 1);
    }
  }

  /** Read a row of runs: their number, then value and length of each. */
  runs(put: (index: number, value: number) => void): void {
    let index = 0;
    for (let n = this.next(); n > 0; n--) {
      const value = this.next();
      for (let k = this.next(); k > 0; k--) put(index++, value);
    }
  }
}

export function decode(bytes: Uint8Array): SceneDoc {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size))) as Head;
  const readers = new Map<string, Reader>();
  let at = 4 + size;
  for (const [name, length] of Object.entries(head.arrays)) {
    readers.set(name, new Reader(bytes.subarray(at, at + length)));
    at += length;
  }
  const of = (name: string) => readers.get(name)!;
  const { frames } = head;
  const people = head.about.people;
  const doc: SceneDoc = {
    head,
    x: new Int16Array(frames * people).fill(AWAY),
    y: new Int16Array(frames * people),
    state: new Uint8Array(frames * people),
    turn: new Uint8Array(frames * people),
    stage: new Uint8Array(frames),
    officers: new Int32Array(frames),
    negotiators: new Int32Array(frames),
    passed: new Int32Array(frames * head.lines.length),
    bears: new Uint8Array(frames * head.barriers.length),
    density: density(head, of("cells"), of("density")),
  };
  walk(doc, of("state"), [of("x"), of("y"), of("heading")]);
  for (const column of [doc.stage, doc.officers, doc.negotiators]) of("posts").runs((k, value) => (column[k] = value));
  columns(of("passed"), doc.passed, head.lines.length, frames);
  columns(of("bears"), doc.bears, head.barriers.length, frames);
  return doc;
}

/** States first: positions and headings stand only for the frames in which a person is inside. */
function walk(doc: SceneDoc, states: Reader, [xs, ys, turns]: [Reader, Reader, Reader]): void {
  const { frames } = doc.head;
  const people = doc.head.about.people;
  for (let i = 0; i < people; i++) {
    states.runs((k, value) => (doc.state[k * people + i] = value));
    let [x, y, turn] = [0, 0, 0];
    for (let k = 0, at = i; k < frames; k++, at += people) {
      const state = doc.state[at]!;
      if (state === GONE || state === AWAITED) continue;
      doc.x[at] = x += xs.next();
      doc.y[at] = y += ys.next();
      doc.turn[at] = turn = (turn + turns.next() + TURNS) % TURNS;
    }
  }
}

function columns(reader: Reader, into: Int32Array | Uint8Array, wide: number, frames: number): void {
  for (let c = 0; c < wide; c++) for (let k = 0, value = 0; k < frames; k++) into[k * wide + c] = value += reader.next();
}

function density({ grid, arrays }: Head, cells: Reader, values: Reader): Uint8Array {
  const size = grid.rows * grid.columns;
  const out = new Uint8Array(grid.maps * size);
  if (!arrays.cells) return out;
  const chosen: number[] = [];
  // As many squares as the bytes hold: the reader is at its end when the last is read.
  while (!cells.done) chosen.push((chosen.at(-1) ?? 0) + cells.next());
  for (const cell of chosen) for (let k = 0, value = 0; k < grid.maps; k++) out[k * size + cell] = value += values.next();
  return out;
}

/** Read the document out of its script element: gzip, base64. */
export async function readScene(script: HTMLScriptElement): Promise<SceneDoc> {
  const bytes = Uint8Array.from(atob((script.textContent ?? "").trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return decode(new Uint8Array(await new Response(stream).arrayBuffer()));
}
