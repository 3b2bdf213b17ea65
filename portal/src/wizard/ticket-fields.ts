/** The ticket the onboarding reports to; only where there is a PSA to have one. */

import { html, nothing, type TemplateResult } from "lit";
import type { Psa } from "../api/contract.ts";
import { consentStep } from "../texts.ts";
import type { Draft } from "./draft.ts";

type Change = (change: Partial<Draft>) => void;

export function ticketFields(draft: Draft, psas: readonly Psa[], change: Change): TemplateResult | typeof nothing {
  const [first, second] = psas.filter(({ isConnected }) => isConnected);
  if (!first) return nothing;
  const hint = second ? consentStep.ticketHintOf(`${first.provider}:12345`) : consentStep.ticketHint;
  return html`<details class="part options-box" ?open=${draft.ticket !== ""}>
    <summary>${consentStep.ticket}</summary>
    <div class="stack">
      <label class="field">
        <span>${consentStep.ticketLabel}</span>
        <input autocomplete="off" spellcheck="false" maxlength="80" .value=${draft.ticket}
          @input=${(event: Event) => change({ ticket: (event.target as HTMLInputElement).value })} />
        <span class="hint">${hint}</span>
      </label>
      <label class="tick">
        <input type="checkbox" .checked=${draft.closesTicket}
          @change=${(event: Event) => change({ closesTicket: (event.target as HTMLInputElement).checked })} />
        <span>${consentStep.ticketCloses}</span>
      </label>
    </div>
  </details>`;
}
