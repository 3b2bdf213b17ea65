/** A part of a page that follows a document of its own: trouble with it leaves the others alone. */

import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { NoAnswer } from "../api/problems.ts";
import { Page } from "../app.ts";
import "../elements/trouble-note.ts";
import { Poller } from "../polling.ts";
import { common, ops, trouble } from "../texts.ts";

export abstract class Watched<T> extends Page {
  /** Undefined until the first answer; the last one that arrived while there is trouble. */
  @state() protected value: T | undefined;
  /** Between two looks at the document. */
  protected abstract readonly seconds: number;

  private readonly poller = new Poller<T>({
    load: async (_, signal) => ({
      isNew: true,
      value: await this.load(signal),
      etag: "",
      retryAfter: this.seconds,
    }),
    onValue: (value) => {
      this.error = undefined;
      this.take(value);
    },
    onTrouble: (error) => this.fail(error),
    isFinal: (value) => this.isFinal(value),
  });

  protected abstract load(signal: AbortSignal): Promise<T>;

  protected take(value: T): void {
    this.value = value;
  }

  protected isFinal(_: T): boolean {
    return false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.poller.start();
  }

  override disconnectedCallback(): void {
    this.poller.stop();
    super.disconnectedCallback();
  }

  /** Asks at once, also for a document that was final, and instead of what is being asked already. */
  protected refresh(): void {
    this.poller.stop();
    this.poller.start();
  }

  /** Begins anew: what was asked for is another document now. */
  protected restart(): void {
    this.value = undefined;
    this.error = undefined;
    this.refresh();
  }

  /** Whether another part of the page says that the service is away, so that it is said once. */
  protected readonly isAside: boolean = false;

  /** What is wrong, or that nothing has arrived yet. */
  protected renderTrouble(): TemplateResult | typeof nothing {
    if (this.error === undefined)
      return this.value === undefined ? html`<p class="quiet" role="status">${common.loading}</p>` : nothing;
    if (this.isAside && this.error instanceof NoAnswer)
      return html`<p class="quiet">${this.value === undefined ? trouble.noAnswer.title : ops.notAnswering}</p>`;
    return html`<trouble-note .error=${this.error} .retry=${() => this.refresh()}></trouble-note>`;
  }
}
