/** The orchestration behind a sync, and how to ask Durable itself about it. */

import { html, nothing, type TemplateResult } from "lit";
import type { OpsRunDetails } from "../api/contract.ts";
import { badge } from "../elements/badges.ts";
import "../elements/copy-field.ts";
import { when } from "../elements/when.ts";
import { runPage } from "../texts.ts";
import type { ChildInstance } from "./documents.ts";
import { resourceName } from "./sentences.ts";

const words = runPage.orchestration;
const TONES: Record<string, "good" | "busy" | "warn" | "stop"> = {
  Completed: "good",
  Running: "busy",
  Pending: "busy",
  ContinuedAsNew: "busy",
  Suspended: "warn",
};

const REQUESTS = [
  ["GET", "statusUrl"],
  ["GET", "historyUrl"],
  ["POST", "suspendUrl"],
  ["POST", "resumeUrl"],
  ["POST", "terminateUrl"],
  ["DELETE", "purgeUrl"],
] as const;

export function orchestration({ orchestration: told, management }: OpsRunDetails): TemplateResult {
  if (!told) return html`<p class="quiet">${words.gone}</p>`;
  return html`<dl class="facts ops-facts">
      <div><dt>${words.status}</dt><dd>${statusBadge(told.runtimeStatus)}</dd></div>
      ${told.createdAt ? html`<div><dt>${words.created}</dt><dd>${when(told.createdAt)}</dd></div>` : nothing}
      ${told.lastUpdatedAt ? html`<div><dt>${words.updated}</dt><dd>${when(told.lastUpdatedAt)}</dd></div>` : nothing}
    </dl>
    <copy-field .label=${words.instance} .value=${told.instanceId}></copy-field>
    ${told.children.length ? children(told.children) : nothing} ${links(management)}`;
}

export const statusName = (status: string): string => words.statuses[status] ?? status;

const statusBadge = (status: string) => badge(TONES[status] ?? "stop", statusName(status));

const children = (all: readonly ChildInstance[]): TemplateResult =>
  html`<details>
    <summary>${words.children(all.length)}</summary>
    <ul class="ops-children">
      ${all.map(
        (child) => html`<li>
          <span>${child.resource ? resourceName(child.resource) : nothing}</span> ${statusBadge(child.runtimeStatus)}
          <code>${child.instanceId}</code>
        </li>`,
      )}
    </ul>
  </details>`;

const links = (management: OpsRunDetails["management"]): TemplateResult =>
  html`<details>
    <summary>${words.management}</summary>
    <div class="stack ops-management">
      <p class="small">${words.managementNote}</p>
      ${REQUESTS.map(
        ([method, name]) =>
          html`<copy-field .label=${words.requests[name]} .value=${`${method} ${management[name]}`}></copy-field>`,
      )}
    </div>
  </details>`;
