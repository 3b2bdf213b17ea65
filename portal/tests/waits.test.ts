import assert from "node:assert/strict";
import { test } from "node:test";
import { waitPhrase, waitText } from "../src/waits.ts";

const UNTIL = "2026-03-01T10:05:00Z";
const AFTER = Date.parse(UNTIL) + 1000;
const BEFORE = Date.parse(UNTIL) - 1000;

test("a wait says until when, and after that whose turn it is", () => {
  const throttled = { reason: "throttled", until: UNTIL } as const;
  assert.match(waitText(throttled, BEFORE), /Goes on at \d/);
  assert.match(waitPhrase(throttled, BEFORE), /, until \d/);
  assert.match(waitText(throttled, AFTER), /Goes on when it is its turn/);
  assert.match(waitPhrase(throttled, AFTER), /, until it is its turn/);
});

test("no turn is waited for where nobody else has it", () => {
  for (const reason of ["paused", "propagation"] as const) {
    assert.match(waitText({ reason, until: UNTIL }, AFTER), /Goes on at \d/);
    assert.match(waitPhrase({ reason, until: UNTIL }, AFTER), /, until \d/);
  }
});
