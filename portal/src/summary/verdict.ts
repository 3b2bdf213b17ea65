/** What the numbers of a tenant are worth. */

import type { ResourceStatus, Summary } from "../api/contract.ts";
import { inOrder, isEnded, isIssue } from "../wizard/progress.ts";

export interface Verdict {
  readonly proven: readonly string[];
  /** Resources whose numbers are not proven although they should be there. */
  readonly open: readonly string[];
  readonly unlicensed: readonly string[];
}

export function verdictOf(resources: Readonly<Record<string, ResourceStatus>>): Verdict {
  const namesOf = (belongs: (resource: ResourceStatus) => boolean) =>
    inOrder(resources)
      .filter(([, resource]) => belongs(resource))
      .map(([name]) => name);
  return {
    proven: namesOf(({ state, certificate }) => state === "completed" && certificate.verdict === "complete"),
    open: namesOf((resource) => isIssue(resource) || !isEnded(resource)),
    unlicensed: namesOf((resource) => resource.state === "skipped" && !isIssue(resource)),
  };
}

export type Missing = "switched_off" | "not_licensed" | "not_proven" | "not_read" | "not_yet";

/** Why a number is missing; `resource` is undefined where the tenant's is switched off. */
export function whyMissing(resource: ResourceStatus | undefined): Missing {
  if (!resource) return "switched_off";
  if (resource.problem?.code === "not_licensed") return "not_licensed";
  if (resource.state === "completed") return "not_yet"; // the sync was before this was counted
  return resource.state === "partial" || resource.state === "failed" ? "not_proven" : "not_read";
}

type SecureScore = NonNullable<Summary["secureScore"]>;
type Average = SecureScore["averages"][number];
const CLOSEST_FIRST: readonly Average["basis"][] = ["TotalSeats", "IndustryTypes", "AllTenants"];

/** The average of the most similar tenants Microsoft tells. Averages are percent already, whatever `max` is. */
export function closestAverage({ averages }: SecureScore): { basis: Average["basis"]; share: number } | undefined {
  for (const basis of CLOSEST_FIRST) {
    const found = averages.find((average) => average.basis === basis && average.score > 0 && average.score <= 100);
    if (found) return { basis, share: found.score / 100 };
  }
  return undefined;
}

/** Where to go at the end: the caller's own address if it is of this origin, else the tenant. Whole, as a path may look like a host. */
export function wayOut(returnUrl: string | null, origin: string, tenantId: string): string {
  const own = `/tenants/${tenantId}`;
  const target = returnUrl && URL.canParse(returnUrl, origin) ? new URL(returnUrl, origin) : undefined;
  return target?.origin === origin ? target.href : own;
}
