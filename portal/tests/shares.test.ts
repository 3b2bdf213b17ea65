import assert from "node:assert/strict";
import { test } from "node:test";
import { segmentsOf, shareOf, slicesOf } from "../src/charts/shares.ts";
import { complianceSlices } from "../src/summary/device-cards.ts";
import { byUse } from "../src/summary/licence-card.ts";

test("the largest come first, equals by name, and nothing is left out that counts", () => {
  const slices = slicesOf({ iOS: 2, Windows: 9, Android: 2, Linux: 0 }, "Others");
  assert.deepEqual(
    slices.map(({ name, value, tone }) => [name, value, tone]),
    [
      ["Windows", 9, "series-1"],
      ["Android", 2, "series-2"],
      ["iOS", 2, "series-3"],
    ],
  );
});

test("what is too small for a colour of its own is put together", () => {
  const slices = slicesOf({ a: 6, b: 5, c: 4, d: 3, e: 2, f: 1 }, "Others");
  assert.deepEqual(
    slices.map(({ name, value }) => [name, value]),
    [
      ["a", 6],
      ["b", 5],
      ["c", 4],
      ["d", 3],
      ["Others", 3],
    ],
  );
  assert.equal(slicesOf({ a: 6, b: 5, c: 4, d: 3, e: 2 }, "Others").at(-1)?.name, "e");
});

test("segments lie end to end and fill the whole", () => {
  const [first, second] = segmentsOf([
    { name: "a", value: 3, tone: "good" },
    { name: "b", value: 1, tone: "stop" },
  ]);
  assert.deepEqual([first?.start, first?.share, second?.start, second?.share], [0, 0.75, 0.75, 0.25]);
});

test("a share is never more than all, and of nothing it is nothing", () => {
  assert.deepEqual([shareOf(1, 4), shareOf(5, 4), shareOf(3, 0), shareOf(-1, 4)], [0.25, 1, 0, 0]);
});

test("products in use come before those that only have many seats", () => {
  const products = [
    { skuPartNumber: "FLOW_FREE", enabled: 10000, consumed: 4 },
    { skuPartNumber: "SPB", enabled: 50, consumed: 48 },
    { skuPartNumber: "SPE_E5", enabled: 60, consumed: 48 },
  ];
  assert.deepEqual(
    byUse(products).map(({ skuPartNumber }) => skuPartNumber),
    ["SPE_E5", "SPB", "FLOW_FREE"],
  );
});

test("compliance begins with what is well, and shows states nobody has named yet", () => {
  const names = complianceSlices({ somethingNew: 1, noncompliant: 2, compliant: 3, error: 0 }).map(({ name }) => name);
  assert.deepEqual(names, ["Compliant", "Not compliant", "somethingNew"]);
});
