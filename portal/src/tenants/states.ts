/** What a tenant's state means: which group it belongs to, how fresh it is, and what can be done with it. */

import type { StatusProblem, Tenant, TenantAccess, TenantState } from "../api/contract.ts";
import { staleProblem } from "../texts.ts";

export type Group = "attention" | "syncing" | "waiting" | "ok" | "ended";
export type Freshness = "never" | "fresh" | "stale" | "on_demand";
export type Action = "resync" | "cancel" | "reconnect" | "transfer" | "disconnect";
export type AccessKind = "direct" | "legacy" | "gdap" | "gdap_pending" | "gdap_ended";

const HOUR = 3_600_000;
const UNDER_WAY: readonly TenantState[] = ["verifying", "syncing"];
const SETTLED: readonly TenantState[] = ["completed", "completed_with_issues"];
const USABLE = ["active", "expiring"];
const ENDED = ["expired", "termination_requested", "terminating", "terminated", "gone"];

export const isUnderWay = (state: TenantState): boolean => UNDER_WAY.includes(state);

/** Whether the tenant was read before its sync ended, and the status after that. */
export const isBehind = (tenant: { state: TenantState }, status: { state: TenantState }): boolean =>
  isUnderWay(tenant.state) && !isUnderWay(status.state);

/** Whether its last sync is older than twice the interval; what is synced on demand only is never stale. */
export function freshnessOf(tenant: Tenant, now: number): Freshness {
  if (!tenant.syncedAt) return "never";
  if (tenant.syncEveryHours === 0) return "on_demand";
  const age = now - Date.parse(tenant.syncedAt);
  return age > 2 * tenant.syncEveryHours * HOUR ? "stale" : "fresh";
}

const isStale = (tenant: Tenant, now: number) => SETTLED.includes(tenant.state) && freshnessOf(tenant, now) === "stale";

/** What is wrong, with whose move it is; null when nothing is. */
export const concernOf = (tenant: Tenant, now: number): StatusProblem | null =>
  tenant.problem ?? (isStale(tenant, now) ? staleProblem : null);

export function groupOf(tenant: Tenant, now: number): Group {
  if (tenant.state === "awaiting_consent") return "waiting";
  if (isUnderWay(tenant.state)) return "syncing";
  if (tenant.state === "disconnected" || tenant.state === "cancelled") return "ended";
  return tenant.state === "completed" && !isStale(tenant, now) ? "ok" : "attention";
}

/** Whether its first sync is still to come, so that the onboarding page tells more than the tenant's. */
export const isOnboarding = (tenant: Tenant): boolean =>
  !tenant.syncedAt && tenant.consent.state !== "revoked" && tenant.state !== "disconnected";

export const addressOf = (tenant: Tenant): string =>
  `/tenants/${tenant.tenantId}${isOnboarding(tenant) ? "/onboarding" : ""}`;

/** Whether the tenant is the MSP's by proof, and not only asked for. */
const isOwned = (tenant: Tenant) =>
  tenant.state !== "disconnected" && (tenant.syncedAt !== null || tenant.consent.state === "granted");

/** What makes sense in this state; who may do it is another matter. */
export function actionsOf(tenant: Tenant): readonly Action[] {
  const { state } = tenant;
  if (state === "disconnected") return ["reconnect"];
  if (state === "awaiting_consent" || isUnderWay(state)) return ["cancel", "disconnect"];
  if (state === "revoked") return ["reconnect", "transfer", "disconnect"];
  return isOwned(tenant) ? ["resync", "transfer", "disconnect"] : ["reconnect", "disconnect"];
}

export function accessOf(access: TenantAccess): AccessKind {
  if (access.legacy) return "legacy";
  if (access.model === "direct") return "direct";
  if (access.status && USABLE.includes(access.status)) return "gdap";
  return access.status && ENDED.includes(access.status) ? "gdap_ended" : "gdap_pending";
}

/** Whether a relationship can still be used, lengthened or ended. */
export const isUsable = (status: string): boolean => USABLE.includes(status);
export const isOver = (status: string): boolean => ENDED.includes(status);
