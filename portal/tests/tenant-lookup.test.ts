import assert from "node:assert/strict";
import { test } from "node:test";
import type { Preflight, Problem } from "../src/api/contract.ts";
import { ApiProblem } from "../src/api/problems.ts";
import { type Lookup, looksWhole, TenantLookup, type Wish } from "../src/wizard/tenant-lookup.ts";

interface Asked {
  readonly wish: Wish;
  readonly signal: AbortSignal;
  resolve(found: Preflight): void;
  reject(error: unknown): void;
}

class Bench {
  readonly asked: Asked[] = [];
  readonly heard: Lookup[] = [];
  private timers: { milliseconds: number; then: () => void }[] = [];
  readonly lookup = new TenantLookup(
    (wish, signal) => new Promise((resolve, reject) => this.asked.push({ wish, signal, resolve, reject })),
    (lookup) => this.heard.push(lookup),
    (milliseconds, then) => {
      const timer = { milliseconds, then };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((other) => other !== timer);
      };
    },
  );

  /** Lets the pause pass; gives how long it was. */
  pass(): number | undefined {
    const timer = this.timers.shift();
    timer?.then();
    return timer?.milliseconds;
  }

  get last(): Lookup | undefined {
    return this.heard.at(-1);
  }
}

const wish = (tenant: string): Wish => ({ tenant, cloud: "" });
const found = (tenantDomain: string) => ({ tenantDomain }) as Preflight;
const problem = (status: number, retryAfter?: number) =>
  new ApiProblem({ status, code: "x", title: "x" } as Problem, retryAfter);
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("only a whole domain or GUID is worth a question", () => {
  for (const whole of ["contoso.com", "contoso.co.uk", "müller.de", "b0000000-0000-4000-8000-000000000001"])
    assert.ok(looksWhole(whole), whole);
  for (const part of ["contoso", "contoso.", "contoso.c", "b0000000-0000-4000", "a b.com", "me@contoso.com"])
    assert.ok(!looksWhole(part), part);
});

test("typing asks once, after a pause", async () => {
  const bench = new Bench();
  for (const text of ["contoso", "contoso.co", "contoso.com"]) bench.lookup.typed(wish(text));
  assert.equal(bench.asked.length, 0);
  assert.equal(bench.last?.kind, "looking");
  assert.equal(bench.pass(), 400);
  assert.equal(bench.pass(), undefined);
  bench.asked[0]?.resolve(found("contoso.com"));
  await settled();
  assert.equal(bench.last?.kind, "found");
  assert.deepEqual(
    bench.asked.map((asked) => asked.wish.tenant),
    ["contoso.com"],
  );
});

test("an older answer that comes late is not shown", async () => {
  const bench = new Bench();
  bench.lookup.now(wish("contoso.com"));
  bench.lookup.now(wish("fabrikam.com"));
  assert.ok(bench.asked[0]?.signal.aborted);
  bench.asked[1]?.resolve(found("fabrikam.com"));
  bench.asked[0]?.resolve(found("contoso.com"));
  await settled();
  const kinds = bench.heard.filter(({ kind }) => kind === "found");
  assert.deepEqual(
    kinds.map((lookup) => lookup.kind === "found" && lookup.found.tenantDomain),
    ["fabrikam.com"],
  );
});

test("deleting what was typed gives up the question", async () => {
  const bench = new Bench();
  bench.lookup.now(wish("contoso.com"));
  bench.lookup.typed(wish(""));
  bench.asked[0]?.resolve(found("contoso.com"));
  await settled();
  assert.equal(bench.last?.kind, "idle");
});

test("a full budget is waited for, as long as the API says", async () => {
  const bench = new Bench();
  bench.lookup.now(wish("contoso.com"));
  bench.asked[0]?.reject(problem(429, 17));
  await settled();
  assert.equal(bench.last?.kind, "held");
  assert.equal(bench.pass(), 17_000);
  bench.asked[1]?.resolve(found("contoso.com"));
  await settled();
  assert.equal(bench.last?.kind, "found");
});

test("Enter asks at once whatever was typed, and shows what the API says of it", async () => {
  const bench = new Bench();
  bench.lookup.now(wish("contoso"));
  const refusal = problem(400);
  bench.asked[0]?.reject(refusal);
  await settled();
  assert.deepEqual(bench.last, { kind: "refused", error: refusal });
});
