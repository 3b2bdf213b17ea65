import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncStatus } from "../src/api/contract.ts";
import { renewalOf } from "../src/wizard/renewing.ts";

test("a new link reports to the same ticket, and closes it if that was wished", () => {
  const ticket = { ref: "halopsa:12345", state: "posted", closeWhenReady: true, lastPostedAt: null, problem: null };
  const status = { customerId: "c-1", tenantDomain: "contoso.com", tenantId: "t-1", returnUrl: null, ticket };
  const { ticketRef } = renewalOf(status as unknown as SyncStatus);
  assert.deepEqual(ticketRef, { ref: "halopsa:12345", closeWhenReady: true });
});
