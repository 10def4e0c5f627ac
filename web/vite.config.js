// One classic script and one style sheet, with the map's worker inside: they are put into a page that stands alone.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { defineConfig } from "vite";

// What the bundle is made of. A test computes the same digest without node, so that a stale bundle is noticed anywhere.
function digest() {
  const here = new URL(".", import.meta.url);
  const sources = readdirSync(new URL("src/", here)).map((name) => `src/${name}`);
  const files = [...sources, "package-lock.json", "package.json", "tsconfig.json", "vite.config.js"].sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(`${name}\0`).update(readFileSync(new URL(name, here))).update("\0");
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

export default defineConfig({
  logLevel: "warn",
  define: { "process.env.NODE_ENV": '"production"', "import.meta": "{}" },
  publicDir: false,
  build: {
    outDir: process.env.PLAYER_OUT ?? "../src/sispamkota/app/static",
    emptyOutDir: false,
    assetsInlineLimit: 1_000_000,
    target: "es2022",
    chunkSizeWarningLimit: 4000,
    lib: { entry: "src/main.ts", formats: ["iife"], name: "sispamkotaPlayer", fileName: () => "player.js", cssFileName: "player" },
  },
  plugins: [
    {
      name: "sources-digest",
      enforce: "post",
      generateBundle(_options, bundle) {
        const modules = Object.values(bundle).flatMap((part) => (part.type === "chunk" ? Object.keys(part.modules) : []));
        this.emitFile({ type: "asset", fileName: "player-licences.txt", source: licences(modules) });
        for (const part of Object.values(bundle)) {
          const head = `/* built from web/ by make web; sources sha256 ${digest()} */\n`;
          if (part.type === "chunk") part.code = head + part.code;
          else if (part.fileName.endsWith(".css")) part.source = head + part.source;
        }
      },
    },
  ],
});
