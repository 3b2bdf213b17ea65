/** The portal's pages by address; each is fetched when somebody goes there. */

import { html, type TemplateResult } from "lit";
import type { App, Role } from "./app.ts";
import { pages } from "./texts.ts";

export interface Route {
  /** `/tenants/:tenantId/onboarding`. */
  readonly path: string;
  readonly title: string;
  /** The app role without which the page is of no use. */
  readonly role?: Role;
  /** Fetches the page's scripts, once. */
  load(): Promise<unknown>;
  render(app: App, values: Record<string, string>): TemplateResult;
}

const tenants: Omit<Route, "path"> = {
  title: pages.tenants,
  role: "Read",
  load: () => import("./tenants/tenants-page.ts"),
  render: (app) => html`<tenants-page .app=${app}></tenants-page>`,
};

export const routes: readonly Route[] = [
  { path: "/", ...tenants },
  { path: "/tenants", ...tenants },
  {
    path: "/tenants/new",
    title: pages.wizard,
    role: "Connect",
    load: () => import("./wizard/wizard-page.ts"),
    render: (app) => html`<wizard-page .app=${app}></wizard-page>`,
  },
  {
    path: "/tenants/:tenantId/onboarding",
    title: pages.onboarding,
    role: "Read",
    load: () => import("./wizard/onboarding-page.ts"),
    render: (app, { tenantId }) => html`<onboarding-page .app=${app} .tenantId=${tenantId}></onboarding-page>`,
  },
  {
    path: "/tenants/:tenantId",
    title: pages.tenant,
    role: "Read",
    load: () => import("./tenants/tenant-page.ts"),
    render: (app, { tenantId }) => html`<tenant-page .app=${app} .tenantId=${tenantId}></tenant-page>`,
  },
  {
    path: "/ops",
    title: pages.ops,
    role: "Ops",
    load: () => import("./ops/ops-page.ts"),
    render: (app) => html`<ops-page .app=${app}></ops-page>`,
  },
  {
    path: "/ops/runs/:runId",
    title: pages.run,
    role: "Ops",
    load: () => import("./ops/run-page.ts"),
    render: (app, { runId }) => html`<run-page .app=${app} .runId=${runId}></run-page>`,
  },
];
