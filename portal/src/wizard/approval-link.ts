/** Where the customer's administrator approves GDAP, as long as that is still to be done. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Page } from "../app.ts";
import "../elements/copy-field.ts";
import { onboarding } from "../texts.ts";
import { openApproval } from "./renewing.ts";

@customElement("approval-link")
export class ApprovalLink extends Page {
  @property() relationshipId = "";
  @state() private url = "";

  override render(): TemplateResult | typeof nothing {
    if (!this.url) return nothing;
    return html`<div class="card stack">
      <p>${onboarding.approvalOpen}</p>
      <copy-field .label=${onboarding.approvalLink} .value=${this.url}></copy-field>
    </div>`;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("relationshipId")) void this.load();
  }

  /** Without an answer there is nothing to show: the rest of the page does not depend on it. */
  private async load(): Promise<void> {
    this.url = (await this.attempt(() => openApproval(this.app, this.relationshipId))) ?? "";
  }
}
