/** The wizard's last step: what was found in the tenant, what proves it, and what to set for it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { BadgeCheck, CircleAlert } from "lucide";
import type { ResourceStatus, Summary, SyncStatus, Tenant } from "../api/contract.ts";
import { type App, PageElement } from "../app.ts";
import { certificateTable } from "../elements/certificate-table.ts";
import { icon } from "../elements/icon.ts";
import { formatDateTime, formatDuration } from "../format.ts";
import { complianceCard, platformCard } from "../summary/device-cards.ts";
import { licenceCard } from "../summary/licence-card.ts";
import { numberTiles } from "../summary/numbers.ts";
import "../summary/organization-card.ts";
import { scoreCard } from "../summary/score-card.ts";
import { verdictOf, wayOut } from "../summary/verdict.ts";
import "../tenants/tenant-settings.ts";
import { certificates, summary as texts } from "../texts.ts";
import { remarks } from "./resource-problems.ts";
import { nameOf } from "./resource-progress.ts";

@customElement("summary-step")
export class SummaryStep extends PageElement {
  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) status!: SyncStatus;
  /** Undefined until it is loaded: its settings come last. */
  @property({ attribute: false }) tenant: Tenant | undefined;

  override render(): TemplateResult {
    const { status, tenant } = this;
    return html`<section class="stack summary" aria-labelledby="summary-title">
      ${verdictCard(status, tenant)}
      <resource-problems .app=${this.app} .status=${status}></resource-problems>
      ${status.summary ? this.findings(status.summary) : nothing} ${remarks(status)}
      <details class="card">
        <summary>${certificates.title}</summary>
        ${certificateTable(status.resources)}
      </details>
      ${tenant ? html`<tenant-settings .app=${this.app} .tenant=${tenant}></tenant-settings>` : nothing}
      <div class="actions is-end">${doneLink(status)}</div>
    </section>`;
  }

  private findings(summary: Summary): TemplateResult {
    const { resources, tenantId } = this.status;
    return html`<h3 class="visually-hidden">${texts.numbers}</h3>
      ${numberTiles(summary, resources)}
      <div class="chart-grid">
        ${scoreCard(summary.secureScore, resources.secure_score)} ${licenceCard(summary.licenses, resources.licenses)}
        ${summary.devices === null ? nothing : deviceCards(summary, resources.devices)}
        <organization-card .app=${this.app} tenantId=${tenantId}></organization-card>
      </div>`;
  }
}

/** Without devices the tile above says why; two empty cards would say no more. */
const deviceCards = (summary: Summary, resource: ResourceStatus | undefined) =>
  html`${platformCard(summary, resource)} ${complianceCard(summary, resource)}`;

function verdictCard(status: SyncStatus, tenant: Tenant | undefined): TemplateResult {
  const { proven, open, unlicensed } = verdictOf(status.resources);
  const isProven = !open.length && proven.length > 0;
  return html`<div class="card verdict ${isProven ? "is-good" : "is-warn"}">
    <span class="verdict-sign">${icon(isProven ? BadgeCheck : CircleAlert, 32)}</span>
    <div class="verdict-text">
      <p class="small">${[tenant?.customerName, status.tenantDomain].filter(Boolean).join(" · ")}</p>
      <h2 id="summary-title" tabindex="-1">${titleOf(proven.length, open)}</h2>
      <p class="quiet">
        ${isProven ? texts.provenText(proven.length) : texts.butText(proven.length, proven.length + open.length)}
        ${unlicensed.length ? texts.unlicensed(unlicensed.map(nameOf)) : nothing}
      </p>
      ${status.finishedAt ? finished(status.startedAt, status.finishedAt) : nothing}
    </div>
    <div class="actions">${doneLink(status)}</div>
  </div>`;
}

function titleOf(proven: number, open: readonly string[]): string {
  if (!proven) return texts.nothing;
  return open.length ? texts.but(open.map(nameOf)) : texts.proven;
}

const finished = (startedAt: string, finishedAt: string) =>
  html`<p class="small">
    ${texts.read(formatDateTime(finishedAt), formatDuration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000))}
  </p>`;

const doneLink = ({ returnUrl, tenantId }: SyncStatus) =>
  html`<a class="button is-main" href=${wayOut(returnUrl, location.origin, tenantId)}>${texts.done}</a>`;
