/** Step 3 after the link: what to send, and that it is waited for. Sends `sync-changed` when something was done. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Check, Copy, ExternalLink, Mail } from "lucide";
import { ask } from "../api/client.ts";
import type { SyncStatus } from "../api/contract.ts";
import { Page } from "../app.ts";
import type { ConfirmDialog } from "../elements/confirm-dialog.ts";
import "../elements/confirm-dialog.ts";
import "../elements/copy-field.ts";
import { icon } from "../elements/icon.ts";
import "../elements/trouble-note.ts";
import { formatDateTime } from "../format.ts";
import { common, onboarding } from "../texts.ts";
import { type MadeLink, MadeLinks } from "./links.ts";
import { mailBody, mailLink } from "./mail.ts";
import { makeNewLink } from "./renewing.ts";

@customElement("waiting-for-consent")
export class WaitingForConsent extends Page {
  @property({ attribute: false }) status!: SyncStatus;
  @state() private isCopied = false;
  @query("confirm-dialog") private dialog!: ConfirmDialog;

  override render(): TemplateResult {
    const link = new MadeLinks().find(this.status.connectionId);
    return html`<div class="card step">
      <div class="step-head">
        <h2 tabindex="-1">${onboarding.waitingHeading}</h2>
        <p>${onboarding.waitingLead(this.name)}</p>
      </div>
      ${link ? this.links(link) : this.otherBrowser()}
      ${waitingNote(link)}
      <trouble-note tabindex="-1" .error=${this.error}></trouble-note>
      ${this.app.may("Connect") ? this.takeBackButton() : nothing}
    </div>`;
  }

  private get name(): string {
    return this.status.tenantDomain ?? this.status.tenantId;
  }

  private links(link: MadeLink): TemplateResult {
    const hasTwo = link.approvalUrl !== "";
    const text = mailBody(this.name, link);
    return html`<div class="stack">
        <copy-field .label=${hasTwo ? onboarding.firstLink : onboarding.consentLink} .value=${link.authUrl}></copy-field>
        ${hasTwo ? html`<copy-field .label=${onboarding.secondLink} .value=${link.approvalUrl}></copy-field>` : nothing}
        <div class="actions">
          <a class="button is-main" href=${mailLink(this.name, link)}>${icon(Mail, 18)} ${onboarding.writeMail}</a>
          <clipboard-copy class="button" role="button" tabindex="0" .value=${text} @clipboard-copy=${this.copied}>
            ${icon(this.isCopied ? Check : Copy, 18)} <span aria-live="polite">${this.isCopied ? common.copied : onboarding.copyMail}</span></clipboard-copy>
          <a class="button" href=${link.authUrl} target="_blank" rel="noopener noreferrer" aria-describedby="open-hint">
            ${icon(ExternalLink, 18)} ${onboarding.openAsAdmin}</a>
        </div>
        <p class="small" id="open-hint">${onboarding.openHint}</p>
      </div>
      <details class="options-box">
        <summary>${onboarding.mail}</summary>
        <p class="mail-text">${text}</p>
      </details>`;
  }

  private otherBrowser(): TemplateResult {
    return html`<div class="note"><div>
      <p class="note-title">${onboarding.otherBrowser.title}</p>
      <p>${onboarding.otherBrowser.text}</p>
      ${
        this.app.may("Connect")
          ? html`<button type="button" class="button" aria-disabled=${this.isBusy} @click=${this.renew}>${onboarding.newLink}</button>`
          : html`<p class="small">${onboarding.onlyConnect}</p>`
      }
    </div></div>`;
  }

  private takeBackButton(): TemplateResult {
    return html`<div class="step-foot"><button type="button" class="button is-quiet is-small" @click=${this.takeBack}>${onboarding.takeBack}</button></div>
      <confirm-dialog .heading=${onboarding.takeBackTitle} .text=${onboarding.takeBackText} .action=${onboarding.takeBack}></confirm-dialog>`;
  }

  private copied = (): void => {
    this.isCopied = true;
  };

  private renew = (): Promise<void> => this.act(() => makeNewLink(this.app, this.status));

  private takeBack = async (): Promise<void> => {
    if (!(await this.dialog.ask())) return;
    const params = { path: { tenantId: this.status.tenantId } };
    await this.act(() => ask(this.app.api.http.POST("/api/msp-portal/tenants/{tenantId}/cancel", { params })));
  };

  private async act(work: () => Promise<unknown>): Promise<void> {
    if (this.isBusy || (await this.attempt(work)) === undefined) return;
    this.dispatchEvent(new Event("sync-changed", { bubbles: true }));
  }
}

const waitingNote = (link: MadeLink | undefined) =>
  html`<div class="waiting">
    <span class="pulse" aria-hidden="true"></span>
    <div>
      <p><strong>${onboarding.waiting}</strong> ${link ? html`<span class="quiet">${onboarding.validUntil(formatDateTime(link.expiresAt))}</span>` : nothing}</p>
      <p class="quiet">${onboarding.mayClose}</p>
    </div>
  </div>`;
