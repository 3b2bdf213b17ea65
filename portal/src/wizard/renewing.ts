/** What a connection that waits or has ended is gone on with: a new link, the approval of GDAP, more permissions. */

import { ask } from "../api/client.ts";
import type { Connected, ConnectRequest, SyncStatus } from "../api/contract.ts";
import type { App } from "../app.ts";
import { type ChosenCustomer, type Draft, EMPTY } from "./draft.ts";
import { MadeLinks } from "./links.ts";

/** The same connection, asked for once more. */
export const renewalOf = ({ customerId, tenantDomain, tenantId, returnUrl, ticket }: SyncStatus): ConnectRequest =>
  ({
    customerId,
    tenant: tenantDomain ?? tenantId,
    ...(returnUrl ? { returnUrl } : {}),
    ...(ticket ? { ticketRef: { ref: ticket.ref, closeWhenReady: ticket.closeWhenReady } } : {}),
  }) as ConnectRequest;

/** The same onboarding, to be asked for in the wizard, where tenant and access are chosen once more. */
export const draftAnew = (
  { returnUrl, ticket }: SyncStatus,
  customer: ChosenCustomer | null,
  tenant: string,
): Draft => ({
  ...EMPTY,
  customer,
  tenant,
  ticket: ticket?.ref ?? "",
  closesTicket: ticket?.closeWhenReady ?? false,
  returnUrl: returnUrl ?? "",
});

/** The older link becomes void; GDAP that was asked for with it still waits for the same approval. */
export async function makeNewLink(app: App, status: SyncStatus): Promise<Connected> {
  const body = renewalOf(status);
  const connected = await ask(app.api.http.POST("/api/msp-portal/tenants/connect", { body }));
  const { relationshipId } = status.access ?? {};
  const approvalUrl = relationshipId ? await openApproval(app, relationshipId).catch(() => "") : "";
  new MadeLinks().keep(connected, approvalUrl);
  return connected;
}

/** Where the customer's administrator approves GDAP; empty when there is nothing to approve. */
export async function openApproval(app: App, relationshipId: string): Promise<string> {
  const params = { path: { relationshipId } };
  const found = await ask(app.api.http.GET("/api/msp-portal/relationships/{relationshipId}", { params }));
  return found.approvalUrl ?? "";
}

/** The link for permissions the product asks for by now; null when all of them are granted. */
export async function askForPermissions(app: App, tenantId: string): Promise<string | null> {
  const path = { path: { tenantId } };
  const body = { operation: "inventory" } as const;
  const asked = await ask(app.api.http.POST("/api/msp-portal/tenants/{tenantId}/permissions", { params: path, body }));
  return asked.authUrl;
}
