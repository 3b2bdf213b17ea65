import assert from "node:assert/strict";
import { test } from "node:test";
import type { OpsRun } from "../src/api/contract.ts";
import type { HealthPart } from "../src/ops/documents.ts";
import { addressOf, findTenant, mergeRuns, readFilter, stuckFirst } from "../src/ops/filters.ts";
import { barTone, healthFigures, isOver, kindOf, stallOf, wellnessOf, withLocalTimes } from "../src/ops/sentences.ts";

const TENANT = "b0000000-0000-4000-8000-00000000000a";

function run(runId: string, more: Partial<OpsRun> = {}): OpsRun {
  return {
    runId,
    mspId: TENANT,
    tenantId: TENANT,
    tenantDomain: "contoso.com",
    customerName: "Contoso",
    kind: "delta",
    only: [],
    state: "syncing",
    percent: 10,
    startedAt: "2026-01-05T10:00:00Z",
    updatedAt: "2026-01-05T10:00:00Z",
    finishedAt: null,
    waiting: null,
    stalled: null,
    problem: null,
    throttledSeconds: 0,
    ...more,
  };
}

function part(more: Partial<HealthPart> = {}): HealthPart {
  return {
    name: "durable",
    state: "ok",
    milliseconds: 12,
    pending: null,
    oldestAgeSeconds: null,
    detail: null,
    problem: null,
    ...more,
  };
}

const stalled = { reason: "no_worker", since: "2026-01-05T10:00:00Z", times: 2 } as const;

test("a filter survives its address", () => {
  for (const filter of [
    { state: "all", tenantId: "" },
    { state: "stuck", tenantId: TENANT },
  ] as const)
    assert.deepEqual(readFilter(new URL(addressOf(filter), "http://x").search), filter);
});

test("what makes no sense in an address is not asked for", () => {
  assert.deepEqual(readFilter("?state=evil&tenant=../../x"), { state: "all", tenantId: "" });
  assert.equal(readFilter(`?tenant=${TENANT.toUpperCase()}`).tenantId, TENANT);
});

test("a tenant is found by its id, or by the domain or customer of a sync that is shown", () => {
  assert.equal(findTenant(` ${TENANT.toUpperCase()} `, []), TENANT);
  assert.equal(findTenant("CONTOSO.com", [run("a")]), TENANT);
  assert.equal(findTenant("contoso", [run("a")]), TENANT);
  assert.equal(findTenant("fabrikam.com", [run("a", { tenantDomain: null, customerName: null })]), undefined);
});

test("a run on two pages is shown once, as the first one tells it", () => {
  const merged = mergeRuns([run("a", { percent: 50 })], [run("a"), run("b")]);
  assert.deepEqual(
    merged.map(({ runId, percent }) => [runId, percent]),
    [
      ["a", 50],
      ["b", 10],
    ],
  );
});

test("those that stand still come first, the others as they came", () => {
  const ids = stuckFirst([run("a"), run("b", { stalled }), run("c"), run("d", { stalled })]).map(({ runId }) => runId);
  assert.deepEqual(ids, ["b", "d", "a", "c"]);
});

test("a kind says which resources it is about", () => {
  assert.equal(kindOf({ kind: "delta", only: [] }), "Changes");
  assert.equal(kindOf({ kind: "delta", only: ["users", "secure_score"] }), "Changes · Users and Secure Score only");
});

test("every stall has a sentence, also one the portal does not know yet", () => {
  assert.match(stallOf(stalled).title, /work/);
  assert.match(stallOf({ ...stalled, reason: "other" as "no_worker" }).next, /history/);
});

test("a sync that stands still looks like trouble, whatever its state", () => {
  assert.equal(barTone(run("a", { stalled })), "is-stop");
  assert.equal(barTone(run("a", { state: "completed" })), "is-good");
  assert.equal(barTone(run("a")), "");
});

test("health figures tell as much as is known", () => {
  assert.equal(healthFigures(part()), "12 ms");
  assert.equal(healthFigures(part({ pending: 0 })), "12 ms · 0 waiting");
  assert.equal(healthFigures(part({ pending: 3, oldestAgeSeconds: 65 })), "12 ms · 3 waiting, oldest 1 min 5 s");
  assert.equal(healthFigures(part({ name: "runs", pending: 3 })), "12 ms · 3 under way");
  assert.equal(healthFigures(part({ name: "watchdog", oldestAgeSeconds: 30 })), "12 ms · 30 s ago");
});

test("the worst part counts", () => {
  assert.equal(wellnessOf([part(), part({ state: "slow" }), part({ state: "failing" })]), "isFailing");
  assert.equal(wellnessOf([part(), part({ state: "slow" })]), "isSlow");
  assert.equal(wellnessOf([part()]), "allWell");
});

test("a run is over when nothing is done for it any more", () => {
  const finishedAt = "2026-01-05T10:00:00Z";
  const instance = (runtimeStatus: string) => ({
    instanceId: "a",
    runtimeStatus,
    createdAt: finishedAt,
    lastUpdatedAt: finishedAt,
  });
  const orchestration = (own: string, child: string) => ({
    ...instance(own),
    children: [{ ...instance(child), resource: "users" }],
  });
  assert.equal(isOver({ finishedAt: null, orchestration: null }), false);
  assert.equal(isOver({ finishedAt, orchestration: null }), true);
  assert.equal(isOver({ finishedAt, orchestration: orchestration("Terminated", "Running") }), false);
  assert.equal(isOver({ finishedAt, orchestration: orchestration("Completed", "Completed") }), true);
});

test("the API's times are told in the viewer's zone, and nothing else of a sentence changes", () => {
  const told = withLocalTimes("Waits until 2026-01-05T10:00:00.123Z because Microsoft throttles.");
  assert.match(told, /^Waits until \d{1,2}:\d\d:\d\d( [AP]M)? because Microsoft throttles\.$/);
  assert.equal(withLocalTimes("Slice of users: 12 pages, goes on."), "Slice of users: 12 pages, goes on.");
});
