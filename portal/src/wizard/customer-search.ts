/** Finds a customer as its name is typed, or makes a new one of that name; an ARIA combobox. */

import Combobox from "@github/combobox-nav";
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Plus, Search } from "lucide";
import { Page } from "../app.ts";
import { badge } from "../elements/badges.ts";
import { icon } from "../elements/icon.ts";
import "../elements/trouble-note.ts";
import { common, customerStep, psaNames } from "../texts.ts";
import { canCreate, findCustomers, newCustomer } from "./customers.ts";
import type { ChosenCustomer } from "./draft.ts";
import { Latest } from "./latest.ts";

const PAUSE_MILLISECONDS = 200;
const LONGEST_NAME = 200;

/** Sends `chosen` with a ChosenCustomer. */
@customElement("customer-search")
export class CustomerSearch extends Page {
  /** What is wrong with what was entered; empty when nothing is. */
  @property() invalid = "";
  @state() private text = "";
  @state() private found: readonly ChosenCustomer[] | undefined;
  @state() private isOpen = false;
  /** What is shown belongs to an older text, so that it cannot be chosen. */
  @state() private isStale = false;
  /** Enter was pressed before the answer came: the first option is taken as soon as it is there. */
  private isEntered = false;
  @query("input") private input!: HTMLInputElement;
  @query("[role=listbox]") private list!: HTMLElement;
  private combobox: Combobox | undefined;
  private readonly latest = new Latest<string, readonly ChosenCustomer[]>({
    ask: (text, signal) => findCustomers(this.app.api, text, signal),
    onAnswer: (found) => this.show(found),
    onFailure: (error) => this.suffer(error),
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.latest.stop();
    this.combobox?.destroy();
    this.combobox = undefined;
  }

  override focus(): void {
    this.input.focus();
  }

  override render(): TemplateResult {
    const hint = this.invalid ? "customer-hint customer-invalid" : "customer-hint";
    return html`<div class="field">
      <label class="field-label" for="customer">${customerStep.label}</label>
      <div class="search">
        ${icon(Search, 18)}
        <input id="customer" autocomplete="off" spellcheck="false" maxlength=${LONGEST_NAME}
          placeholder=${customerStep.placeholder} aria-describedby=${hint} aria-invalid=${this.invalid ? "true" : "false"}
          .value=${this.text} @input=${this.type} @focus=${this.open} @click=${this.open} @blur=${this.close}
          @keydown=${this.press} />
        <div class="options" ?hidden=${!this.isOpen || this.error !== undefined} @mousedown=${keepFocus}>
          ${this.found ? nothing : html`<p class="options-note">${common.loading}</p>`}
          ${this.found?.length === 0 ? html`<p class="options-note">${this.text ? customerStep.none : customerStep.noneYet}</p>` : nothing}
          <div role="listbox" id="customer-list" aria-label=${customerStep.list} @combobox-commit=${this.choose}>
            ${this.options(this.found ?? [])}
          </div>
        </div>
      </div>
      <trouble-note .error=${this.error} .retry=${this.again}></trouble-note>
      ${this.invalid ? html`<p class="field-trouble" id="customer-invalid">${this.invalid}</p>` : nothing}
      <p class="hint" id="customer-hint">${customerStep.hint}</p>
    </div>`;
  }

  protected override firstUpdated(): void {
    this.combobox = new Combobox(this.input, this.list, {
      tabInsertsSuggestions: false,
      firstOptionSelectionMode: "active",
    });
  }

  private options(found: readonly ChosenCustomer[]): TemplateResult {
    const isOffered = this.found && canCreate(this.text, found);
    return html`${found.map((customer, index) => option(customer, index, this.isStale))}
      ${isOffered ? createOption(this.text.trim(), this.isStale) : nothing}`;
  }

  private type(): void {
    this.text = this.input.value;
    this.isStale = true;
    this.open();
    this.latest.soon(this.text.trim(), PAUSE_MILLISECONDS);
  }

  private open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.combobox?.start();
    if (!this.found) this.latest.now(this.text.trim());
  }

  private close(): void {
    this.isOpen = false;
    this.combobox?.stop();
  }

  private press(event: KeyboardEvent): void {
    this.isEntered = event.key === "Enter" && this.isStale;
    if (this.isEntered) event.preventDefault();
    if (event.key === "Escape" && this.isOpen) this.close();
    if (event.key === "ArrowDown" && !this.isOpen) this.open();
  }

  private async show(found: readonly ChosenCustomer[]): Promise<void> {
    this.found = found;
    this.error = undefined;
    this.isStale = false;
    await this.updateComplete;
    if (!this.isOpen) return;
    this.combobox?.resetSelection();
    if (this.isEntered) this.list.querySelector<HTMLElement>("[role=option]")?.click();
    else if (this.text) this.app.announce(customerStep.found(found.length));
  }

  /** What was found before does not fit any more, so it is not offered. */
  private suffer(error: unknown): void {
    this.found = undefined;
    this.fail(error);
  }

  private again = (): void => {
    this.error = undefined;
    this.focus();
    this.latest.now(this.text.trim());
  };

  private choose(event: Event): void {
    const index = (event.target as HTMLElement).dataset.index;
    const customer = index === undefined ? newCustomer(this.text) : this.found?.[Number(index)];
    if (!customer) return;
    this.close();
    this.dispatchEvent(new CustomEvent("chosen", { detail: customer }));
  }
}

const keepFocus = (event: Event) => event.preventDefault();

const option = (customer: ChosenCustomer, index: number, isStale: boolean) =>
  html`<div role="option" class="option" id="customer-option-${index}" data-index=${index} aria-disabled=${isStale}>
    <span class="option-name">${customer.name}</span>
    ${customerBadges(customer)}
    <span class="option-note">${domainsOf(customer)}</span>
  </div>`;

const createOption = (name: string, isStale: boolean) =>
  html`<div role="option" class="option is-create" id="customer-option-new" aria-disabled=${isStale}>
    <span class="option-name">${icon(Plus, 18)} ${customerStep.create(name)}</span>
    <span class="option-note">${customerStep.createHint}</span>
  </div>`;

export const customerBadges = ({ providers, isInactive }: ChosenCustomer): TemplateResult =>
  html`${providers.map((provider) => badge("busy", psaNames[provider]))}
    ${isInactive ? badge("quiet", customerStep.inactive) : nothing}`;

const SHOWN_DOMAINS = 2;

export function domainsOf({ domains }: ChosenCustomer): string {
  const more = domains.length - SHOWN_DOMAINS;
  const shown = domains.slice(0, SHOWN_DOMAINS).join(", ");
  return more > 0 ? `${shown} ${customerStep.moreDomains(more)}` : shown;
}
