/** Which section of a tenant's page is open: it stands in the address. */

import type { TenantState } from "../api/contract.ts";
import type { Role } from "../app.ts";
import { sectionNames } from "../texts.ts";

export type SectionKey = keyof typeof sectionNames;

const KEYS = Object.keys(sectionNames) as SectionKey[];
const CONNECTED: readonly SectionKey[] = ["permissions", "inventory"];
const AUDITORS: readonly Role[] = ["Connect", "Support", "Ops"];

export function parseSection(query: string): SectionKey {
  const wanted = new URLSearchParams(query).get("section");
  return KEYS.find((key) => key === wanted) ?? "overview";
}

/** The audit trail is not for readers, and what is read of a tenant is there as long as it is connected. */
export const sectionsFor = (state: TenantState, may: (role: Role) => boolean): SectionKey[] =>
  KEYS.filter((key) =>
    key === "activity" ? AUDITORS.some(may) : state !== "disconnected" || !CONNECTED.includes(key),
  );
