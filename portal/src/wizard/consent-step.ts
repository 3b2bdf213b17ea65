/** Step 3 before the link: what is asked and why, and how technicians get in. Sends `changed` with part of a Draft,
 * `onward`, `back`, and on certain refusals `restart` or `recheck`. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Preflight, Psa, RoleTemplates } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import { PageElement } from "../app.ts";
import "../elements/trouble-note.ts";
import { common, consentStep } from "../texts.ts";
import { accessChoice } from "./access-choice.ts";
import { type Draft, modelOf } from "./draft.ts";
import { gdapOptions } from "./gdap-options.ts";
import { permissionList } from "./permission-list.ts";
import { sendTo } from "./sending.ts";
import { ticketFields } from "./ticket-fields.ts";

@customElement("consent-step")
export class ConsentStep extends PageElement {
  @property({ attribute: false }) draft!: Draft;
  @property({ attribute: false }) found!: Preflight;
  @property({ attribute: false }) psas: readonly Psa[] | undefined;
  @property({ attribute: false }) templates: RoleTemplates["items"] | undefined;
  @property({ attribute: false }) error: unknown;
  @property({ type: Boolean }) isBusy = false;

  override render(): TemplateResult {
    const model = modelOf(this.draft, this.found);
    return html`<form class="step" novalidate @submit=${this.submit}>
      <div class="step-head">
        <h2 tabindex="-1">${consentStep.heading(this.found.tenantDomain ?? this.draft.customer?.name ?? "")}</h2>
        <p>${consentStep.lead}</p>
      </div>
      ${permissionList(this.found.permissions)}
      ${accessChoice(model, this.found.access, (chosen) => this.change({ model: chosen }))}
      ${model === "gdap" ? gdapOptions(this.draft, this.templates, this.change) : nothing}
      ${ticketFields(this.draft, this.psas ?? [], this.change)}
      ${whatIsNext()}
      ${this.trouble()}
      <div class="actions is-end">
        <button type="button" class="button" @click=${() => sendTo(this, "back")}>${common.back}</button>
        <button class="button is-main" aria-disabled=${this.isBusy}>
          ${this.isBusy ? consentStep.making : consentStep.make}
        </button>
      </div>
    </form>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("error")) this.querySelector<HTMLElement>("trouble-note")?.focus();
  }

  private trouble(): TemplateResult | typeof nothing {
    if (this.error === undefined) return nothing;
    const way = this.error instanceof ApiProblem ? WAYS_ON[this.error.code] : undefined;
    return html`<trouble-note tabindex="-1" .error=${this.error}></trouble-note>
      ${way ? html`<p><button type="button" class="button" @click=${() => this.goOn(way)}>${way.text}</button></p>` : nothing}`;
  }

  private goOn({ change, to }: WayOn): void {
    this.change(change);
    sendTo(this, to);
  }

  private change = (change: Partial<Draft>): void => sendTo(this, "changed", change);

  private submit(event: Event): void {
    event.preventDefault();
    if (!this.isBusy) sendTo(this, "onward");
  }
}

interface WayOn {
  readonly text: string;
  readonly change: Partial<Draft>;
  readonly to: "onward" | "restart" | "recheck";
}

const toDirect: WayOn = { text: consentStep.toDirect, change: { model: "direct" }, to: "onward" };
const toTenant: WayOn = { text: consentStep.checkAgain, change: {}, to: "recheck" };

const WAYS_ON: Record<string, WayOn> = {
  partner_access_missing: toDirect,
  relationship_refused: toDirect,
  customer_not_found: { text: consentStep.chooseCustomer, change: { customer: null }, to: "restart" },
  tenant_already_connected: toTenant,
  tenant_not_found: toTenant,
  tenant_in_two_clouds: toTenant,
  tenant_in_other_cloud: toTenant,
};

const whatIsNext = () => html`<section class="part">
  <h3>${consentStep.next}</h3>
  <ol class="path">${consentStep.nextSteps.map(([title, text]) => html`<li class="path-step"><strong>${title}</strong><span>${text}</span></li>`)}</ol>
</section>`;
