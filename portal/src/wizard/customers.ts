/** The MSP's customers as the wizard offers them. */

import { type Api, ask } from "../api/client.ts";
import type { CustomerPage } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import type { ChosenCustomer } from "./draft.ts";

const SHOWN = 8;
const PAGES_AT_MOST = 4;

/** Up to 8 customers with this text in name, domain or PSA number; pages may come short while there are more. */
export async function findCustomers(api: Api, search: string, signal: AbortSignal): Promise<readonly ChosenCustomer[]> {
  const found: ChosenCustomer[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_AT_MOST && found.length < SHOWN; page++) {
    const query = { top: SHOWN, ...(search ? { search } : {}), ...(cursor ? { cursor } : {}) };
    const answer = await ask(api.http.GET("/api/msp-portal/customers", { params: { query }, signal }));
    found.push(...answer.items.map(chosenOf));
    if (!answer.nextCursor) break;
    cursor = answer.nextCursor;
  }
  return found.slice(0, SHOWN);
}

/** The customer of this id; null when there is none any more. */
export async function findCustomer(api: Api, customerId: string): Promise<ChosenCustomer | null> {
  const params = { path: { customerId } };
  try {
    return chosenOf(await ask(api.http.GET("/api/msp-portal/customers/{customerId}", { params })));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

type Customer = Pick<CustomerPage["items"][number], "customerId" | "name" | "state" | "domains" | "externalReferences">;

export const chosenOf = (customer: Customer): ChosenCustomer => ({
  customerId: customer.customerId,
  name: customer.name,
  domains: customer.domains,
  providers: [...new Set(customer.externalReferences.map(({ provider }) => provider))],
  isInactive: customer.state === "psa_inactive",
});

export const newCustomer = (name: string): ChosenCustomer => ({
  customerId: "",
  name: name.trim(),
  domains: [],
  providers: [],
  isInactive: false,
});

/** Whether a name is offered as a new customer: not when one of those found has just this name. */
export const canCreate = (name: string, found: readonly ChosenCustomer[]): boolean =>
  name.trim() !== "" && !found.some((customer) => isSame(customer.name, name.trim()));

const isSame = (one: string, other: string) => one.localeCompare(other, undefined, { sensitivity: "accent" }) === 0;
