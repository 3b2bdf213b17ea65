/** Tags as chips that can be taken away, and a field for another one. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { X } from "lucide";
import { PageElement } from "../app.ts";
import { settings as texts } from "../texts.ts";
import { icon } from "./icon.ts";

const MOST_TAGS = 20;
const LONGEST_TAG = 50;
let count = 0;

/** Why a tag cannot be added; empty when it can. */
export function tagTrouble(tag: string, tags: readonly string[]): string {
  if (tag.length > LONGEST_TAG) return texts.tagTooLong;
  if (tags.includes(tag)) return texts.tagThere(tag);
  return tags.length >= MOST_TAGS ? texts.tooManyTags : "";
}

/** Fires `tags-changed` with the new list as `detail`. */
@customElement("tag-field")
export class TagField extends PageElement {
  @property({ attribute: false }) tags: readonly string[] = [];
  @property({ type: Boolean }) disabled = false;
  @state() private trouble = "";
  @query("input") private input!: HTMLInputElement;
  private readonly fieldId = `tags-${++count}`;

  override render(): TemplateResult {
    return html`<label class="field-label" for=${this.fieldId}>${texts.tags}</label>
      ${this.tags.length ? html`<ul class="chips">${this.tags.map((tag) => this.chip(tag))}</ul>` : nothing}
      ${this.disabled ? nothing : this.form()}
      <p class="small" id="${this.fieldId}-hint" role="status">${this.trouble || texts.tagsHint}</p>`;
  }

  private form(): TemplateResult {
    return html`<form class="tag-form" @submit=${this.add}>
      <input
        id=${this.fieldId}
        autocomplete="off"
        placeholder=${texts.newTag}
        aria-describedby="${this.fieldId}-hint"
        aria-invalid=${this.trouble ? "true" : "false"}
      />
      <button class="button">${texts.add}</button>
    </form>`;
  }

  private chip(tag: string): TemplateResult {
    return html`<li class="chip">
      <span>${tag}</span>
      ${this.disabled ? nothing : html`<button type="button" aria-label=${texts.remove(tag)} @click=${() => this.drop(tag)}>${icon(X, 16)}</button>`}
    </li>`;
  }

  private add(event: SubmitEvent): void {
    event.preventDefault();
    const tag = this.input.value.trim();
    if (!tag) return;
    this.trouble = tagTrouble(tag, this.tags);
    if (this.trouble) return;
    this.input.value = "";
    this.change([...this.tags, tag]);
  }

  private drop(tag: string): void {
    this.trouble = "";
    this.change(this.tags.filter((other) => other !== tag));
    this.input.focus();
  }

  private change(tags: readonly string[]): void {
    this.dispatchEvent(new CustomEvent("tags-changed", { detail: tags }));
  }
}
