/** Who asked for which permissions, and what came of it. */

import { html, nothing, type TemplateResult } from "lit";
import type { Grant, Me, Permissions } from "../../api/contract.ts";
import { badge } from "../../elements/badges.ts";
import { when } from "../../elements/when.ts";
import { permissionTexts as texts } from "../../texts.ts";
import { cell, headCell, headRow } from "../card-table.ts";
import { person } from "../person.ts";

const TONES: Record<Grant["state"], "good" | "busy" | "stop" | "quiet"> = {
  requested: "busy",
  declined: "stop",
  failed: "stop",
  consented: "good",
  granted: "good",
  revoked: "quiet",
};

export const ledgerTable = ({ ledger, operations }: Permissions, me: Me): TemplateResult =>
  html`<table class="is-cards" role="table" aria-labelledby="ledger">
    ${headRow([texts.operation, texts.state, texts.requested, texts.decided])}
    <tbody role="rowgroup">
      ${ledger.map((grant) => row(grant, me, operations.find(({ operation }) => operation === grant.operation)?.title))}
    </tbody>
  </table>`;

const row = (grant: Grant, me: Me, title = grant.operation) =>
  html`<tr role="row">
    ${headCell(html`${title} <span class="small">${grant.permissions.map((name) => html`<code>${name}</code> `)}</span>`)}
    ${cell(
      texts.state,
      html`<span class="concern">${badge(TONES[grant.state], texts.states[grant.state])}
      ${grant.problem ? html`<span class="small">${grant.problem.message}</span>` : nothing}</span>`,
    )}
    ${cell(texts.requested, deed(grant.requestedAt, person(grant.requestedBy, me)))}
    ${cell(texts.decided, grant.consentedAt ? deed(grant.consentedAt, person(grant.consentedBy, me)) : "–")}
  </tr>`;

const deed = (time: string, who: TemplateResult | string) =>
  html`<span class="concern"><span>${when(time)}</span>
    <span class="small">${who}</span></span>`;
