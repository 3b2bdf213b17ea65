/** What a sync waits for, in words. */

import type { Waiting } from "./api/contract.ts";
import { formatTimeOfDay } from "./format.ts";
import { ops, sync, waitingReasons } from "./texts.ts";

type Wait = NonNullable<Waiting>;

const TURNS: readonly string[] = ["throttled", "queued"];

const reasonOf = ({ reason }: Wait): string => waitingReasons[reason] ?? reason;

/** A wait may be over while others of the same sync, or other syncs, have their turn. */
const isTurnNext = ({ reason, until }: Wait, now: number) => TURNS.includes(reason) && Date.parse(until) <= now;

/** `Microsoft has asked us to slow down. Goes on at 14:05:00.` */
export function waitText(wait: Wait, now = Date.now()): string {
  return isTurnNext(wait, now)
    ? sync.goesOnNext(reasonOf(wait))
    : sync.goesOn(reasonOf(wait), formatTimeOfDay(wait.until));
}

/** `Microsoft has asked us to slow down, until 14:05:00`. */
export function waitPhrase(wait: Wait, now = Date.now()): string {
  return isTurnNext(wait, now) ? ops.untilTurn(reasonOf(wait)) : ops.until(reasonOf(wait), formatTimeOfDay(wait.until));
}
