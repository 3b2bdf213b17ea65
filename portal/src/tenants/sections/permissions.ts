/** What is granted and what is needed, what can be asked for on top, and who asked for what. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { ask } from "../../api/client.ts";
import type { Permissions, PermissionsAsked, PermissionsRequest, ReadOnly } from "../../api/contract.ts";
import { badge } from "../../elements/badges.ts";
import "../../elements/copy-field.ts";
import { problemNote } from "../../elements/trouble-note.ts";
import { when } from "../../elements/when.ts";
import { resourceNames, permissionTexts as texts } from "../../texts.ts";
import { cell, headCell, headRow } from "../card-table.ts";
import { ledgerTable } from "./ledger.ts";
import { readOnlyNote } from "./read-only.ts";
import { Section } from "./section.ts";

type Operation = Permissions["operations"][number];
const INVENTORY = "inventory";

@customElement("permissions-section")
export class PermissionsSection extends Section<Permissions> {
  @state() private asked: PermissionsAsked | undefined;
  @state() private readOnly: ReadOnly | undefined;

  protected load(): Promise<Permissions> {
    const params = { path: this.path };
    return ask(this.app.api.http.GET("/api/msp-portal/tenants/{tenantId}/permissions", { params }));
  }

  protected content(found: Permissions): TemplateResult {
    const operations = found.operations.filter(({ operation, available }) => available && operation !== INVENTORY);
    return html`${this.required(found)}
      <section class="card stack" aria-labelledby="operations">
        <div><h2 id="operations">${texts.operations}</h2><p class="small">${texts.operationsText}</p></div>
        <ul class="operations">${operations.filter((each) => !each.isService).map((each) => this.operation(each))}</ul>
        <h3>${texts.services}</h3>
        <ul class="operations">${operations.filter((each) => each.isService).map((each) => this.operation(each))}</ul>
      </section>
      ${this.app.may("Connect") ? this.backToReadOnly() : nothing}
      <section class="card stack" aria-labelledby="ledger">
        <div><h2 id="ledger">${texts.ledger}</h2><p class="small">${texts.ledgerText}</p></div>
        ${found.ledger.length ? ledgerTable(found, this.app.me) : html`<p class="quiet">${texts.noLedger}</p>`}
      </section>`;
  }

  private required(found: Permissions): TemplateResult {
    const isShort = found.permissions.some(({ granted, kind }) => granted === false && kind === "application");
    return html`<section class="card stack" aria-labelledby="required">
      <div class="section-head">
        <div>
          <h2 id="required">${texts.required}</h2>
          <p class="small">${found.checkedAt ? html`${texts.checkedAt} ${when(found.checkedAt)}` : texts.notChecked}</p>
        </div>
        ${isShort && this.app.may("Connect") ? this.askButton(INVENTORY, texts.askAgain, texts.askAgain) : nothing}
      </div>
      ${this.asked?.operation === INVENTORY ? this.link(this.asked, texts.required) : nothing}
      ${permissionTable(found)}
      ${reading(found)}
      ${found.unexpected.length ? unexpected(found.unexpected) : nothing}
    </section>`;
  }

  private operation({ operation, title, permissions }: Operation): TemplateResult {
    const isMissing = permissions.some(({ granted }) => granted === false);
    const isGranted = isMissing ? false : permissions.some(({ granted }) => granted === null) ? null : true;
    return html`<li>
      <div class="operation">
        <div>
          <p class="strong">${title}</p>
          <p class="small">${permissions.map(({ name }) => html`<code>${name}</code> `)}</p>
        </div>
        ${isMissing && this.app.may("Connect") ? this.askButton(operation, texts.ask, texts.askFor(title)) : grantedBadge(isGranted)}
      </div>
      ${this.asked?.operation === operation ? this.link(this.asked, title) : nothing}
    </li>`;
  }

  private askButton(operation: string, text: string, label: string): TemplateResult {
    return html`<button type="button" class="button is-small" aria-label=${label} ?disabled=${this.isBusy}
      @click=${() => void this.askFor(operation)}>${text}</button>`;
  }

  private link({ authUrl }: PermissionsAsked, title: string): TemplateResult {
    if (!authUrl) return html`<p class="small">${texts.nothingMissing}</p>`;
    return html`<div class="asked stack is-close">
      <copy-field label=${texts.link(title)} .value=${authUrl}></copy-field>
      <p class="small">${texts.linkText}</p>
    </div>`;
  }

  private backToReadOnly(): TemplateResult {
    return html`<section class="card stack" aria-labelledby="read-only">
      <div class="section-head">
        <div><h2 id="read-only">${texts.readOnly}</h2><p class="small">${texts.readOnlyText}</p></div>
        <button type="button" class="button" ?disabled=${this.isBusy} @click=${this.dropAll}>${texts.readOnlyAction}</button>
      </div>
      ${this.readOnly ? readOnlyNote(this.readOnly) : nothing}
    </section>`;
  }

  private async askFor(operation: string): Promise<void> {
    const body = { operation } as PermissionsRequest;
    const url = "/api/msp-portal/tenants/{tenantId}/permissions";
    const asked = await this.attempt(() => ask(this.app.api.http.POST(url, { params: { path: this.path }, body })));
    if (!asked) return;
    this.asked = asked;
    this.app.announce(asked.authUrl ? texts.asked : texts.nothingMissing);
    await this.reload();
  }

  private async dropAll(): Promise<void> {
    const url = "/api/msp-portal/tenants/{tenantId}/permissions";
    this.readOnly = await this.attempt(() => ask(this.app.api.http.DELETE(url, { params: { path: this.path } })));
    if (!this.readOnly) return;
    this.app.announce(texts.checked);
    await this.reload();
  }
}

const permissionTable = ({ permissions }: Permissions) =>
  html`<table class="is-cards" role="table" aria-labelledby="required">
    ${headRow([texts.permission, { name: texts.state }])}
    <tbody role="rowgroup">
      ${permissions.map(
        ({ name, kind, why, granted }) => html`<tr role="row">
          ${headCell(html`<code>${name}</code> <span class="small">${texts.kinds[kind]}. ${why}</span>`)}
          ${cell(texts.state, grantedBadge(granted))}
        </tr>`,
      )}
    </tbody>
  </table>`;

function grantedBadge(granted: boolean | null): TemplateResult {
  if (granted === null) return badge("quiet", texts.unknown);
  return granted ? badge("good", texts.granted) : badge("stop", texts.missing);
}

const reading = ({ resources }: Permissions) =>
  html`<h3>${texts.reading}</h3>
    <ul class="works">
      ${resources.map(({ resource, works }) => html`<li>${worksBadge(works)} ${resourceNames[resource] ?? resource}</li>`)}
    </ul>
    ${resources.some(({ missing }) => missing.length) ? html`<p>${texts.consentNeeded}</p>` : nothing}
    ${resources.map(({ problem, missing }) => (problem && !missing.length ? problemNote(problem) : nothing))}`;

function worksBadge(works: boolean | null): TemplateResult {
  if (works === null) return badge("quiet", texts.unknown);
  return works ? badge("good", texts.works) : badge("stop", texts.worksNot);
}

const unexpected = (names: readonly string[]) =>
  html`<div class="note is-warn">
    <div>
      <h3 class="note-title">${texts.unexpected}</h3>
      <p>${texts.unexpectedText}</p>
      <p>${names.map((name) => html`<code>${name}</code> `)}</p>
    </div>
  </div>`;
