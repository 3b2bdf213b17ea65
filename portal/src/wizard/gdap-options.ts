/** Which roles GDAP asks for and for how long; every default is sensible. */

import { html, nothing, type TemplateResult } from "lit";
import type { RoleTemplates } from "../api/contract.ts";
import { consentStep, durations } from "../texts.ts";
import type { Draft } from "./draft.ts";

type Template = RoleTemplates["items"][number];
type Change = (change: Partial<Draft>) => void;

export function gdapOptions(draft: Draft, templates: readonly Template[] | undefined, change: Change): TemplateResult {
  const chosen = templates?.find(({ key }) => key === draft.roleTemplate);
  return html`<details class="part options-box">
    <summary>${consentStep.options}: <span class="quiet">${summaryOf(draft, chosen)}</span></summary>
    <div class="stack">
      <div class="columns">
        ${templates ? select("template", consentStep.template, draft.roleTemplate, templateNames(templates), (roleTemplate) => change({ roleTemplate })) : nothing}
        ${select("duration", consentStep.duration, draft.duration, Object.entries(durations), (duration) => change({ duration }))}
      </div>
      ${chosen ? roleList(chosen) : nothing}
      <label class="tick">
        <input type="checkbox" .checked=${draft.autoExtend} @change=${(event: Event) => change({ autoExtend: (event.target as HTMLInputElement).checked })} />
        <span>${consentStep.autoExtend}<span class="small">${consentStep.autoExtendHint}</span></span>
      </label>
      <p class="small">${consentStep.noStanding}</p>
    </div>
  </details>`;
}

const summaryOf = (draft: Draft, chosen: Template | undefined) =>
  [chosen?.title, durations[draft.duration]].filter(Boolean).join(", ");

const templateNames = (templates: readonly Template[]) =>
  templates.map(({ key, title }): [string, string] => [key, title]);

function select(
  id: string,
  label: string,
  value: string,
  options: readonly [string, string][],
  choose: (value: string) => void,
): TemplateResult {
  return html`<label class="field" for=${id}>
    <span>${label}</span>
    <select id=${id} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${options.map(([key, title]) => html`<option value=${key} ?selected=${key === value}>${title}</option>`)}
    </select>
  </label>`;
}

const roleList = (template: Template) =>
  html`<ul class="roles">${template.roles.map(({ name, why }) => html`<li><strong>${name}</strong> <span class="quiet">${why}</span></li>`)}</ul>`;
