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
