/** What the state of a connection means for the page that shows it. */

import type { SyncStatus, TenantState } from "../api/contract.ts";
import { isOver } from "../tenants/states.ts";

/** `waiting` for the administrator, `checking` his consent; `ended` before anything was read. */
export type Stage = "waiting" | "checking" | "ended" | "sync" | "summary";

const STAGES: Partial<Record<TenantState, Stage>> = {
  awaiting_consent: "waiting",
  verifying: "checking",
  syncing: "sync",
  completed: "summary",
  completed_with_issues: "summary",
};
const STOPPED: readonly TenantState[] = ["failed", "cancelled"];
const MOVING: readonly Stage[] = ["waiting", "checking", "sync"];

export function stageOf({ state, resources }: Pick<SyncStatus, "state" | "resources">): Stage {
  const hasRead = Object.keys(resources).length > 0;
  if (STOPPED.includes(state) && hasRead) return "sync";
  return STAGES[state] ?? "ended";
}

export const stepOfStage = (stage: Stage): number => (stage === "summary" ? 5 : stage === "sync" ? 4 : 3);

/** Whether the status changes without anybody doing something on this page. */
export const isMoving = (status: Pick<SyncStatus, "state" | "resources">): boolean =>
  MOVING.includes(stageOf(status)) && !STOPPED.includes(status.state);

/** What helps when nothing can go on: a new consent link, the permissions asked again, or the wizard. */
export type WayOn = "new_link" | "ask_again" | "connect_anew";

/** GDAP that has ended has to be asked for anew, or done without: that is chosen in the wizard. */
export function wayOnOf({ state, access }: Pick<SyncStatus, "state" | "access">): WayOn {
  if (state === "needs_reconsent") return "ask_again";
  return state === "disconnected" || isOver(access?.status ?? "") ? "connect_anew" : "new_link";
}
