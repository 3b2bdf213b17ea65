/** Who did what to this tenant. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { ask } from "../../api/client.ts";
import type { AuditPage } from "../../api/contract.ts";
import { when } from "../../elements/when.ts";
import { common, activityTexts as texts } from "../../texts.ts";
import { cell, headCell, headRow } from "../card-table.ts";
import { person } from "../person.ts";
import { Section } from "./section.ts";

const PAGE_SIZE = 50;

@customElement("activity-section")
export class ActivitySection extends Section<AuditPage> {
  protected load(cursor = ""): Promise<AuditPage> {
    const query = { ...this.path, top: PAGE_SIZE, ...(cursor ? { cursor } : {}) };
    return ask(this.app.api.http.GET("/api/msp-portal/audit", { params: { query } }));
  }

  protected content({ items, nextCursor }: AuditPage): TemplateResult {
    return html`<section class="card stack" aria-labelledby="activity">
      <div><h2 id="activity">${texts.heading}</h2><p class="small">${texts.text}</p></div>
      ${items.length ? this.table(items) : html`<p class="empty">${texts.empty}</p>`}
      ${nextCursor ? html`<div><button type="button" class="button" ?disabled=${this.isBusy} @click=${this.more}>${common.more}</button></div>` : nothing}
    </section>`;
  }

  private table(items: AuditPage["items"]): TemplateResult {
    return html`<table class="is-cards" role="table" aria-labelledby="activity">
      ${headRow([texts.deed, texts.when, texts.who])}
      <tbody role="rowgroup">
        ${items.map(
          ({ action, at, actor, detail }) => html`<tr role="row">
            ${headCell(html`<span class="strong">${texts.actions[action] ?? action}</span> ${details(detail)}`)}
            ${cell(texts.when, when(at))}
            ${cell(texts.who, person(actor, this.app.me))}
          </tr>`,
        )}
      </tbody>
    </table>`;
  }

  private async more(): Promise<void> {
    const { items, nextCursor } = this.loaded ?? { items: [], nextCursor: null };
    const next = await this.attempt(() => this.load(nextCursor ?? ""));
    if (next) this.loaded = { items: [...items, ...next.items], nextCursor: next.nextCursor };
  }
}

const details = (detail: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(detail).filter(([, value]) => value !== null && value !== "" && String(value) !== "");
  if (entries.length === 0) return nothing;
  return html`<details class="small"><summary>${texts.details}</summary>
    <dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${plain(value)}</dd></div>`)}</dl>
  </details>`;
};

const plain = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
