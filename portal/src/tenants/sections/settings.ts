/** What can be set for a tenant: its customer, its settings, automation; and handing it over or leaving it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { ask } from "../../api/client.ts";
import { sectionNames, tenantList, settingTexts as texts } from "../../texts.ts";
import type { ChosenCustomer } from "../../wizard/draft.ts";
import "../customer-picker.ts";
import "../leaving-card.ts";
import "../tenant-settings.ts";
import { Section } from "./section.ts";

@customElement("settings-section")
export class SettingsSection extends Section<true> {
  @state() private isMoving = false;
  @state() private picked: ChosenCustomer | null = null;
  @query(".section-head button") private changeButton!: HTMLElement | null;

  /** All it shows is the tenant itself. */
  protected async load(): Promise<true> {
    return true;
  }

  protected content(): TemplateResult {
    const mayChange = this.app.may("Connect");
    return html`<h2 class="visually-hidden">${sectionNames.settings}</h2>
      <tenant-settings .app=${this.app} .tenant=${this.tenant}></tenant-settings>
      <div class="columns">
        ${this.customer(mayChange)} ${this.automation(mayChange)}
      </div>
      ${mayChange || this.app.may("Support") ? this.leaving() : nothing}`;
  }

  private customer(mayChange: boolean): TemplateResult {
    return html`<section class="card stack" aria-labelledby="own-customer">
      <div class="section-head">
        <div><h3 id="own-customer">${texts.customer}</h3><p>${this.tenant.customerName ?? tenantList.noCustomer}</p></div>
        ${mayChange && !this.isMoving ? html`<button type="button" class="button is-small" @click=${this.startMoving}>${texts.change}</button>` : nothing}
      </div>
      ${this.isMoving ? this.mover() : html`<p class="small">${texts.customerText}</p>`}
    </section>`;
  }

  private mover(): TemplateResult {
    return html`<customer-picker .app=${this.app} @picked=${this.pick}></customer-picker>
      <div class="actions">
        <button type="button" class="button is-main" ?disabled=${!this.picked || this.isBusy} @click=${this.move}>${texts.move}</button>
        <button type="button" class="button" @click=${this.stopMoving}>${texts.stay}</button>
      </div>`;
  }

  private automation(mayChange: boolean): TemplateResult {
    return html`<section class="card stack" aria-labelledby="automation">
      <h3 id="automation">${texts.automation}</h3>
      <label class="check">
        <input type="checkbox" ?disabled=${!mayChange || this.isBusy} .checked=${this.tenant.automation === "included"} @change=${this.setAutomation} />
        <span>${texts.automationLabel}</span>
      </label>
      <p class="small">${texts.automationText}</p>
    </section>`;
  }

  private leaving(): TemplateResult {
    return html`<leaving-card .app=${this.app} .tenant=${this.tenant}></leaving-card>`;
  }

  private async startMoving(): Promise<void> {
    this.isMoving = true;
    await this.updateComplete;
    this.querySelector<HTMLElement>("customer-picker")?.focus();
  }

  private async stopMoving(): Promise<void> {
    this.isMoving = false;
    this.picked = null;
    await this.updateComplete;
    this.changeButton?.focus();
  }

  private pick(event: CustomEvent<ChosenCustomer | null>): void {
    this.picked = event.detail;
  }

  private async move(): Promise<void> {
    const { picked } = this;
    if (!picked) return;
    const customerId = picked.customerId || (await this.attempt(() => this.create(picked.name)));
    if (customerId && (await this.change({ customerId }, texts.moved))) await this.stopMoving();
  }

  private async create(name: string): Promise<string> {
    return (await ask(this.app.api.http.POST("/api/msp-portal/customers", { body: { name } }))).customerId;
  }

  private async setAutomation(event: Event): Promise<void> {
    const isIncluded = (event.target as HTMLInputElement).checked;
    await this.change({ automation: isIncluded ? "included" : "excluded" }, texts.saved);
  }
}
