/** Whether the parts of the service answer, how quickly, and what waits in them. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { CircleCheck, CircleX, Clock } from "lucide";
import type { OpsHealth, StatusProblem } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { when } from "../elements/when.ts";
import { common, ops, owners, trouble } from "../texts.ts";
import { readHealth } from "./api.ts";
import type { HealthPart } from "./documents.ts";
import { healthFigures, wellnessOf } from "./sentences.ts";
import { Watched } from "./watched.ts";

const ICONS = { ok: CircleCheck, slow: Clock, failing: CircleX };
const TONES = { ok: "good", slow: "warn", failing: "stop" };

@customElement("ops-health")
export class OpsHealthPart extends Watched<OpsHealth> {
  protected readonly seconds = 15;

  protected load = (signal: AbortSignal): Promise<OpsHealth> => readHealth(this.app, signal);

  /** Says only what has changed from well to unwell, or back. */
  protected override take(value: OpsHealth): void {
    const before = this.value ? wellnessOf(this.value.parts) : "allWell";
    const now = wellnessOf(value.parts);
    if (now !== before) this.app.announce(ops.health[now]);
    super.take(value);
  }

  override render(): TemplateResult {
    return html`<section class="card stack" aria-labelledby="ops-health">
      <div class="ops-head">
        <h2 id="ops-health">${ops.health.title}</h2>
        ${this.value ? html`<p class="small">${ops.health.checked} ${when(this.value.checkedAt)}</p>` : nothing}
      </div>
      ${this.renderTrouble()}
      ${this.value ? parts(this.value.parts) : nothing}
    </section>`;
  }
}

const parts = (all: readonly HealthPart[]): TemplateResult =>
  html`<ul class="ops-parts">${all.map(part)}</ul>
    ${all.filter((told) => told.state !== "ok").map(unwell)}`;

const part = (told: HealthPart): TemplateResult =>
  html`<li class="ops-part is-${TONES[told.state]}">
    ${icon(ICONS[told.state], 20)}
    <div>
      <p class="ops-part-name">${nameOf(told)}<span class="visually-hidden">: ${ops.health.states[told.state]}</span></p>
      <p class="small">${healthFigures(told)}</p>
    </div>
  </li>`;

/** A part that is not well: what that means, whose move it is, what to do. */
const unwell = (told: HealthPart): TemplateResult =>
  html`<div class="note is-${TONES[told.state]}">
    ${icon(ICONS[told.state])}
    <div>
      <p class="note-title">${ops.health.unwell(nameOf(told), ops.health.states[told.state])}</p>
      <p>${ops.parts[told.name]?.[told.state === "slow" ? "slow" : "failing"]} ${told.detail}</p>
      ${told.problem ? whatNow(told.problem) : nothing}
    </div>
  </div>`;

const whatNow = ({ owner, nextAction, code }: StatusProblem): TemplateResult =>
  html`<p>${trouble.whoseMove}: ${owners[owner]}. ${nextAction}</p>
    <p class="small">${common.code(code)}</p>`;

const nameOf = ({ name }: HealthPart): string => ops.parts[name]?.name ?? name;
