/** Connects a tenant: customer, tenant, consent. What is chosen is kept until the link is made. */

import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { ask } from "../api/client.ts";
import type { Connected, Preflight, Psa, RoleTemplates } from "../api/contract.ts";
import { isSessionOver, Page } from "../app.ts";
import { focusHeading } from "../elements/focusing.ts";
import type { Kept } from "../keeping.ts";
import { navigate, onMoved } from "../router.ts";
import { pages, tenantStep, wizard } from "../texts.ts";
import "./consent-step.ts";
import "./customer-step.ts";
import type { ChosenCustomer, Draft, DraftStep } from "./draft.ts";
import { addressOf, connectRequest, EMPTY, keptDraft, modelOf, numberOf, stepOf } from "./draft.ts";
import { MadeLinks } from "./links.ts";
import "./tenant-step.ts";
import { type Lookup, TenantLookup, type Wish } from "./tenant-lookup.ts";
import { wizardSteps } from "./wizard-steps.ts";

@customElement("wizard-page")
export class WizardPage extends Page {
  @state() private draft: Draft = EMPTY;
  @state() private step: DraftStep = "customer";
  @state() private lookup: Lookup = { kind: "idle" };
  @state() private psas: readonly Psa[] | undefined;
  @state() private templates: RoleTemplates["items"] | undefined;
  private kept!: Kept<Draft>;
  private endMoved = () => {};
  private readonly tenants = new TenantLookup(
    (wish, signal) => this.preflight(wish, signal),
    (lookup) => this.looked(lookup),
  );

  override connectedCallback(): void {
    super.connectedCallback();
    this.endMoved = onMoved(() => this.arrive());
    addEventListener("storage", this.hear);
  }

