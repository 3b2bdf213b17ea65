/** All tenants of the MSP: how each is, what it needs, and the way to it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { Building2, Plus, Search } from "lucide";
import { type App, Page } from "../app.ts";
import { icon } from "../elements/icon.ts";
import { formatNumber } from "../format.ts";
import { Poller } from "../polling.ts";
import { navigate, onMoved } from "../router.ts";
import { common, pages, tenantGroups, tenantList } from "../texts.ts";
import { countGroups, filterTenants, parseFilter, type TenantFilter, writeFilter } from "./filter.ts";
import { loadTenants, type TenantList } from "./loading.ts";
import { type Group, groupOf } from "./states.ts";
import { tenantTable } from "./tenant-table.ts";
import "./transfer-offers.ts";

const QUIET_SECONDS = 30;
const ACTIVE_SECONDS = 5;

@customElement("tenants-page")
export class TenantsPage extends Page {
  @state() private list: TenantList | undefined;
  @state() private filter: TenantFilter = parseFilter(location.search);
  private pagesShown = 1;
  private endMoved = () => {};
  private readonly poller = new Poller<TenantList>({
    load: async (_, signal) => {
      const value = await loadTenants(this.app, this.pagesShown, signal);
      return { isNew: true, value, etag: "", retryAfter: isActive(value) ? ACTIVE_SECONDS : QUIET_SECONDS };
    },
    onValue: (list) => {
      this.list = list;
      this.error = undefined;
    },
    onTrouble: (error) => this.fail(error),
    isFinal: () => false,
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.endMoved = onMoved(() => {
      this.filter = parseFilter(location.search);
    });
  }

  protected override firstUpdated(): void {
    this.poller.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endMoved();
    this.poller.stop();
  }

  override render(): TemplateResult {
    return html`<div class="page">
      <div class="page-head">
        <div>
          <h1 tabindex="-1">${pages.tenants}</h1>
          <p>${tenantList.intro}</p>
        </div>
        ${this.app.may("Connect") && this.list?.items.length ? connectLink(tenantList.connect) : nothing}
      </div>
      ${this.app.may("Connect") ? this.offers() : nothing}
      <trouble-note .error=${this.error} .retry=${this.again}></trouble-note>
      ${this.list ? this.content(this.list) : this.error === undefined ? loading() : nothing}
    </div>`;
  }

  private offers(): TemplateResult {
    return html`<transfer-offers .app=${this.app} @tenant-changed=${this.again}></transfer-offers>`;
  }

  private content(list: TenantList): TemplateResult {
    if (list.items.length === 0) return emptyState(this.app);
    const now = Date.now();
    const shown = filterTenants(list.items, this.filter, now);
    return html`${this.filterBar(countGroups(list.items, now))}
      <section class="card is-flush" aria-label=${tenantList.caption}>
        ${shown.length ? tenantTable(shown, now) : nothingFits(list)}
        ${this.footer(shown.length, list)}
      </section>`;
  }

  private filterBar(counts: Record<Group | "all", number>): TemplateResult {
    const groups = Object.entries(tenantGroups) as [Group | "all", string][];
    const offered = groups.filter(([group]) => group === "all" || group === this.filter.group || counts[group] > 0);
    return html`<div class="filter-bar">
      <nav class="pills" aria-label=${tenantList.filter}>
        ${offered.map(([group, name]) => this.pill(group, name, counts[group]))}
      </nav>
      <label class="search">
        <span class="visually-hidden">${tenantList.search}</span>
        ${icon(Search, 18)}
        <input type="search" placeholder=${tenantList.searchHint} .value=${this.filter.text} @input=${this.type} />
      </label>
    </div>`;
  }

  private pill(group: Group | "all", name: string, count: number): TemplateResult {
    const target = `/${writeFilter({ ...this.filter, group })}`;
    return html`<a href=${target} aria-current=${group === this.filter.group ? "true" : "false"}>
      ${name} <span class="count">${formatNumber(count)}</span>
    </a>`;
  }

  private footer(shown: number, list: TenantList): TemplateResult {
    const text = list.hasMore ? tenantList.shownOfLoaded : tenantList.shown;
    return html`<div class="table-foot">
      <p class="small" role="status">${text(formatNumber(shown), formatNumber(list.items.length))}</p>
      ${list.hasMore ? html`<button type="button" class="button" @click=${this.more}>${common.more}</button>` : nothing}
    </div>`;
  }

  private type(event: InputEvent): void {
    const text = (event.target as HTMLInputElement).value;
    navigate(`/${writeFilter({ ...this.filter, text })}`, { replace: true });
  }

  private more(): void {
    this.pagesShown += 1;
    this.poller.now();
  }

  private readonly again = () => this.poller.now();
}

const isActive = (list: TenantList) => list.items.some((tenant) => groupOf(tenant, Date.now()) === "syncing");

const loading = () => html`<p class="card quiet" role="status">${common.loading}</p>`;

const connectLink = (text: string) =>
  html`<a class="button is-main" href="/tenants/new">${icon(Plus, 18)} <span>${text}</span></a>`;

const nothingFits = (list: TenantList) =>
  html`<div class="empty">
    <h2>${tenantList.none}</h2>
    <p>${list.hasMore ? tenantList.noneLoaded : tenantList.noneText}</p>
    <a class="button" href="/">${tenantList.showAll}</a>
  </div>`;

const emptyState = (app: App) =>
  html`<div class="card empty is-large">
    <span class="empty-mark">${icon(Building2, 28)}</span>
    <h2>${tenantList.empty}</h2>
    <p>${tenantList.emptyText}</p>
    ${app.may("Connect") ? connectLink(tenantList.connectFirst) : nothing}
  </div>`;
