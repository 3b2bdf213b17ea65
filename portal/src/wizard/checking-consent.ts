/** The administrator has accepted; Microsoft has not shown it everywhere yet. */

import { html, nothing, type TemplateResult } from "lit";
import type { SyncStatus } from "../api/contract.ts";
import { formatTimeOfDay } from "../format.ts";
import { onboarding, waitingReasons } from "../texts.ts";

export function checkingConsent({ waiting }: SyncStatus): TemplateResult {
  return html`<div class="card step">
    <div class="step-head">
      <h2 tabindex="-1">${onboarding.checkingHeading}</h2>
      <p>${onboarding.checkingLead}</p>
    </div>
    <div class="waiting">
      <span class="pulse" aria-hidden="true"></span>
      <div>${waiting ? reason(waiting) : html`<p><strong>${onboarding.checking}</strong></p>`}
        <p class="quiet">${onboarding.mayLeave}</p>
      </div>
    </div>
  </div>`;
}

const reason = ({ reason, until }: NonNullable<SyncStatus["waiting"]>) =>
  html`<p><strong>${waitingReasons[reason] ?? reason}</strong></p>
    ${reason === "propagation" ? html`<p>${onboarding.spreading} ${onboarding.triedUntil(formatTimeOfDay(until))}</p>` : nothing}`;
