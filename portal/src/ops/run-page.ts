/** One sync as operations see it: where it stands, what held it up, and the ways to end it or to read again. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ArrowLeft, CircleStop, Eraser, type IconNode } from "lucide";
import type { OpsRunDetails } from "../api/contract.ts";
import { badge, tenantBadge } from "../elements/badges.ts";
import "../elements/confirm-dialog.ts";
import type { ConfirmDialog } from "../elements/confirm-dialog.ts";
import { icon } from "../elements/icon.ts";
import { problemNote } from "../elements/trouble-note.ts";
import { navigate } from "../router.ts";
import { ops, pages, runPage } from "../texts.ts";
import { purgeRun, readRun, retryResource, terminateRun } from "./api.ts";
import type { Orchestration } from "./documents.ts";
import { runFacts, stalledNote, waitingNote } from "./run-head.ts";
import "./run-history.ts";
import { orchestration } from "./run-orchestration.ts";
import { resourcesTable } from "./run-resources.ts";
import { timeline } from "./run-timeline.ts";
import { isOver, nameOf, resourceName } from "./sentences.ts";
import { Watched } from "./watched.ts";

/** What is asked before something is done. */
interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
}

@customElement("run-page")
export class RunPage extends Watched<OpsRunDetails> {
  protected readonly seconds = 5;
  @property() runId = "";
  @state() private question: Question = runPage.end;
  /** What has just been done. */
  @state() private done = "";
  @state() private actionError: unknown;
  @query("confirm-dialog") private dialog!: ConfirmDialog;
  @query("p.note") private doneNote!: HTMLElement | null;

  protected load = (signal: AbortSignal): Promise<OpsRunDetails> => readRun(this.app, this.runId, signal);

  protected override isFinal = isOver;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.get("runId")) return;
    this.actionError = undefined;
    this.restart();
  }

  override render(): TemplateResult {
    const run = this.value;
    return html`<div class="page">
      <p><a class="ops-back" href="/ops">${icon(ArrowLeft, 16)} ${runPage.back}</a></p>
      <header class="page-head">
        <div class="row">
          <h1 tabindex="-1">${run ? runPage.title(nameOf(run)) : pages.run}</h1>
          ${run ? stateBadge(run) : nothing}
        </div>
        ${run ? this.renderActions(run) : nothing}
      </header>
      ${this.done ? html`<p class="note is-good" tabindex="-1">${this.done}</p>` : nothing}
      ${this.actionError === undefined ? nothing : html`<trouble-note .error=${this.actionError}></trouble-note>`}
      ${this.renderTrouble()} ${run ? this.renderRun(run) : nothing}
      <confirm-dialog .heading=${this.question.title} .text=${this.question.text} .action=${this.question.action}></confirm-dialog>
    </div>`;
  }

  private renderActions(run: OpsRunDetails): TemplateResult {
    const canPurge = run.orchestration && isOver(run);
    return html`<div class="actions">
      <a class="button" href="/tenants/${run.tenantId}">${runPage.openTenant}</a>
      ${canPurge ? this.renderAction(runPage.purge.action, Eraser, this.purge) : nothing}
      ${run.finishedAt ? nothing : this.renderAction(runPage.end.action, CircleStop, this.end, run.stalled !== null)}
    </div>`;
  }

  private renderAction(label: string, shape: IconNode, act: () => void, isUrgent = false): TemplateResult {
    return html`<button type="button" class="button ${isUrgent ? "is-danger" : ""}" ?disabled=${this.isBusy} @click=${act}>
      ${icon(shape, 18)} ${label}
    </button>`;
  }

  private renderRun(run: OpsRunDetails): TemplateResult {
    const now = Date.now();
    return html`${run.stalled ? stalledNote(run.stalled) : run.waiting ? waitingNote(run.waiting) : nothing}
      ${run.problem ? problemNote(run.problem) : nothing}
      ${card("run", runPage.overview, runFacts(run, now))}
      ${card("timeline", runPage.timeline.title, timeline(run, now))}
      ${Object.keys(run.resources).length ? card("resources", runPage.resources.title, resourcesTable(run, run.finishedAt ? this.retry : undefined)) : nothing}
      ${card("orchestration", runPage.orchestration.title, orchestration(run))}
      ${run.orchestration ? card("history", runPage.history.title, this.renderHistory(run.orchestration)) : nothing}`;
  }

  private renderHistory(told: Orchestration): TemplateResult {
    return html`<run-history .app=${this.app} .runId=${this.runId} .orchestration=${told}></run-history>`;
  }

  private end = (): Promise<void> => this.act(runPage.end, () => terminateRun(this.app, this.runId), runPage.end.done);

  private purge = (): Promise<void> =>
    this.act(runPage.purge, () => purgeRun(this.app, this.runId), runPage.purge.done);

  private retry = async (resource: string): Promise<void> => {
    const { title, text, action } = runPage.retry;
    const name = resourceName(resource);
    await this.act(
      { title: title(name), text, action },
      async () => {
        const { runId } = await retryResource(this.app, this.runId, resource);
        navigate(`/ops/runs/${encodeURIComponent(runId)}`);
      },
      runPage.retry.done(name),
    );
  };

  /** Asks, does it, and says that it was done; what went wrong stays on the page until the next try. */
  private async act(question: Question, work: () => Promise<unknown>, done: string): Promise<void> {
    this.question = question;
    this.done = "";
    await this.updateComplete;
    if (!(await this.dialog.ask())) return;
    await this.attempt(async () => {
      await work();
      this.done = done;
      this.app.announce(done);
    });
    this.actionError = this.error;
    this.refresh();
    await this.updateComplete;
    this.doneNote?.focus(); // the button that was pressed may be gone
  }
}

/** That it stands still says more than what it was doing. */
const stateBadge = ({ stalled, state }: OpsRunDetails): TemplateResult =>
  stalled ? badge("stop", ops.runs.isStuck) : tenantBadge(state);

const card = (name: string, title: string, content: TemplateResult): TemplateResult =>
  html`<section class="card stack" aria-labelledby="ops-${name}"><h2 id="ops-${name}">${title}</h2>${content}</section>`;
