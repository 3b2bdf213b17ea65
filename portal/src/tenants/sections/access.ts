/** How technicians get at the tenant: its GDAP relationships, and what is left of DAP. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { TriangleAlert } from "lucide";
import { ask } from "../../api/client.ts";
import type { Relationship, RelationshipRequest, RoleTemplates } from "../../api/contract.ts";
import type { ConfirmDialog } from "../../elements/confirm-dialog.ts";
import "../../elements/confirm-dialog.ts";
import { icon } from "../../elements/icon.ts";
import { accessTexts as texts } from "../../texts.ts";
import { isOver, isUsable } from "../states.ts";
import { relationshipCard } from "./relationship.ts";
import { Section } from "./section.ts";

interface Access {
  readonly relationships: readonly Relationship[];
  readonly templates: RoleTemplates;
  readonly isLegacy: boolean;
}

const MOST_PAGES = 10;
const PAGE_SIZE = 200;

@customElement("access-section")
export class AccessSection extends Section<Access> {
  @state() private ending: Relationship | undefined;
  @query("confirm-dialog") private dialog!: ConfirmDialog;

  protected async load(): Promise<Access> {
    const [relationships, templates, isLegacy] = await Promise.all([
      this.loadRelationships(),
      ask(this.app.api.http.GET("/api/msp-portal/relationships/templates")),
      this.lookForLegacy().catch(() => this.tenant.access.legacy), // a hint, which keeps nobody from the rest
    ]);
    if (isLegacy !== this.tenant.access.legacy) this.dispatchEvent(new Event("tenant-changed", { bubbles: true }));
    return { relationships, templates, isLegacy };
  }

  /** Whether Microsoft still has a contract; the tenant only knows what the last look at all of them has found. */
  private async lookForLegacy(): Promise<boolean> {
    const { items } = await ask(this.app.api.http.GET("/api/msp-portal/dap"));
    return items.some(({ tenantId, problem }) => tenantId === this.tenant.tenantId && problem !== null);
  }

  /** Microsoft lists those of all customers; there is no asking for one tenant's. */
  private async loadRelationships(): Promise<Relationship[]> {
    const found: Relationship[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MOST_PAGES; page++) {
      const params: { query: { top: number; cursor?: string } } = {
        query: { top: PAGE_SIZE, ...(cursor ? { cursor } : {}) },
      };
      const { items, nextCursor } = await ask(this.app.api.http.GET("/api/msp-portal/relationships", { params }));
      found.push(...items.filter(({ tenantId }) => tenantId === this.tenant.tenantId));
      cursor = nextCursor;
      if (!cursor) break;
    }
    return found;
  }

  protected content({ relationships, templates, isLegacy }: Access): TemplateResult {
    const current = relationships.filter(({ status }) => !isOver(status));
    const past = relationships.filter(({ status }) => isOver(status));
    return html`${isLegacy ? legacyNote() : nothing}
      <section class="card stack" aria-labelledby="gdap">
        <div><h2 id="gdap">${texts.heading}</h2><p class="small">${texts.text}</p></div>
        ${current.length ? this.cards(current) : html`<p class="quiet">${texts.none}</p>`}
        ${past.length ? html`<details><summary>${texts.past(past.length)}</summary>${this.cards(past)}</details>` : nothing}
      </section>
      ${this.app.may("Connect") && current.length === 0 ? this.askForm(templates) : nothing}
      <confirm-dialog heading=${texts.endHeading} action=${texts.end} .text=${this.endText}></confirm-dialog>`;
  }

  private cards(relationships: readonly Relationship[]): TemplateResult {
    const deeds = { extend: this.extend, end: this.end, isBusy: this.isBusy };
    return html`<ul class="relationships">
      ${relationships.map((each) => relationshipCard(each, this.app.may("Connect") ? deeds : undefined))}
    </ul>`;
  }

  private askForm({ items }: RoleTemplates): TemplateResult {
    return html`<form class="card stack" aria-labelledby="ask-gdap" @submit=${this.askFor}>
      <h2 id="ask-gdap">${texts.ask}</h2>
      <div class="columns">
        <label class="field"><span>${texts.template}</span>
          <select name="roleTemplate">${items.map(({ key, title }) => html`<option value=${key}>${title}</option>`)}</select>
        </label>
        <label class="field"><span>${texts.duration}</span>
          <select name="duration">
            ${Object.entries(texts.durations).map(
              ([value, name]) => html`<option value=${value} ?selected=${value === "P90D"}>${name}</option>`,
            )}
          </select>
        </label>
      </div>
      <div class="actions"><button class="button is-main" ?disabled=${this.isBusy}>${texts.ask}</button></div>
    </form>`;
  }

  private async askFor(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const wanted = Object.fromEntries(new FormData(event.target as HTMLFormElement));
    const body = { tenant: this.tenant.tenantId, ...wanted } as unknown as RelationshipRequest;
    const isAsked = await this.act(
      () => ask(this.app.api.http.POST("/api/msp-portal/relationships", { body })),
      texts.asked,
    );
    if (isAsked) await this.reload();
  }

  private readonly extend = async ({ relationshipId, autoExtend }: Relationship): Promise<void> => {
    const params = { path: { relationshipId } };
    const url = "/api/msp-portal/relationships/{relationshipId}/extend";
    const call = () => ask(this.app.api.http.POST(url, { params, body: { autoExtend: !autoExtend } }));
    if (await this.act(call, texts.extended)) await this.reload();
  };

  private readonly end = async (relationship: Relationship): Promise<void> => {
    this.ending = relationship;
    await this.updateComplete;
    if (!(await this.dialog.ask())) return;
    const params = { path: { relationshipId: relationship.relationshipId } };
    const url = "/api/msp-portal/relationships/{relationshipId}";
    if (await this.act(() => ask(this.app.api.http.DELETE(url, { params })), texts.ended)) await this.reload();
  };

  private get endText(): string {
    return !this.ending || isUsable(this.ending.status) ? texts.endText : texts.endPending;
  }
}

const legacyNote = () =>
  html`<div class="note is-warn">
    ${icon(TriangleAlert)}
    <div><h2 class="note-title">${texts.legacy}</h2><p>${texts.legacyText}</p></div>
  </div>`;
