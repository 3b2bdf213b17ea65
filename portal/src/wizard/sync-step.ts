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
import { inOrder, isUnderWay, milestonesOf } from "./progress.ts";
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
    return html`<section class="stack sync" aria-labelledby="sync-title">
      ${syncOverview(status, this.actions())}
      <trouble-note .error=${this.error}></trouble-note>
      ${status.problem && status.state !== "cancelled" ? problemNote(status.problem) : nothing}
      <resource-problems .app=${this.app} .status=${status}></resource-problems>
      <div class="card">
        <h3 class="visually-hidden">${sync.resources}</h3>
        <ul class="resources">
          ${inOrder(status.resources).map(([name, resource]) => resourceProgress(name, resource))}
        </ul>
      </div>
      <confirm-dialog
        .heading=${sync.cancelling.title}
        .text=${sync.cancelling.text}
        .action=${sync.cancelling.action}
      ></confirm-dialog>
    </section>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("status")) return;
    const { ended, isOver } = milestonesOf(changed.get("status"), this.status);
    const said = ended.map((name) => this.milestone(name));
    if (isOver) said.push(titleOf(this.status));
    if (said.length) this.app.announce(said.join(" "));
  }

  private milestone(name: string): string {
    const resource = this.status.resources[name];
    const state = resource?.state ?? "";
    return sync.milestone(nameOf(name), resourceStates[state] ?? state, formatNumber(resource?.processed ?? 0));
  }

  private actions(): TemplateResult | typeof nothing {
    if (!this.app.may("Connect")) return nothing;
    if (isUnderWay(this.status))
      return html`<button type="button" class="button" ?disabled=${this.isBusy} @click=${this.cancel}>${sync.cancel}</button>`;
    return html`<button type="button" class="button" ?disabled=${this.isBusy} @click=${this.resync}>${sync.again}</button>`;
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
    if ((await this.attempt(work)) !== undefined) this.dispatchEvent(new Event("sync-changed", { bubbles: true }));
  }
}
