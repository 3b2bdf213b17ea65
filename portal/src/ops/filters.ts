/** Which syncs the page is about: kept in the address, so that it can be shared, reloaded and gone back to. */

import type { OpsRun } from "../api/contract.ts";

export const STATES = ["all", "active", "stuck", "ended"] as const;
export type StateFilter = (typeof STATES)[number];

export interface Filter {
  readonly state: StateFilter;
  /** Empty for all tenants. */
  readonly tenantId: string;
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The filter of an address's query; what makes no sense there counts as not said. */
export function readFilter(search: string): Filter {
  const query = new URLSearchParams(search);
  const state = STATES.find((known) => known === query.get("state")) ?? "all";
  const tenantId = (query.get("tenant") ?? "").toLowerCase();
  return { state, tenantId: GUID.test(tenantId) ? tenantId : "" };
}

export function addressOf({ state, tenantId }: Filter): string {
  const query = new URLSearchParams();
  if (state !== "all") query.set("state", state);
  if (tenantId) query.set("tenant", tenantId);
  return query.size ? `/ops?${query}` : "/ops";
}

/** The id of the tenant somebody has typed: as an id, or as the domain or customer of a sync that is shown. */
export function findTenant(typed: string, shown: readonly OpsRun[]): string | undefined {
  const wanted = typed.trim().toLowerCase();
  if (GUID.test(wanted)) return wanted;
  const isWanted = (name: string | null) => name?.toLowerCase() === wanted;
  return shown.find((run) => isWanted(run.tenantDomain) || isWanted(run.customerName))?.tenantId;
}

/** The runs of two pages, every one once: a run may have moved from one to the other while they were read. */
export function mergeRuns(first: readonly OpsRun[], second: readonly OpsRun[]): OpsRun[] {
  const known = new Set(first.map((run) => run.runId));
  return [...first, ...second.filter((run) => !known.has(run.runId))];
}

/** Those that stand still first, then as they come. */
export const stuckFirst = (runs: readonly OpsRun[]): readonly OpsRun[] =>
  [...runs].sort((one, other) => Number(other.stalled !== null) - Number(one.stalled !== null));
