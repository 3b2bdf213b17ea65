/** Asks before something that cannot be taken back; with `phrase` it wants that word typed first. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { PageElement } from "../app.ts";
import { common, confirming } from "../texts.ts";

let count = 0;

@customElement("confirm-dialog")
export class ConfirmDialog extends PageElement {
  @property() heading = "";
  @property({ attribute: false }) text: string | TemplateResult = "";
  @property() action = "";
  @property() phrase = "";
  @state() private typed = "";
  @query("dialog") private dialog!: HTMLDialogElement;
  private readonly headingId = `confirm-${++count}`;
  private answer = (_: boolean) => {};

  /** Opens; true when the person has confirmed. */
  ask(): Promise<boolean> {
    this.typed = "";
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  override render(): TemplateResult {
    const isReady = !this.phrase || this.typed.trim().toLowerCase() === this.phrase.toLowerCase();
    return html`<dialog aria-labelledby=${this.headingId} @close=${this.closed}>
      <h2 id=${this.headingId}>${this.heading}</h2>
      <div class="dialog-text">${this.text}</div>
      ${this.phrase ? this.phraseField() : nothing}
      <div class="actions">
        <button type="button" class="button" @click=${() => this.dialog.close("")}>${common.cancel}</button>
        <button type="button" class="button is-danger" ?disabled=${!isReady} @click=${() => this.dialog.close("yes")}>
          ${this.action}
        </button>
      </div>
    </dialog>`;
  }

  private phraseField(): TemplateResult {
    return html`<label class="field">
      <span>${confirming.type(this.phrase)}</span>
      <input autocomplete="off" spellcheck="false" .value=${this.typed} @input=${this.type} />
    </label>`;
  }

  private type(event: InputEvent): void {
    this.typed = (event.target as HTMLInputElement).value;
  }

  private closed(): void {
    this.answer(this.dialog.returnValue === "yes");
  }
}
