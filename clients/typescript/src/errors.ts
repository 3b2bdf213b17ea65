/** What the API refuses, and what never arrived. */

import type { Owner, Problem } from "./contract.js";

/** A call has not done what it should. */
export class ConnectError extends Error {
  /** The service is away, and likely to be back soon. */
  readonly isPassing: boolean = false;

  constructor(
    message: string,
    /** The answer's; 0 when none came. */
    readonly status: number,
    /** Seconds until it may be tried again, where that is known. */
    readonly retryAfter: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No answer of the API arrived: the network, a gateway's own page, or the service is away. */
export class NoAnswerError extends ConnectError {
  override readonly isPassing = this.status === 0 || this.status >= 500;
}

/** The API's own refusal (RFC 9457): what happened, whose move it is, what to do next. */
export class ProblemError extends ConnectError {
  override readonly isPassing = this.status === 503;
  /** Stable, where the texts are for people and may change. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly owner: Owner;
  readonly nextAction: string;
  readonly correlationId: string;

  constructor(
    /** Everything, further members of some problems too. */
    readonly document: Problem & { readonly [member: string]: unknown },
    retryAfter: number | undefined,
  ) {
    super(`${document.title} [${document.code}] ${document.nextAction}`, document.status, retryAfter);
    this.code = document.code;
    this.title = document.title;
    this.detail = document.detail;
    this.owner = document.owner;
    this.nextAction = document.nextAction;
    this.correlationId = document.correlationId;
  }
}

/** The error an answer stands for; a success that is not JSON is a page of somebody else. */
export async function findError(response: Response): Promise<ConnectError | undefined> {
  const kind = response.headers.get("content-type") ?? "";
  const hasContent = [200, 201, 202].includes(response.status);
  if (response.status < 400 && (!hasContent || kind.includes("json"))) return undefined;
  const retryAfter = secondsOf(response.headers.get("retry-after"));
  const document = kind.includes("problem+json")
    ? await response.json().catch(() => undefined)
    : await response.body?.cancel();
  if (isProblem(document)) return new ProblemError(document, retryAfter);
  return new NoAnswerError(`Status ${response.status}, and not from the API.`, response.status, retryAfter);
}

/** A gateway's own problem has no code, and says nothing of whose move it is. */
function isProblem(document: unknown): document is Problem & { readonly [member: string]: unknown } {
  const members = ["title", "status", "detail", "code", "owner", "nextAction", "correlationId"];
  return typeof document === "object" && document !== null && members.every((member) => member in document);
}

/** Seconds of a Retry-After header; undefined without one, or when it is a date. */
export function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}
