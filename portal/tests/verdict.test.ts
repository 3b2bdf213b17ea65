import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceOf } from "../src/elements/evidence.ts";
import { productName } from "../src/summary/products.ts";
import { closestAverage, verdictOf, wayOut, whyMissing } from "../src/summary/verdict.ts";
import { certificate, problem, proven, resource, unlicensed } from "./documents.ts";

test("what is proven, what is open and what has no licence are told apart", () => {
  const verdict = verdictOf({
    users: proven(),
    mailboxes: proven({ problem: problem("names_concealed") }),
    devices: unlicensed(),
    groups: resource({ state: "partial", problem: problem("count_mismatch") }),
    licenses: resource({ state: "skipped", problem: problem("permission_missing") }),
    memberships: resource({ state: "running" }),
  });
  assert.deepEqual(verdict.proven, ["users", "mailboxes"]);
  assert.deepEqual(verdict.open, ["groups", "memberships", "licenses"]);
  assert.deepEqual(verdict.unlicensed, ["devices"]);
});

test("a number that is missing says why", () => {
  assert.equal(whyMissing(undefined), "switched_off");
  assert.equal(whyMissing(unlicensed()), "not_licensed");
  assert.equal(whyMissing(resource({ state: "failed", problem: problem("microsoft_unavailable") })), "not_proven");
  assert.equal(whyMissing(resource({ state: "skipped", problem: problem("permission_missing") })), "not_read");
  assert.equal(whyMissing(resource({ state: "running" })), "not_read");
  assert.equal(whyMissing(proven()), "not_yet");
});

test("evidence is told in words", () => {
  const complete = { verdict: "complete" } as const;
  assert.match(
    evidenceOf(certificate({ ...complete, reason: "counted", expected: 5, stored: 5 })),
    /count equals our rows/,
  );
  assert.match(evidenceOf(certificate({ ...complete, reason: "counted", expected: 5, stored: 7 })), /2 fewer/);
  assert.match(evidenceOf(certificate({ ...complete, reason: "whole_report_read" })), /whole report/);
  assert.equal(evidenceOf(certificate()), "Not read to its end");
  assert.equal(evidenceOf(certificate({ verdict: "partial", reason: "some_code" })), "Not proven: some_code");
});

const score = (...averages: { basis: "AllTenants" | "TotalSeats" | "IndustryTypes"; score: number }[]) => ({
  current: 10,
  max: 20,
  averages,
});

test("tenants of the same size are compared with first", () => {
  const all = { basis: "AllTenants", score: 40 } as const;
  const size = { basis: "TotalSeats", score: 45 } as const;
  assert.deepEqual(closestAverage(score(all, size)), { basis: "TotalSeats", share: 0.45 });
  assert.deepEqual(closestAverage(score(all)), { basis: "AllTenants", share: 0.4 });
  assert.equal(closestAverage(score()), undefined);
});

test("an average that is no percentage, or was never counted, is not compared with", () => {
  assert.equal(closestAverage(score({ basis: "TotalSeats", score: 109 })), undefined);
  assert.equal(closestAverage(score({ basis: "TotalSeats", score: 0 })), undefined);
});

test("the way out stays with the portal, else it is the tenant", () => {
  const out = (returnUrl: string | null) => wayOut(returnUrl, "https://portal.example", "t1");
  assert.equal(out("/customers/7?tab=m365#top"), "https://portal.example/customers/7?tab=m365#top");
  assert.equal(out("https://portal.example/customers"), "https://portal.example/customers");
  assert.equal(new URL(out("/.//evil.example/x"), "https://portal.example").host, "portal.example");
  for (const elsewhere of [
    null,
    "",
    "https://evil.example/",
    "//evil.example/x",
    "/\\evil.example",
    "javascript:alert(1)",
  ])
    assert.equal(out(elsewhere), "/tenants/t1");
});

test("a product has the name it is sold by, an unknown one its part number", () => {
  assert.equal(productName("SPB"), "Microsoft 365 Business Premium");
  assert.equal(productName("CONTOSO_ADDON"), "CONTOSO_ADDON");
  assert.equal(productName("constructor"), "constructor");
});
