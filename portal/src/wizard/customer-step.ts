/** Step 1: the customer, found or new. Sends `chosen` with a ChosenCustomer or null, and `onward`. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Building2 } from "lucide";
import type { Psa } from "../api/contract.ts";
import { type App, PageElement } from "../app.ts";
import { badge } from "../elements/badges.ts";
import { icon } from "../elements/icon.ts";
import { common, customerStep } from "../texts.ts";
import "./customer-search.ts";
import { customerBadges, domainsOf } from "./customer-search.ts";
import type { ChosenCustomer } from "./draft.ts";
import { sendTo } from "./sending.ts";

@customElement("customer-step")
export class CustomerStep extends PageElement {
  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) customer: ChosenCustomer | null = null;
  @property({ attribute: false }) psas: readonly Psa[] | undefined;
  @state() private invalid = "";

  override render(): TemplateResult {
    return html`<form class="step" novalidate @submit=${this.submit}>
      <div class="step-head">
        <h2 tabindex="-1">${customerStep.heading}</h2>
        <p>${customerStep.lead}</p>
      </div>
      ${this.customer ? this.card(this.customer) : this.search()}
      ${this.hasNoPsa() ? html`<p class="small">${customerStep.noPsa}</p>` : nothing}
      <div class="actions is-end"><button class="button is-main">${common.next}</button></div>
    </form>`;
  }

  private search(): TemplateResult {
    return html`<customer-search .app=${this.app} .invalid=${this.invalid} @chosen=${this.choose}></customer-search>`;
  }

  private card(customer: ChosenCustomer): TemplateResult {
    const text = customer.customerId ? domainsOf(customer) || customerStep.noDomains : customerStep.isNewText;
    return html`<div class="pick">
      <span class="pick-mark">${icon(Building2, 22)}</span>
      <div class="pick-text">
        <p class="row"><strong>${customer.name}</strong>
          ${customer.customerId ? nothing : badge("good", customerStep.isNew)} ${customerBadges(customer)}</p>
        <p class="small">${text}</p>
      </div>
      <button type="button" class="button is-small" @click=${this.change}>${customerStep.change}</button>
    </div>`;
  }

  private hasNoPsa = () => this.psas?.every(({ isConnected }) => !isConnected) ?? false;

  private async choose(event: CustomEvent<ChosenCustomer>): Promise<void> {
    this.invalid = "";
    sendTo(this, "chosen", event.detail);
    this.app.announce(customerStep.chosen(event.detail.name));
    await this.updateComplete;
    this.querySelector<HTMLElement>(".button.is-main")?.focus();
  }

  private async change(): Promise<void> {
    sendTo(this, "chosen", null);
    await this.updateComplete;
    this.querySelector<HTMLElement>("customer-search")?.focus();
  }

  private submit(event: Event): void {
    event.preventDefault();
    if (this.customer) sendTo(this, "onward");
    else this.refuse();
  }

  private refuse(): void {
    this.invalid = customerStep.missing;
    this.querySelector<HTMLElement>("customer-search")?.focus();
  }
}
