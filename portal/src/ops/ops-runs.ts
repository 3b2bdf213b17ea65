/** The syncs, newest first, and those that stand still above them all. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { OpsRunPage } from "../api/contract.ts";
import { common, ops } from "../texts.ts";
import { readRuns } from "./api.ts";
import { type Filter, mergeRuns, stuckFirst } from "./filters.ts";
import "./run-filters.ts";
import { runsTable } from "./runs-table.ts";
import { stuckNote } from "./stuck-note.ts";
import { Watched } from "./watched.ts";

interface Runs {
  readonly list: OpsRunPage;
  readonly stuck: OpsRunPage;
}

const SECONDS_A_PAGE = 5;
const ALL_STUCK: Filter = { state: "stuck", tenantId: "" };

@customElement("ops-runs")
export class OpsRuns extends Watched<Runs> {
  @property({ attribute: false }) filter!: Filter;
  protected override readonly isAside = true;
  /** All pages that are shown are read again, so that no row is older than the others. */
  private pages = 1;
  /** The rows are still those of the filter before. */
  private isStale = false;

  protected get seconds(): number {
    return SECONDS_A_PAGE * this.pages;
  }

  protected load = async (signal: AbortSignal): Promise<Runs> => {
    const [list, stuck] = await Promise.all([this.readPages(signal), readRuns(this.app, ALL_STUCK, "", signal)]);
    return { list, stuck };
  };

  private async readPages(signal: AbortSignal): Promise<OpsRunPage> {
    let { items, nextCursor } = await readRuns(this.app, this.filter, "", signal);
    for (let page = 1; page < this.pages && nextCursor; page++) {
      const next = await readRuns(this.app, this.filter, nextCursor, signal);
      items = mergeRuns(items, next.items);
      nextCursor = next.nextCursor;
    }
    return { items, nextCursor };
  }

  protected override take(value: Runs): void {
    const before = this.value?.stuck.items.length ?? 0;
    if (value.stuck.items.length > before) this.app.announce(ops.runs.stuckTitle(value.stuck.items.length));
    this.isStale = false;
    super.take(value);
  }

  protected override fail(error: unknown): void {
    if (this.isStale) this.value = undefined;
    super.fail(error);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get("filter") === undefined) return;
    this.pages = 1;
    this.isStale = true;
    this.refresh();
  }

  override render(): TemplateResult {
    const stuck = this.value?.stuck.items ?? [];
    const runs = this.value?.list.items ?? [];
    return html`${this.filter.state === "stuck" || !stuck.length ? nothing : stuckNote(stuck)}
      <section class="card stack" aria-labelledby="ops-runs">
        <h2 id="ops-runs">${ops.runs.title}</h2>
        <run-filters .filter=${this.filter} .shown=${[...runs, ...stuck]}></run-filters>
        ${this.renderTrouble()} ${this.value ? this.renderRuns(this.value.list) : nothing}
      </section>`;
  }

  private renderRuns({ items, nextCursor }: OpsRunPage): TemplateResult {
    return html`${items.length ? runsTable(stuckFirst(items), Date.now()) : nothing}
    ${items.length || nextCursor ? nothing : html`<p class="empty">${ops.runs.none[this.filter.state]}</p>`}
    ${nextCursor ? html`<div class="actions"><button type="button" class="button" @click=${this.more}>${common.more}</button></div>` : nothing}`;
  }

  private more(): void {
    this.pages += 1;
    this.refresh();
  }
}
