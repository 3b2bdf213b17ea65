/** Where the customer's administrator approves GDAP, as long as that is still to be done. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import { Page } from "../app.ts";
import "../elements/copy-field.ts";
import { onboarding } from "../texts.ts";

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
    const params = { path: { relationshipId: this.relationshipId } };
    const found = await this.attempt(() =>
      ask(this.app.api.http.GET("/api/msp-portal/relationships/{relationshipId}", { params })),
    );
    this.url = found?.approvalUrl ?? "";
  }
}
