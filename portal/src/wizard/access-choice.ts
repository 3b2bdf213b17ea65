/** Consent only, or GDAP as well: explained before it is chosen. */

import { html, nothing, type TemplateResult } from "lit";
import type { Preflight } from "../api/contract.ts";
import { badge } from "../elements/badges.ts";
import { consentStep } from "../texts.ts";
import type { AccessModel } from "./draft.ts";

type Access = Preflight["access"];

export function accessChoice(model: AccessModel, access: Access, choose: (model: AccessModel) => void): TemplateResult {
  const card = (own: AccessModel, title: string, text: string) =>
    html`<label class="choice">
      <input type="radio" name="access" value=${own} .checked=${model === own} @change=${() => choose(own)} />
      <span>
        <span class="row"><strong>${title}</strong>
          ${access.recommended === own ? badge("good", consentStep.recommended) : nothing}</span>
        <span class="choice-text">${text}</span>
      </span>
    </label>`;
  return html`<fieldset class="part">
    <legend><h3>${consentStep.access}</h3></legend>
    <p class="quiet">${consentStep.accessLead}</p>
    ${access.legacy ? legacyNote() : nothing}
    <div class="choices">
      ${card("gdap", consentStep.gdap, consentStep.gdapText)}
      ${card("direct", consentStep.direct, consentStep.directText)}
    </div>
    ${access.gdapReady === false && model === "gdap" ? html`<p class="note is-warn">${consentStep.gdapNotReady}</p>` : nothing}
  </fieldset>`;
}

const legacyNote = () =>
  html`<div class="note is-warn"><div>
    <p class="note-title">${consentStep.legacy.title}</p>
    <p>${consentStep.legacy.text}</p>
  </div></div>`;
