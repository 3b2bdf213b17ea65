/** States as coloured words; the colour only repeats what the word says. */

import { html, type TemplateResult } from "lit";
import { resourceStates, tenantStates } from "../texts.ts";

type Tone = "good" | "busy" | "warn" | "stop" | "quiet";

const TENANT_TONES: Record<string, Tone> = {
  completed: "good",
  completed_with_issues: "warn",
  awaiting_consent: "busy",
  verifying: "busy",
  syncing: "busy",
  needs_reconsent: "warn",
  expired: "warn",
  cancelled: "quiet",
  disconnected: "quiet",
};

const RESOURCE_TONES: Record<string, Tone> = {
  pending: "quiet",
  running: "busy",
  waiting: "warn",
  completed: "good",
  partial: "warn",
  skipped: "quiet",
  failed: "stop",
};

export const badge = (tone: Tone, text: string): TemplateResult => html`<span class="badge is-${tone}">${text}</span>`;

export const tenantBadge = (state: string): TemplateResult =>
  badge(TENANT_TONES[state] ?? "stop", tenantStates[state] ?? state);

export const resourceBadge = (state: string): TemplateResult =>
  badge(RESOURCE_TONES[state] ?? "quiet", resourceStates[state] ?? state);
