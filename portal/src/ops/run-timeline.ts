/** A sync over time: a lane for each resource, with what it worked on and what it waited for. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { OpsRunDetails } from "../api/contract.ts";
import { formatDuration, formatTimeOfDay } from "../format.ts";
import { runPage } from "../texts.ts";
import type { Segment } from "./documents.ts";
import { type Axis, axisOf, type Bar, type End, type Lane, lanesOf, ticksOf } from "./geometry.ts";
import { laneName, laneSentence, stepOf } from "./sentences.ts";

const words = runPage.timeline;
const LANE_HEIGHT = 24;
const HEIGHTS = { working: 14, throttled: 14, waiting: 6 };
const KEYS = ["working", "throttled", "waiting"] as const;

/** `now` is milliseconds since 1970. */
export function timeline(run: OpsRunDetails, now: number): TemplateResult {
  if (!run.timeline.length) return html`<p class="quiet">${words.none}</p>`;
  const axis = axisOf(run, run.timeline, now);
  const lanes = lanesOf(run.timeline, run.resources, axis);
  return html`<div class="ops-gantt">
      ${pattern()}
      <div class="ops-lane is-axis" aria-hidden="true"><span></span>${axisLine(axis)}</div>
      ${lanes.map((lane) => laneRow(lane, now))}
    </div>
    <div class="row small">
      ${KEYS.map((tone) => html`<span class="ops-key">${sample(tone)} ${words.tones[tone]}</span>`)}
      <span class="ops-key"><svg width="14" height="14" aria-hidden="true"><circle cx="7" cy="7" r="6"></circle></svg> ${words.ended}</span>
      <span class="ops-zone">${words.zone(Intl.DateTimeFormat().resolvedOptions().timeZone)}</span>
    </div>
    <details>
      <summary>${words.table}</summary>
      ${table(run.timeline)}
    </details>`;
}

const laneRow = (lane: Lane, now: number): TemplateResult =>
  html`<div class="ops-lane">
    <span aria-hidden="true">${laneName(lane)}</span>
    <svg role="img" aria-label=${laneSentence(lane, now)} width="100%" height=${LANE_HEIGHT}>
      <line class="rail" x1="0" x2="100%" y1=${LANE_HEIGHT / 2} y2=${LANE_HEIGHT / 2}></line>
      ${lane.bars.map(barShape)} ${lane.end ? endShape(lane.end) : nothing}
    </svg>
  </div>`;

const barShape = ({ x, width, tone }: Bar) =>
  svg`<rect class="is-${tone}" x=${share(x)} width=${share(width)} y=${(LANE_HEIGHT - HEIGHTS[tone]) / 2}
    height=${HEIGHTS[tone]} rx="3"></rect>`;

/** A dot within the lane, also at its very edges. */
const endShape = ({ x, state }: End) =>
  svg`<circle class="is-${state}" cx=${share(Math.min(0.995, Math.max(0.005, x)))} cy=${LANE_HEIGHT / 2} r="6"></circle>`;

const axisLine = (axis: Axis): TemplateResult => {
  const ticks = ticksOf(axis, new Date(axis.start).getTimezoneOffset());
  return html`<svg width="100%" height=${LANE_HEIGHT}>
    ${ticks.map(
      ({ x, time }) =>
        svg`<text x=${share(x)} y="12" text-anchor=${x < 0.1 ? "start" : x > 0.9 ? "end" : "middle"}>${formatTimeOfDay(new Date(time).toISOString())}</text>
          <line class="tick" x1=${share(x)} x2=${share(x)} y1="17" y2="24"></line>`,
    )}
  </svg>`;
};

/** The stripes of what is throttled, so that it is told apart without colours. */
const pattern = (): TemplateResult =>
  html`<svg class="ops-defs" width="0" height="0" aria-hidden="true">
    <defs>
      <pattern id="ops-stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="stripe-ground" width="6" height="6"></rect>
        <rect class="stripe" width="3" height="6"></rect>
      </pattern>
    </defs>
  </svg>`;

const sample = (tone: (typeof KEYS)[number]): TemplateResult =>
  html`<svg width="18" height="14" aria-hidden="true">
    <rect class="is-${tone}" width="18" height=${HEIGHTS[tone]} y=${(14 - HEIGHTS[tone]) / 2} rx="3"></rect>
  </svg>`;

const table = (segments: readonly Segment[]): TemplateResult =>
  html`<table class="ops-table">
    <thead>
      <tr>
        <th scope="col">${words.columns.resource}</th>
        <th scope="col">${words.columns.what}</th>
        <th scope="col">${words.columns.from}</th>
        <th scope="col">${words.columns.until}</th>
        <th scope="col" class="number">${words.columns.lasted}</th>
      </tr>
    </thead>
    <tbody>${segments.map(segmentRow)}</tbody>
  </table>`;

const segmentRow = (segment: Segment): TemplateResult =>
  html`<tr>
    <th scope="row">${laneName({ resource: segment.resource ?? "" })}</th>
    <td data-label=${words.columns.what}>${stepOf(segment)}</td>
    <td data-label=${words.columns.from}>${formatTimeOfDay(segment.at)}</td>
    <td data-label=${words.columns.until}>${segment.until ? formatTimeOfDay(segment.until) : words.now}</td>
    <td data-label=${words.columns.lasted} class="number">
      ${segment.until ? formatDuration((Date.parse(segment.until) - Date.parse(segment.at)) / 1000) : nothing}
    </td>
  </tr>`;

const share = (fraction: number) => `${(fraction * 100).toFixed(3)}%`;
