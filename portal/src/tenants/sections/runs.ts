/** Earlier syncs, each with the certificates of its resources. */

import { html, nothing, type TemplateResult } from "lit";
import { ChevronRight } from "lucide";
import type { Run } from "../../api/contract.ts";
import { tenantBadge } from "../../elements/badges.ts";
import { certificateTable } from "../../elements/certificate-table.ts";
import { icon } from "../../elements/icon.ts";
import { problemNote } from "../../elements/trouble-note.ts";
import { formatDateTime, formatDuration } from "../../format.ts";
import { resourceNames, syncTexts as texts } from "../../texts.ts";

export const runList = (runs: readonly Run[]): TemplateResult =>
  html`<ul class="runs">${runs.map((run) => html`<li>${runDetails(run)}</li>`)}</ul>`;

const runDetails = (run: Run) =>
  html`<details>
    <summary>
      ${icon(ChevronRight, 16)}
      <span class="run-kind">${kindOf(run)}</span>
      <span class="run-time">${formatDateTime(run.startedAt)}</span>
      <span class="run-length quiet">${run.finishedAt ? lengthOf(run.startedAt, run.finishedAt) : texts.running}</span>
      ${tenantBadge(run.state)}
    </summary>
    <div class="stack">
      ${run.problem ? problemNote(run.problem) : nothing}
      ${certificateTable(run.resources)}
    </div>
  </details>`;

const kindOf = ({ only, kind }: Run) =>
  only.length ? texts.only(only.map((key) => resourceNames[key] ?? key).join(", ")) : texts.kinds[kind];

const lengthOf = (start: string, end: string) => formatDuration((Date.parse(end) - Date.parse(start)) / 1000);
