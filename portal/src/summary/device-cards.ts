/** Devices by platform and by compliance. */

import { html, type TemplateResult } from "lit";
import type { ResourceStatus, Summary } from "../api/contract.ts";
import { stackedBar } from "../charts/bars.ts";
import { donut } from "../charts/donut.ts";
import { type Slice, slicesOf } from "../charts/shares.ts";
import { formatCompact, formatNumber } from "../format.ts";
import { devices as texts } from "../texts.ts";
import { missingText } from "./numbers.ts";

type Devices = ResourceStatus | undefined;

export function platformCard({ devices, devicesByPlatform }: Summary, resource: Devices): TemplateResult {
  return card(texts.platforms, devicesByPlatform, resource, (counts) =>
    donut(slicesOf(named(counts), texts.others), inTheMiddle(devices ?? 0), texts.name),
  );
}

export function complianceCard({ devicesByCompliance }: Summary, resource: Devices): TemplateResult {
  return card(texts.compliance, devicesByCompliance, resource, (counts) => stackedBar(complianceSlices(counts)));
}

const TONES: Readonly<Record<string, string>> = {
  compliant: "good",
  inGracePeriod: "warn",
  noncompliant: "stop",
  configManager: "series-1",
  conflict: "series-4",
  error: "series-3",
};

/** The good ones first, then in the order of concern; states Intune may add come last. */
export function complianceSlices(counts: Readonly<Record<string, number>>): Slice[] {
  const order = Object.keys(TONES);
  const placeOf = (state: string) => (order.includes(state) ? order.indexOf(state) : order.length);
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => placeOf(a) - placeOf(b))
    .map(([state, value]) => ({ name: texts.states[state] ?? state, value, tone: TONES[state] ?? "series-5" }));
}

/** As long as it fits, the very number. */
const inTheMiddle = (count: number) => (count < 10_000 ? formatNumber(count) : formatCompact(count));

const named = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name === "unknown" ? texts.unknownPlatform : name, count]),
  );

function card(
  title: string,
  counts: Readonly<Record<string, number>> | null,
  resource: Devices,
  chart: (counts: Readonly<Record<string, number>>) => TemplateResult,
): TemplateResult {
  const isEmpty = counts && !Object.keys(counts).length;
  return html`<section class="card chart-card">
    <h3>${title}</h3>
    ${counts && !isEmpty ? chart(counts) : html`<p class="quiet">${isEmpty ? texts.none : missingText(resource)}</p>`}
  </section>`;
}
