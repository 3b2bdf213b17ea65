/** A sync as a whole: how far, how long still, what it waits for. */

import { html, type nothing, type TemplateResult } from "lit";
import type { SyncStatus } from "../api/contract.ts";
import { when } from "../elements/when.ts";
import { formatDuration, formatEta, formatNumber, formatPercent, formatTimeOfDay } from "../format.ts";
import { stalled, sync } from "../texts.ts";
import { waitText } from "../waits.ts";
import { countsOf, isAllWaiting, isUnderWay } from "./progress.ts";
import { nameOf } from "./resource-progress.ts";

export function syncOverview(status: SyncStatus, actions: TemplateResult | typeof nothing): TemplateResult {
  const hint = isUnderWay(status) ? sync.leave : (sync.advice[status.state] ?? "");
  return html`<div class="card sync-overview" data-state=${status.state}>
    <div class="sync-head">
      <h2 id="sync-title" tabindex="-1">${titleOf(status)}</h2>
      <p class="sync-percent">${formatPercent(status.percent / 100)}</p>
    </div>
    <progress class="is-large is-${toneOf(status)}" aria-label=${sync.progress} max="100" value=${status.percent}></progress>
    <div class="sync-now">
      <div>
        <p class="sync-line ${status.stalled ? "is-warn" : ""}">${lineOf(status)}</p>
        <p class="small">${hint}</p>
      </div>
      <div class="actions">${actions}</div>
    </div>
    ${facts(status)}
  </div>`;
}

export function titleOf({ state, kind, only }: SyncStatus): string {
  if (state === "syncing" && only.length) return sync.onlyTitle(only.map(nameOf).join(", "));
  if (state === "syncing" && kind === "delta") return sync.deltaTitle;
  return sync.titles[state] ?? state;
}

const TONES: Record<string, string> = {
  completed: "good",
  completed_with_issues: "warn",
  failed: "stop",
  cancelled: "quiet",
};

const toneOf = ({ state }: SyncStatus) => TONES[state] ?? "busy";

/** The one line that says what is to be expected. */
function lineOf(status: SyncStatus): string {
  const { etaSeconds, plan, startedAt, finishedAt, waiting } = status;
  if (status.stalled) return stalledText(status.stalled);
  if (finishedAt) return sync.took(formatDuration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000));
  if (waiting && isAllWaiting(status)) return waitText(waiting);
  if (etaSeconds !== null) return sync.ready(formatEta(etaSeconds));
  return plan ? sync.foreseen(formatNumber(plan.minutes)) : sync.noEta;
}

const TOLD_FROM = 2;

function stalledText({ reason, since, times }: NonNullable<SyncStatus["stalled"]>): string {
  const told = times >= TOLD_FROM ? [stalled.told] : [];
  return [stalled.since(formatTimeOfDay(since)), stalled.reasons[reason] ?? reason, ...told].join(" ");
}

function facts(status: SyncStatus): TemplateResult {
  const { throttledSeconds } = status;
  const { processed, ended, all } = countsOf(status);
  return html`<dl class="sync-facts">
    <div><dt>${sync.started}</dt><dd>${when(status.startedAt)}</dd></div>
    <div><dt>${sync.read}</dt><dd class="figure">${formatNumber(processed)}</dd></div>
    <div><dt>${sync.finished}</dt><dd>${sync.finishedOf(formatNumber(ended), formatNumber(all))}</dd></div>
    <div><dt>${sync.slowed}</dt><dd>${throttledSeconds ? formatDuration(throttledSeconds) : sync.notSlowed}</dd></div>
  </dl>`;
}
