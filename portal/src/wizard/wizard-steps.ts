/** Where one is in the five steps; steps that lie behind may be gone back to by `linkOf`. */

import { html, nothing, type TemplateResult } from "lit";
import { Check } from "lucide";
import { icon } from "../elements/icon.ts";
import { wizard } from "../texts.ts";

/** `current` counts from 1. */
export function wizardSteps(
  current: number,
  linkOf: (step: number) => string | undefined = () => undefined,
): TemplateResult {
  return html`<nav class="steps" aria-label=${wizard.stepsLabel}>
    <p class="steps-count">${wizard.stepOf(current, wizard.steps.length)}</p>
    <ol>${wizard.steps.map((name, index) => item(name, index + 1, current, linkOf(index + 1)))}</ol>
  </nav>`;
}

function item(name: string, step: number, current: number, link: string | undefined): TemplateResult {
  const isDone = step < current;
  const label = isDone && link ? html`<a href=${link}>${name}</a>` : html`<span>${name}</span>`;
  return html`<li class=${isDone ? "is-done" : ""} aria-current=${step === current ? "step" : nothing}>
    <span class="steps-mark" aria-hidden="true">${isDone ? icon(Check, 16) : step}</span>
    ${label}${isDone ? html`<span class="visually-hidden"> (${wizard.stepDone})</span>` : nothing}
  </li>`;
}
