/** One GDAP relationship: how it stands, which roles, until when, and what can be done with it. */

import { html, nothing, type TemplateResult } from "lit";
import type { Relationship } from "../../api/contract.ts";
import { badge } from "../../elements/badges.ts";
import "../../elements/copy-field.ts";
import { problemNote } from "../../elements/trouble-note.ts";
import { formatDay } from "../../format.ts";
import { accessTexts as texts } from "../../texts.ts";
import { isOver, isUsable } from "../states.ts";

export interface Deeds {
  readonly extend: (relationship: Relationship) => void;
  readonly end: (relationship: Relationship) => void;
  readonly isBusy: boolean;
}

const SHOWN_ROLES = 8;

/** A list item; without `deeds` there are no buttons. */
export const relationshipCard = (relationship: Relationship, deeds: Deeds | undefined): TemplateResult => {
  const { displayName, status, approvalUrl, withdrawn, problem } = relationship;
  return html`<li class="stack is-close">
    <div class="row"><h3>${displayName}</h3>${badge(toneOf(status), texts.statuses[status] ?? status)}</div>
    ${facts(relationship)}
    ${withdrawn ? html`<p class="small">${texts.withdrawn}</p>` : nothing}
    ${problem ? problemNote(problem) : nothing}
    ${approvalUrl && !withdrawn ? html`<copy-field label=${texts.approval} .value=${approvalUrl}></copy-field>` : nothing}
    ${deeds && !isOver(status) && !withdrawn ? actions(relationship, deeds) : nothing}
  </li>`;
};

function facts(relationship: Relationship): TemplateResult {
  const { status, activatedAt, expiresAt, autoExtend, roles } = relationship;
  const end = isUsable(status) || isOver(status) ? texts.until : texts.lapses;
  const names = roles.slice(0, SHOWN_ROLES).map(({ name }) => name);
  const more = roles.length - names.length;
  return html`<dl class="facts">
    ${activatedAt ? fact(texts.since, formatDay(activatedAt)) : nothing}
    ${expiresAt ? fact(end, formatDay(expiresAt)) : nothing}
    ${fact(texts.autoExtend, autoExtend ? texts.yes : texts.no)}
    ${fact(texts.roles, `${names.join(", ")} ${more > 0 ? texts.moreRoles(more) : ""}`)}
  </dl>`;
}

const fact = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const actions = (relationship: Relationship, { extend, end, isBusy }: Deeds) =>
  html`<div class="actions">
    ${isUsable(relationship.status) ? html`<button type="button" class="button is-small" ?disabled=${isBusy} @click=${() => extend(relationship)}>${relationship.autoExtend ? texts.extendNot : texts.extend}</button>` : nothing}
    <button type="button" class="button is-small" ?disabled=${isBusy} @click=${() => end(relationship)}>${texts.end}</button>
  </div>`;

function toneOf(status: string): "good" | "warn" | "busy" | "quiet" {
  if (status === "active") return "good";
  if (status === "expiring") return "warn";
  return isOver(status) ? "quiet" : "busy";
}
