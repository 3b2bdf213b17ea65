/** A long text to take along, as the consent link: selectable, and copied by one press. */

import "@github/clipboard-copy-element";
import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Check, Copy } from "lucide";
import { PageElement } from "../app.ts";
import { common } from "../texts.ts";
import { icon } from "./icon.ts";

const SHOWN_MILLISECONDS = 3000;
let count = 0;

@customElement("copy-field")
export class CopyField extends PageElement {
  @property() label = "";
  @property() value = "";
  @state() private isCopied = false;
  private readonly fieldId = `copy-${++count}`;

  override render(): TemplateResult {
    return html`<label class="field-label" for=${this.fieldId}>${this.label}</label>
      <div class="copy-row">
        <input id=${this.fieldId} readonly .value=${this.value} @focus=${selectAll} />
        <clipboard-copy class="button" role="button" tabindex="0" .value=${this.value} @clipboard-copy=${this.copied}>
          ${icon(this.isCopied ? Check : Copy, 18)} <span aria-live="polite">${this.isCopied ? common.copied : common.copy}</span>
        </clipboard-copy>
      </div>`;
  }

  private copied(): void {
    this.isCopied = true;
    setTimeout(() => {
      this.isCopied = false;
    }, SHOWN_MILLISECONDS);
  }
}

const selectAll = (event: FocusEvent) => (event.target as HTMLInputElement).select();
