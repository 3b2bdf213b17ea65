/** Leads to the wizard with what is known of a tenant already. */

import type { Tenant } from "../api/contract.ts";
import type { App } from "../app.ts";
import { navigate } from "../router.ts";
import { keptDraft } from "../wizard/draft.ts";

export function connectAgain(app: App, tenant: Tenant): void {
  const { customerId, customerName } = tenant;
  const customer = { customerId, name: customerName ?? "", domains: [], providers: [], isInactive: false };
  const draft = keptDraft(app.session.userName);
  draft.forget();
  draft.change({ customer, tenant: tenant.tenantDomain ?? tenant.tenantId });
  navigate("/tenants/new?step=tenant");
}
