/** The syncs that stand still, loud: which, since when, why, and what to do. */

import { html, type TemplateResult } from "lit";
import { TriangleAlert } from "lucide";
import type { OpsRun } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { when } from "../elements/when.ts";
import { ops } from "../texts.ts";
import { nameOf, stallOf } from "./sentences.ts";

const MOST = 5;

export const stuckNote = (runs: readonly OpsRun[]): TemplateResult =>
  html`<section class="note is-stop ops-stuck" aria-labelledby="ops-stuck">
    ${icon(TriangleAlert)}
    <div>
      <h2 id="ops-stuck">${ops.runs.stuckTitle(runs.length)}</h2>
      <ul>${runs.slice(0, MOST).map(stuckRun)}</ul>
      ${runs.length > MOST ? html`<p><a href="/ops?state=stuck">${ops.runs.allStuck}</a></p>` : ""}
    </div>
  </section>`;

function stuckRun(run: OpsRun): TemplateResult {
  const told = run.stalled ? stallOf(run.stalled) : ops.stallUnknown;
  return html`<li>
    <p><a href="/ops/runs/${encodeURIComponent(run.runId)}">${nameOf(run)}</a> <strong>${told.title}</strong></p>
    <p class="small">${run.stalled ? html`${ops.stalledSince} ${when(run.stalled.since)}. ` : ""}${told.next}</p>
  </li>`;
}
