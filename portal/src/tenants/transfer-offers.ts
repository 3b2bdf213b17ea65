/** Tenants that other MSPs offer: accepted for one of the own customers, or declined. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { ArrowLeftRight } from "lucide";
import { ask } from "../api/client.ts";
import type { Transfer } from "../api/contract.ts";
import { Page } from "../app.ts";
import type { ConfirmDialog } from "../elements/confirm-dialog.ts";
import "../elements/confirm-dialog.ts";
import { icon } from "../elements/icon.ts";
import { formatDay } from "../format.ts";
import { common, transfers as texts } from "../texts.ts";
import type { ChosenCustomer } from "../wizard/draft.ts";
import { choiceOf } from "./customer-picker.ts";
import "./customer-picker.ts";

/** Fires `tenant-changed` when one was accepted. */
@customElement("transfer-offers")
export class TransferOffers extends Page {
  @state() private offers: readonly Transfer[] = [];
  @state() private accepting: Transfer | undefined;
  @state() private customer: ChosenCustomer | null = null;
  @query("dialog.accepting") private acceptDialog!: HTMLDialogElement;
  @query("confirm-dialog") private declineDialog!: ConfirmDialog;

  protected override firstUpdated(): void {
    void this.load();
  }

  private async load(): Promise<void> {
    const me = this.app.me.mspId;
    const found = await this.attempt(() => ask(this.app.api.http.GET("/api/msp-portal/transfers")));
    this.offers = (found?.items ?? []).filter((offer) => offer.toMspTenantId === me && isOpen(offer));
  }

  override render(): TemplateResult {
    return html`${this.offers.length ? this.banner() : nothing}
      <trouble-note .error=${this.accepting ? undefined : this.error}></trouble-note>
      ${this.acceptForm()}
      <confirm-dialog heading=${texts.declineHeading} .text=${texts.declineText} action=${texts.decline}></confirm-dialog>`;
  }

  private banner(): TemplateResult {
    return html`<section class="note" aria-labelledby="offers">
      ${icon(ArrowLeftRight)}
      <div>
        <h2 class="note-title" id="offers">${texts.heading(this.offers.length)}</h2>
        <ul class="offers">${this.offers.map((offer) => this.offer(offer))}</ul>
      </div>
    </section>`;
  }

  private offer(offer: Transfer): TemplateResult {
    const isProven = !offer.needsProof || offer.provenAt !== null;
    return html`<li>
      <div>
      <dl class="facts">
        <div><dt>${texts.tenant}</dt><dd class="mono">${offer.tenantId}</dd></div>
        <div><dt>${texts.from}</dt><dd class="mono">${offer.fromMspTenantId}</dd></div>
        <div><dt>${texts.expires}</dt><dd>${formatDay(offer.expiresAt)}</dd></div>
      </dl>
      ${isProven ? nothing : html`<p>${texts.unproven}</p>`}
      </div>
      <div class="actions">
        ${isProven ? html`<button type="button" class="button" @click=${() => this.open(offer)}>${texts.accept}</button>` : nothing}
        <button type="button" class="button" @click=${() => void this.decline(offer)}>${texts.decline}</button>
      </div>
    </li>`;
  }

  private acceptForm(): TemplateResult {
    return html`<dialog class="accepting" aria-labelledby="accepting" @close=${this.closed}>
      <h2 id="accepting">${texts.acceptHeading}</h2>
      <p>${texts.acceptText}</p>
      ${this.accepting ? html`<customer-picker .app=${this.app} @picked=${this.pick}></customer-picker>` : nothing}
      <trouble-note .error=${this.accepting ? this.error : undefined}></trouble-note>
      <div class="actions">
        <button type="button" class="button" @click=${this.close}>${common.cancel}</button>
        <button type="button" class="button is-main" ?disabled=${!this.customer || this.isBusy} @click=${this.accept}>
          ${texts.acceptNow}
        </button>
      </div>
    </dialog>`;
  }

  private open(offer: Transfer): void {
    this.accepting = offer;
    this.error = undefined;
    this.acceptDialog.showModal();
  }

  private readonly close = () => this.acceptDialog.close();

  private closed(): void {
    this.accepting = undefined;
    this.customer = null;
  }

  private pick(event: CustomEvent<ChosenCustomer | null>): void {
    this.customer = event.detail;
  }

  private async accept(): Promise<void> {
    const { accepting, customer } = this;
    if (!accepting || !customer) return;
    const params = { path: { transferId: accepting.transferId } };
    const call = () =>
      ask(
        this.app.api.http.POST("/api/msp-portal/transfers/{transferId}/accept", { params, body: choiceOf(customer) }),
      );
    if (!(await this.attempt(call))) return;
    this.close();
    this.app.announce(texts.accepted);
    this.dispatchEvent(new Event("tenant-changed", { bubbles: true }));
    await this.load();
  }

  private async decline(offer: Transfer): Promise<void> {
    if (!(await this.declineDialog.ask())) return;
    const params = { path: { transferId: offer.transferId } };
    const call = () => ask(this.app.api.http.DELETE("/api/msp-portal/transfers/{transferId}", { params }));
    if (!(await this.attempt(call))) return;
    this.app.announce(texts.declined);
    await this.load();
  }
}

const isOpen = (offer: Transfer) => offer.state === "offered" || offer.state === "accepting";
