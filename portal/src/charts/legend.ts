/** What the colours of a chart mean, with the numbers: the chart for those who read. */

import { html, type TemplateResult } from "lit";
import { formatNumber, formatPercent } from "../format.ts";
import { charts } from "../texts.ts";
import { type Segment, type Slice, segmentsOf } from "./shares.ts";

const TOO_SMALL = 0.005;

export const legend = (slices: readonly Slice[]): TemplateResult =>
  html`<ul class="legend">
    ${segmentsOf(slices).map(
      (slice) => html`<li>
        <span class="swatch is-${slice.tone}"></span>
        <span>${slice.name}</span>
        <span class="number">${formatNumber(slice.value)}</span>
        <span class="number small">${shareText(slice)}</span>
      </li>`,
    )}
  </ul>`;

const shareText = ({ share }: Segment): string =>
  share > 0 && share < TOO_SMALL ? charts.lessThanOne : formatPercent(share);
