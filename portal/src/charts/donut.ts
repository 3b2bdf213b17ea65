/** Parts of a whole as a ring; the legend beside it says the numbers. */

import { arc, pie } from "d3-shape";
import { html, svg, type TemplateResult } from "lit";
import { legend } from "./legend.ts";
import type { Slice } from "./shares.ts";

const INNER = 64;
const OUTER = 98;
const GAP = 0.02;

/** `value` and `name` stand in the middle. */
export function donut(slices: readonly Slice[], value: string, name: string): TemplateResult {
  const ring = pie<Slice>()
    .sort(null)
    .padAngle(GAP)
    .value((slice) => slice.value);
  const outline = arc<ReturnType<typeof ring>[number]>().innerRadius(INNER).outerRadius(OUTER).cornerRadius(3);
  return html`<div class="donut">
    <svg viewBox="-100 -100 200 200" aria-hidden="true">
      ${ring([...slices]).map((part) => svg`<path class="is-${part.data.tone}" d=${outline(part) ?? ""}></path>`)}
      <text class="figure" y="4" text-anchor="middle">${value}</text>
      <text class="caption" y="26" text-anchor="middle">${name}</text>
    </svg>
    ${legend(slices)}
  </div>`;
}
