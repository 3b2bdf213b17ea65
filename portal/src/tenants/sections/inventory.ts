/** What has been read, to look through. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { ask } from "../../api/client.ts";
import { formatNumber } from "../../format.ts";
import { common, resourceNames, inventoryTexts as texts } from "../../texts.ts";
import { cell, headCell, headRow } from "../card-table.ts";
import { COLUMNS, isNumeric, type Row, show } from "../columns.ts";
import { Section } from "./section.ts";

interface Rows {
  readonly items: readonly Row[];
  readonly nextCursor: string | null;
}

type ResourceKey = "users";
const PAGE_SIZE = 50;

@customElement("inventory-section")
export class InventorySection extends Section<Rows> {
  @state() private resource = "users";

  protected async load(cursor = ""): Promise<Rows> {
    const query = { top: PAGE_SIZE, ...(cursor ? { cursor } : {}) };
    const params = { path: { ...this.path, resource: this.resource as ResourceKey }, query };
    const found = await ask(
      this.app.api.http.GET("/api/msp-portal/tenants/{tenantId}/inventory/{resource}", { params }),
    );
    return { items: found.items as readonly Row[], nextCursor: found.nextCursor };
  }

  protected content(rows: Rows): TemplateResult {
    return html`<section class="card stack" aria-labelledby="inventory">
      <div class="section-head">
        <h2 id="inventory">${texts.heading}</h2>
        ${this.picker()}
      </div>
      ${rows.items.length ? this.table(rows.items) : html`<p class="empty">${texts.empty}</p>`}
      <div class="table-foot">
        <p class="small" role="status">${texts.shown(formatNumber(rows.items.length), rows.nextCursor !== null)}</p>
        ${rows.nextCursor ? html`<button type="button" class="button" ?disabled=${this.isBusy} @click=${this.more}>${common.more}</button>` : nothing}
      </div>
    </section>`;
  }

  private picker(): TemplateResult {
    return html`<label class="row"><span class="field-label">${texts.resource}</span>
      <select class="is-small" @change=${this.pick}>
        ${Object.entries(resourceNames).map(
          ([key, name]) => html`<option value=${key} ?selected=${key === this.resource}>${name}</option>`,
        )}
      </select>
    </label>`;
  }

  private table(items: readonly Row[]): TemplateResult {
    const [first = "id", ...rest] = COLUMNS[this.resource] ?? [];
    const name = (column: string) => texts.columns[column] ?? column;
    const isNumber = (column: string) => items.some((item) => isNumeric(item[column]));
    const columns = rest.map((column) => ({ name: name(column), isNumber: isNumber(column) }));
    const row = (item: Row) => html`<tr role="row">
      ${headCell(html`<span class="strong">${show(first, item[first])}</span>`)}
      ${rest.map((column) => cell(name(column), show(column, item[column]), isNumber(column) ? "number" : ""))}
    </tr>`;
    return html`<table class="is-cards inventory" role="table" aria-label=${resourceNames[this.resource]}>
      ${headRow([name(first), ...columns])}
      <tbody role="rowgroup">${items.map(row)}</tbody>
    </table>`;
  }

  private async pick(event: Event): Promise<void> {
    this.resource = (event.target as HTMLSelectElement).value;
    this.loaded = { items: [], nextCursor: null };
    await this.reload();
  }

  private async more(): Promise<void> {
    const { items, nextCursor } = this.loaded ?? { items: [], nextCursor: null };
    const next = await this.attempt(() => this.load(nextCursor ?? ""));
    if (next) this.loaded = { items: [...items, ...next.items], nextCursor: next.nextCursor };
  }
}
