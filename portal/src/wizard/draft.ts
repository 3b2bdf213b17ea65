/** What the technician has chosen so far, kept in the browser until the link is made; shared by all tabs. */

import type { ConnectRequest, Preflight, PsaProvider } from "../api/contract.ts";
import { Kept } from "../keeping.ts";

export interface ChosenCustomer {
  /** Empty: a new customer of this name is made together with the link. */
  readonly customerId: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly providers: readonly PsaProvider[];
  readonly isInactive: boolean;
}

export type AccessModel = "direct" | "gdap";

export interface Draft {
  readonly customer: ChosenCustomer | null;
  /** As typed: a domain or a GUID. */
  readonly tenant: string;
  /** Only when the tenant exists in two clouds. */
  readonly cloud: string;
  /** Empty: what is recommended. */
  readonly model: AccessModel | "";
  readonly roleTemplate: string;
  /** ISO 8601, as `P90D`. */
  readonly duration: string;
  readonly autoExtend: boolean;
  readonly ticket: string;
  readonly closesTicket: boolean;
  /** Where the wizard goes at the end, as it was asked for when the connection began; empty: the tenant's page. */
  readonly returnUrl: string;
  /** The link this draft has become, in whichever tab. */
  readonly connected: { readonly tenantId: string; readonly name: string } | null;
}

export const EMPTY: Draft = {
  customer: null,
  tenant: "",
  cloud: "",
  model: "",
  roleTemplate: "read_only",
  duration: "P90D",
  autoExtend: false,
  ticket: "",
  closesTicket: false,
  returnUrl: "",
  connected: null,
};

/** The draft of one person: somebody else at the same browser has another. */
export const keptDraft = (userName: string, storage?: Storage): Kept<Draft> =>
  new Kept(`wizard-draft:${userName}`, EMPTY, storage);

const STEPS = ["customer", "tenant", "consent"] as const;
export type DraftStep = (typeof STEPS)[number];

/** The step of an address, or the first one that still lacks something. */
export function stepOf(wanted: string | null, draft: Draft): DraftStep {
  const step = STEPS.find((name) => name === wanted) ?? "customer";
  if (!draft.customer) return "customer";
  return step === "consent" && !draft.tenant.trim() ? "tenant" : step;
}

export const numberOf = (step: DraftStep): number => STEPS.indexOf(step) + 1;

export const addressOf = (step: DraftStep): string =>
  step === "customer" ? "/tenants/new" : `/tenants/new?step=${step}`;

/** Where a relationship is there already, another one is not what is recommended. */
export const recommendedModel = ({ recommended, relationship }: Preflight["access"]): AccessModel =>
  relationship ? "direct" : recommended;

export const modelOf = (draft: Draft, { access }: Preflight): AccessModel => draft.model || recommendedModel(access);

/** The body of connect; undefined as long as there is no customer. */
export function connectRequest(draft: Draft, model: AccessModel): ConnectRequest | undefined {
  const { customer, cloud, ticket, closesTicket, returnUrl } = draft;
  if (!customer) return undefined;
  return {
    ...(customer.customerId ? { customerId: customer.customerId } : { customer: { name: customer.name } }),
    tenant: draft.tenant.trim(),
    access: model === "gdap" ? gdapOf(draft) : { model },
    ...(cloud ? { cloud } : {}),
    ...(returnUrl ? { returnUrl } : {}),
    ...(ticket.trim() ? { ticketRef: { ref: ticket.trim(), closeWhenReady: closesTicket } } : {}),
  } as ConnectRequest;
}

const gdapOf = ({ roleTemplate, duration, autoExtend }: Draft) => ({
  model: "gdap",
  roleTemplate,
  duration,
  autoExtend,
});
