/** Where the bars of a run's timeline go: fractions of its width, from 0 to 1. */

import type { Segment } from "./documents.ts";

export interface Axis {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}

export interface Tick {
  readonly x: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export type Tone = "working" | "throttled" | "waiting";

export interface Bar {
  readonly x: number;
  readonly width: number;
  readonly tone: Tone;
}

/** Where a resource came to its end, and as what. */
export interface End {
  readonly x: number;
  readonly state: string;
}

export interface Lane {
  /** Empty for the steps of the run itself. */
  readonly resource: string;
  readonly bars: readonly Bar[];
  readonly segments: readonly Segment[];
  readonly end: End | undefined;
}

/** Of a run's resource, what its lane needs. */
export type Ended = Readonly<Record<string, { readonly state: string; readonly endedAt: string | null }>>;

const NARROWEST = 0.004;
const MOST_TICKS = 5;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((step) => step * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((step) => step * MINUTE),
  ...[1, 2, 4, 6, 12, 24, 48, 168, 720].map((step) => step * HOUR),
];

/** From the first thing that is known to the last one; while a run goes on, to `now`. */
export function axisOf(
  run: { startedAt: string; finishedAt: string | null },
  segments: readonly Segment[],
  now: number,
): Axis {
  const starts = [run.startedAt, ...segments.map((segment) => segment.at)].map(Date.parse);
  const start = Math.min(...starts);
  const end = run.finishedAt ? Date.parse(run.finishedAt) : now;
  return { start, end: Math.max(end, ...starts, start + SECOND) };
}

/** Round times of the viewer's zone; `zoneMinutes` is what Date's getTimezoneOffset gives. */
export function ticksOf({ start, end }: Axis, zoneMinutes: number): readonly Tick[] {
  const step = STEPS.find((candidate) => (end - start) / candidate <= MOST_TICKS) ?? 720 * HOUR;
  const shift = zoneMinutes * MINUTE;
  const first = Math.ceil((start - shift) / step) * step + shift;
  const count = Math.max(0, Math.floor((end - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step).map((time) => ({
    time,
    x: (time - start) / (end - start),
  }));
}

/** A lane for each resource, in the order the segments name them; the run's own steps have the lane of no name. */
export function lanesOf(segments: readonly Segment[], resources: Ended, axis: Axis): readonly Lane[] {
  const lanes = new Map<string, Segment[]>();
  for (const segment of segments) {
    const resource = segment.resource ?? "";
    const lane = lanes.get(resource);
    if (lane) lane.push(segment);
    else lanes.set(resource, [segment]);
  }
  return [...lanes].map(([resource, own]) => ({
    resource,
    segments: own,
    bars: barsOf(own, axis),
    end: endOf(resources[resource], axis),
  }));
}

const endOf = (ended: Ended[string] | undefined, axis: Axis): End | undefined =>
  ended?.endedAt ? { x: fraction(Date.parse(ended.endedAt), axis), state: ended.state } : undefined;

const fraction = (time: number, { start, end }: Axis) => Math.min(1, Math.max(0, (time - start) / (end - start)));

/** Bars left to right, none outside the axis or too narrow to see; what follows at once on its like is one with it. */
function barsOf(segments: readonly Segment[], axis: Axis): readonly Bar[] {
  const bars: Bar[] = [];
  for (const segment of segments.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))) {
    const bar = barOf(segment, axis);
    const before = bars.at(-1);
    if (before && bar.tone === before.tone && bar.x - (before.x + before.width) < NARROWEST) {
      const right = Math.max(before.x + before.width, bar.x + bar.width);
      bars[bars.length - 1] = { ...before, width: right - before.x };
    } else bars.push(bar);
  }
  return bars;
}

function barOf(segment: Segment, axis: Axis): Bar {
  const left = fraction(Date.parse(segment.at), axis);
  const right = segment.until ? fraction(Date.parse(segment.until), axis) : 1;
  const width = Math.max(NARROWEST, right - left);
  return { x: Math.min(left, 1 - width), width, tone: toneOf(segment) };
}

export function toneOf({ what, reason }: Segment): Tone {
  if (what !== "waiting") return "working";
  return reason === "throttled" ? "throttled" : "waiting";
}

/** Seconds of a lane by what they were spent on. */
export function secondsOf(segments: readonly Segment[], now: number): Readonly<Record<Tone, number>> {
  const seconds = { working: 0, throttled: 0, waiting: 0 };
  for (const segment of segments) {
    const until = Math.min(now, segment.until ? Date.parse(segment.until) : now);
    seconds[toneOf(segment)] += Math.max(0, until - Date.parse(segment.at)) / SECOND;
  }
  return seconds;
}
