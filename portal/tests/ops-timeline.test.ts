import assert from "node:assert/strict";
import { test } from "node:test";
import type { Segment } from "../src/ops/documents.ts";
import { axisOf, lanesOf, secondsOf, ticksOf } from "../src/ops/geometry.ts";
import { laneSentence, stepOf } from "../src/ops/sentences.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 10) + second * 1000).toISOString();
const now = Date.parse(at(100));
const run = { startedAt: at(0), finishedAt: null };
const ended = { startedAt: at(0), finishedAt: at(100) };

function segment(from: number, until: number | null, more: Partial<Segment> = {}): Segment {
  return {
    at: at(from),
    until: until === null ? null : at(until),
    resource: "users",
    what: "working",
    reason: null,
    ...more,
  };
}

const barsOf = (segments: Segment[], of: typeof run | typeof ended = ended) =>
  lanesOf(segments, {}, axisOf(of, segments, now))[0]?.bars;

test("the axis reaches to now while a run goes on, and to its end afterwards", () => {
  assert.deepEqual(axisOf(run, [segment(0, 400)], now), { start: Date.parse(at(0)), end: now });
  assert.equal(axisOf({ ...run, finishedAt: at(40) }, [], now).end, Date.parse(at(40)));
  assert.equal(axisOf(run, [segment(-20, 5)], now).start, Date.parse(at(-20)));
});

test("an axis has a length, also of a run that has only begun or a clock that is late", () => {
  const { start, end } = axisOf(run, [], Date.parse(at(-5)));
  assert.equal(end - start, 1000);
});

test("bars are fractions of the axis, cut off at its end", () => {
  assert.deepEqual(barsOf([segment(25, 50), segment(50, 400, { what: "waiting", reason: "throttled" })]), [
    { x: 0.25, width: 0.25, tone: "working" },
    { x: 0.5, width: 0.5, tone: "throttled" },
  ]);
});

test("what goes on reaches to the end, and what was short can still be seen within the axis", () => {
  const bars = barsOf([segment(25, null), segment(100, 100, { what: "waiting" })], run);
  assert.deepEqual(bars?.[0], { x: 0.25, width: 0.75, tone: "working" });
  assert.equal(bars?.[1]?.width, 0.004);
  assert.equal(bars?.[1]?.x, 0.996);
});

test("a thousand slices that follow each other at once are one bar; a gap that can be seen stays", () => {
  const slices = Array.from({ length: 1000 }, (_, index) => segment(index * 0.05, index * 0.05 + 0.04));
  assert.equal(barsOf(slices)?.length, 1);
  assert.equal(barsOf([segment(0, 10), segment(10.2, 20)])?.length, 1);
  assert.equal(barsOf([segment(0, 10), segment(15, 20)])?.length, 2);
  assert.equal(barsOf([segment(0, 10), segment(10, 20, { what: "waiting" }), segment(20, 30)])?.length, 3);
});

test("bars come left to right, however the segments come", () => {
  const bars = barsOf([segment(60, 70), segment(10, 20)]);
  assert.deepEqual(
    bars?.map((bar) => bar.x),
    [0.1, 0.6],
  );
});

test("each resource has a lane with its end; the run's own steps have one, too", () => {
  const segments = [
    segment(0, 10, { resource: null, what: "verifying" }),
    segment(10, 20),
    segment(20, 30, { resource: "groups" }),
  ];
  const resources = { users: { state: "completed", endedAt: at(20) }, groups: { state: "running", endedAt: null } };
  const lanes = lanesOf(segments, resources, axisOf(ended, segments, now));
  assert.deepEqual(
    lanes.map(({ resource, end }) => [resource, end]),
    [
      ["", undefined],
      ["users", { x: 0.2, state: "completed" }],
      ["groups", undefined],
    ],
  );
});

test("ticks are few and round in the viewer's zone", () => {
  const axis = { start: Date.parse(at(7)), end: Date.parse(at(7 + 3600 * 3)) };
  const inKolkata = ticksOf(axis, -330);
  assert.deepEqual(
    inKolkata.map(({ time }) => new Date(time).toISOString().slice(11, 16)),
    ["10:30", "11:30", "12:30"],
  );
  for (const seconds of [1, 7, 59, 61, 3000, 86_400, 86_400 * 40]) {
    const ticks = ticksOf({ start: 0, end: seconds * 1000 }, 0);
    assert.ok(ticks.length >= 1 && ticks.length <= 6, `${seconds} s has ${ticks.length}`);
    assert.ok(ticks.every(({ x }) => x >= 0 && x <= 1));
  }
});

test("seconds are told by what they were spent on, and none that are still to come", () => {
  const segments = [
    segment(0, 10),
    segment(10, 25, { what: "waiting", reason: "throttled" }),
    segment(90, 400, { what: "waiting" }),
  ];
  assert.deepEqual(secondsOf(segments, now), { working: 10, throttled: 15, waiting: 10 });
});

test("a lane is told in a sentence, and a step with its reason", () => {
  const segments = [segment(0, 10), segment(10, 25, { what: "waiting", reason: "throttled" })];
  const lane = { resource: "users", bars: [], segments, end: undefined };
  assert.equal(laneSentence(lane, now), "Users: Working 10 s and Throttled 15 s");
  assert.equal(stepOf(segment(0, 1, { what: "waiting", reason: "throttled" })), "Waits: Microsoft throttles");
  assert.equal(stepOf(segment(0, 1, { what: "waiting", reason: "new_reason" })), "Waits: new_reason");
});
