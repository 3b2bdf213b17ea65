/** The wizard's fourth step: a sync as it goes on, and how it has ended. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import type { SyncStatus } from "../api/contract.ts";
import { Page } from "../app.ts";
import type { ConfirmDialog } from "../elements/confirm-dialog.ts";
import "../elements/confirm-dialog.ts";
import { problemNote } from "../elements/trouble-note.ts";
import { formatNumber } from "../format.ts";
import { resourceStates, sync } from "../texts.ts";
import { asOver, inOrder, isUnderWay, milestonesOf } from "./progress.ts";
import "./resource-problems.ts";
import { nameOf, resourceProgress } from "./resource-progress.ts";
import { syncOverview, titleOf } from "./sync-overview.ts";

/** Fires `sync-changed` (bubbling) after it has started or ended a sync: then the status is worth asking for at once. */
@customElement("sync-step")
export class SyncStep extends Page {
  @property({ attribute: false }) status!: SyncStatus;
  @query("confirm-dialog") private cancelDialog!: ConfirmDialog;

  override render(): TemplateResult {
    const { status } = this;
    const problems = html`<resource-problems .app=${this.app} .status=${status}></resource-problems>`;
    // while it goes on nothing may push the rows down
    const [first, last] = isUnderWay(status) ? [nothing, problems] : [problems, nothing];
    return html`<section class="stack sync" aria-labelledby="sync-title">
      ${syncOverview(status, this.actions())}
      <trouble-note .error=${this.error}></trouble-note>
      ${status.problem && status.state !== "cancelled" ? problemNote(status.problem) : nothing}
      ${first} ${this.rows()} ${last}
      <confirm-dialog
        .heading=${sync.cancelling.title}
        .text=${sync.cancelling.text}
        .action=${sync.cancelling.action}
      ></confirm-dialog>
    </section>`;
  }

  private rows(): TemplateResult | typeof nothing {
    const resources = inOrder(this.status.resources);
    if (!resources.length) return nothing;
    const isOver = !isUnderWay(this.status);
    return html`<div class="card">
      <h3 class="visually-hidden">${sync.resources}</h3>
      <ul class="resources">
        ${resources.map(([name, resource]) => resourceProgress(name, isOver ? asOver(resource) : resource))}
      </ul>
    </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("status")) return;
    const { ended, isOver } = milestonesOf(changed.get("status"), this.status);
    const said = ended.map((name) => this.milestone(name));
    if (isOver) said.push(titleOf(this.status));
    if (said.length) this.app.announce(said.join(" "));
  }

  private milestone(name: string): string {
    const { state = "", processed = 0 } = this.status.resources[name] ?? {};
    return sync.milestone(nameOf(name), resourceStates[state] ?? state, processed ? formatNumber(processed) : "");
  }

  private actions(): TemplateResult | typeof nothing {
    if (!this.app.may("Connect")) return nothing;
    if (isUnderWay(this.status))
      return html`<button type="button" class="button" aria-disabled=${this.isBusy} @click=${this.cancel}>${sync.cancel}</button>`;
    return html`<button type="button" class="button" aria-disabled=${this.isBusy} @click=${this.resync}>${sync.again}</button>`;
  }

  private async cancel(): Promise<void> {
    if (!(await this.cancelDialog.ask())) return;
    const { runId } = this.status;
    await this.change(() =>
      ask(
        this.app.api.http.POST("/api/msp-portal/tenants/{tenantId}/cancel", {
          params: { path: this.path, query: runId ? { runId } : {} },
        }),
      ),
    );
  }

  private async resync(): Promise<void> {
    await this.change(() =>
      ask(this.app.api.http.POST("/api/msp-portal/tenants/{tenantId}/resync", { params: { path: this.path } })),
    );
  }

  private get path() {
    return { tenantId: this.status.tenantId };
  }

  private async change(work: () => Promise<unknown>): Promise<void> {
    if (this.isBusy) return;
    if ((await this.attempt(work)) !== undefined) this.dispatchEvent(new Event("sync-changed", { bubbles: true }));
  }
}
