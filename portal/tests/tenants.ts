/** A tenant for tests: complete, and synced an hour before NOW. */

import type { Tenant } from "../src/api/contract.ts";

export const NOW = Date.parse("2026-11-28T12:00:00Z");

export const tenant = (change: Partial<Tenant> = {}): Tenant => ({
  tenantId: "11111111-1111-4111-8111-111111111111",
  tenantDomain: "contoso.example",
  cloud: "global",
  customerId: "22222222-2222-4222-8222-222222222222",
  customerName: "Contoso",
  connectionId: "33333333-3333-4333-8333-333333333333",
  state: "completed",
  problem: null,
  consent: { state: "granted", checkedAt: null, missing: [], newPermissions: [] },
  tags: [],
  notifications: [],
  services: [],
  syncEveryHours: 24,
  resources: {},
  syncedAt: "2026-11-28T11:00:00Z",
  automation: "excluded",
  access: { model: "direct", legacy: false, relationshipId: null, status: null, expiresAt: null },
  createdAt: "2026-11-01T00:00:00Z",
  updatedAt: "2026-11-28T11:00:00Z",
  statusUrl: "/api/msp-portal/tenants/11111111-1111-4111-8111-111111111111/sync-status",
  ...change,
});
