/** Consent only, or GDAP as well: explained before it is chosen. */

import { html, nothing, type TemplateResult } from "lit";
import type { Preflight } from "../api/contract.ts";
import { badge } from "../elements/badges.ts";
import { formatDateTime } from "../format.ts";
import { consentStep } from "../texts.ts";
import { type AccessModel, recommendedModel } from "./draft.ts";

type Access = Preflight["access"];

export function accessChoice(model: AccessModel, access: Access, choose: (model: AccessModel) => void): TemplateResult {
  const recommended = recommendedModel(access);
  const card = (own: AccessModel, title: string, text: string) =>
    html`<label class="choice">
      <input type="radio" name="access" value=${own} .checked=${model === own} @change=${() => choose(own)} />
      <span>
        <span class="row"><strong>${title}</strong>
          ${recommended === own ? badge("good", consentStep.recommended) : nothing}</span>
        <span class="choice-text">${text}</span>
      </span>
    </label>`;
  return html`<fieldset class="part">
    <legend><h3>${consentStep.access}</h3></legend>
    <p class="quiet">${consentStep.accessLead}</p>
    ${access.legacy ? legacyNote() : nothing} ${access.relationship ? gdapNote(access.relationship) : nothing}
    <div class="choices">
      ${card("gdap", consentStep.gdap, consentStep.gdapText)}
      ${card("direct", consentStep.direct, consentStep.directText)}
    </div>
    ${access.gdapReady === false && model === "gdap" ? html`<div class="note is-warn"><div><p>${consentStep.gdapNotReady}</p></div></div>` : nothing}
  </fieldset>`;
}

const gdapNote = ({ expiresAt }: NonNullable<Access["relationship"]>) =>
  html`<div class="note"><div>
    <p>${expiresAt ? consentStep.gdapThereUntil(formatDateTime(expiresAt)) : consentStep.gdapThere}</p>
  </div></div>`;

const legacyNote = () =>
  html`<div class="note is-warn"><div>
    <p class="note-title">${consentStep.legacy.title}</p>
    <p>${consentStep.legacy.text}</p>
  </div></div>`;