  /** Not when connected: the element may be in the page before its script, and then gets its properties later. */
  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("app")) return;
    this.kept = keptDraft(this.app.session.userName);
    this.arrive();
    void this.loadChoices();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endMoved();
    removeEventListener("storage", this.hear);
    this.tenants.stop();
  }

  override render(): TemplateResult {
    const { connected } = this.draft;
    return html`<div class="page wizard">
      <div class="page-head">
        <div><h1 tabindex="-1">${pages.wizard}</h1><p>${wizard.lead}</p></div>
        ${this.draft.customer && !connected ? this.startOverButton() : ""}
      </div>
      ${connected ? this.connectedNote(connected) : html`${wizardSteps(numberOf(this.step), linkOf)} <div class="card">${this.renderStep()}</div>`}
    </div>`;
  }

  private renderStep(): TemplateResult {
    switch (this.step) {
      case "customer":
        return html`<customer-step .app=${this.app} .customer=${this.draft.customer} .psas=${this.psas}
          @chosen=${this.choose} @onward=${() => this.go("tenant")}></customer-step>`;
      case "tenant":
        return this.tenantStep();
      case "consent":
        return this.lookup.kind === "found" ? this.consentStep(this.lookup.found) : this.waitingForTenant();
    }
  }

  private tenantStep(): TemplateResult {
    return html`<tenant-step .draft=${this.draft} .lookup=${this.lookup} @chosen=${this.chooseSuggested}
      @typed=${(event: CustomEvent<Wish>) => this.type(event.detail)} @asked=${(event: CustomEvent<Wish>) => this.look(event.detail)}
      @onward=${() => this.go("consent")} @back=${() => this.go("customer")}></tenant-step>`;
  }

  private consentStep(found: Preflight): TemplateResult {
    return html`<consent-step .draft=${this.draft} .found=${found} .psas=${this.psas} .templates=${this.templates}
      .error=${this.error} .isBusy=${this.isBusy} @changed=${(event: CustomEvent<Partial<Draft>>) => this.change(event.detail)}
      @onward=${() => this.connect(found)} @back=${() => this.go("tenant")} @restart=${() => this.go("customer")} @recheck=${this.recheck}></consent-step>`;
  }

  /** After a reload at the consent step the tenant is looked up once more. */
  private waitingForTenant(): TemplateResult {
    return html`<p class="looking" role="status">${tenantStep.looking}</p>`;
  }

  private connectedNote({ tenantId, name }: NonNullable<Draft["connected"]>): TemplateResult {
    return html`<div class="card stack">
      <h2 tabindex="-1">${wizard.connectedElsewhere.title(name)}</h2>
      <p>${wizard.connectedElsewhere.text}</p>
      <div class="actions">
        <a class="button is-main" href="/tenants/${tenantId}/onboarding">${wizard.connectedElsewhere.open}</a>
        <button type="button" class="button" @click=${this.startOver}>${wizard.connectedElsewhere.again}</button>
      </div>
    </div>`;
  }

  private startOverButton = () =>
    html`<button type="button" class="button is-quiet" @click=${this.startOver}>${wizard.startOver}</button>`;

  protected override updated(changed: PropertyValues): void {
    if (changed.get("step") === undefined) return;
    scrollTo(0, 0);
    focusHeading(this, "h2");
  }

  /** From elsewhere or by the back button; who comes to the wizard's own address begins anew after a connect. */
  private arrive(): void {
    if (location.pathname !== addressOf("customer")) return;
    if (!location.search && this.kept.read().connected) this.kept.forget();
    this.read();
  }

  /** Another tab has gone on with the draft. */
  private hear = (event: StorageEvent): void => {
    if (event.key === this.kept.key) this.read();
  };

  private read(): void {
    const before = this.draft;
    this.draft = this.kept.read();
    this.step = stepOf(new URLSearchParams(location.search).get("step"), this.draft);
    this.error = undefined;
    const isOther = before.tenant !== this.draft.tenant || before.cloud !== this.draft.cloud;
    if (isOther) this.tenants.now(this.draft);
  }

  private go(step: DraftStep): void {
    navigate(addressOf(step));
  }

  private change(change: Partial<Draft>): void {
    this.draft = this.kept.change(change);
  }

  private choose(event: CustomEvent<ChosenCustomer | null>): void {
    this.change({ customer: event.detail });
  }

  private chooseSuggested(event: CustomEvent<{ customerId: string; name: string }>): void {
    this.change({ customer: { ...event.detail, domains: [], providers: [], isInactive: false } });
  }

  private type(wish: Wish): void {
    this.change(wish);
    this.tenants.typed(wish);
  }

  private look(wish: Wish): void {
    this.change(wish);
    this.tenants.now(wish);
  }

  /** What was found is no longer so. */
  private recheck = (): void => {
    this.tenants.now(this.draft);
    this.go("tenant");
  };

  private looked(lookup: Lookup): void {
    const isOver = lookup.kind === "refused" && isSessionOver(lookup.error);
    if (isOver) this.app.onSessionOver();
    this.lookup = isOver ? { kind: "idle" } : lookup;
    if (lookup.kind === "found")
      this.app.announce(tenantStep.found(lookup.found.tenantDomain ?? lookup.found.tenantId));
    if (lookup.kind === "refused" && this.step === "consent") navigate(addressOf("tenant"), { replace: true });
  }

  private preflight({ tenant, cloud }: Wish, signal: AbortSignal): Promise<Preflight> {
    const query = { tenant: tenant.trim(), ...(cloud ? { cloud } : {}) } as { tenant: string };
    return ask(this.app.api.http.GET("/api/msp-portal/tenants/preflight", { params: { query }, signal }));
  }

  private async loadChoices(): Promise<void> {
    const { http } = this.app.api;
    const [psas, templates] = await Promise.allSettled([
      ask(http.GET("/api/msp-portal/psa")),
      ask(http.GET("/api/msp-portal/relationships/templates")),
    ]);
    if (psas.status === "fulfilled") this.psas = psas.value.items;
    if (templates.status === "fulfilled") this.templates = templates.value.items;
  }

  private async connect(found: Preflight): Promise<void> {
    const body = connectRequest(this.draft, modelOf(this.draft, found));
    if (!body) return this.go("customer");
    const connected = await this.attempt(() =>
      ask(this.app.api.http.POST("/api/msp-portal/tenants/connect", { body })),
    );
    if (connected) this.leave(connected);
  }

  private leave(connected: Connected): void {
    new MadeLinks().keep(connected);
    const name = connected.tenantDomain ?? this.draft.customer?.name ?? connected.tenantId;
    this.kept.change({ ...EMPTY, connected: { tenantId: connected.tenantId, name } });
    navigate(`/tenants/${connected.tenantId}/onboarding`);
  }

  private startOver = (): void => {
    this.kept.forget();
    this.tenants.stop();
    this.lookup = { kind: "idle" };
    navigate(addressOf("customer"));
  };
}

const linkOf = (step: number) => (step === 1 ? addressOf("customer") : step === 2 ? addressOf("tenant") : undefined);
