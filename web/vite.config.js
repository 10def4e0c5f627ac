// The player: one classic script and one style sheet, with the map's worker inside, put into a page that stands alone.
// The room (--mode room): its page, script and style sheet for a server; the map is the player's, loaded when it is needed.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { defineConfig } from "vite";

const here = new URL(".", import.meta.url);
const read = (name) => readFileSync(new URL(name, here));

// What the bundles are made of. A test computes the same digest without node, so that a stale bundle is noticed anywhere.
function digest() {
  const folder = (name) => readdirSync(new URL(`${name}/`, here), { withFileTypes: true });
  const inside = (name) => folder(name).flatMap((each) => (each.isDirectory() ? inside(`${name}/${each.name}`) : [`${name}/${each.name}`]));
  const files = [...inside("src"), "package-lock.json", "package.json", "tsconfig.json", "vite.config.js"].sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(`${name}\0`).update(read(name)).update("\0");
  return hash.digest("hex");
}

// The licences of what is inside, as their terms ask.
function licences(modules) {
  const folders = new Set(modules.map((id) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(id.replace(/^\0+/, ""))?.[0]).filter(Boolean));
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e(\.|$)/i.test(each));
    const text = file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `What player.js holds beside our own code.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

const FILES = {
  player: (modules) => ({ "player-licences.txt": licences(modules) }),
  room: () => ({
    ...Object.fromEntries(["room.html", "room-icon.svg", "room.webmanifest"].map((name) => [name, read(`src/room/${name}`)])),
    "map-worker.js": read("node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs"),
  }),
};

export default defineConfig(({ mode }) => {
  const name = mode === "room" ? "room" : "player";
  return {
    logLevel: "warn",
    define: { "process.env.NODE_ENV": '"production"', "import.meta": "{}" },
    publicDir: false,
    build: {
      outDir: process.env.PLAYER_OUT ?? "../src/sispamkota/app/static",
      emptyOutDir: false,
      assetsInlineLimit: 1_000_000,
      target: "es2022",
      chunkSizeWarningLimit: 4000,
      lib: {
        entry: name === "room" ? "src/room/main.ts" : "src/main.ts",
        formats: ["iife"],
        name: name === "room" ? "sispamkotaRoom" : "sispamkotaPlayer",
        fileName: () => `${name}.js`,
        cssFileName: name,
      },
    },
    plugins: [
      {
        name: "sources-digest",
        enforce: "post",
        generateBundle(_options, bundle) {
          const modules = Object.values(bundle).flatMap((part) => (part.type === "chunk" ? Object.keys(part.modules) : []));
          for (const [fileName, source] of Object.entries(FILES[name](modules))) this.emitFile({ type: "asset", fileName, source });
          for (const part of Object.values(bundle)) {
            const head = `/* built from web/ by make web; sources sha256 ${digest()} */\n`;
            if (part.type === "chunk") part.code = head + part.code;
            else if (part.fileName.endsWith(".css")) part.source = head + part.source;
          }
        },
      },
    ],
  };
});
