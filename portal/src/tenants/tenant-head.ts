/** The head of a tenant's page: whose it is, how it is, since when. */

import { html, nothing, type TemplateResult } from "lit";
import "@github/clipboard-copy-element";
import { ArrowLeft, Copy } from "lucide";
import type { Tenant } from "../api/contract.ts";
import { tenantBadge } from "../elements/badges.ts";
import { icon } from "../elements/icon.ts";
import { clouds, common, tenantList, tenantPage as texts } from "../texts.ts";
import { intervalText } from "./intervals.ts";
import { access, freshness, tags } from "./tenant-table.ts";

export const tenantHead = (tenant: Tenant, actions: TemplateResult): TemplateResult =>
  html`<a class="back" href="/">${icon(ArrowLeft, 16)} ${texts.back}</a>
    <div class="page-head">
      <div>
        <div class="row">
          <h1 tabindex="-1">${tenant.customerName ?? tenantList.noCustomer}</h1>
          ${tenantBadge(tenant.state)}
        </div>
        <p>${tenant.tenantDomain ?? nothing}</p>
      </div>
      ${actions}
    </div>
    <dl class="head-facts">
      ${fact(texts.synced, freshness(tenant, Date.now()))}
      ${fact(texts.interval, intervalText(tenant.syncEveryHours))}
      ${fact(texts.access, access(tenant))}
      ${fact(texts.cloud, clouds[tenant.cloud] ?? tenant.cloud)}
      ${fact(texts.tenantId, identifier(tenant.tenantId))}
      ${tenant.tags.length ? fact(texts.tags, tags(tenant.tags)) : nothing}
    </dl>`;

const fact = (name: string, value: unknown) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const identifier = (id: string) =>
  html`<span class="pair"><code>${id}</code>
    <clipboard-copy class="copy-mark" role="button" tabindex="0" .value=${id} aria-label=${`${common.copy}: ${texts.tenantId}`} title=${common.copy}>
      ${icon(Copy, 16)}
    </clipboard-copy></span>`;
