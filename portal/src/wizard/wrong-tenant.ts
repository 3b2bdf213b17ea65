/** What the problem `wrong_tenant` brings along: the tenant consent came from, and how the app is removed there. */

import type { Removal, StatusProblem } from "../api/contract.ts";

/** The tenant to connect instead, by GUID; undefined when it is not known. */
export function otherTenantOf(problem: StatusProblem | null): string | undefined {
  const offer = problem?.connectInstead as { body?: { tenant?: string } } | undefined;
  return offer?.body?.tenant;
}

export const removalOf = (problem: StatusProblem): Removal | undefined => problem.removal as Removal | undefined;
