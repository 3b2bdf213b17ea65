/** What a sync's state means, in sentences. */

import type { OpsRun, OpsRunDetails, Stalled } from "../api/contract.ts";
import { formatDuration, formatNumber, formatTimeOfDay } from "../format.ts";
import { ops, resourceNames, runPage } from "../texts.ts";
import type { HealthPart, Segment } from "./documents.ts";
import { type Lane, secondsOf, type Tone } from "./geometry.ts";

/** What to call a sync's tenant: its domain, else its id. */
export const nameOf = (run: { tenantDomain: string | null; tenantId: string }): string =>
  run.tenantDomain ?? run.tenantId;

const words = runPage.timeline;

export const resourceName = (resource: string): string => resourceNames[resource] ?? resource;

/** `Changes`, `Users only`, or `Everything, Users and Groups only`. */
export function kindOf({ kind, only }: Pick<OpsRun, "kind" | "only">): string {
  const name = ops.kinds[kind] ?? kind;
  return only.length ? `${name} · ${ops.onlyResources(listOf(only.map(resourceName)))}` : name;
}

const list = new Intl.ListFormat("en-GB", { type: "conjunction" });
const listOf = (names: readonly string[]) => list.format(names);

export const stallOf = (stalled: NonNullable<Stalled>): { title: string; next: string } =>
  ops.stalls[stalled.reason] ?? ops.stallUnknown;

/** `12 ms · 3 waiting, oldest 40 s`: as much as is known. */
export function healthFigures(part: HealthPart): string {
  const time = ops.health.milliseconds(formatNumber(part.milliseconds));
  return [time, backlogOf(part)].filter(Boolean).join(" · ");
}

function backlogOf({ name, pending, oldestAgeSeconds }: HealthPart): string {
  const age = oldestAgeSeconds === null ? "" : formatDuration(oldestAgeSeconds);
  if (pending === null) return age && ops.health.ago(age);
  const count = (ops.health.pending[name] ?? ops.health.waiting)(formatNumber(pending));
  return pending && age ? `${count}, ${ops.health.oldest(age)}` : count;
}

const RFC_3339 = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

export type Wellness = "isFailing" | "isSlow" | "allWell";

/** The worst of the parts. */
export function wellnessOf(parts: readonly HealthPart[]): Wellness {
  if (parts.some((part) => part.state === "failing")) return "isFailing";
  return parts.some((part) => part.state === "slow") ? "isSlow" : "allWell";
}

/** `Users: working 2 min, throttled 40 s`. */
export function laneSentence(lane: Lane, now: number): string {
  const seconds = secondsOf(lane.segments, now);
  const parts = (Object.keys(seconds) as Tone[])
    .filter((tone) => seconds[tone] > 0)
    .map((tone) => words.part(words.tones[tone], formatDuration(seconds[tone])));
  return words.lane(laneName(lane), listOf(parts));
}

export const laneName = (lane: { resource: string }): string =>
  lane.resource ? resourceName(lane.resource) : words.whole;

/** `Waits: Microsoft throttles`. */
export function stepOf({ what, reason }: Segment): string {
  const step = words.steps[what] ?? what;
  return reason ? words.because(step, words.reasons[reason] ?? reason) : step;
}

/** The times of a sentence of the API, as the viewer writes them. */
export const withLocalTimes = (text: string): string => text.replace(RFC_3339, (time) => formatTimeOfDay(time));

const BARS: Record<string, string> = {
  completed: "is-good",
  completed_with_issues: "is-warn",
  failed: "is-stop",
  cancelled: "is-quiet",
};

/** The class of a sync's bar; as everywhere, the state beside it says the same in words. */
export const barTone = (run: Pick<OpsRun, "state" | "stalled">): string =>
  run.stalled ? "is-stop" : (BARS[run.state] ?? "");

const ENDED = ["Completed", "Failed", "Terminated", "Canceled"];

/** Whether the run has ended, and so has everything that Durable does for it. */
export function isOver({ finishedAt, orchestration }: Pick<OpsRunDetails, "finishedAt" | "orchestration">): boolean {
  const instances = orchestration ? [orchestration, ...orchestration.children] : [];
  return finishedAt !== null && instances.every((instance) => ENDED.includes(instance.runtimeStatus));
}

/** Of the run, to its end or to `now`. */
export const secondsTaken = (run: { startedAt: string; finishedAt: string | null }, now: number): number =>
  ((run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt)) / 1000;
