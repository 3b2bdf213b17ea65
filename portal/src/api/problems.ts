/** What the API refuses, and what never arrived: two kinds of trouble that people are told apart. */

import type { Owner, Problem } from "./contract.ts";

/** The API's own answer: what happened, whose move it is, what to do next. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly owner: Owner;
  readonly nextAction: string;
  readonly correlationId: string;
  /** Seconds until it may be tried again. */
  readonly retryAfter: number | undefined;
  /** Further members of the document. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.title);
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.owner = problem.owner;
    this.nextAction = problem.nextAction;
    this.correlationId = problem.correlationId;
    this.retryAfter = retryAfter;
    this.members = problem as Readonly<Record<string, unknown>>;
  }
}

/** No answer of the API arrived: offline, or the service is away. */
export class NoAnswer extends Error {
  constructor(readonly isOffline: boolean) {
    super(isOffline ? "offline" : "no answer");
  }
}

/** The problem of an answer that is none of success; a gateway's page counts as no answer. */
export async function problemOf(response: Response): Promise<ApiProblem | NoAnswer> {
  if (!response.headers.get("content-type")?.includes("problem+json")) return new NoAnswer(false);
  return new ApiProblem(await response.json(), secondsOf(response.headers.get("retry-after")));
}

export function secondsOf(header: string | null): number | undefined {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) ? seconds : undefined;
}
