/** Asks which MSP a tenant is offered to. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import type { Tenant, Transfer } from "../api/contract.ts";
import { Page } from "../app.ts";
import { common, leaving as texts } from "../texts.ts";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Fires `offered` with the Transfer as its detail. */
@customElement("transfer-dialog")
export class TransferDialog extends Page {
  @property({ attribute: false }) tenant!: Tenant;
  @state() private isInvalid = false;
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("input") private input!: HTMLInputElement;

  open(): void {
    this.error = undefined;
    this.isInvalid = false;
    this.dialog.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="transfer">
      <form class="stack" novalidate @submit=${this.offer}>
        <h2 id="transfer">${texts.transferHeading}</h2>
        <p>${texts.transferText}</p>
        <label class="field">
          <span>${texts.transferTarget}</span>
          <input class="mono" autocomplete="off" spellcheck="false" aria-describedby="transfer-hint"
            aria-invalid=${this.isInvalid ? "true" : "false"} />
          <span class=${this.isInvalid ? "field-trouble" : "hint"} id="transfer-hint">${this.isInvalid ? texts.transferInvalid : texts.transferHint}</span>
        </label>
        ${this.error === undefined ? nothing : html`<trouble-note .error=${this.error}></trouble-note>`}
        <div class="actions">
          <button type="button" class="button" @click=${this.close}>${common.cancel}</button>
          <button class="button is-main" ?disabled=${this.isBusy}>${texts.transferAction}</button>
        </div>
      </form>
    </dialog>`;
  }

  private async offer(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const toMspTenantId = this.input.value.trim();
    this.isInvalid = !GUID.test(toMspTenantId);
    if (this.isInvalid) return this.input.focus();
    const params = { path: { tenantId: this.tenant.tenantId } };
    const url = "/api/msp-portal/tenants/{tenantId}/transfer";
    const offer = await this.attempt(() => ask(this.app.api.http.POST(url, { params, body: { toMspTenantId } })));
    if (!offer) return;
    this.close();
    this.dispatchEvent(new CustomEvent<Transfer>("offered", { detail: offer }));
  }

  private close(): void {
    this.dialog.close();
  }
}
