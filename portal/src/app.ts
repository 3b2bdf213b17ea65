/** What every page is given, and what pages have in common. */

import { LitElement } from "lit";
import { property, state } from "lit/decorators.js";
import type { Api } from "./api/client.ts";
import type { Me } from "./api/contract.ts";
import { ApiProblem } from "./api/problems.ts";
import type { PortalConfig } from "./config.ts";
import { type Session, SignInNeeded } from "./session.ts";

export type Role = "Read" | "Connect" | "Support" | "Ops";

export interface App {
  readonly api: Api;
  readonly config: PortalConfig;
  readonly session: Session;
  /** The caller in the API's words. */
  readonly me: Me;
  /** Whether the caller has the app role `Onboarding.…`; the API has the last word. */
  may(role: Role): boolean;
  /** Tells people who cannot see the page what has changed on it. */
  announce(text: string): void;
  /** The session has ended: offers to sign in again, on top of the page as it is. */
  onSessionOver(): void;
}

/** There is no token to be had any more, or the API does not take it. */
export const isSessionOver = (error: unknown): boolean =>
  error instanceof SignInNeeded || (error instanceof ApiProblem && error.status === 401);

/** An element that renders into the page itself, so that labels, styles and tests see one document. */
export abstract class PageElement extends LitElement {
  protected override createRenderRoot(): this {
    return this;
  }
}

/** A page: it has the app, and shows the trouble of what it tried last. */
export abstract class Page extends PageElement {
  @property({ attribute: false }) app!: App;
  /** For `<trouble-note .error=…>`; undefined when all is well. */
  @state() protected error: unknown;
  @state() protected isBusy = false;
  /** What had the focus when work began: where it is disabled meanwhile, the browser takes the focus away. */
  private pressed: HTMLElement | undefined;

  /** What a piece of work gives; undefined when it failed, which the page then shows. */
  protected async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && this.contains(activeElement)) this.pressed = activeElement;
    this.isBusy = true;
    try {
      const result = await work();
      this.error = undefined;
      return result;
    } catch (error) {
      this.fail(error);
      return undefined;
    } finally {
      this.isBusy = false;
      void this.updateComplete.then(() => this.giveFocusBack());
    }
  }

  private giveFocusBack(): void {
    if (this.isBusy) return;
    if (document.activeElement === document.body) this.pressed?.focus({ preventScroll: true });
    this.pressed = undefined;
  }

  protected fail(error: unknown): void {
    if (isSessionOver(error)) this.app.onSessionOver();
    else this.error = error;
  }
}
