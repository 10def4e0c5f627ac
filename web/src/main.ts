// Finds every player of the page and starts it. What it needs stands beside it in scripts that are only data.

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";

import { readScene } from "./compound/document";
import { CompoundPlayer } from "./compound/player";
import { readDoc } from "./document";
import { startWorker } from "./map";
import { Player, type Settings } from "./player";
import { type Tables, Words } from "./words";

// A room loads this bundle for its map.
export { PlaybackMap } from "./map";
export { LAYERS } from "./scene";

async function start(root: HTMLElement): Promise<void> {
  const scripts = [...root.querySelectorAll<HTMLScriptElement>("script.playback-doc")];
  const read = (name: string): unknown => JSON.parse(root.querySelector(`script.playback-${name}`)?.textContent ?? "{}");
  performance.mark("playback-start");
  const words = new Words(read("words") as Tables, root.dataset.lang ?? "id");
  const settings = read("settings") as Settings;
  const scene = root.querySelector<HTMLScriptElement>("script.playback-scene");
  if (scene) {
    new CompoundPlayer(root, await readScene(scene), words, settings);
    return;
  }
  new Player(root, await Promise.all(scripts.map(readDoc)), words, settings);
}

const roots = document.querySelectorAll<HTMLElement>(".playback");
if (document.querySelector("script.playback-doc")) startWorker();
for (const root of roots) {
  start(root).catch((error: unknown) => {
    root.dataset.ready = "failed";
    throw error;
  });
}
