import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, formatEta } from "../src/format.ts";

test("lengths of time have two units at most", () => {
  assert.deepEqual([0, 45, 200, 7500, 270000].map(formatDuration), [
    "0 s",
    "45 s",
    "3 min 20 s",
    "2 h 5 min",
    "3 d 3 h",
  ]);
  assert.equal(formatDuration(3600), "1 h");
});

test("what is left is told no more exactly than it can be known", () => {
  assert.deepEqual([3, 41, 95].map(formatEta), ["a few seconds", "about 50 s", "about 2 min"]);
});
