/** Reads the tenants' list, as many pages as are shown. */

import { ask } from "../api/client.ts";
import type { Tenant } from "../api/contract.ts";
import type { App } from "../app.ts";

export interface TenantList {
  readonly items: readonly Tenant[];
  /** Whether there are more pages than were read. */
  readonly hasMore: boolean;
}

const PAGE_SIZE = 100;

/** Throws ApiProblem, NoAnswer, SignInNeeded. */
export async function loadTenants(app: App, pages: number, signal: AbortSignal): Promise<TenantList> {
  const items: Tenant[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page++) {
    const query: { top: number; cursor?: string } = { top: PAGE_SIZE, ...(cursor ? { cursor } : {}) };
    const found = await ask(app.api.http.GET("/api/msp-portal/tenants", { params: { query }, signal }));
    items.push(...found.items);
    cursor = found.nextCursor;
    if (!cursor) break;
  }
  return { items, hasMore: cursor !== null };
}
