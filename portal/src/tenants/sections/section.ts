/** A part of a tenant's page: loads what it shows when it is opened, and tells the page what it has changed. */

import { html, nothing, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";
import { ask } from "../../api/client.ts";
import type { SyncStatus, Tenant, TenantChange } from "../../api/contract.ts";
import { Page } from "../../app.ts";
import { common } from "../../texts.ts";

/** Fires `tenant-changed` after what it did has changed the tenant. */
export abstract class Section<T> extends Page {
  @property({ attribute: false }) tenant!: Tenant;
  @property({ attribute: false }) status: SyncStatus | undefined;
  @state() protected loaded: T | undefined;
  @state() private hasFailedToLoad = false;

  protected abstract load(): Promise<T>;
  protected abstract content(loaded: T): TemplateResult;

  protected override firstUpdated(): void {
    void this.reload();
  }

  protected readonly reload = async (): Promise<void> => {
    const loaded = await this.attempt(() => this.load());
    this.hasFailedToLoad = loaded === undefined;
    if (loaded !== undefined) this.loaded = loaded;
  };

  override render(): TemplateResult {
    return html`<div class="stack is-wide">
      <trouble-note .error=${this.error} .retry=${this.hasFailedToLoad ? this.reload : undefined}></trouble-note>
      ${this.loaded !== undefined ? this.content(this.loaded) : this.hasFailedToLoad ? nothing : loading()}
    </div>`;
  }

  /** Does something that changes the tenant, and says so; false when it failed. */
  protected async act(work: () => Promise<unknown>, done: string): Promise<boolean> {
    const isDone = await this.attempt(async () => {
      await work();
      return true;
    });
    if (!isDone) return false;
    this.app.announce(done);
    this.dispatchEvent(new Event("tenant-changed", { bubbles: true }));
    return true;
  }

  protected change(body: TenantChange, done: string): Promise<boolean> {
    const params = { path: this.path };
    return this.act(() => ask(this.app.api.http.PATCH("/api/msp-portal/tenants/{tenantId}", { params, body })), done);
  }

  protected get path(): { tenantId: string } {
    return { tenantId: this.tenant.tenantId };
  }
}

const loading = () => html`<p class="card quiet" role="status">${common.loading}</p>`;
