import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncStatus, TenantState } from "../src/api/contract.ts";
import { isMoving, stageOf, stepOfStage, wayOnOf } from "../src/wizard/stages.ts";

const status = (state: TenantState, ...resources: string[]) => ({
  state,
  resources: Object.fromEntries(resources.map((name) => [name, {}])) as SyncStatus["resources"],
});

test("each state is shown in its step", () => {
  const steps = (
    [
      "awaiting_consent",
      "verifying",
      "declined",
      "wrong_tenant",
      "expired",
      "needs_reconsent",
      "revoked",
      "syncing",
      "completed",
      "completed_with_issues",
    ] as const
  ).map((state) => stepOfStage(stageOf(status(state))));
  assert.deepEqual(steps, [3, 3, 3, 3, 3, 3, 3, 4, 5, 5]);
});

test("what stopped before anything was read is a matter of consent, what stopped later of the sync", () => {
  assert.equal(stageOf(status("failed")), "ended");
  assert.equal(stageOf(status("cancelled")), "ended");
  assert.equal(stageOf(status("failed", "users")), "sync");
  assert.equal(stageOf(status("cancelled", "users")), "sync");
});

test("only what changes by itself is asked for again and again", () => {
  const moving = (["awaiting_consent", "verifying", "syncing"] as const).every((state) => isMoving(status(state)));
  const resting = (["declined", "completed", "revoked", "failed"] as const).some((state) =>
    isMoving(status(state, "users")),
  );
  assert.deepEqual([moving, resting], [true, false]);
});

const ended = (state: TenantState, gdap?: string) => {
  const access = { model: "gdap", legacy: false, relationshipId: "r-1", status: gdap, expiresAt: null };
  return { state, access: gdap ? access : null } as Pick<SyncStatus, "state" | "access">;
};

test("new permissions are asked for, a disconnected tenant is connected anew, all else gets a new link", () => {
  assert.equal(wayOnOf(ended("needs_reconsent")), "ask_again");
  assert.equal(wayOnOf(ended("disconnected")), "connect_anew");
  assert.equal(wayOnOf(ended("declined")), "new_link");
});

test("a new link goes with GDAP that can be approved still; when that is over, the wizard asks for it again", () => {
  assert.equal(wayOnOf(ended("expired", "approval_pending")), "new_link");
  assert.equal(wayOnOf(ended("expired", "active")), "new_link");
  assert.equal(wayOnOf(ended("expired", "expired")), "connect_anew");
  assert.equal(wayOnOf(ended("declined", "terminated")), "connect_anew");
});
