/** The tenant that was found, and what was checked of it. */

import { html, type TemplateResult } from "lit";
import { CircleCheck, CircleMinus } from "lucide";
import type { Check, Preflight } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { checkNames, clouds, tenantStep } from "../texts.ts";
import type { ChosenCustomer } from "./draft.ts";

export function tenantCard(found: Preflight): TemplateResult {
  return html`<div class="tenant-found">
    <p class="tenant-found-head">${icon(CircleCheck, 22)} <strong>${tenantStep.foundTitle}</strong></p>
    <dl class="facts">
      ${found.tenantDomain ? fact(tenantStep.domain, html`<strong>${found.tenantDomain}</strong>`) : ""}
      ${fact(tenantStep.id, html`<code>${found.tenantId}</code>`)}
      ${fact(tenantStep.cloud, clouds[found.cloud] ?? found.cloud)}
    </dl>
    <details class="checks">
      <summary>${tenantStep.checks}</summary>
      <ul>${found.checks.map(checkItem)}</ul>
    </details>
  </div>`;
}

const fact = (name: string, value: TemplateResult | string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const checkItem = ({ check, state, detail }: Check) =>
  html`<li class=${state === "passed" ? "is-passed" : ""}>
    ${icon(state === "passed" ? CircleCheck : CircleMinus, 18)}
    <span>${checkNames[check] ?? check}${state === "passed" ? "" : html` <span class="quiet">${tenantStep.skipped}. ${detail}</span>`}</span>
  </li>`;

/** The customer this tenant looks like, unless it is the chosen one or nothing is known. */
export function otherCustomer(found: Preflight, chosen: ChosenCustomer): Preflight["customers"][number] | undefined {
  const isChosen = found.customers.some(({ customerId }) => customerId === chosen.customerId);
  return isChosen ? undefined : found.customers[0];
}
