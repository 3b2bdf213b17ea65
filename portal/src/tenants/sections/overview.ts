/** How a tenant is: what it needs, and its numbers with their proof. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Summary, SyncStatus, Tenant } from "../../api/contract.ts";
import { Page } from "../../app.ts";
import { certificateTable } from "../../elements/certificate-table.ts";
import { problemNote } from "../../elements/trouble-note.ts";
import { formatEta, formatPercent } from "../../format.ts";
import { complianceCard, platformCard } from "../../summary/device-cards.ts";
import { licenceCard } from "../../summary/licence-card.ts";
import { numberTiles } from "../../summary/numbers.ts";
import "../../summary/organization-card.ts";
import { scoreCard } from "../../summary/score-card.ts";
import { certificates, common, sectionNames, tenantPage, overviewTexts as texts } from "../../texts.ts";
import { isShortOfPermission } from "../../wizard/progress.ts";
import { permissionLink } from "../../wizard/resource-problems.ts";
import { concernOf, isUnderWay } from "../states.ts";

@customElement("overview-section")
export class OverviewSection extends Page {
  @property({ attribute: false }) tenant!: Tenant;
  /** Undefined until it is loaded. */
  @property({ attribute: false }) status: SyncStatus | undefined;

  override render(): TemplateResult {
    return html`<div class="stack is-wide">
      <h2 class="visually-hidden">${sectionNames.overview}</h2>
      ${this.concern()}
      ${this.status ? this.content(this.status) : html`<p class="card quiet" role="status">${common.loading}</p>`}
    </div>`;
  }

  /** What single resources lack is told with them. */
  private concern(): TemplateResult | typeof nothing {
    const concern = concernOf(this.tenant, Date.now());
    return concern && this.tenant.state !== "completed_with_issues" ? problemNote(concern) : nothing;
  }

  private content(status: SyncStatus): TemplateResult {
    return html`${isUnderWay(status.state) ? underWay(status) : nothing}
      <resource-problems .app=${this.app} .status=${status} @sync-changed=${this.tellChanged}></resource-problems>
      ${this.tenant.state === "needs_reconsent" && !isShortOfPermission(status) ? permissionLink(this.app, status) : nothing}
      ${status.summary ? this.findings(status, status.summary) : this.nothingYet()}`;
  }

  private nothingYet(): TemplateResult {
    return html`<p class="card empty">${this.tenant.syncedAt ? texts.lastWithout : texts.noNumbers}</p>`;
  }

  private findings({ resources, tenantId }: SyncStatus, summary: Summary): TemplateResult {
    return html`${numberTiles(summary, resources)}
      <div class="chart-grid">
        ${scoreCard(summary.secureScore, resources.secure_score)} ${licenceCard(summary.licenses, resources.licenses)}
        ${platformCard(summary, resources.devices)} ${complianceCard(summary, resources.devices)}
        <organization-card .app=${this.app} tenantId=${tenantId}></organization-card>
      </div>
      <details class="card">
        <summary>${certificates.title}</summary>
        ${certificateTable(resources)}
      </details>`;
  }

  private tellChanged(): void {
    this.dispatchEvent(new Event("tenant-changed", { bubbles: true }));
  }
}

const underWay = ({ tenantId, state, percent, etaSeconds }: SyncStatus) => {
  const text = state === "verifying" ? tenantPage.verifying : tenantPage.syncing(formatPercent(percent / 100));
  return html`<div class="card under-way">
    <div class="section-head">
      <p class="strong">${text}${etaSeconds === null ? nothing : `, ${tenantPage.left(formatEta(etaSeconds))}`}</p>
      <a href="/tenants/${tenantId}/onboarding">${tenantPage.follow}</a>
    </div>
    <progress max="100" value=${percent} aria-label=${text}></progress>
  </div>`;
};
