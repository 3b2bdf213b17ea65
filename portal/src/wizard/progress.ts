/** What a sync-status says about progress: order, bars, pace, milestones. No words and no markup. */

import type { ResourceStatus, SyncStatus } from "../api/contract.ts";
import { shareOf } from "../charts/shares.ts";
import { resourceNames } from "../texts.ts";

export interface Bar {
  /** 0 to 1; undefined while nobody knows how much there is. */
  readonly share: number | undefined;
  readonly tone: "busy" | "good" | "warn" | "stop";
}

const ENDED = ["completed", "partial", "skipped", "failed"];
const UNDER_WAY = ["verifying", "syncing"];
const ORDER = Object.keys(resourceNames);

export const isEnded = ({ state }: { state: string }): boolean => ENDED.includes(state);
export const isUnderWay = ({ state }: { state: string }): boolean => UNDER_WAY.includes(state);

/** Resources by name, always in the same order, whatever the document's is. */
export function inOrder<T>(resources: Readonly<Record<string, T>>): [name: string, resource: T][] {
  const placeOf = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(resources).sort(([a], [b]) => placeOf(a) - placeOf(b));
}

/** Entries whose problem reads the same, together: one permission may stop several resources. */
export function alike(entries: readonly [string, ResourceStatus][]): [string, ResourceStatus][][] {
  const groups = new Map<string, [string, ResourceStatus][]>();
  for (const entry of entries) {
    const { state, problem } = entry[1];
    const key = JSON.stringify([state, problem?.message, problem?.owner, problem?.nextAction]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
}

/** A resource of a run that is over: what had not ended by then has failed, also while the service still writes that. */
export const asOver = (resource: ResourceStatus): ResourceStatus =>
  isEnded(resource) ? resource : { ...resource, state: "failed", waiting: null };

/** Without a number of Microsoft's, and of changes, nobody knows beforehand how much there is. */
export function barOf({ state, processed, expected }: ResourceStatus): Bar {
  const share = expected ? shareOf(processed, expected) : undefined;
  switch (state) {
    case "completed":
      return { share: 1, tone: "good" };
    case "partial":
      return { share: share ?? 1, tone: "warn" };
    case "failed":
      return { share: share ?? 0, tone: "stop" };
    case "running":
    case "waiting":
      return { share, tone: state === "waiting" ? "warn" : "busy" };
    default:
      return { share: 0, tone: "busy" };
  }
}

const FEWEST_FOR_A_PACE = 100;

/** Objects a second, waits for Microsoft left out; undefined when that would say nothing. */
export function ratePerSecond(resource: ResourceStatus): number | undefined {
  const { processed, workedSeconds, mode, carriedFrom } = resource;
  if (carriedFrom || mode === "delta") return undefined;
  return processed >= FEWEST_FOR_A_PACE && workedSeconds >= 1 ? processed / workedSeconds : undefined;
}

export interface Counts {
  readonly processed: number;
  readonly ended: number;
  readonly all: number;
}

/** Over all resources; what was carried over from an earlier run was not read by this one. */
export function countsOf({ resources }: SyncStatus): Counts {
  const all = Object.values(resources);
  const own = all.filter((resource) => !resource.carriedFrom);
  return {
    processed: own.reduce((sum, resource) => sum + resource.processed, 0),
    ended: own.filter(isEnded).length,
    all: own.length,
  };
}

export interface Milestones {
  /** The resources that have ended since. */
  readonly ended: readonly string[];
  readonly isOver: boolean;
}

/** What has happened between two documents of the same run that is worth saying aloud. */
export function milestonesOf(before: SyncStatus | undefined, after: SyncStatus): Milestones {
  if (!before || before.runId !== after.runId) return { ended: [], isOver: false };
  const ended = inOrder(after.resources).filter(([name, resource]) => {
    const earlier = before.resources[name];
    return isEnded(resource) && earlier !== undefined && !isEnded(earlier);
  });
  return { ended: ended.map(([name]) => name), isOver: isUnderWay(before) && !isUnderWay(after) };
}

/** Whether everything stands still until a time that is known. */
export const isAllWaiting = ({ waiting, resources }: SyncStatus): boolean =>
  waiting !== null && !Object.values(resources).some(({ state }) => state === "running");

/** Whether a resource keeps its run from being complete: the want of a licence does not. */
export const isIssue = ({ state, problem }: ResourceStatus): boolean =>
  state === "partial" || state === "failed" || (state === "skipped" && problem?.code !== "not_licensed");

/** Whether it takes the customer's administrator once more: trying again alone would not help. */
export const isShortOfPermission = ({ resources }: SyncStatus): boolean =>
  Object.values(resources).some(({ problem }) => problem?.code === "permission_missing");
