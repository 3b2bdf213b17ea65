/** A share as an arc, with a mark to compare it with. */

import { arc } from "d3-shape";
import { html, nothing, svg, type TemplateResult } from "lit";

export interface Gauge {
  /** 0 to 1. */
  readonly share: number;
  /** What the middle says. */
  readonly value: string;
  /** Where the mark is, 0 to 1. */
  readonly mark: number | undefined;
  /** Says the same in words, to those who do not see it. */
  readonly label: string;
}

const END = (2 / 3) * Math.PI;
const INNER = 80;
const OUTER = 98;
const MARK_INNER = 74;
const MARK_OUTER = 104;

export const gauge = ({ share, value, mark, label }: Gauge): TemplateResult =>
  html`<svg class="gauge" viewBox="-110 -110 220 170" role="img" aria-label=${label}>
    <path class="track" d=${arcTo(1)}></path>
    <path class="value" d=${arcTo(share)}></path>
    ${mark === undefined ? nothing : markAt(mark)}
    <text class="figure" y="12" text-anchor="middle">${value}</text>
  </svg>`;

const angleOf = (share: number) => -END + 2 * END * share;

const arcTo = (share: number): string =>
  arc().cornerRadius((OUTER - INNER) / 2)({
    innerRadius: INNER,
    outerRadius: OUTER,
    startAngle: -END,
    endAngle: angleOf(share),
  }) ?? "";

function markAt(share: number): TemplateResult {
  const [x, y] = [Math.sin(angleOf(share)), -Math.cos(angleOf(share))];
  return svg`<line class="mark-edge" x1=${x * MARK_INNER} y1=${y * MARK_INNER} x2=${x * MARK_OUTER} y2=${y * MARK_OUTER}></line>
    <line class="mark-line" x1=${x * MARK_INNER} y1=${y * MARK_INNER} x2=${x * MARK_OUTER} y2=${y * MARK_OUTER}></line>`;
}
