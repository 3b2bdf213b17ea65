/** The API, typed by its contract: every call has a fresh token, every failure is an ApiProblem or NoAnswer. */

import createClient, { type Client } from "openapi-fetch";
import type { Session } from "../session.ts";
import type { paths } from "./contract.ts";
import { NoAnswer, problemOf, secondsOf } from "./problems.ts";

/** A polled document: new, or the one the caller has already. */
export type Polled<T> =
  | { isNew: true; value: T; etag: string; retryAfter: number | undefined }
  | { isNew: false; retryAfter: number | undefined };

export class Api {
  /** Calls by path and method; give the promise to `ask`. */
  readonly http: Client<paths>;

  constructor(
    private readonly origin: string,
    private readonly session: Session,
  ) {
    this.http = createClient<paths>({ baseUrl: origin || location.origin, fetch: reach });
    this.http.use({
      onRequest: async ({ request }) => {
        request.headers.set("Authorization", `Bearer ${await session.token()}`);
        return request;
      },
      onResponse: async ({ response }) => {
        if (!response.ok) throw await problemOf(response);
      },
    });
  }

  /** A document again, unless it is still the one with this ETag; throws ApiProblem, NoAnswer, SignInNeeded. */
  async poll<T>(path: string, etag: string, signal: AbortSignal): Promise<Polled<T>> {
    const headers = new Headers({ Authorization: `Bearer ${await this.session.token()}` });
    if (etag) headers.set("If-None-Match", etag);
    const response = await reach(new Request(`${this.origin}${path}`, { headers, signal, cache: "no-store" }));
    const retryAfter = secondsOf(response.headers.get("retry-after"));
    if (response.status === 304) return { isNew: false, retryAfter };
    if (!response.ok) throw await problemOf(response);
    return { isNew: true, value: await response.json(), etag: response.headers.get("etag") ?? "", retryAfter };
  }
}

/** The body of a call that has gone well. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

async function reach(request: Request): Promise<Response> {
  request.headers.set("X-Correlation-Id", crypto.randomUUID());
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new NoAnswer(!navigator.onLine);
  }
}
