// Bundles the portal into dist/: hashed names, one page for technicians and one for customers' administrators.

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { build } from "esbuild";

const PAGES = ["index.html", "connect.html"];
const ENTRIES = { portal: "src/main.ts", landing: "src/landing/landing.ts", style: "src/styles/portal.css" };

await rm("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ENTRIES,
  outdir: "dist/assets",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  metafile: true,
  loader: { ".woff2": "file" },
  legalComments: "none",
  logLevel: "warning",
});
await mkdir("dist", { recursive: true });
await cp("public", "dist", { recursive: true });

const outputs = Object.entries(metafile.outputs);
const built = (name) => {
  const source = ENTRIES[name];
  const found = outputs.find(([, output]) => output.entryPoint === source);
  return `/assets/${basename(found[0])}`;
};
for (const page of PAGES) {
  const text = await readFile(`public/${page}`, "utf8");
  const filled = text.replace(/%(\w+)%/g, (_, name) => built(name));
  await writeFile(`dist/${page}`, filled);
}
