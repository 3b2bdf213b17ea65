/** What can be done with a tenant in its present state: one main action, and cancelling. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { RefreshCw } from "lucide";
import { ask } from "../api/client.ts";
import type { Tenant } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import { Page } from "../app.ts";
import type { ConfirmDialog } from "../elements/confirm-dialog.ts";
import "../elements/confirm-dialog.ts";
import { icon } from "../elements/icon.ts";
import { tenantPage as texts } from "../texts.ts";
import { connectAgain } from "./reconnecting.ts";
import { type Action, actionsOf, isOnboarding } from "./states.ts";

/** Fires `tenant-changed` after it has done something. */
@customElement("tenant-actions")
export class TenantActions extends Page {
  @property({ attribute: false }) tenant!: Tenant;
  @query("confirm-dialog") private dialog!: ConfirmDialog;

  override render(): TemplateResult {
    const actions = this.app.may("Connect") ? actionsOf(this.tenant) : [];
    const isWaiting = this.tenant.state === "awaiting_consent";
    return html`<div class="actions">
        ${isOnboarding(this.tenant) ? onboardingLink(this.tenant, actions) : nothing}
        ${actions.includes("cancel") ? this.button(isWaiting ? texts.actions.cancelLink : texts.actions.cancel, this.cancel) : nothing}
        ${actions.includes("resync") ? this.button(html`${icon(RefreshCw, 18)} ${texts.actions.resync}`, this.resync, true) : nothing}
        ${actions.includes("reconnect") ? this.button(texts.actions.reconnect, this.reconnect, true) : nothing}
      </div>
      <trouble-note .error=${this.error}></trouble-note>
      <confirm-dialog heading=${texts.cancelHeading} action=${texts.cancelAction}
        .text=${isWaiting ? texts.cancelLinkText : texts.cancelText}></confirm-dialog>`;
  }

  private button(content: unknown, press: () => void, isMain = false): TemplateResult {
    return html`<button type="button" class="button ${isMain ? "is-main" : ""}" ?disabled=${this.isBusy} @click=${press}>
      ${content}
    </button>`;
  }

  private async resync(): Promise<void> {
    const url = "/api/msp-portal/tenants/{tenantId}/resync";
    await this.act(() => ask(this.app.api.http.POST(url, { params: this.params })), texts.syncStarted);
  }

  private async cancel(): Promise<void> {
    if (!(await this.dialog.ask())) return;
    const url = "/api/msp-portal/tenants/{tenantId}/cancel";
    await this.act(() => ask(this.app.api.http.POST(url, { params: this.params })), texts.cancelled);
  }

  private reconnect(): void {
    connectAgain(this.app, this.tenant);
  }

  private async act(work: () => Promise<unknown>, done: string): Promise<void> {
    const isDone = (await this.attempt(work)) !== undefined;
    if (isDone) {
      this.app.announce(done);
      this.closest(".page")?.querySelector("h1")?.focus(); // the button that was pressed is about to go
    }
    // a refusal, too, says that the tenant is no longer as it is shown
    if (isDone || this.error instanceof ApiProblem) this.dispatchEvent(new Event("tenant-changed", { bubbles: true }));
  }

  private get params() {
    return { path: { tenantId: this.tenant.tenantId } };
  }
}

const onboardingLink = ({ tenantId }: Tenant, actions: readonly Action[]) =>
  html`<a class="button ${actions.includes("reconnect") ? "" : "is-main"}" href="/tenants/${tenantId}/onboarding">
    ${texts.actions.onboarding}
  </a>`;
