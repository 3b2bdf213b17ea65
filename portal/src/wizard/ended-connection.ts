/** A connection that cannot go on by itself: what happened, whose move it is, and the way on. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { SyncStatus } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import { Page } from "../app.ts";
import "../elements/copy-field.ts";
import { problemNote } from "../elements/trouble-note.ts";
import { navigate } from "../router.ts";
import { ending, onboarding } from "../texts.ts";
import { findCustomer } from "./customers.ts";
import { addressOf, keptDraft } from "./draft.ts";
import { askForPermissions, draftAnew, makeNewLink } from "./renewing.ts";
import { wayOnOf } from "./stages.ts";
import { otherTenantOf, removalOf } from "./wrong-tenant.ts";

@customElement("ended-connection")
export class EndedConnection extends Page {
  @property({ attribute: false }) status!: SyncStatus;
  /** The link for new permissions, once asked for; null when nothing is left to ask. */
  @state() private permissionLink: string | null | undefined;

  override render(): TemplateResult {
    const { state, problem } = this.status;
    const { title, text } = ending(state);
    return html`<div class="card step">
      <div class="step-head"><h2 tabindex="-1">${title}</h2><p>${text}</p></div>
      ${problem ? problemNote(problem) : nothing}
      <trouble-note tabindex="-1" .error=${this.error}></trouble-note>
      ${this.app.may("Connect") ? this.ways() : html`<p class="small">${onboarding.onlyConnect}</p>`}
      ${this.permissionLink === undefined ? nothing : permissionNote(this.permissionLink)}
      ${problem ? removalSteps(problem) : nothing}
    </div>`;
  }

  private ways(): TemplateResult {
    const other = otherTenantOf(this.status.problem);
    return html`<div class="actions">
      ${this.mainWay()}
      ${other ? this.button(onboarding.connectInstead, () => this.connectAnew(other)) : nothing}
    </div>`;
  }

  private mainWay(): TemplateResult {
    switch (wayOnOf(this.status)) {
      case "ask_again":
        return this.button(onboarding.askAgain, this.askAgain, true);
      case "connect_anew":
        return this.wizardButton(true);
      case "new_link": // what is refused without a choice, as of a cloud, is asked for in the wizard
        return html`${this.button(onboarding.newLink, this.renew, true)} ${this.error instanceof ApiProblem ? this.wizardButton() : nothing}`;
    }
  }

  private wizardButton(isMain = false): TemplateResult {
    const { tenantDomain, tenantId } = this.status;
    return this.button(onboarding.connectAnew, () => this.connectAnew(tenantDomain ?? tenantId), isMain);
  }

  private button = (text: string, act: () => void, isMain = false): TemplateResult =>
    html`<button type="button" class="button ${isMain ? "is-main" : ""}" aria-disabled=${this.isBusy} @click=${act}>${text}</button>`;

  private renew = async (): Promise<void> => {
    if (this.isBusy) return;
    const connected = await this.attempt(() => makeNewLink(this.app, this.status));
    if (!connected) return;
    if (connected.tenantId !== this.status.tenantId) navigate(`/tenants/${connected.tenantId}/onboarding`);
    this.dispatchEvent(new Event("sync-changed", { bubbles: true }));
  };

  private askAgain = async (): Promise<void> => {
    if (this.isBusy) return;
    this.permissionLink = await this.attempt(() => askForPermissions(this.app, this.status.tenantId));
  };

  /** Through the wizard, where the tenant is checked before anything is asked. */
  private connectAnew = async (tenant: string): Promise<void> => {
    if (this.isBusy) return;
    const customer = await this.attempt(() => findCustomer(this.app.api, this.status.customerId));
    if (customer === undefined) return;
    keptDraft(this.app.session.userName).change(draftAnew(this.status, customer, tenant));
    navigate(addressOf("tenant"));
  };
}

const permissionNote = (link: string | null) =>
  link
    ? html`<div class="stack"><copy-field .label=${onboarding.consentLink} .value=${link}></copy-field>
        <p class="small">${onboarding.askAgainNote}</p></div>`
    : html`<div class="note is-good" role="status"><div><p>${onboarding.nothingToAsk}</p></div></div>`;

function removalSteps(problem: NonNullable<SyncStatus["problem"]>): TemplateResult | typeof nothing {
  const removal = removalOf(problem);
  if (!removal) return nothing;
  return html`<details class="options-box">
    <summary>${onboarding.removal}</summary>
    <ol>${removal.steps.map((step) => html`<li>${step}</li>`)}</ol>
    <p class="small">${onboarding.applicationId}: <code>${removal.applicationId}</code></p>
  </details>`;
}
