/** Who the tenant is, in Microsoft's words: the organization of the inventory. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import { Page } from "../app.ts";
import { formatDay } from "../format.ts";
import { common, organization as texts } from "../texts.ts";

/** Graph's organization as far as it is shown; any of it may be missing. */
interface Organization {
  readonly displayName?: string;
  readonly verifiedDomains?: readonly { name: string; isDefault?: boolean }[];
  readonly countryLetterCode?: string | null;
  readonly createdDateTime?: string | null;
  readonly onPremisesSyncEnabled?: boolean | null;
}

const MOST_DOMAINS = 6;

@customElement("organization-card")
export class OrganizationCard extends Page {
  @property() tenantId = "";
  /** Undefined until it is loaded, null when the inventory has none. */
  @state() private organization: Organization | null | undefined;

  override render(): TemplateResult {
    return html`<section class="card chart-card">
      <h3>${texts.title}</h3>
      ${this.error === undefined ? this.content() : html`<trouble-note .error=${this.error} .retry=${this.load}></trouble-note>`}
    </section>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("tenantId")) void this.load();
  }

  private readonly load = async (): Promise<void> => {
    const page = await this.attempt(() =>
      ask(
        this.app.api.http.GET("/api/msp-portal/tenants/{tenantId}/inventory/{resource}", {
          params: { path: { tenantId: this.tenantId, resource: "organization" }, query: { top: 1 } },
        }),
      ),
    );
    if (page) this.organization = (page.items[0] as Organization | undefined) ?? null;
  };

  private content(): TemplateResult {
    if (!this.organization)
      return html`<p class="quiet">${this.organization === null ? texts.none : common.loading}</p>`;
    const { displayName, countryLetterCode, createdDateTime, onPremisesSyncEnabled } = this.organization;
    return html`<dl class="pairs">
      ${pair(texts.name, displayName)}
      ${pair(texts.domains, domains(this.organization.verifiedDomains ?? []))}
      ${pair(texts.country, countryLetterCode && countryName(countryLetterCode))}
      ${pair(texts.created, createdDateTime && formatDay(createdDateTime))}
      ${pair(texts.directory, onPremisesSyncEnabled ? texts.synced : texts.cloudOnly)}
      ${pair(texts.tenantId, html`<code>${this.tenantId}</code>`)}
    </dl>`;
  }
}

const pair = (name: string, value: TemplateResult | string | null | undefined) =>
  value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : nothing;

const domains = (all: readonly { name: string; isDefault?: boolean }[]) =>
  html`<ul class="plain">
    ${all
      .slice(0, MOST_DOMAINS)
      .map(
        ({ name, isDefault }) =>
          html`<li>${name} ${isDefault ? html`<span class="small">${texts.isDefault}</span>` : nothing}</li>`,
      )}
    ${all.length > MOST_DOMAINS ? html`<li class="small">${texts.more(all.length - MOST_DOMAINS)}</li>` : nothing}
  </ul>`;

/** What is no country code is shown as it is: the formatter would throw. */
const countryName = (code: string) =>
  /^[A-Z]{2}$/.test(code) ? (new Intl.DisplayNames("en-GB", { type: "region" }).of(code) ?? code) : code;
