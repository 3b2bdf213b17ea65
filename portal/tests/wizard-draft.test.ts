import assert from "node:assert/strict";
import { test } from "node:test";
import { connectRequest, type Draft, EMPTY, keptDraft, modelOf, stepOf } from "../src/wizard/draft.ts";
import { fakeStorage } from "./fake-storage.ts";

const customer = { customerId: "c1", name: "Contoso", domains: [], providers: [], isInactive: false };
const draft: Draft = { ...EMPTY, customer, tenant: " contoso.com " };

test("an address leads no further than what is chosen", () => {
  assert.equal(stepOf("consent", EMPTY), "customer");
  assert.equal(stepOf("consent", { ...EMPTY, customer }), "tenant");
  assert.equal(stepOf("consent", draft), "consent");
  assert.equal(stepOf(null, draft), "customer");
  assert.equal(stepOf("elsewhere", draft), "customer");
});

test("a customer of the list is named by its id, a new one by its name", () => {
  const direct = { tenant: "contoso.com", access: { model: "direct" } };
  assert.deepEqual(connectRequest(draft, "direct"), { ...direct, customerId: "c1" });
  const made = { ...draft, customer: { ...customer, customerId: "" } };
  assert.deepEqual(connectRequest(made, "direct"), { ...direct, customer: { name: "Contoso" } });
  assert.equal(connectRequest(EMPTY, "direct"), undefined);
});

test("GDAP brings its options, a ticket its wish; consent only brings neither", () => {
  const wish = {
    ...draft,
    roleTemplate: "helpdesk",
    duration: "P1Y",
    autoExtend: true,
    ticket: " 4711 ",
    closesTicket: true,
  };
  const body = connectRequest(wish, "gdap");
  assert.deepEqual(body?.access, { model: "gdap", roleTemplate: "helpdesk", duration: "P1Y", autoExtend: true });
  assert.deepEqual(body?.ticketRef, { ref: "4711", closeWhenReady: true });
  assert.deepEqual(connectRequest(wish, "direct")?.access, { model: "direct" });
});

test("the recommendation counts until somebody chooses, and not where GDAP is there already", () => {
  const found = (relationship: object | null) =>
    ({ access: { recommended: "gdap", gdapReady: true, legacy: false, relationship } }) as Parameters<
      typeof modelOf
    >[1];
  assert.equal(modelOf(EMPTY, found(null)), "gdap");
  assert.equal(modelOf({ ...EMPTY, model: "direct" }, found(null)), "direct");
  assert.equal(modelOf(EMPTY, found({ status: "active", expiresAt: null })), "direct");
});

test("another person at the same browser finds no draft of the first", () => {
  const storage = fakeStorage();
  keptDraft("tech@northwind.example", storage).change({ tenant: "contoso.com" });
  assert.equal(keptDraft("tech@northwind.example", storage).read().tenant, "contoso.com");
  assert.deepEqual(keptDraft("tech@tailspin.example", storage).read(), EMPTY);
});
