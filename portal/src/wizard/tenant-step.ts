/** Step 2: the tenant, found as it is typed. Sends `typed` and `asked` with a Wish, `chosen` with a customer, `onward`, `back`. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LoaderCircle } from "lucide";
import { ApiProblem } from "../api/problems.ts";
import { PageElement } from "../app.ts";
import { icon } from "../elements/icon.ts";
import "../elements/trouble-note.ts";
import { clouds, common, tenantStep } from "../texts.ts";
import type { Draft } from "./draft.ts";
import { sendTo } from "./sending.ts";
import { otherCustomer, tenantCard } from "./tenant-card.ts";
import type { Lookup } from "./tenant-lookup.ts";

interface CloudChoice {
  readonly tenantId: string;
  readonly cloud: string;
}

@customElement("tenant-step")
export class TenantStep extends PageElement {
  @property({ attribute: false }) draft!: Draft;
  @property({ attribute: false }) lookup: Lookup = { kind: "idle" };
  @state() private invalid = "";
  @query("input#tenant") private input!: HTMLInputElement;
  /** The answer is waited for by somebody who has pressed Enter, not by somebody who types. */
  private isAsked = false;

  override render(): TemplateResult {
    return html`<form class="step" novalidate @submit=${this.submit}>
      <div class="step-head">
        <h2 tabindex="-1">${tenantStep.heading(this.draft.customer?.name ?? "")}</h2>
        <p>${tenantStep.lead}</p>
      </div>
      ${this.field()}
      ${this.lookup.kind === "found" ? html`<div class="found">${tenantCard(this.lookup.found)} ${this.suggestion()}</div>` : nothing}
      ${this.lookup.kind === "refused" ? this.refusal(this.lookup.error) : nothing}
      <div class="actions is-end">
        <button type="button" class="button" @click=${() => sendTo(this, "back")}>${common.back}</button>
        <button class="button is-main">${common.next}</button>
      </div>
    </form>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("lookup") || this.lookup.kind === "looking") return;
    if (this.isAsked && this.lookup.kind === "refused") this.querySelector<HTMLElement>("trouble-note")?.focus();
    this.isAsked = false;
  }

  private field(): TemplateResult {
    const isInvalid = this.invalid !== "" || (this.lookup.kind === "refused" && isRefusal(this.lookup.error));
    return html`<div class="field">
      <label class="field-label" for="tenant">${tenantStep.label}</label>
      <input id="tenant" autocomplete="off" autocapitalize="none" spellcheck="false" inputmode="url" maxlength="2000"
        placeholder=${tenantStep.placeholder} aria-describedby="tenant-hint tenant-invalid tenant-refusal" aria-invalid=${isInvalid ? "true" : "false"}
        .value=${this.draft.tenant} @input=${this.type} />
      ${this.invalid ? html`<p class="field-trouble" id="tenant-invalid">${this.invalid}</p>` : nothing}
      <p class="hint" id="tenant-hint">${tenantStep.hint}</p>
      <div role="status">${this.progress()}</div>
    </div>`;
  }

  private progress(): TemplateResult | typeof nothing {
    const { kind } = this.lookup;
    if (kind !== "looking" && kind !== "held") return nothing;
    return html`<p class="looking">${icon(LoaderCircle, 18)} ${tenantStep[kind]}</p>`;
  }

  private suggestion(): TemplateResult | typeof nothing {
    const { customer } = this.draft;
    const other = this.lookup.kind === "found" && customer ? otherCustomer(this.lookup.found, customer) : undefined;
    if (!other || !customer) return nothing;
    return html`<div class="note is-warn"><div>
      <p class="note-title">${tenantStep.suggestion(other.name)}</p>
      <p>${tenantStep.suggestionText(customer.name)}</p>
      <button type="button" class="button is-small" @click=${() => sendTo(this, "chosen", other)}>
        ${tenantStep.suggestionUse(other.name)}
      </button>
    </div></div>`;
  }

  private refusal(error: unknown): TemplateResult {
    const retry = isRefusal(error) ? undefined : () => this.ask();
    return html`<trouble-note id="tenant-refusal" tabindex="-1" .error=${error} .retry=${retry}></trouble-note>
      ${error instanceof ApiProblem ? html`${this.cloudChoice(error)} ${this.draft.cloud ? this.cloudAgain() : nothing} ${ownTenant(error)}` : nothing}`;
  }

  private cloudAgain = () =>
    html`<p><button type="button" class="button" @click=${() => this.ask("")}>${tenantStep.cloudAgain}</button></p>`;

  private cloudChoice(problem: ApiProblem): TemplateResult | typeof nothing {
    if (!Array.isArray(problem.members.choices)) return nothing;
    const choices: CloudChoice[] = problem.members.choices;
    return html`<fieldset>
      <legend>${tenantStep.cloudQuestion}</legend>
      <div class="actions">
        ${choices.map(({ cloud }) => html`<button type="button" class="button" @click=${() => this.ask(cloud)}>${clouds[cloud] ?? cloud}</button>`)}
      </div>
    </fieldset>`;
  }

  private type(): void {
    this.invalid = "";
    sendTo(this, "typed", { tenant: this.input.value, cloud: "" });
  }

  private ask(cloud = this.draft.cloud): void {
    this.isAsked = true;
    sendTo(this, "asked", { tenant: this.input.value, cloud });
  }

  private submit(event: Event): void {
    event.preventDefault();
    if (this.lookup.kind === "found") sendTo(this, "onward");
    else if (this.input.value.trim()) this.ask();
    else this.refuse();
  }

  private refuse(): void {
    this.invalid = tenantStep.missing;
    this.input.focus();
  }
}

/** Asking again would not help: something else has to be entered. */
const isRefusal = (error: unknown): boolean => error instanceof ApiProblem && error.status < 500;

/** The way to a tenant that is the caller's own already. */
function ownTenant({ code, members }: ApiProblem): TemplateResult | typeof nothing {
  if (code !== "tenant_already_connected" || !members.customerId) return nothing;
  const name = String(members.customerName ?? members.tenantId);
  return html`<p><a class="button" href="/tenants/${members.tenantId}">${tenantStep.openTenant(name)}</a></p>`;
}
