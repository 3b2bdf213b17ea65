/** What an orchestration has done, a sentence an event; read only when somebody wants to see it. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { CircleAlert } from "lucide";
import type { OpsHistory } from "../api/contract.ts";
import { Page } from "../app.ts";
import { icon } from "../elements/icon.ts";
import { formatDateTime, formatDuration, formatTimeOfDay } from "../format.ts";
import { common, runPage } from "../texts.ts";
import { readHistory } from "./api.ts";
import type { ChildInstance, HistoryEvent, Orchestration } from "./documents.ts";
import { statusName } from "./run-orchestration.ts";
import { resourceName, withLocalTimes } from "./sentences.ts";

const words = runPage.history;

@customElement("run-history")
export class RunHistoryPart extends Page {
  @property() runId = "";
  @property({ attribute: false }) orchestration!: Orchestration;
  @state() private instance = "";
  @state() private history: OpsHistory | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("runId")) return;
    this.instance = "";
    this.history = undefined;
    this.error = undefined;
  }

  override render(): TemplateResult {
    return html`<div class="ops-picker">
        <label class="field">
          <span>${words.instance}</span>
          <select @change=${this.choose}>
            <option value="" ?selected=${!this.instance}>${words.parent}</option>
            ${this.orchestration.children.map((child) => this.renderChoice(child))}
          </select>
        </label>
        <button type="button" class="button" ?disabled=${this.isBusy} @click=${this.read}>
          ${this.history ? words.reload : words.show}
        </button>
      </div>
      ${this.error === undefined ? nothing : html`<trouble-note .error=${this.error} .retry=${this.read}></trouble-note>`}
      ${this.isBusy && !this.history ? html`<p class="quiet" role="status">${common.loading}</p>` : nothing}
      ${this.history ? events(this.history) : nothing}`;
  }

  private renderChoice(child: ChildInstance): TemplateResult {
    const name = child.resource ? resourceName(child.resource) : child.instanceId;
    return html`<option value=${child.instanceId} ?selected=${child.instanceId === this.instance}>
      ${words.child(name, statusName(child.runtimeStatus))}
    </option>`;
  }

  private choose(event: Event): void {
    this.instance = (event.target as HTMLSelectElement).value;
    if (this.history) void this.read();
  }

  private read = async (): Promise<void> => {
    const wanted = this.instance;
    const history = await this.attempt(() =>
      readHistory(this.app, this.runId, wanted || this.orchestration.instanceId),
    );
    if (!history || wanted !== this.instance) return;
    this.history = history;
    this.app.announce(words.loaded(history.events.length));
  };
}

const events = (history: OpsHistory): TemplateResult =>
  html`<p class="small">${history.truncated ? words.truncated : history.note}</p>
  ${
    history.events.length
      ? html`<ol class="ops-events" tabindex="0" aria-label=${words.title}>${history.events.map(event)}</ol>`
      : html`<p class="quiet">${words.none}</p>`
  }`;

const event = (told: HistoryEvent): TemplateResult =>
  html`<li class=${told.isError ? "is-error" : ""}>
    ${told.at ? html`<time datetime=${told.at} title=${formatDateTime(told.at)}>${formatTimeOfDay(told.at)}</time>` : html`<span></span>`}
    <p>
      ${told.isError ? html`${icon(CircleAlert, 16)} <span class="visually-hidden">${words.failed}:</span>` : nothing} ${withLocalTimes(told.text)}
      ${told.seconds && told.seconds >= 1 ? html`<span class="quiet">${words.lasted(formatDuration(told.seconds))}</span>` : nothing}
    </p>
  </li>`;
