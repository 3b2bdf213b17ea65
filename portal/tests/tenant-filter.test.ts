import assert from "node:assert/strict";
import { test } from "node:test";
import { countGroups, filterTenants, hasText, parseFilter, writeFilter } from "../src/tenants/filter.ts";
import { NOW, tenant } from "./tenants.ts";

test("a filter survives the address", () => {
  const filter = { group: "attention", text: "gold & berlin" } as const;
  assert.deepEqual(parseFilter(writeFilter(filter)), filter);
  assert.equal(writeFilter({ group: "all", text: "" }), "");
});

test("an unknown group in the address shows everything", () => {
  assert.deepEqual(parseFilter("?show=everything"), { group: "all", text: "" });
});

test("every word must be found, in name, domain, id or tag, without regard to case and accents", () => {
  const zurich = tenant({ customerName: "Bäckerei Müller", tags: ["Gold"] });
  assert.ok(hasText(zurich, "backerei GOLD"));
  assert.ok(hasText(zurich, "contoso.ex"));
  assert.ok(hasText(zurich, " "));
  assert.ok(!hasText(zurich, "müller silver"));
});

test("group and text narrow together, and counts are of all that is loaded", () => {
  const tenants = [
    tenant({ customerName: "A" }),
    tenant({ customerName: "B", state: "failed" }),
    tenant({ customerName: "A2", state: "failed" }),
  ];
  const shown = filterTenants(tenants, { group: "attention", text: "a2" }, NOW);
  assert.deepEqual(
    shown.map(({ customerName }) => customerName),
    ["A2"],
  );
  const counts = countGroups(tenants, NOW);
  assert.deepEqual([counts.all, counts.ok, counts.attention, counts.syncing], [3, 1, 2, 0]);
});
