/** Links that were made in this browser: the API shows each of them once. Kept until they are used or void. */

import type { Connected } from "../api/contract.ts";
import { Kept } from "../keeping.ts";

export interface MadeLink {
  readonly authUrl: string;
  readonly expiresAt: string;
  /** Where the administrator approves GDAP; empty without it. */
  readonly approvalUrl: string;
}

type Made = Pick<Connected, "connectionId" | "authUrl" | "expiresAt" | "access">;
type Links = Readonly<Record<string, MadeLink>>;

export class MadeLinks {
  private readonly kept: Kept<{ links: Links }>;

  constructor(
    storage?: Storage,
    private readonly now: () => number = Date.now,
  ) {
    this.kept = new Kept("consent-links", { links: {} }, storage);
  }

  /** Where they are in the browser's storage. */
  get key(): string {
    return this.kept.key;
  }

  keep(connected: Made, approvalUrl = connected.access?.approvalUrl ?? ""): void {
    const { connectionId, authUrl, expiresAt } = connected;
    const link = { authUrl, expiresAt, approvalUrl };
    this.kept.change({ links: { ...this.valid(), [connectionId]: link } });
  }

  find(connectionId: string): MadeLink | undefined {
    return this.valid()[connectionId];
  }

  forget(connectionId: string): void {
    const { [connectionId]: gone, ...others } = this.kept.read().links;
    if (gone) this.kept.change({ links: others });
  }

  private valid(): Links {
    const all = Object.entries(this.kept.read().links);
    return Object.fromEntries(all.filter(([, link]) => Date.parse(link.expiresAt) > this.now()));
  }
}
