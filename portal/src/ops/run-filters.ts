/** Chooses which syncs are shown; the choice is in the address. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { X } from "lucide";
import type { OpsRun } from "../api/contract.ts";
import { PageElement } from "../app.ts";
import { icon } from "../elements/icon.ts";
import { navigate } from "../router.ts";
import { ops } from "../texts.ts";
import { addressOf, type Filter, findTenant, STATES } from "./filters.ts";
import { nameOf } from "./sentences.ts";

const words = ops.runs;

@customElement("run-filters")
export class RunFilters extends PageElement {
  @property({ attribute: false }) filter!: Filter;
  /** The syncs on the page, whose tenants can be named by their domain. */
  @property({ attribute: false }) shown: readonly OpsRun[] = [];
  @state() private typed = "";
  @state() private isUnknown = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("filter")) return;
    this.typed = "";
    this.isUnknown = false;
  }

  override render(): TemplateResult {
    return html`<div class="ops-filters">
      <nav class="ops-states" aria-label=${words.filterBy}>${STATES.map((each) => this.renderState(each))}</nav>
      ${this.filter.tenantId ? this.renderTenant() : this.renderSearch()}
    </div>`;
  }

  private renderState(each: Filter["state"]): TemplateResult {
    const isChosen = each === this.filter.state;
    return html`<a href=${addressOf({ ...this.filter, state: each })} aria-current=${isChosen ? "true" : "false"}>${words.filters[each]}</a>`;
  }

  private renderTenant(): TemplateResult {
    const found = this.shown.find((run) => run.tenantId === this.filter.tenantId);
    return html`<p class="ops-tenant">
      <span>${words.onlyTenant(found ? nameOf(found) : this.filter.tenantId)}</span>
      <a class="button is-quiet is-small" href=${addressOf({ ...this.filter, tenantId: "" })}>${icon(X, 16)} ${words.allTenants}</a>
    </p>`;
  }

  private renderSearch(): TemplateResult {
    const names = new Set(this.shown.flatMap((run) => (run.tenantDomain ? [run.tenantDomain] : [])));
    return html`<form class="ops-search" @submit=${this.find}>
      <label class="visually-hidden" for="ops-tenant">${words.tenant}</label>
      <input id="ops-tenant" type="search" list="ops-tenants" autocomplete="off" spellcheck="false" placeholder=${words.tenantHint}
        .value=${this.typed} @input=${this.type} aria-invalid=${this.isUnknown ? "true" : "false"} aria-describedby="ops-tenant-hint" />
      <datalist id="ops-tenants">${[...names].map((name) => html`<option value=${name}></option>`)}</datalist>
      <button class="button">${words.find}</button>
      <p id="ops-tenant-hint" class="ops-hint" role="status">${this.isUnknown ? words.notShown : nothing}</p>
    </form>`;
  }

  private type(event: InputEvent): void {
    this.typed = (event.target as HTMLInputElement).value;
    this.isUnknown = false;
  }

  private find(event: SubmitEvent): void {
    event.preventDefault();
    if (!this.typed.trim()) return;
    const tenantId = findTenant(this.typed, this.shown);
    this.isUnknown = tenantId === undefined;
    if (tenantId) navigate(addressOf({ ...this.filter, tenantId }));
  }
}
