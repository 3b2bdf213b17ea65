/** One tenant: how it is, what it needs, and all that can be done with it, in sections that load when opened. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { ask } from "../api/client.ts";
import type { SyncStatus, Tenant } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import { Page } from "../app.ts";
import { Poller } from "../polling.ts";
import { onMoved } from "../router.ts";
import { common, product, tenantPage as texts } from "../texts.ts";
import { parseSection, type SectionKey, sectionsFor } from "./section-keys.ts";
import { sectionNav, showSection } from "./sections.ts";
import { isBehind } from "./states.ts";
import "./tenant-actions.ts";
import { tenantHead } from "./tenant-head.ts";

const QUIET_SECONDS = 30;
/** While the tenant does not say yet what its status does. */
const SOON_SECONDS = 3;

@customElement("tenant-page")
export class TenantPage extends Page {
  @property() tenantId = "";
  @state() private tenant: Tenant | undefined;
  @state() private status: SyncStatus | undefined;
  @state() private isGone = false;
  @state() private section: SectionKey = parseSection(location.search);
  private endMoved = () => {};
  private poller: Poller<SyncStatus> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.endMoved = onMoved(() => {
      this.section = parseSection(location.search);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endMoved();
    this.poller?.stop();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("tenantId")) return;
    this.poller?.stop();
    this.tenant = undefined;
    this.status = undefined;
    this.isGone = false;
    void this.loadTenant();
    this.poller = this.follow();
    this.poller.start();
  }

  private follow(): Poller<SyncStatus> {
    return new Poller<SyncStatus>({
      load: async (etag, signal) => {
        if (this.isBehind) void this.loadTenant();
        const answer = await this.app.api.poll<SyncStatus>(`${this.path}/sync-status`, etag, signal);
        return { ...answer, retryAfter: answer.retryAfter ?? (this.isBehind ? SOON_SECONDS : QUIET_SECONDS) };
      },
      onValue: (status) => this.take(status),
      onTrouble: (error) => this.suffer(error),
      isFinal: () => false,
    });
  }

  private async loadTenant(): Promise<void> {
    const params = { path: { tenantId: this.tenantId } };
    const isFirst = !this.tenant;
    try {
      this.tenant = await ask(this.app.api.http.GET("/api/msp-portal/tenants/{tenantId}", { params }));
      this.error = undefined;
      document.title = `${this.tenant.customerName ?? texts.title} · ${product}`;
      if (isFirst) await this.begin();
    } catch (error) {
      this.suffer(error);
    }
  }

  /** The heading of before is gone, and the focus with it. */
  private async begin(): Promise<void> {
    if (this.isBehind) this.poller?.now();
    const hadHeading = document.activeElement?.matches("tenant-page h1");
    await this.updateComplete;
    if (hadHeading) this.querySelector("h1")?.focus({ preventScroll: true });
  }

  private take(status: SyncStatus): void {
    const hasMoved = this.status && (this.status.state !== status.state || this.status.runId !== status.runId);
    this.status = status;
    if (hasMoved || this.error !== undefined) void this.loadTenant();
  }

  private get isBehind(): boolean {
    return this.tenant !== undefined && this.status !== undefined && isBehind(this.tenant, this.status);
  }

  private suffer(error: unknown): void {
    if (error instanceof ApiProblem && error.status === 404) this.isGone = true;
    else this.fail(error);
  }

  private readonly again = () => {
    void this.loadTenant();
    this.poller?.now();
  };

  override render(): TemplateResult {
    if (this.isGone) return gonePage();
    if (!this.tenant) return this.opening();
    const sections = sectionsFor(this.tenant.state, (role) => this.app.may(role));
    const open = sections.includes(this.section) ? this.section : "overview";
    return html`<div class="page" @tenant-changed=${this.again}>
      ${tenantHead(this.tenant, html`<tenant-actions .app=${this.app} .tenant=${this.tenant}></tenant-actions>`)}
      <trouble-note .error=${this.error} .retry=${this.again}></trouble-note>
      ${sectionNav(sections, open)}
      ${keyed(this.tenantId, showSection(open, { app: this.app, tenant: this.tenant, status: this.status }))}
    </div>`;
  }

  private opening(): TemplateResult {
    return html`<div class="page">
      <h1 tabindex="-1" class="visually-hidden">${texts.title}</h1>
      <trouble-note .error=${this.error} .retry=${this.again}></trouble-note>
      ${this.error === undefined ? html`<p class="card quiet" role="status">${common.loading}</p>` : nothing}
    </div>`;
  }

  private get path(): string {
    return `/api/msp-portal/tenants/${encodeURIComponent(this.tenantId)}`;
  }
}

const gonePage = () =>
  html`<div class="page card">
    <h1 tabindex="-1">${texts.gone}</h1>
    <p>${texts.goneText}</p>
    <p><a class="button" href="/">${texts.goneLink}</a></p>
  </div>`;
