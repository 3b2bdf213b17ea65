import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tenant, TenantAccess, TenantState } from "../src/api/contract.ts";
import { accessOf, actionsOf, addressOf, concernOf, freshnessOf, groupOf, isBehind } from "../src/tenants/states.ts";
import { NOW, tenant } from "./tenants.ts";

const hoursAgo = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
const inState = (state: TenantState, change: Partial<Tenant> = {}) => tenant({ state, ...change });

test("a sync is overdue after twice its interval, and never when it is on demand", () => {
  assert.equal(freshnessOf(tenant({ syncEveryHours: 12, syncedAt: hoursAgo(23.9) }), NOW), "fresh");
  assert.equal(freshnessOf(tenant({ syncEveryHours: 12, syncedAt: hoursAgo(24.1) }), NOW), "stale");
  assert.equal(freshnessOf(tenant({ syncEveryHours: 0, syncedAt: hoursAgo(999) }), NOW), "on_demand");
  assert.equal(freshnessOf(tenant({ syncedAt: null }), NOW), "never");
});

test("each state belongs to one group, by whether somebody has to do something", () => {
  const groups: Record<TenantState, string> = {
    awaiting_consent: "waiting",
    verifying: "syncing",
    syncing: "syncing",
    completed: "ok",
    completed_with_issues: "attention",
    failed: "attention",
    declined: "attention",
    wrong_tenant: "attention",
    expired: "attention",
    needs_reconsent: "attention",
    revoked: "attention",
    cancelled: "ended",
    disconnected: "ended",
  };
  for (const [state, group] of Object.entries(groups))
    assert.equal(groupOf(inState(state as TenantState), NOW), group, state);
});

test("a complete tenant needs attention when its sync is overdue, a disconnected one does not", () => {
  const syncedAt = hoursAgo(100);
  assert.equal(groupOf(inState("completed", { syncedAt }), NOW), "attention");
  assert.equal(concernOf(inState("completed", { syncedAt }), NOW)?.code, "stale");
  assert.equal(concernOf(inState("disconnected", { syncedAt }), NOW), null);
});

test("what the service says is wrong counts more than an overdue sync", () => {
  const problem = { code: "consent_lost", message: "Gone", owner: "customer_admin", nextAction: "Ask" } as const;
  assert.equal(concernOf(inState("completed", { problem, syncedAt: hoursAgo(100) }), NOW)?.code, "consent_lost");
});

test("what can be done follows from the state", () => {
  const owned = (state: TenantState) => [...actionsOf(inState(state))];
  assert.deepEqual(owned("completed"), ["resync", "transfer", "disconnect"]);
  assert.deepEqual(owned("syncing"), ["cancel", "disconnect"]);
  assert.deepEqual(owned("needs_reconsent"), ["resync", "transfer", "disconnect"], "all but what is new goes on");
  assert.deepEqual(owned("revoked"), ["reconnect", "transfer", "disconnect"]);
  assert.deepEqual(owned("disconnected"), ["reconnect"]);
});

test("a tenant that never came to be ours is connected anew, not synced", () => {
  const pending = {
    syncedAt: null,
    consent: { state: "pending", checkedAt: null, missing: [], newPermissions: [] },
  } as const;
  const change = pending as unknown as Partial<Tenant>;
  for (const state of ["declined", "expired", "wrong_tenant", "cancelled"] as const)
    assert.deepEqual(actionsOf(inState(state, change)), ["reconnect", "disconnect"], state);
});

test("a tenant leads to its onboarding until its first sync is over", () => {
  assert.equal(addressOf(inState("syncing", { syncedAt: null })), `/tenants/${tenant().tenantId}/onboarding`);
  assert.equal(addressOf(inState("syncing")), `/tenants/${tenant().tenantId}`);
  assert.equal(addressOf(inState("disconnected", { syncedAt: null })), `/tenants/${tenant().tenantId}`);
});

test("access is told as it is, legacy DAP first", () => {
  const access = (change: Partial<TenantAccess>): TenantAccess => ({ ...tenant().access, ...change });
  assert.equal(accessOf(access({})), "direct");
  assert.equal(accessOf(access({ model: "gdap", status: "active" })), "gdap");
  assert.equal(accessOf(access({ model: "gdap", status: "approval_pending" })), "gdap_pending");
  assert.equal(accessOf(access({ model: "gdap", status: "terminated" })), "gdap_ended");
  assert.equal(accessOf(access({ model: "gdap", status: "approval_pending", legacy: true })), "legacy");
});

test("a tenant that was read before its sync ended is read again", () => {
  assert.equal(isBehind({ state: "syncing" }, { state: "completed" }), true);
  assert.equal(isBehind({ state: "verifying" }, { state: "cancelled" }), true);
  assert.equal(isBehind({ state: "syncing" }, { state: "syncing" }), false);
  assert.equal(isBehind({ state: "completed" }, { state: "syncing" }), false);
});
