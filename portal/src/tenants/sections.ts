/** The sections of a tenant's page, and the way between them. */

import { html, type TemplateResult } from "lit";
import type { SyncStatus, Tenant } from "../api/contract.ts";
import type { App } from "../app.ts";
import { sectionNames, tenantPage as texts } from "../texts.ts";
import type { SectionKey } from "./section-keys.ts";
import "./sections/access.ts";
import "./sections/activity.ts";
import "./sections/inventory.ts";
import "./sections/overview.ts";
import "./sections/permissions.ts";
import "./sections/settings.ts";
import "./sections/syncs.ts";

export interface Shown {
  readonly app: App;
  readonly tenant: Tenant;
  readonly status: SyncStatus | undefined;
}

export const sectionNav = (keys: readonly SectionKey[], open: SectionKey): TemplateResult =>
  html`<nav class="tabs" aria-label=${texts.sections}>
    ${keys.map(
      (key) => html`<a href="?section=${key}" aria-current=${key === open ? "page" : "false"}>${sectionNames[key]}</a>`,
    )}
  </nav>`;

export function showSection(key: SectionKey, { app, tenant, status }: Shown): TemplateResult {
  switch (key) {
    case "overview":
      return html`<overview-section .app=${app} .tenant=${tenant} .status=${status}></overview-section>`;
    case "syncs":
      return html`<syncs-section .app=${app} .tenant=${tenant} .status=${status}></syncs-section>`;
    case "permissions":
      return html`<permissions-section .app=${app} .tenant=${tenant}></permissions-section>`;
    case "access":
      return html`<access-section .app=${app} .tenant=${tenant}></access-section>`;
    case "inventory":
      return html`<inventory-section .app=${app} .tenant=${tenant}></inventory-section>`;
    case "activity":
      return html`<activity-section .app=${app} .tenant=${tenant}></activity-section>`;
    case "settings":
      return html`<settings-section .app=${app} .tenant=${tenant}></settings-section>`;
  }
}
