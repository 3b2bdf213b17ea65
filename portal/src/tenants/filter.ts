/** Which of the tenants are shown; the filter lives in the address, so that it can be bookmarked and gone back to. */

import type { Tenant } from "../api/contract.ts";
import { type Group, groupOf } from "./states.ts";

export interface TenantFilter {
  readonly group: Group | "all";
  readonly text: string;
}

const GROUPS: readonly string[] = ["all", "attention", "syncing", "waiting", "ok", "ended"];
const isGroup = (word: string | null): word is Group | "all" => word !== null && GROUPS.includes(word);

export function parseFilter(query: string): TenantFilter {
  const values = new URLSearchParams(query);
  const group = values.get("show");
  return { group: isGroup(group) ? group : "all", text: values.get("search") ?? "" };
}

/** The query of an address, with its question mark; empty when everything is shown. */
export function writeFilter({ group, text }: TenantFilter): string {
  const values = new URLSearchParams();
  if (group !== "all") values.set("show", group);
  if (text) values.set("search", text);
  return values.size ? `?${values}` : "";
}

/** Every word must be found in the customer's name, the domain, the id, or a tag; case and accents do not matter. */
export function hasText(tenant: Tenant, text: string): boolean {
  const { customerName, tenantDomain, tenantId, tags } = tenant;
  const searched = plain([customerName, tenantDomain, tenantId, ...tags].join(" "));
  return plain(text)
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export const filterTenants = (tenants: readonly Tenant[], filter: TenantFilter, now: number): Tenant[] =>
  tenants.filter(
    (tenant) => (filter.group === "all" || groupOf(tenant, now) === filter.group) && hasText(tenant, filter.text),
  );

/** How many there are of each group. */
export function countGroups(tenants: readonly Tenant[], now: number): Record<Group | "all", number> {
  const counts = { all: tenants.length, attention: 0, syncing: 0, waiting: 0, ok: 0, ended: 0 };
  for (const tenant of tenants) counts[groupOf(tenant, now)] += 1;
  return counts;
}
