/** HTTP as the API wants it: a fresh token for each request, patience while it is busy, refusals as exceptions. */

import { ConnectError, findError, NoAnswerError } from "./errors.js";

export interface Options {
  /** The API's address, without a path. */
  origin: string;
  /** Asked before each request. */
  token: () => string | Promise<string>;
  /**
   * Seconds a call may wait, 90 unless told: a 429 for as long as the API asks; a service that is away too, by calls
   * that may be repeated, which are reading and what has an Idempotency-Key.
   */
  patience?: number;
  /** What sends; the platform's own unless told. */
  fetch?: (request: Request) => Promise<Response>;
  /** What waits some seconds; a timer unless told. */
  sleep?: (seconds: number) => Promise<unknown>;
}

const LONGEST_PAUSE_SECONDS = 30;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
const etags = new WeakMap<object, string>();

/** The ETag an answer came with, for `If-Match`; empty when it had none. */
export function etagOf(document: object): string {
  return etags.get(document) ?? "";
}

/** Remembers the ETag of an answer for `etagOf`. */
export function withEtag<T>(document: T, response: Response): T {
  const etag = response.headers.get("etag");
  if (etag && typeof document === "object" && document !== null) etags.set(document, etag);
  return document;
}

/** Sends until there is an answer below 400; its promise is refused with ProblemError or NoAnswerError. */
export class Transport {
  readonly origin: string;

  /** Throws where a token could be overheard. */
  constructor(private readonly options: Options) {
    const url = new URL(options.origin);
    if (url.protocol !== "https:" && !LOOPBACK.includes(url.hostname)) {
      throw new TypeError(`${options.origin} is not https, so the token could be read on its way.`);
    }
    this.origin = url.origin;
  }

  async send(request: Request): Promise<Response> {
    let left = this.options.patience ?? 90;
    for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_SECONDS)) {
      try {
        return await this.sendOnce(request.clone());
      } catch (error) {
        if (!(error instanceof ConnectError) || !isWorthRepeating(request, error)) throw error;
        const wait = error.retryAfter ?? pause;
        if (wait > left) throw error;
        left -= wait;
        await this.sleep(wait);
      }
    }
  }

  async sleep(seconds: number): Promise<void> {
    await (this.options.sleep ?? timer)(seconds);
  }

  private async sendOnce(request: Request): Promise<Response> {
    request.headers.set("Authorization", bearer(await this.options.token()));
    const response = await this.reach(request);
    const error = await findError(response);
    if (error) throw error;
    return response;
  }

  private async reach(request: Request): Promise<Response> {
    try {
      return await (this.options.fetch ?? fetch)(request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw new NoAnswerError("Nothing came back.", 0, undefined, { cause: error });
    }
  }
}

/** Throws without the token, which an error of the header would tell. */
function bearer(token: string): string {
  const text = token.trim();
  if (!/^[!-~]+$/.test(text)) throw new TypeError("What `token` gave is no access token.");
  return `Bearer ${text}`;
}

/** A 429 has done nothing yet; of anything else it is not known, so only what does no harm twice is sent again. */
function isWorthRepeating(request: Request, error: ConnectError): boolean {
  if (error.status === 429) return true;
  return error.isPassing && (request.method === "GET" || request.headers.has("Idempotency-Key"));
}

function timer(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
