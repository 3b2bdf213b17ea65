/** What operations look at first: whether the service is well, what is under way, who is slowed down. */

import { html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { Page } from "../app.ts";
import { onMoved } from "../router.ts";
import { ops, pages } from "../texts.ts";
import { readFilter } from "./filters.ts";
import "./ops-health.ts";
import "./ops-runs.ts";
import "./ops-throttling.ts";

@customElement("ops-page")
export class OpsPage extends Page {
  @state() private filter = readFilter(location.search);
  private endMoved = () => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.endMoved = onMoved(() => {
      if (location.pathname === "/ops") this.filter = readFilter(location.search);
    });
  }

  override disconnectedCallback(): void {
    this.endMoved();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    return html`<div class="page">
      <header class="page-head">
        <div>
          <h1 tabindex="-1">${pages.ops}</h1>
          <p>${ops.about}</p>
        </div>
      </header>
      <ops-health .app=${this.app}></ops-health>
      <ops-runs .app=${this.app} .filter=${this.filter}></ops-runs>
      <ops-throttling .app=${this.app}></ops-throttling>
    </div>`;
  }
}
