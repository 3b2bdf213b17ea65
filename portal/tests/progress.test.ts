import assert from "node:assert/strict";
import { test } from "node:test";
import {
  alike,
  asOver,
  barOf,
  countsOf,
  inOrder,
  isAllWaiting,
  isIssue,
  milestonesOf,
  ratePerSecond,
} from "../src/wizard/progress.ts";
import { problem, proven, resource, status, unlicensed } from "./documents.ts";

test("resources keep their order, whatever the document's is, and one nobody knows comes last", () => {
  const names = inOrder({ something_new: 1, secure_score: 2, users: 3, organization: 4 }).map(([name]) => name);
  assert.deepEqual(names, ["organization", "users", "secure_score", "something_new"]);
});

test("a bar has a length only where the whole is known", () => {
  assert.deepEqual(barOf(resource({ state: "running", processed: 50, expected: 200 })), { share: 0.25, tone: "busy" });
  assert.equal(barOf(resource({ state: "running", processed: 50 })).share, undefined);
  assert.equal(barOf(resource({ state: "running", processed: 300, expected: 200 })).share, 1);
  assert.deepEqual(barOf(resource({ state: "waiting", processed: 1, expected: 4 })), { share: 0.25, tone: "warn" });
});

test("a bar that has ended is full only when all of it is there", () => {
  assert.deepEqual(barOf(proven({ processed: 7 })), { share: 1, tone: "good" });
  assert.deepEqual(barOf(resource({ state: "partial", processed: 3, expected: 4 })), { share: 0.75, tone: "warn" });
  assert.deepEqual(barOf(resource({ state: "failed" })), { share: 0, tone: "stop" });
});

test("resources that lack the same are told together, and others are not", () => {
  const refused = resource({ state: "failed", problem: problem("permission_missing") });
  const partly = resource({ state: "partial", problem: problem("permission_missing") });
  const groups = alike([
    ["users", refused],
    ["devices", unlicensed()],
    ["groups", refused],
    ["mailboxes", partly],
  ]);
  assert.deepEqual(
    groups.map((group) => group.map(([name]) => name)),
    [["users", "groups"], ["devices"], ["mailboxes"]],
  );
});

test("in a run that is over nothing is still being read", () => {
  const waiting = { reason: "throttled", until: "2026-03-01T10:05:00Z" } as const;
  assert.equal(asOver(resource({ state: "running" })).state, "failed");
  assert.equal(asOver(resource({ state: "waiting", waiting })).waiting, null);
  assert.equal(asOver(unlicensed()).state, "skipped");
});

test("the pace is of the seconds it was worked on, without waits and others' turns", () => {
  assert.equal(ratePerSecond(resource({ processed: 1000, workedSeconds: 20 })), 50);
});

test("there is no pace of what was not read here, of changes, nor of a handful", () => {
  const read = { processed: 1000, workedSeconds: 20 };
  assert.equal(ratePerSecond(resource({ ...read, carriedFrom: "run-0" })), undefined);
  assert.equal(ratePerSecond(resource({ ...read, mode: "delta" })), undefined);
  assert.equal(ratePerSecond(resource({ ...read, processed: 3 })), undefined);
  assert.equal(ratePerSecond(resource({ ...read, workedSeconds: 0.5 })), undefined);
  assert.equal(ratePerSecond(resource({ processed: 1000 })), undefined);
});

test("counts are of what this run has read", () => {
  const counts = countsOf(
    status({
      users: proven({ processed: 90 }),
      groups: resource({ state: "running", processed: 10 }),
      devices: proven({ processed: 500, carriedFrom: "run-0" }),
    }),
  );
  assert.deepEqual(counts, { processed: 100, ended: 1, all: 2 });
});

test("a milestone is the end of a resource, said once", () => {
  const before = status({ users: resource({ state: "running" }), groups: resource() });
  const after = status({ groups: resource({ state: "running" }), users: proven() });
  assert.deepEqual(milestonesOf(before, after), { ended: ["users"], isOver: false });
  assert.deepEqual(milestonesOf(after, after), { ended: [], isOver: false });
});

test("the end of all is a milestone, the first look and another run are none", () => {
  const before = status({ users: resource({ state: "running" }) });
  const after = status({ users: proven() }, { state: "completed" });
  assert.deepEqual(milestonesOf(before, after), { ended: ["users"], isOver: true });
  assert.deepEqual(milestonesOf(undefined, after), { ended: [], isOver: false });
  assert.deepEqual(milestonesOf({ ...before, runId: "run-0" }, after), { ended: [], isOver: false });
});

test("a sync waits as a whole only while nothing is read", () => {
  const waiting = { reason: "throttled", until: "2026-03-01T10:05:00Z" } as const;
  const held = resource({ state: "waiting", waiting });
  assert.equal(isAllWaiting(status({ users: held, groups: resource() }, { waiting })), true);
  assert.equal(isAllWaiting(status({ users: held, groups: resource({ state: "running" }) }, { waiting })), false);
  assert.equal(isAllWaiting(status({ users: resource() })), false);
});

test("the want of a licence is no issue, the want of a permission is one", () => {
  assert.equal(isIssue(unlicensed()), false);
  assert.equal(isIssue(resource({ state: "skipped", problem: problem("permission_missing") })), true);
  assert.equal(isIssue(proven({ problem: problem("names_concealed") })), false);
  assert.equal(isIssue(resource({ state: "partial" })), true);
  assert.equal(isIssue(resource({ state: "failed" })), true);
});
