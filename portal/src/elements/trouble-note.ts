/** What went wrong, whose move it is, and the way on. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { TriangleAlert } from "lucide";
import type { Owner, StatusProblem } from "../api/contract.ts";
import { ApiProblem, NoAnswer } from "../api/problems.ts";
import { PageElement } from "../app.ts";
import { common, owners, trouble } from "../texts.ts";
import { icon } from "./icon.ts";

interface Told {
  readonly title: string;
  readonly text: string;
  readonly nextAction: string;
  readonly owner?: Owner;
  readonly code?: string;
  readonly correlationId?: string;
}

/** `<trouble-note .error=${…} .retry=${() => …}>`: an error that was caught; without `retry` no button. */
@customElement("trouble-note")
export class TroubleNote extends PageElement {
  @property({ attribute: false }) error: unknown;
  @property({ attribute: false }) retry: (() => void) | undefined;

  /** Waits for what it shows: without that there is nothing to be focused. */
  override focus(): void {
    void this.updateComplete.then(() => super.focus());
  }

  override render(): TemplateResult | typeof nothing {
    return this.error === undefined ? nothing : note(tell(this.error), this.retry);
  }
}

/** A problem that is part of a document, as of a resource or a run. */
export const problemNote = (problem: StatusProblem): TemplateResult =>
  note({ title: problem.message, text: "", nextAction: problem.nextAction, owner: problem.owner, code: problem.code });

function tell(error: unknown): Told {
  if (error instanceof ApiProblem) return { ...pick(error), text: error.detail };
  const known = error instanceof NoAnswer ? (error.isOffline ? trouble.offline : trouble.noAnswer) : trouble.unexpected;
  return { title: known.title, text: known.text, nextAction: known.next };
}

const pick = ({ title, nextAction, owner, code, correlationId }: ApiProblem) => ({
  title,
  nextAction,
  owner,
  code,
  correlationId,
});

function note(told: Told, retry?: () => void): TemplateResult {
  return html`<div class="note is-stop" role="alert">
    ${icon(TriangleAlert)}
    <div>
      <p class="note-title">${told.title}</p>
      ${told.text && told.text !== told.title ? html`<p>${told.text}</p>` : nothing}
      <dl class="facts">
        ${told.owner ? fact(trouble.whoseMove, owners[told.owner]) : nothing}
        ${fact(trouble.whatNow, told.nextAction)}
      </dl>
      ${retry ? html`<button type="button" class="button" @click=${retry}>${common.tryAgain}</button>` : nothing}
      ${told.code ? html`<p class="small">${common.code(told.code)}${told.correlationId ? html` · ${common.correlation(told.correlationId)}` : nothing}</p>` : nothing}
    </div>
  </div>`;
}

const fact = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
