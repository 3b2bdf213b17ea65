/** What is left beyond reading, and how the customer's administrator takes it back. */

import { html, nothing, type TemplateResult } from "lit";
import { CircleCheck, TriangleAlert } from "lucide";
import type { ReadOnly } from "../../api/contract.ts";
import { icon } from "../../elements/icon.ts";
import { permissionTexts as texts } from "../../texts.ts";

export const readOnlyNote = ({ state, remaining, howTo }: ReadOnly): TemplateResult =>
  state === "read_only"
    ? html`<div class="note is-good">${icon(CircleCheck)}<div><p>${texts.isReadOnly}</p></div></div>`
    : html`<div class="note is-warn">
        ${icon(TriangleAlert)}
        <div>
          <h3 class="note-title">${texts.remaining}</h3>
          <p>${remaining.map((name) => html`<code>${name}</code> `)}</p>
          ${howTo ? steps(howTo) : nothing}
        </div>
      </div>`;

/** Steps for the customer's administrator, and where they are done. */
const steps = ({ steps, url }: NonNullable<ReadOnly["howTo"]>) =>
  html`<h4>${texts.howTo}</h4>
    <ol class="how-to">${steps.map((step) => html`<li>${step}</li>`)}</ol>
    <a href=${url} target="_blank" rel="noopener noreferrer">${texts.entra}</a>`;
