import { html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { Page } from "../app.ts";
import { pages } from "../texts.ts";

@customElement("wizard-page")
export class WizardPage extends Page {
  override render(): TemplateResult {
    return html`<div class="page"><h1 tabindex="-1">${pages.wizard}</h1></div>`;
  }
}
