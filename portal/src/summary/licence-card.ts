/** Licences by product: what is assigned of what there is. */

import { html, nothing, type TemplateResult } from "lit";
import type { ResourceStatus, Summary } from "../api/contract.ts";
import { bar } from "../charts/bars.ts";
import { shareOf } from "../charts/shares.ts";
import { formatNumber } from "../format.ts";
import { licences } from "../texts.ts";
import { missingText } from "./numbers.ts";
import { productName } from "./products.ts";

type Product = NonNullable<Summary["licenses"]["bySku"]>[number];

const MOST_BARS = 8;

export function licenceCard({ bySku }: Summary["licenses"], resource: ResourceStatus | undefined): TemplateResult {
  return html`<section class="card chart-card licences">
    <h3>${licences.title}</h3>
    ${bySku ? (bySku.length ? products(bySku) : html`<p class="quiet">${licences.none}</p>`) : html`<p class="quiet">${missingText(resource)}</p>`}
  </section>`;
}

/** What is used most comes first: free products have the most seats, and tell the least. */
export const byUse = (all: readonly Product[]): Product[] =>
  [...all].sort((a, b) => b.consumed - a.consumed || b.enabled - a.enabled);

function products(all: readonly Product[]): TemplateResult {
  const sorted = byUse(all);
  const rest = sorted.slice(MOST_BARS);
  return html`<ul class="products">
      ${sorted.slice(0, MOST_BARS).map(productBar)}
    </ul>
    ${rest.length ? html`<details><summary>${licences.more(rest.length)}</summary>${table(rest)}</details>` : nothing}`;
}

function productBar({ skuPartNumber, consumed, enabled }: Product): TemplateResult {
  const over = consumed - enabled;
  return html`<li>
    <span class="product-name">${productName(skuPartNumber)}</span>
    <span class="number">${licences.assigned(formatNumber(consumed), formatNumber(enabled))}</span>
    ${bar(shareOf(consumed, enabled), over > 0 ? "stop" : "series-1")}
    ${over > 0 ? html`<span class="small is-over">${licences.over(formatNumber(over))}</span>` : nothing}
  </li>`;
}

const table = (all: readonly Product[]) =>
  html`<table>
    <thead>
      <tr>
        <th scope="col">${licences.product}</th>
        <th scope="col" class="number">${licences.consumed}</th>
        <th scope="col" class="number">${licences.enabled}</th>
      </tr>
    </thead>
    <tbody>
      ${all.map(
        ({ skuPartNumber, consumed, enabled }) => html`<tr>
          <td>${productName(skuPartNumber)}</td>
          <td class="number">${formatNumber(consumed)}</td>
          <td class="number">${formatNumber(enabled)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
