import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncStatus } from "../src/api/contract.ts";
import { connectRequest } from "../src/wizard/draft.ts";
import { draftAnew, renewalOf } from "../src/wizard/renewing.ts";

test("a new link reports to the same ticket, and closes it if that was wished", () => {
  const ticket = { ref: "halopsa:12345", state: "posted", closeWhenReady: true, lastPostedAt: null, problem: null };
  const status = { customerId: "c-1", tenantDomain: "contoso.com", tenantId: "t-1", returnUrl: null, ticket };
  const { ticketRef } = renewalOf(status as unknown as SyncStatus);
  assert.deepEqual(ticketRef, { ref: "halopsa:12345", closeWhenReady: true });
});

test("what is asked for anew in the wizard is the same onboarding as with a new link", () => {
  const ticket = { ref: "halopsa:12345", state: "posted", closeWhenReady: true, lastPostedAt: null, problem: null };
  const known = { customerId: "c-1", tenantDomain: "contoso.com", tenantId: "t-1" };
  const customer = { customerId: "c-1", name: "Contoso", domains: [], providers: [], isInactive: false };
  for (const more of [
    { returnUrl: "/tenants", ticket },
    { returnUrl: null, ticket: null },
  ]) {
    const status = { ...known, ...more } as unknown as SyncStatus;
    const { access, ...asked } = connectRequest(draftAnew(status, customer, "contoso.com"), "direct") ?? {};
    assert.deepEqual([asked, access], [renewalOf(status), { model: "direct" }]);
  }
});
