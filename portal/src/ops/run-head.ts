/** What a sync is, and what holds it up. */

import { html, nothing, type TemplateResult } from "lit";
import { Hourglass, TriangleAlert } from "lucide";
import type { OpsRunDetails, Stalled, Waiting } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { when } from "../elements/when.ts";
import { formatDuration, formatPercent } from "../format.ts";
import { ops, runPage } from "../texts.ts";
import { waitPhrase } from "../waits.ts";
import { barTone, kindOf, secondsTaken, stallOf } from "./sentences.ts";

const words = runPage.facts;

export const stalledNote = (stalled: NonNullable<Stalled>): TemplateResult =>
  html`<div class="note is-stop">
    ${icon(TriangleAlert)}
    <div>
      <p class="note-title">${runPage.isStuck(stallOf(stalled).title)}</p>
      <p>${ops.stalledSince} ${when(stalled.since)}, ${ops.stalledTimes(stalled.times)}. ${stallOf(stalled).next}</p>
    </div>
  </div>`;

export const waitingNote = (waiting: NonNullable<Waiting>): TemplateResult =>
  html`<div class="note is-warn">
    ${icon(Hourglass)}
    <div><p class="note-title">${waitPhrase(waiting)}</p></div>
  </div>`;

/** `now` is milliseconds since 1970. */
export const runFacts = (run: OpsRunDetails, now: number): TemplateResult =>
  html`<div class="ops-percent is-large">
      <progress class=${barTone(run)} max="100" .value=${run.percent}
        aria-label=${runPage.progress}></progress>
      <span class="number">${formatPercent(run.percent / 100)}</span>
    </div>
    <dl class="facts ops-facts">
      ${run.customerName ? fact(words.customer, run.customerName) : nothing} ${fact(words.kind, kindOf(run))}
      ${fact(words.started, when(run.startedAt))} ${run.finishedAt ? fact(words.finished, when(run.finishedAt)) : nothing}
      ${fact(run.finishedAt ? words.took : words.takes, formatDuration(secondsTaken(run, now)))}
      ${run.throttledSeconds ? fact(words.throttled, formatDuration(run.throttledSeconds)) : nothing}
      ${fact(words.msp, html`<code>${run.mspId}</code>`)} ${fact(words.runId, html`<code>${run.runId}</code>`)}
    </dl>`;

const fact = (name: string, value: unknown): TemplateResult => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
