/** Whom Microsoft slows down, until when, and who is near a limit. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { when } from "../elements/when.ts";
import { formatDuration, formatPercent } from "../format.ts";
import { ops } from "../texts.ts";
import { readThrottling } from "./api.ts";
import type { Throttled } from "./documents.ts";
import { addressOf } from "./filters.ts";
import { nameOf } from "./sentences.ts";
import { Watched } from "./watched.ts";

const words = ops.throttling;
const NOTHING = "–";

@customElement("ops-throttling")
export class OpsThrottling extends Watched<readonly Throttled[]> {
  protected readonly seconds = 15;
  protected override readonly isAside = true;

  protected load = async (signal: AbortSignal): Promise<readonly Throttled[]> =>
    (await readThrottling(this.app, signal)).items;

  override render(): TemplateResult {
    return html`<section class="card stack" aria-labelledby="ops-throttling">
      <h2 id="ops-throttling">${words.title}</h2>
      ${this.renderTrouble()} ${this.value ? (this.value.length ? table(this.value) : html`<p class="quiet">${words.none}</p>`) : nothing}
    </section>`;
  }
}

const table = (items: readonly Throttled[]) =>
  html`<table class="ops-table">
    <caption class="visually-hidden">${words.caption}</caption>
    <thead>
      <tr>
        <th scope="col">${words.columns.tenant}</th>
        <th scope="col">${words.columns.workload}</th>
        <th scope="col">${words.columns.scope}</th>
        <th scope="col">${words.columns.until}</th>
        <th scope="col" class="number">${words.columns.seconds}</th>
        <th scope="col">${words.columns.share}</th>
      </tr>
    </thead>
    <tbody>${items.map(row)}</tbody>
  </table>`;

function row(item: Throttled): TemplateResult {
  const name = nameOf(item);
  return html`<tr>
    <th scope="row"><a href=${addressOf({ state: "all", tenantId: item.tenantId })}>${name}</a></th>
    <td data-label=${words.columns.workload}>${words.workloads[item.workload] ?? item.workload}</td>
    <td data-label=${words.columns.scope}>${item.scope ?? NOTHING}</td>
    <td data-label=${words.columns.until}>${item.until ? when(item.until) : html`<span class="quiet">${words.notNow}</span>`}</td>
    <td data-label=${words.columns.seconds} class="number">${formatDuration(item.throttledSeconds)}</td>
    <td data-label=${words.columns.share}>${share(item.shareOfLimit, name)}</td>
  </tr>`;
}

/** A bar of how much of a limit is used; Microsoft tells it from four fifths on. */
function share(value: number | null, name: string): TemplateResult {
  if (value === null) return html`${NOTHING}`;
  const tone = value >= 1 ? "stop" : "warn";
  return html`<div class="ops-share">
    <progress class="is-${tone}" max="1" .value=${Math.min(1, value)} aria-label=${words.shareOf(name)}></progress>
    <span class="number">${formatPercent(value)}</span>
  </div>`;
}
