import assert from "node:assert/strict";
import { test } from "node:test";
import { show } from "../src/tenants/columns.ts";
import { parseSection, sectionsFor } from "../src/tenants/section-keys.ts";
import { parseWish, wishChoices, writeWish } from "../src/tenants/wishes.ts";

test("the section stands in the address, and an unknown one is the overview", () => {
  assert.equal(parseSection("?section=permissions"), "permissions");
  assert.equal(parseSection("?section=constructor"), "overview");
});

test("the audit trail is not offered to those who may only read", () => {
  assert.ok(!sectionsFor("completed", (role) => role === "Read").includes("activity"));
  assert.ok(sectionsFor("completed", (role) => role === "Ops").includes("activity"));
});

test("what is read of a tenant is not offered once it is disconnected", () => {
  assert.deepEqual(
    sectionsFor("disconnected", () => true),
    ["overview", "syncs", "access", "activity", "settings"],
  );
});

test("a wish for a resource survives its choice", () => {
  for (const wish of [
    { enabled: true, everyHours: null },
    { enabled: true, everyHours: 0 },
    { enabled: true, everyHours: 7 },
    { enabled: false, everyHours: null },
  ])
    assert.deepEqual(parseWish(writeWish(wish)), wish);
});

test("the choice that counts is always among those offered", () => {
  const wish = { enabled: true, everyHours: 7 };
  assert.ok(wishChoices(24, wish).some(({ value }) => value === writeWish(wish)));
});

test("values of the inventory read as words", () => {
  assert.equal(show("accountEnabled", false), "No");
  assert.equal(show("mail", null), "–");
  assert.equal(show("storageUsedInBytes", 5 * 1024 ** 3), "5 GB");
  assert.equal(show("groupTypes", ["Unified"]), "Unified");
  assert.equal(show("groupTypes", []), "–");
  assert.equal(show("verifiedDomains", [{ name: "a.example" }, { name: "b.example" }]), "a.example, b.example");
  assert.equal(show("assignedLicenses", [{ skuId: "1" }, { skuId: "2" }]), "2");
  assert.equal(show("osVersion", "2026.1"), "2026.1");
});
