/** What resources lack, and why: what happened, whose move it is, what to do. */

import { html, nothing, type TemplateResult } from "lit";
import { CircleX, type IconNode, Info, TriangleAlert } from "lucide";
import type { ResourceStatus } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { formatList } from "../format.ts";
import { owners, sync, trouble } from "../texts.ts";
import { isIssue } from "./progress.ts";
import { nameOf } from "./resource-progress.ts";

/** One note for resources with the same problem; `retry` adds a button for each that tries it again. */
export function resourceProblem(
  alike: readonly [string, ResourceStatus][],
  retry?: (name: string) => void,
): TemplateResult | typeof nothing {
  const [[, resource] = []] = alike;
  if (!resource?.problem) return nothing;
  const { problem } = resource;
  const names = alike.map(([name]) => name);
  const [tone, sign] = toneOf(resource);
  return html`<div class="note resource-problem ${tone}">
    ${icon(sign)}
    <div>
      <h4 class="note-title">${formatList(names.map(nameOf))}</h4>
      <p>${problem.message}</p>
      <dl class="facts">
        <div><dt>${trouble.whoseMove}</dt><dd>${owners[problem.owner]}</dd></div>
        <div><dt>${trouble.whatNow}</dt><dd>${problem.nextAction}</dd></div>
      </dl>
      ${retry ? html`<div class="actions">${names.map((name) => retryButton(name, retry))}</div>` : nothing}
    </div>
  </div>`;
}

const retryButton = (name: string, retry: (name: string) => void) =>
  html`<button type="button" class="button is-small" @click=${() => retry(name)}>${sync.retryOf(nameOf(name))}</button>`;

function toneOf(resource: ResourceStatus): [string, IconNode] {
  if (resource.state === "failed") return ["is-stop", CircleX];
  return isIssue(resource) ? ["is-warn", TriangleAlert] : ["is-calm", Info];
}
