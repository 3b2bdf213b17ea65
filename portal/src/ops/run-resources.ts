/** The resources of a sync: how far each is, what asking Microsoft has cost, and what is wrong. */

import { html, nothing, type TemplateResult } from "lit";
import { RotateCw } from "lucide";
import type { OpsRunDetails, ResourceStatus } from "../api/contract.ts";
import { resourceBadge } from "../elements/badges.ts";
import { icon } from "../elements/icon.ts";
import { formatDuration, formatNumber, formatPercent } from "../format.ts";
import { owners, runPage, trouble } from "../texts.ts";
import { waitPhrase } from "../waits.ts";
import { resourceName } from "./sentences.ts";

const words = runPage.resources;
const NOTHING = "–";

/** `retry` is called with the resource's key; without it there are no buttons. */
export const resourcesTable = (run: OpsRunDetails, retry?: (resource: string) => void): TemplateResult =>
  html`<table class="ops-table ops-resources">
    <caption class="visually-hidden">${words.title}</caption>
    <thead>
      <tr>
        <th scope="col">${words.columns.resource}</th>
        <th scope="col">${words.columns.state}</th>
        <th scope="col" class="number">${words.columns.objects}</th>
        <th scope="col" class="number">${words.columns.pages}</th>
        <th scope="col" class="number">${words.columns.requests}</th>
        <th scope="col" class="number">${words.columns.throttled}</th>
        <th scope="col" class="number">${words.columns.retries}</th>
        <th scope="col" class="number">${words.columns.share}</th>
        ${retry ? html`<th scope="col"><span class="visually-hidden">${words.columns.action}</span></th>` : nothing}
      </tr>
    </thead>
    <tbody>${Object.entries(run.resources).map(([resource, told]) => row(resource, told, retry))}</tbody>
  </table>`;

const row = (resource: string, told: ResourceStatus, retry: ((resource: string) => void) | undefined): TemplateResult =>
  html`<tr>
    <th scope="row">${resourceName(resource)}</th>
    <td data-label=${words.columns.state}>${state(told)}</td>
    ${cell(words.columns.objects, objects(told))} ${cell(words.columns.pages, formatNumber(told.pages))}
    ${cell(words.columns.requests, formatNumber(told.usage.requests))}
    ${cell(words.columns.throttled, told.throttledSeconds && formatDuration(told.throttledSeconds))}
    ${cell(words.columns.retries, told.retries && formatNumber(told.retries))}
    ${cell(words.columns.share, told.usage.shareOfLimit && formatPercent(told.usage.shareOfLimit))}
    ${retry ? html`<td class="ops-action">${retryButton(resource, retry)}</td>` : nothing}
  </tr>`;

/** A figure; where there is none, a card leaves it out. */
const cell = (label: string, text: string | 0 | null): TemplateResult =>
  html`<td data-label=${label} class="number ${text ? "" : "is-nothing"}">${text || NOTHING}</td>`;

const state = (told: ResourceStatus): TemplateResult =>
  html`${resourceBadge(told.state)}
  ${told.carriedFrom ? html`<span class="small">${words.carried}</span>` : nothing}
  ${told.waiting ? html`<span class="small">${waitPhrase(told.waiting)}</span>` : nothing}
  ${
    told.problem
      ? html`<span class="small">${told.problem.message}</span>
          <span class="small">${trouble.whoseMove}: ${owners[told.problem.owner]}. ${told.problem.nextAction}</span>`
      : nothing
  }`;

const objects = ({ processed, expected }: ResourceStatus): string =>
  expected === null ? formatNumber(processed) : words.of(formatNumber(processed), formatNumber(expected));

const retryButton = (resource: string, retry: (resource: string) => void): TemplateResult =>
  html`<button type="button" class="button is-small" aria-label=${runPage.retry.of(resourceName(resource))} @click=${() => retry(resource)}>
    ${icon(RotateCw, 16)} ${runPage.retry.action}
  </button>`;
