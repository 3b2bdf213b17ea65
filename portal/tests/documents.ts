/** Documents of the API for tests: only what a test is about is written down, the rest is as of a run just begun. */

import type { Certificate, ResourceStatus, StatusProblem, SyncStatus } from "../src/api/contract.ts";

export const certificate = (about: Partial<Certificate> = {}): Certificate => ({
  expectedAtStart: null,
  expected: null,
  received: 0,
  stored: 0,
  duplicates: 0,
  unchanged: 0,
  gone: 0,
  goneReasons: {},
  pages: 0,
  throttledSeconds: 0,
  asOf: null,
  verdict: "unknown",
  reason: null,
  ...about,
});

export const resource = (about: Partial<ResourceStatus> = {}): ResourceStatus => ({
  state: "pending",
  mode: "full",
  processed: 0,
  expected: null,
  pages: 0,
  startedAt: null,
  updatedAt: null,
  throttledSeconds: 0,
  workedSeconds: 0,
  retries: 0,
  waiting: null,
  plan: null,
  carriedFrom: null,
  certificate: certificate(),
  usage: { requests: 0, resourceUnits: 0, shareOfLimit: null, throttled: null },
  problem: null,
  ...about,
});

export const proven = (about: Partial<ResourceStatus> = {}): ResourceStatus =>
  resource({ state: "completed", certificate: certificate({ verdict: "complete", reason: "counted" }), ...about });

export const problem = (code: string): StatusProblem => ({
  code,
  message: `${code}.`,
  owner: "microsoft",
  nextAction: "Wait.",
});

export const unlicensed = (): ResourceStatus => resource({ state: "skipped", problem: problem("not_licensed") });

export const status = (resources: Record<string, ResourceStatus>, about: Partial<SyncStatus> = {}): SyncStatus => ({
  tenantId: "11111111-1111-4111-8111-111111111111",
  tenantDomain: "contoso.com",
  customerId: "22222222-2222-4222-8222-222222222222",
  connectionId: "33333333-3333-4333-8333-333333333333",
  returnUrl: null,
  runId: "run-1",
  kind: "initial",
  only: [],
  state: "syncing",
  percent: 0,
  etaSeconds: null,
  plan: null,
  startedAt: "2026-03-01T10:00:00Z",
  updatedAt: "2026-03-01T10:00:00Z",
  finishedAt: null,
  waiting: null,
  throttledSeconds: 0,
  stalled: null,
  problem: null,
  summary: null,
  ticket: null,
  ...about,
  resources,
});
