/** Finds a tenant as its name is typed. */

import type { Preflight } from "../api/contract.ts";
import { ApiProblem } from "../api/problems.ts";
import { type After, Latest } from "./latest.ts";

export interface Wish {
  /** As typed. */
  readonly tenant: string;
  readonly cloud: string;
}

export type Lookup =
  | { readonly kind: "idle" | "incomplete" | "looking" | "held" }
  | { readonly kind: "found"; readonly found: Preflight; readonly wish: Wish }
  | { readonly kind: "refused"; readonly error: unknown };

const PAUSE_MILLISECONDS = 400;
const HELD_SECONDS = 5;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DOMAIN = /^[^\s@/]+\.[^\s@/.]{2,}$/;

/** Whether a text can be a whole domain or GUID, so that asking for it makes sense. */
export const looksWhole = (text: string): boolean => GUID.test(text) || DOMAIN.test(text);

export class TenantLookup {
  private readonly latest: Latest<Wish, Lookup>;
  private wish: Wish = { tenant: "", cloud: "" };

  constructor(
    ask: (wish: Wish, signal: AbortSignal) => Promise<Preflight>,
    private readonly onChange: (lookup: Lookup) => void,
    after?: After,
  ) {
    const answering = {
      ask: async (wish: Wish, signal: AbortSignal): Promise<Lookup> => ({
        kind: "found",
        found: await ask(wish, signal),
        wish,
      }),
      onAnswer: onChange,
      onFailure: (error: unknown) => this.suffer(error),
    };
    this.latest = new Latest(answering, after);
  }

  /** Looks for it when the typing pauses, if it can be a whole name. */
  typed(wish: Wish): void {
    this.wish = wish;
    const text = wish.tenant.trim();
    if (!looksWhole(text)) {
      this.latest.stop();
      this.onChange({ kind: text ? "incomplete" : "idle" });
      return;
    }
    this.onChange({ kind: "looking" });
    this.latest.soon(wish, PAUSE_MILLISECONDS);
  }

  /** Looks for it at once, whatever it looks like: the API says what is wrong with it. */
  now(wish: Wish): void {
    this.wish = wish;
    this.onChange({ kind: wish.tenant.trim() ? "looking" : "idle" });
    if (wish.tenant.trim()) this.latest.now(wish);
    else this.latest.stop();
  }

  stop(): void {
    this.latest.stop();
  }

  private suffer(error: unknown): void {
    const isHeld = error instanceof ApiProblem && error.status === 429;
    this.onChange(isHeld ? { kind: "held" } : { kind: "refused", error });
    if (isHeld) this.latest.soon(this.wish, (error.retryAfter ?? HELD_SECONDS) * 1000);
  }
}
