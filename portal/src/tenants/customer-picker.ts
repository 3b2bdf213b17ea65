/** Chooses a customer by the wizard's search, and shows which one it is. */

import { html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { Building2 } from "lucide";
import type { CustomerChoice } from "../api/contract.ts";
import { Page } from "../app.ts";
import { icon } from "../elements/icon.ts";
import { customerStep } from "../texts.ts";
import "../wizard/customer-search.ts";
import type { ChosenCustomer } from "../wizard/draft.ts";

/** As the API wants it: one that exists, or a new one by its name. */
export const choiceOf = ({ customerId, name }: ChosenCustomer): CustomerChoice =>
  customerId ? { customerId } : { customer: { name } };

/** Fires `picked` with a ChosenCustomer, or null when another one is to be found. */
@customElement("customer-picker")
export class CustomerPicker extends Page {
  @state() private chosen: ChosenCustomer | null = null;

  /** What is to be done next, once it is drawn. */
  override focus(): void {
    requestAnimationFrame(() => this.querySelector<HTMLElement>("input, button")?.focus());
  }

  override render(): TemplateResult {
    return html`<trouble-note .error=${this.error}></trouble-note>
      ${this.chosen ? this.card(this.chosen) : this.search()}`;
  }

  private search(): TemplateResult {
    return html`<customer-search .app=${this.app}
      @chosen=${(event: CustomEvent<ChosenCustomer>) => this.pick(event.detail)}
      @trouble=${(event: CustomEvent<unknown>) => this.fail(event.detail)}></customer-search>`;
  }

  private card({ name }: ChosenCustomer): TemplateResult {
    return html`<div class="pick">
      ${icon(Building2, 20)}
      <strong class="pick-text">${name}</strong>
      <button type="button" class="button is-small" @click=${() => this.pick(null)}>${customerStep.change}</button>
    </div>`;
  }

  private pick(customer: ChosenCustomer | null): void {
    this.chosen = customer;
    this.error = undefined;
    this.focus();
    this.dispatchEvent(new CustomEvent("picked", { detail: customer }));
  }
}
