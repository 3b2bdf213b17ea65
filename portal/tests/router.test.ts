import assert from "node:assert/strict";
import { test } from "node:test";
import { findPlace } from "../src/router.ts";

const routes = [{ path: "/" }, { path: "/tenants/new" }, { path: "/tenants/:tenantId" }, { path: "/ops/runs/:runId" }];

test("the first route that fits counts, with its values", () => {
  assert.equal(findPlace(routes, "/")?.route.path, "/");
  assert.equal(findPlace(routes, "/tenants/new")?.route.path, "/tenants/new");
  assert.deepEqual(findPlace(routes, "/tenants/abc/")?.values, { tenantId: "abc" });
  assert.deepEqual(findPlace(routes, "/ops/runs/a%20b")?.values, { runId: "a b" });
});

test("an unknown address has no place", () => {
  assert.equal(findPlace(routes, "/tenants"), undefined);
  assert.equal(findPlace(routes, "/tenants/a/b"), undefined);
  assert.equal(findPlace(routes, "/tenants/%E0%A4%A"), undefined);
});
