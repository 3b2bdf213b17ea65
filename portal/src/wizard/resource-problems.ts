/** What keeps a sync from being complete, with a way to try each again once it has ended. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import type { operations, ResourceStatus, SyncStatus } from "../api/contract.ts";
import { type App, Page } from "../app.ts";
import "../elements/trouble-note.ts";
import { overviewTexts, sync } from "../texts.ts";
import { alike, inOrder, isIssue, isShortOfPermission, isUnderWay } from "./progress.ts";
import { resourceProblem } from "./resource-problem.ts";

type Resource = operations["resource_retry"]["parameters"]["path"]["resource"];

/** Fires `sync-changed` (bubbling) after it has started a sync: then the status is worth asking for at once. */
@customElement("resource-problems")
export class ResourceProblems extends Page {
  @property({ attribute: false }) status!: SyncStatus;

  override render(): TemplateResult | typeof nothing {
    const issues = inOrder(this.status.resources).filter(([, resource]) => isIssue(resource) && isTold(resource));
    if (!issues.length) return nothing;
    const mayRetry = this.app.may("Connect") && !this.isBusy && !isUnderWay(this.status);
    return html`<trouble-note .error=${this.error}></trouble-note>
      <section class="stack">
        <h3>${sync.attention}</h3>
        ${alike(issues).map((same) => resourceProblem(same, mayRetry ? this.retry : undefined))}
        ${isShortOfPermission(this.status) ? permissionLink(this.app, this.status) : nothing}
      </section>`;
  }

  private retry = async (resource: string): Promise<void> => {
    const path = { tenantId: this.status.tenantId, resource: resource as Resource };
    const started = await this.attempt(() =>
      ask(
        this.app.api.http.POST("/api/msp-portal/tenants/{tenantId}/resources/{resource}/retry", { params: { path } }),
      ),
    );
    if (started) this.dispatchEvent(new Event("sync-changed", { bubbles: true }));
  };
}

/** To where the customer's administrator is asked for what is missing. */
export const permissionLink = (app: App, { tenantId }: SyncStatus): TemplateResult | typeof nothing =>
  app.may("Connect")
    ? html`<div><a class="button" href="/tenants/${tenantId}?section=permissions">${overviewTexts.askForMissing}</a></div>`
    : nothing;

/** That the whole sync was cancelled is not told of each resource again. */
const isTold = ({ problem }: ResourceStatus) => problem !== null && problem.code !== "cancelled";

/** What is only good to know: a service without a licence, names that Microsoft conceals. */
export function remarks({ resources }: SyncStatus): TemplateResult | typeof nothing {
  const known = inOrder(resources).filter(([, resource]) => resource.problem && !isIssue(resource));
  if (!known.length) return nothing;
  return html`<section class="stack">
    <h3>${sync.remarks}</h3>
    ${alike(known).map((same) => resourceProblem(same))}
  </section>`;
}
