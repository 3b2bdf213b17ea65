/** Syncs as rows; on a narrow screen each is a card. */

import { html, nothing, type TemplateResult } from "lit";
import { TriangleAlert } from "lucide";
import type { OpsRun } from "../api/contract.ts";
import { tenantBadge } from "../elements/badges.ts";
import { icon } from "../elements/icon.ts";
import { when } from "../elements/when.ts";
import { formatDuration, formatPercent } from "../format.ts";
import { ops } from "../texts.ts";
import { waitPhrase } from "../waits.ts";
import { barTone, kindOf, nameOf, secondsTaken, stallOf } from "./sentences.ts";

const words = ops.runs;

export function runsTable(runs: readonly OpsRun[], now: number): TemplateResult {
  const isOfMany = new Set(runs.map((run) => run.mspId)).size > 1;
  return html`<table class="ops-table">
    <caption class="visually-hidden">${words.title}</caption>
    <thead>
      <tr>
        <th scope="col">${words.columns.tenant}</th>
        <th scope="col">${words.columns.kind}</th>
        <th scope="col">${words.columns.state}</th>
        <th scope="col">${words.columns.percent}</th>
        <th scope="col">${words.columns.started}</th>
        <th scope="col" class="number">${words.columns.throttled}</th>
      </tr>
    </thead>
    <tbody>${runs.map((run) => row(run, isOfMany, now))}</tbody>
  </table>`;
}

const row = (run: OpsRun, isOfMany: boolean, now: number): TemplateResult =>
  html`<tr class=${run.stalled ? "is-stuck" : ""}>
    <th scope="row">
      <a href="/ops/runs/${encodeURIComponent(run.runId)}">${nameOf(run)}</a>
      ${run.customerName ? html`<span class="small">${run.customerName}</span>` : nothing}
      ${isOfMany ? html`<span class="small">${words.msp(run.mspId)}</span>` : nothing}
    </th>
    <td data-label=${words.columns.kind}>${kindOf(run)}</td>
    <td data-label=${words.columns.state}>${stateOf(run)}</td>
    <td data-label=${words.columns.percent}>${progress(run)}</td>
    <td data-label=${words.columns.started}>
      ${when(run.startedAt)}
      ${run.finishedAt ? html`<span class="small is-whole">${words.took(formatDuration(secondsTaken(run, now)))}</span>` : nothing}
    </td>
    <td data-label=${words.columns.throttled} class="number ${run.throttledSeconds ? "" : "is-nothing"}">
      ${run.throttledSeconds ? formatDuration(run.throttledSeconds) : "–"}
    </td>
  </tr>`;

function stateOf(run: OpsRun): TemplateResult {
  if (run.stalled)
    return html`<span class="badge is-stop">${icon(TriangleAlert, 14)} ${words.isStuck}</span>
      <span class="small">${stallOf(run.stalled).title}, ${ops.stalledTimes(run.stalled.times)}</span>`;
  return html`${tenantBadge(run.state)}
  ${run.waiting ? html`<span class="small">${waitPhrase(run.waiting)}</span>` : nothing}
  ${run.problem ? html`<span class="small">${run.problem.message}</span>` : nothing}`;
}

const progress = (run: OpsRun): TemplateResult =>
  html`<div class="ops-percent">
    <progress class=${barTone(run)} max="100" .value=${run.percent}
      aria-label=${words.percentOf(nameOf(run))}></progress>
    <span class="number">${formatPercent(run.percent / 100)}</span>
  </div>`;
