import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const SETTINGS = { API_URL: "https://func-1.example/", PORTAL_CLIENT_ID: "spa", API_AUDIENCE: "0000-api" };

function configure(settings: Record<string, string>) {
  const dist = mkdtempSync(join(tmpdir(), "portal-"));
  cpSync("public", dist, { recursive: true });
  const done = spawnSync(process.execPath, ["configure.mjs"], {
    env: { PATH: process.env.PATH ?? "", PORTAL_DIST: dist, ...settings },
    encoding: "utf8",
  });
  return { done, read: (name: string) => JSON.parse(readFileSync(join(dist, name), "utf8")) };
}

test("a deployment's portal knows its API and may reach nothing else", () => {
  const { done, read } = configure(SETTINGS);
  assert.equal(done.status, 0, done.stderr);
  assert.equal(read("config.json").api, "https://func-1.example");
  assert.equal(read("config.json").scope, "api://0000-api/access_as_user");
  const policy: string = read("staticwebapp.config.json").globalHeaders["Content-Security-Policy"];
  assert.match(policy, /connect-src 'self' https:\/\/func-1\.example https:\/\/login\.microsoftonline\.com;/);
});

test("an API with an identifier of its own is asked for by that", () => {
  const { read } = configure({ ...SETTINGS, API_IDENTIFIER: "api://home/connect" });
  assert.equal(read("config.json").scope, "api://home/connect/access_as_user");
});

test("a setting that is missing is named, and nothing is written", () => {
  const { done, read } = configure({ ...SETTINGS, PORTAL_CLIENT_ID: "" });
  assert.equal(done.status, 1);
  assert.match(done.stderr, /PORTAL_CLIENT_ID/);
  assert.throws(() => read("config.json"));
});

test("pages run no script and no style but their own files", () => {
  const { read } = configure(SETTINGS);
  const policy: string = read("staticwebapp.config.json").globalHeaders["Content-Security-Policy"];
  const parts = Object.fromEntries(policy.split("; ").map((part) => [part.split(" ")[0], part.split(" ").slice(1)]));
  assert.deepEqual(parts["default-src"], ["'none'"]);
  for (const kind of ["script-src", "style-src", "font-src", "img-src"]) assert.deepEqual(parts[kind], ["'self'"]);
  assert.deepEqual(parts["require-trusted-types-for"], ["'script'"]);
  assert.deepEqual(parts["frame-ancestors"], ["'none'"]);
});

test("only files whose names change with their content are kept for ever", () => {
  const { read } = configure(SETTINGS);
  const kept = read("staticwebapp.config.json").routes.filter(
    (route: { headers?: Record<string, string> }) => route.headers?.["Cache-Control"],
  );
  assert.deepEqual(
    kept.map((route: { route: string }) => route.route),
    ["/assets/*"],
  );
  assert.match(kept[0].headers["Cache-Control"], /immutable/);
});
