/** Bars: one share of a whole, or all of them end to end. The words beside them say the numbers. */

import { html, svg, type TemplateResult } from "lit";
import { legend } from "./legend.ts";
import { type Slice, segmentsOf } from "./shares.ts";

/** `share` of 0 to 1. */
export const bar = (share: number, tone: string): TemplateResult =>
  html`<svg class="bar" aria-hidden="true">
    <rect class="track" width="100%" height="100%"></rect>
    <rect class="is-${tone}" width="${share * 100}%" height="100%"></rect>
  </svg>`;

export const stackedBar = (slices: readonly Slice[]): TemplateResult =>
  html`<div class="stacked">
    <svg class="bar" aria-hidden="true">
      ${segmentsOf(slices).map(
        ({ start, share, tone }) =>
          svg`<rect class="part is-${tone}" x="${start * 100}%" width="${share * 100}%" height="100%"></rect>`,
      )}
    </svg>
    ${legend(slices)}
  </div>`;
