/** The calls of the operations API. */

import { ask } from "../api/client.ts";
import type { OpsHealth, OpsHistory, OpsRunDetails, OpsRunPage, RunStarted } from "../api/contract.ts";
import type { App } from "../app.ts";
import type { Throttled } from "./documents.ts";
import type { Filter } from "./filters.ts";

const A_PAGE = 50;

export const readHealth = ({ api }: App, signal: AbortSignal): Promise<OpsHealth> =>
  ask(api.http.GET("/api/ops/health", { signal }));

export const readThrottling = ({ api }: App, signal: AbortSignal): Promise<{ items: readonly Throttled[] }> =>
  ask(api.http.GET("/api/ops/throttling", { signal }));

export function readRuns({ api }: App, filter: Filter, cursor: string, signal?: AbortSignal): Promise<OpsRunPage> {
  const query = {
    top: A_PAGE,
    ...(filter.state === "all" ? {} : { state: filter.state }),
    ...(filter.tenantId ? { tenantId: filter.tenantId } : {}),
    ...(cursor ? { cursor } : {}),
  };
  return ask(api.http.GET("/api/ops/runs", { params: { query }, ...(signal ? { signal } : {}) }));
}

export const readRun = ({ api }: App, runId: string, signal: AbortSignal): Promise<OpsRunDetails> =>
  ask(api.http.GET("/api/ops/runs/{runId}", { params: { path: { runId } }, signal }));

export const readHistory = ({ api }: App, runId: string, instance: string): Promise<OpsHistory> =>
  ask(api.http.GET("/api/ops/runs/{runId}/history", { params: { path: { runId }, query: { instance } } }));

export const terminateRun = ({ api }: App, runId: string): Promise<unknown> =>
  ask(api.http.POST("/api/ops/runs/{runId}/terminate", { params: { path: { runId } } }));

export const purgeRun = ({ api }: App, runId: string): Promise<unknown> =>
  ask(api.http.POST("/api/ops/runs/{runId}/purge", { params: { path: { runId } } }));

export const retryResource = ({ api }: App, runId: string, resource: string): Promise<RunStarted> =>
  ask(api.http.POST("/api/ops/runs/{runId}/resources/{resource}/retry", { params: { path: { runId, resource } } }));
