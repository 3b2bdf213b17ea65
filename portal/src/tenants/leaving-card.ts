/** Handing a tenant over to another MSP, and disconnecting it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { CircleCheck } from "lucide";
import { ask } from "../api/client.ts";
import type { Removal, Tenant, Transfer } from "../api/contract.ts";
import { Page } from "../app.ts";
import type { ConfirmDialog } from "../elements/confirm-dialog.ts";
import "../elements/confirm-dialog.ts";
import "../elements/copy-field.ts";
import { icon } from "../elements/icon.ts";
import { formatDay } from "../format.ts";
import { leaving as texts } from "../texts.ts";
import { actionsOf } from "./states.ts";
import type { TransferDialog } from "./transfer-dialog.ts";
import "./transfer-dialog.ts";

/** Fires `tenant-changed` after it has done something. */
@customElement("leaving-card")
export class LeavingCard extends Page {
  @property({ attribute: false }) tenant!: Tenant;
  @state() private offer: Transfer | undefined;
  @state() private removal: Removal | undefined;
  @query("confirm-dialog") private disconnectDialog!: ConfirmDialog;
  @query("transfer-dialog") private transferDialog!: TransferDialog;

  protected override firstUpdated(): void {
    void this.loadOffer();
  }

  private async loadOffer(): Promise<void> {
    const found = await this.attempt(() => ask(this.app.api.http.GET("/api/msp-portal/transfers")));
    this.offer = found?.items.find((offer) => this.isOpenOffer(offer));
  }

  private isOpenOffer({ tenantId, fromMspTenantId, state }: Transfer): boolean {
    const isOurs = tenantId === this.tenant.tenantId && fromMspTenantId === this.app.me.mspId;
    return isOurs && (state === "offered" || state === "accepting");
  }

  override render(): TemplateResult {
    const actions = actionsOf(this.tenant);
    const name = this.tenant.tenantDomain ?? this.tenant.tenantId;
    return html`<section class="card stack" aria-labelledby="leaving">
      <h3 id="leaving">${texts.heading}</h3>
      <trouble-note .error=${this.error}></trouble-note>
      ${this.removal ? removalNote(this.removal) : nothing}
      <ul class="operations">
        ${this.offer ? this.openOffer(this.offer) : actions.includes("transfer") ? this.row(texts.transfer, texts.transferText, this.openTransfer) : nothing}
        ${actions.includes("disconnect") && this.app.may("Connect") ? this.row(texts.disconnect, texts.disconnectText, this.disconnect, "is-warning") : nothing}
      </ul>
      <transfer-dialog .app=${this.app} .tenant=${this.tenant} @offered=${this.offered}></transfer-dialog>
      <confirm-dialog heading=${texts.disconnectHeading(this.tenant.customerName ?? name)} .text=${consequences()}
        phrase=${name} action=${texts.disconnect}></confirm-dialog>
    </section>`;
  }

  private row(title: string, text: string, press: () => void, kind = ""): TemplateResult {
    return html`<li><div class="operation">
      <div><p class="strong">${title}</p><p class="small">${text}</p></div>
      <button type="button" class="button is-small ${kind}" ?disabled=${this.isBusy} @click=${press}>${title}</button>
    </div></li>`;
  }

  private openOffer(offer: Transfer): TemplateResult {
    return html`<li class="stack is-close">
      <div class="operation">
        <div>
          <p class="strong">${texts.offeredTo(offer.toMspTenantId)}</p>
          <p class="small">${texts.offeredUntil(formatDay(offer.expiresAt))}</p>
        </div>
        <button type="button" class="button is-small" ?disabled=${this.isBusy} @click=${this.takeBack}>${texts.takeBack}</button>
      </div>
      ${offer.proofUrl ? html`<copy-field label=${texts.proof} .value=${offer.proofUrl}></copy-field><p class="small">${texts.proofText}</p>` : nothing}
    </li>`;
  }

  private openTransfer(): void {
    this.transferDialog.open();
  }

  private async offered(event: CustomEvent<Transfer>): Promise<void> {
    this.offer = event.detail;
    await this.tell(texts.offered);
  }

  private async takeBack(): Promise<void> {
    const params = { path: { transferId: this.offer?.transferId ?? "" } };
    const url = "/api/msp-portal/transfers/{transferId}";
    if (!(await this.attempt(() => ask(this.app.api.http.DELETE(url, { params }))))) return;
    this.offer = undefined;
    await this.tell(texts.takenBack);
  }

  /** What was pressed is gone from the card, which keeps the focus. */
  private async tell(done: string): Promise<void> {
    this.app.announce(done);
    await this.updateComplete;
    this.querySelector<HTMLElement>(".note, .operation button")?.focus();
  }

  private async disconnect(): Promise<void> {
    if (!(await this.disconnectDialog.ask())) return;
    const params = { path: { tenantId: this.tenant.tenantId } };
    const url = "/api/msp-portal/tenants/{tenantId}";
    const gone = await this.attempt(() => ask(this.app.api.http.DELETE(url, { params })));
    if (!gone) return;
    this.removal = gone.removal;
    this.offer = undefined;
    this.dispatchEvent(new Event("tenant-changed", { bubbles: true }));
    await this.tell(texts.disconnected);
  }
}

const consequences = () =>
  html`<p>${texts.disconnectWill}</p>
    <ul>${texts.disconnectList.map((text) => html`<li>${text}</li>`)}</ul>
    <p>${texts.disconnectAfter}</p>`;

/** What is left to the customer's administrator. */
const removalNote = ({ steps, applicationId, url }: Removal) =>
  html`<div class="note is-good" tabindex="-1">
    ${icon(CircleCheck)}
    <div>
      <h4 class="note-title">${texts.disconnected}</h4>
      <p>${texts.disconnectedText}</p>
      <ol class="how-to">${steps.map((step) => html`<li>${step}</li>`)}</ol>
      <dl class="facts"><div><dt>${texts.applicationId}</dt><dd><code>${applicationId}</code></dd></div></dl>
      <a href=${url} target="_blank" rel="noopener noreferrer">${texts.entra}</a>
    </div>
  </div>`;
