/** A new link for a connection that waits or has ended; an older link becomes void. */

import { ask } from "../api/client.ts";
import type { Connected, ConnectRequest, SyncStatus } from "../api/contract.ts";
import type { App } from "../app.ts";
import { MadeLinks } from "./links.ts";

export async function makeNewLink(app: App, status: SyncStatus): Promise<Connected> {
  const { customerId, tenantDomain, tenantId, returnUrl, ticket } = status;
  const body = {
    customerId,
    tenant: tenantDomain ?? tenantId,
    ...(returnUrl ? { returnUrl } : {}),
    ...(ticket ? { ticketRef: ticket.ref } : {}),
  } as ConnectRequest;
  const connected = await ask(app.api.http.POST("/api/msp-portal/tenants/connect", { body }));
  new MadeLinks().keep(connected);
  return connected;
}

/** The link for permissions the product asks for by now; null when all of them are granted. */
export async function askForPermissions(app: App, tenantId: string): Promise<string | null> {
  const path = { path: { tenantId } };
  const body = { operation: "inventory" } as const;
  const asked = await ask(app.api.http.POST("/api/msp-portal/tenants/{tenantId}/permissions", { params: path, body }));
  return asked.authUrl;
}
