/** The portal's pages by address. */

import { html, type TemplateResult } from "lit";
import type { App, Role } from "./app.ts";
import "./ops/ops-page.ts";
import "./ops/run-page.ts";
import "./tenants/tenant-page.ts";
import "./tenants/tenants-page.ts";
import { pages } from "./texts.ts";
import "./wizard/onboarding-page.ts";
import "./wizard/wizard-page.ts";

export interface Route {
  /** `/tenants/:tenantId/onboarding`. */
  readonly path: string;
  readonly title: string;
  /** The app role without which the page is of no use. */
  readonly role?: Role;
  render(app: App, values: Record<string, string>): TemplateResult;
}

export const routes: readonly Route[] = [
  {
    path: "/",
    title: pages.tenants,
    role: "Read",
    render: (app) => html`<tenants-page .app=${app}></tenants-page>`,
  },
  {
    path: "/tenants/new",
    title: pages.wizard,
    role: "Connect",
    render: (app) => html`<wizard-page .app=${app}></wizard-page>`,
  },
  {
    path: "/tenants/:tenantId/onboarding",
    title: pages.onboarding,
    role: "Read",
    render: (app, { tenantId }) => html`<onboarding-page .app=${app} .tenantId=${tenantId}></onboarding-page>`,
  },
  {
    path: "/tenants/:tenantId",
    title: pages.tenant,
    role: "Read",
    render: (app, { tenantId }) => html`<tenant-page .app=${app} .tenantId=${tenantId}></tenant-page>`,
  },
  {
    path: "/ops",
    title: pages.ops,
    role: "Ops",
    render: (app) => html`<ops-page .app=${app}></ops-page>`,
  },
  {
    path: "/ops/runs/:runId",
    title: pages.run,
    role: "Ops",
    render: (app, { runId }) => html`<run-page .app=${app} .runId=${runId}></run-page>`,
  },
];
