/** Tenants as a table. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { StatusProblem, Tenant } from "../api/contract.ts";
import { badge, tenantBadge } from "../elements/badges.ts";
import { when } from "../elements/when.ts";
import { formatDay } from "../format.ts";
import { accessKinds, owners, tenantList } from "../texts.ts";
import { cell, headCell, headRow } from "./card-table.ts";
import { accessOf, addressOf, concernOf, freshnessOf } from "./states.ts";

export const tenantTable = (tenants: readonly Tenant[], now: number): TemplateResult =>
  html`<table class="tenants is-cards" role="table">
    <caption class="visually-hidden">${tenantList.caption}</caption>
    ${headRow([tenantList.customer, tenantList.state, tenantList.synced, tenantList.problem, tenantList.access])}
    <tbody role="rowgroup">
      ${repeat(
        tenants,
        (tenant) => tenant.tenantId,
        (tenant) => row(tenant, now),
      )}
    </tbody>
  </table>`;

const row = (tenant: Tenant, now: number) =>
  html`<tr role="row">
    ${headCell(nameOf(tenant))}
    ${cell(tenantList.state, tenantBadge(tenant.state))}
    ${cell(tenantList.synced, freshness(tenant, now))}
    ${need(concernOf(tenant, now))}
    ${cell(tenantList.access, access(tenant))}
  </tr>`;

const nameOf = (tenant: Tenant) =>
  html`<a class="tenant-link" href=${addressOf(tenant)}>${tenant.customerName ?? tenantList.noCustomer}</a>
    <span class="small">${tenant.tenantDomain ?? tenant.tenantId}</span>
    ${tenant.tags.length ? tags(tenant.tags) : nothing}`;

export const tags = (names: readonly string[]): TemplateResult =>
  html`<span class="tags">${names.map((name) => html`<span class="tag">${name}</span>`)}</span>`;

/** When it was synced last, marked when that is overdue. */
export function freshness(tenant: Tenant, now: number): TemplateResult {
  if (!tenant.syncedAt) return html`<span class="quiet">${tenantList.never}</span>`;
  const mark = freshnessOf(tenant, now) === "stale" ? badge("warn", tenantList.stale) : nothing;
  return html`<span class="pair">${when(tenant.syncedAt)} ${mark}</span>`;
}

const need = (problem: StatusProblem | null) =>
  problem ? cell(tenantList.problem, concern(problem)) : cell(tenantList.problem, "–", "quiet is-nothing");

const concern = ({ message, owner }: StatusProblem) =>
  html`<span class="concern">
    <span class="two-lines" title=${message}>${message}</span><span class="small">${owners[owner]}</span>
  </span>`;

/** How technicians get at it, and how long that lasts. */
export function access({ access }: Tenant): TemplateResult {
  const kind = accessOf(access);
  const name = kind === "legacy" ? badge("warn", accessKinds.legacy) : accessKinds[kind];
  const until = kind === "gdap" && access.expiresAt ? `${tenantList.until} ${formatDay(access.expiresAt)}` : "";
  return html`<span class="concern"><span>${name}</span>${until ? html`<span class="small">${until}</span>` : nothing}</span>`;
}
