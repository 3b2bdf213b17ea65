/** What is synced and how often, and what earlier syncs have brought. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { RotateCw } from "lucide";
import { ask } from "../../api/client.ts";
import type { ResourceStatus, Run, SyncStatus } from "../../api/contract.ts";
import { resourceBadge } from "../../elements/badges.ts";
import { icon } from "../../elements/icon.ts";
import { when } from "../../elements/when.ts";
import { formatNumber } from "../../format.ts";
import { common, resourceNames, syncTexts as texts } from "../../texts.ts";
import { cell, headCell, headRow } from "../card-table.ts";
import { actionsOf, isUnderWay } from "../states.ts";
import { parseWish, wishChoices, writeWish } from "../wishes.ts";
import { runList } from "./runs.ts";
import { Section } from "./section.ts";

interface Runs {
  readonly items: readonly Run[];
  readonly nextCursor: string | null;
}
type ResourceKey = "users";

@customElement("syncs-section")
export class SyncsSection extends Section<Runs> {
  @state() private savedFor = "";

  protected load(cursor?: string): Promise<Runs> {
    const params = { path: this.path, query: cursor ? { cursor } : {} };
    return ask(this.app.api.http.GET("/api/msp-portal/tenants/{tenantId}/runs", { params }));
  }

  /** A sync that has begun or ended since changes the list of them. */
  protected override updated(changed: PropertyValues): void {
    const before: SyncStatus | undefined = changed.get("status");
    if (before && (before.runId !== this.status?.runId || before.state !== this.status?.state)) void this.reload();
  }

  protected content(runs: Runs): TemplateResult {
    return html`${this.resources()}
      <section class="card stack" aria-labelledby="runs">
        <h2 id="runs">${texts.earlier}</h2>
        ${runs.items.length ? runList(runs.items) : html`<p class="quiet">${texts.noRuns}</p>`}
        ${runs.nextCursor ? html`<div><button type="button" class="button" @click=${this.more}>${common.more}</button></div>` : nothing}
      </section>`;
  }

  private resources(): TemplateResult {
    return html`<section class="card stack" aria-labelledby="resources">
      <div class="section-head">
        <div><h2 id="resources">${texts.resources}</h2><p class="small">${texts.resourcesText}</p></div>
        ${this.canSync ? html`<button type="button" class="button" ?disabled=${this.isBusy} @click=${this.syncFull}>${texts.full}</button>` : nothing}
      </div>
      <table class="is-cards is-middle" role="table" aria-labelledby="resources">
        ${headRow([texts.resource, texts.state, { name: texts.objects, isNumber: true }, texts.last, texts.interval, { name: texts.retry, isHidden: true }])}
        <tbody role="rowgroup">${Object.keys(resourceNames).map((key) => this.row(key, this.status?.resources[key]))}</tbody>
      </table>
    </section>`;
  }

  private row(key: string, resource: ResourceStatus | undefined): TemplateResult {
    const name = resourceNames[key] ?? key;
    const canRetry = this.canSync && this.tenant.resources[key as ResourceKey]?.enabled !== false;
    return html`<tr role="row">
      ${headCell(name)}
      ${cell(texts.state, resource ? resourceBadge(resource.state) : nothing)}
      ${cell(texts.objects, resource ? formatNumber(resource.processed) : "–", "number")}
      ${cell(texts.last, resource?.updatedAt ? when(resource.updatedAt) : texts.never)}
      ${cell(texts.interval, this.interval(key, name))}
      ${cell("", canRetry ? this.retryButton(key, name) : nothing)}
    </tr>`;
  }

  private interval(key: string, name: string): TemplateResult {
    const wish = this.tenant.resources[key as ResourceKey];
    const choices = wishChoices(this.tenant.syncEveryHours, wish);
    const current = writeWish(wish);
    if (!this.app.may("Connect")) return html`${choices.find(({ value }) => value === current)?.text}`;
    return html`<span class="pair"><select class="is-small" aria-label=${texts.intervalOf(name)}
        @change=${(event: Event) => void this.save(key, (event.target as HTMLSelectElement).value)}>
        ${choices.map(({ value, text }) => html`<option value=${value} ?selected=${value === current}>${text}</option>`)}
      </select>
      ${this.savedFor === key ? html`<span class="small">${texts.saved}</span>` : nothing}</span>`;
  }

  private async save(key: string, value: string): Promise<void> {
    this.savedFor = "";
    if (await this.change({ resources: { [key]: parseWish(value) } }, texts.saved)) this.savedFor = key;
  }

  private retryButton(key: string, name: string): TemplateResult {
    return html`<button type="button" class="button is-quiet is-small" ?disabled=${this.isBusy}
      aria-label=${texts.retryOf(name)} title=${texts.retryOf(name)} @click=${() => void this.retry(key)}>
      ${icon(RotateCw, 16)}
    </button>`;
  }

  private async retry(key: string): Promise<void> {
    const params = { path: { ...this.path, resource: key as ResourceKey } };
    const url = "/api/msp-portal/tenants/{tenantId}/resources/{resource}/retry";
    await this.act(() => ask(this.app.api.http.POST(url, { params })), texts.started);
  }

  private async syncFull(): Promise<void> {
    const params = { path: this.path, query: { kind: "full" as const } };
    const url = "/api/msp-portal/tenants/{tenantId}/resync";
    await this.act(() => ask(this.app.api.http.POST(url, { params })), texts.started);
  }

  private async more(): Promise<void> {
    const { items, nextCursor } = this.loaded ?? { items: [], nextCursor: null };
    const next = await this.attempt(() => this.load(nextCursor ?? ""));
    if (next) this.loaded = { items: [...items, ...next.items], nextCursor: next.nextCursor };
  }

  private get canSync(): boolean {
    const isFree = actionsOf(this.tenant).includes("resync") && !(this.status && isUnderWay(this.status.state));
    return this.app.may("Connect") && isFree;
  }
}
