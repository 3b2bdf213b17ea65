/** What can be set for a tenant, saved as it is chosen. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Check } from "lucide";
import { ask } from "../api/client.ts";
import type { Tenant, TenantChange } from "../api/contract.ts";
import { Page } from "../app.ts";
import { icon } from "../elements/icon.ts";
import "../elements/tag-field.ts";
import "../elements/trouble-note.ts";
import { Kept } from "../keeping.ts";
import { settings as texts } from "../texts.ts";
import { intervalChoices, intervalText } from "./intervals.ts";
import { Saver, type Saving } from "./saving.ts";

type Choice = Pick<TenantChange, "tags" | "notifications" | "services" | "syncEveryHours">;
type Listed = "notifications" | "services";

/** Fires `tenant-changed` (bubbling) with the tenant as it is now as `detail`. */
@customElement("tenant-settings")
export class TenantSettings extends Page {
  @property({ attribute: false }) tenant!: Tenant;
  /** What was chosen and perhaps is not saved yet; it stays until it is. */
  @state() private chosen: Choice = {};
  @state() private saving: Saving = "idle";
  @state() private hasWebhook = true;
  private unsaved!: Kept<Choice>;
  private readonly saver = new Saver<Choice, Tenant>(
    (change) => this.send(change),
    (saving, value) => this.saved(saving, value),
  );

  override connectedCallback(): void {
    super.connectedCallback();
    const name = `settings:${this.app.session.userName}:${this.tenant.tenantId}`;
    this.unsaved = new Kept<Choice>(name, {}, sessionStorage); // of this tab: later somebody else may have chosen otherwise
    const unsaved = this.unsaved.read();
    if (Object.keys(unsaved).length) this.choose(unsaved);
    void this.lookForWebhook();
  }

  override render(): TemplateResult {
    const mayChange = this.app.may("Connect");
    return html`<section class="card stack settings" aria-labelledby="settings-title">
      <div class="settings-head">
        <h3 id="settings-title">${texts.title}</h3>
        <p class="small" role="status">${mayChange ? this.savingText() : texts.readOnly}</p>
      </div>
      ${this.saving === "failed" ? html`<trouble-note .error=${this.error} .retry=${() => this.saver.retry()}></trouble-note>` : nothing}
      <div class="settings-grid">
        <tag-field .tags=${this.current.tags} ?disabled=${!mayChange} @tags-changed=${this.changeTags}></tag-field>
        ${this.interval(mayChange)}
        ${this.checkboxes("notifications", texts.notifications, texts.events, mayChange, this.hasWebhook ? "" : texts.noWebhook)}
        ${this.checkboxes("services", texts.services, texts.serviceNames, mayChange, texts.servicesHint)}
      </div>
    </section>`;
  }

  private get current() {
    return { ...this.tenant, ...this.chosen };
  }

  private savingText(): TemplateResult | string {
    if (this.saving === "saved") return html`<span class="saved">${icon(Check, 16)} ${texts.saved}</span>`;
    return { idle: texts.hint, saving: texts.saving, failed: texts.failed }[this.saving];
  }

  private interval(mayChange: boolean): TemplateResult {
    const { syncEveryHours } = this.current;
    return html`<label class="field">
      <span>${texts.interval}</span>
      <select ?disabled=${!mayChange} @change=${this.changeInterval}>
        ${intervalChoices(syncEveryHours).map(
          (hours) => html`<option value=${hours} ?selected=${hours === syncEveryHours}>${intervalText(hours)}</option>`,
        )}
      </select>
    </label>`;
  }

  private checkboxes(
    field: Listed,
    title: string,
    names: Readonly<Record<string, string>>,
    mayChange: boolean,
    hint: string,
  ): TemplateResult {
    const chosen: readonly string[] = this.current[field];
    return html`<fieldset ?disabled=${!mayChange}>
      <legend>${title}</legend>
      ${Object.entries(names).map(
        ([key, name]) => html`<label class="check">
          <input type="checkbox" value=${key} .checked=${chosen.includes(key)} @change=${(event: Event) => this.changeListed(field, event)} />
          <span>${name}</span>
        </label>`,
      )}
      ${hint ? html`<p class="small">${hint}</p>` : nothing}
    </fieldset>`;
  }

  private changeTags(event: CustomEvent<string[]>): void {
    this.choose({ tags: event.detail });
  }

  private changeInterval(event: Event): void {
    this.choose({ syncEveryHours: Number((event.target as HTMLSelectElement).value) });
  }

  private changeListed(field: Listed, event: Event): void {
    const { value, checked } = event.target as HTMLInputElement;
    const others = this.current[field].filter((name) => name !== value);
    this.choose({ [field]: checked ? [...others, value] : others });
  }

  private choose(change: Choice): void {
    this.chosen = { ...this.chosen, ...this.unsaved.change(change) };
    this.saver.save(change);
  }

  private send(change: Choice): Promise<Tenant> {
    const params = { path: { tenantId: this.tenant.tenantId } };
    return ask(this.app.api.http.PATCH("/api/msp-portal/tenants/{tenantId}", { params, body: change }));
  }

  private saved(saving: Saving, value: unknown): void {
    this.saving = saving;
    if (saving === "failed") this.fail(value);
    if (saving !== "saved") return;
    this.tenant = value as Tenant;
    this.chosen = {};
    this.unsaved.forget();
    this.dispatchEvent(new CustomEvent("tenant-changed", { detail: value, bubbles: true }));
  }

  /** Only a hint depends on it, so a failure is nothing to show. */
  private async lookForWebhook(): Promise<void> {
    const me = await ask(this.app.api.http.GET("/api/msp-portal/me")).catch(() => undefined);
    this.hasWebhook = me?.registeredNotifications ?? true;
  }
}
