/** The Secure Score beside the average of similar tenants. */

import { html, nothing, type TemplateResult } from "lit";
import type { ResourceStatus, Summary } from "../api/contract.ts";
import { gauge } from "../charts/gauge.ts";
import { shareOf } from "../charts/shares.ts";
import { formatDecimal, formatPercent } from "../format.ts";
import { score as texts } from "../texts.ts";
import { missingText } from "./numbers.ts";
import { closestAverage } from "./verdict.ts";

/** `resource` tells a tenant without a score yet from one whose score was not read. */
export function scoreCard(score: Summary["secureScore"], resource: ResourceStatus | undefined): TemplateResult {
  return html`<section class="card chart-card score">
    <h3>${texts.title}</h3>
    ${score ? scoreGauge(score) : html`<p class="quiet">${resource?.state === "completed" ? texts.none : missingText(resource)}</p>`}
  </section>`;
}

function scoreGauge(score: NonNullable<Summary["secureScore"]>): TemplateResult {
  const share = shareOf(score.current, score.max);
  const points = texts.points(formatDecimal(score.current), formatDecimal(score.max));
  const closest = closestAverage(score);
  const average = closest
    ? texts.average(texts.bases[closest.basis] ?? closest.basis, formatPercent(closest.share))
    : texts.noAverage;
  const label = texts.label(formatPercent(share), points, average);
  return html`<div class="score-body">
    ${gauge({ share, value: formatPercent(share), mark: closest?.share, label })}
    <p class="score-points">${points}</p>
    <p class="small">${closest ? html`<span class="mark-sign"></span> ` : nothing}${average}</p>
    ${closest ? html`<p class="small">${comparison(share, closest.share)}</p>` : nothing}
  </div>`;
}

function comparison(share: number, average: number): string {
  const points = Math.round(share * 100) - Math.round(average * 100);
  if (!points) return texts.equal;
  return points > 0 ? texts.above(points) : texts.below(-points);
}
