/** A tenant on its way, from the link to the confirmation: what is shown follows from its status alone. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import type { SyncStatus, Tenant } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import { Page } from "../app.ts";
import { tenantBadge } from "../elements/badges.ts";
import { focusHeading } from "../elements/focusing.ts";
import "../elements/trouble-note.ts";
import { Poller } from "../polling.ts";
import { common, onboarding, pages } from "../texts.ts";
import "./approval-link.ts";
import { checkingConsent } from "./checking-consent.ts";
import "./ended-connection.ts";
import { MadeLinks } from "./links.ts";
import { isMoving, type Stage, stageOf, stepOfStage } from "./stages.ts";
import "./summary-step.ts";
import "./sync-step.ts";
import "./waiting-for-consent.ts";
import { wizardSteps } from "./wizard-steps.ts";

@customElement("onboarding-page")
export class OnboardingPage extends Page {
  @property() tenantId = "";
  @state() private status: SyncStatus | undefined;
  @state() private tenant: Tenant | undefined;
  private poller: Poller<SyncStatus> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.refreshIfSeen);
    addEventListener("storage", this.refreshIfLinked);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.refreshIfSeen);
    removeEventListener("storage", this.refreshIfLinked);
    this.poller?.stop();
  }

  override render(): TemplateResult {
    if (this.error instanceof ApiProblem && this.error.status === 404) return gone();
    return html`<div class="page onboarding" @sync-changed=${this.refresh}>
      ${this.head(this.status)}
      <trouble-note .error=${this.error} .retry=${this.refresh}></trouble-note>
      ${this.status ? this.renderStatus(this.status) : nothing}
      ${this.status || this.error !== undefined ? nothing : html`<p class="looking" role="status">${common.loading}</p>`}
    </div>`;
  }

  /** One heading from the beginning, so that the focus on it stays when the status arrives. */
  private head(status: SyncStatus | undefined): TemplateResult {
    return html`<div class="page-head">
      <div class="row">
        <h1 tabindex="-1">${status ? onboarding.heading(status.tenantDomain ?? status.tenantId) : pages.onboarding}</h1>
        ${status ? tenantBadge(status.state) : nothing}
      </div>
      <a class="button is-quiet" href="/tenants/${this.tenantId}">${onboarding.tenantPage}</a>
    </div>`;
  }

  private renderStatus(status: SyncStatus): TemplateResult {
    const stage = stageOf(status);
    return html`${wizardSteps(stepOfStage(stage))} ${this.renderStage(stage, status)} ${this.approval(stage, status)}`;
  }

  private renderStage(stage: Stage, status: SyncStatus): TemplateResult {
    switch (stage) {
      case "waiting":
        return html`<waiting-for-consent .app=${this.app} .status=${status}></waiting-for-consent>`;
      case "checking":
        return checkingConsent(status);
      case "ended":
        return html`<ended-connection .app=${this.app} .status=${status}></ended-connection>`;
      case "sync":
        return html`<sync-step .app=${this.app} .status=${status}></sync-step>`;
      case "summary":
        return html`<summary-step .app=${this.app} .status=${status} .tenant=${this.tenant}></summary-step>`;
    }
  }

  /** The second link, where it is not shown beside the first. */
  private approval(stage: Stage, { access, connectionId }: SyncStatus): TemplateResult | typeof nothing {
    const isShown = stage === "waiting" && new MadeLinks().find(connectionId)?.approvalUrl;
    if (stage === "ended" || isShown || !access?.relationshipId || access.status !== "approval_pending") return nothing;
    return html`<approval-link .app=${this.app} .relationshipId=${access.relationshipId}></approval-link>`;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("tenantId")) this.follow();
  }

  protected override updated(changed: PropertyValues): void {
    const before = changed.get("status") as SyncStatus | undefined;
    if (!before || !this.status || stageOf(before) === stageOf(this.status)) return;
    this.app.announce(onboarding.reached[stageOf(this.status)]);
    const hasLostFocus = document.activeElement === null || document.activeElement === document.body;
    if (hasLostFocus) focusHeading(this, "h2");
  }

  private follow(): void {
    this.poller?.stop();
    this.status = this.tenant = this.error = undefined;
    const path = `/api/msp-portal/tenants/${encodeURIComponent(this.tenantId)}/sync-status`;
    this.poller = new Poller<SyncStatus>({
      load: (etag, signal) => this.app.api.poll(path, etag, signal),
      onValue: (status) => this.take(status),
      onTrouble: (error) => this.fail(error),
      isFinal: (status) => !isMoving(status),
    });
    this.poller.start();
  }

  private take(status: SyncStatus): void {
    const stage = stageOf(status);
    this.status = status;
    this.error = undefined;
    if (stage !== "waiting") new MadeLinks().forget(status.connectionId);
    if (stage === "summary" && !this.tenant) void this.loadTenant();
  }

  private async loadTenant(): Promise<void> {
    const params = { path: { tenantId: this.tenantId } };
    this.tenant = await this.attempt(() =>
      ask(this.app.api.http.GET("/api/msp-portal/tenants/{tenantId}", { params })),
    );
  }

  /** A poller that has come to its end begins again, as what was final has been changed. */
  private refresh = (): void => {
    this.poller?.start();
    this.poller?.now();
  };

  private refreshIfSeen = (): void => {
    if (!document.hidden) this.refresh();
  };

  private refreshIfLinked = (event: StorageEvent): void => {
    if (event.key === new MadeLinks().key) this.refresh();
  };
}

const gone = () =>
  html`<div class="page"><div class="card stack">
    <h1 tabindex="-1">${onboarding.gone.title}</h1>
    <p>${onboarding.gone.text}</p>
    <div class="actions">
      <a class="button is-main" href="/tenants/new">${onboarding.gone.connect}</a>
      <a class="button" href="/">${onboarding.gone.tenants}</a>
    </div>
  </div></div>`;
