/** What a resource lacks: what happened, whose move it is, what to do. */

import { html, nothing, type TemplateResult } from "lit";
import { CircleX, type IconNode, Info, TriangleAlert } from "lucide";
import type { ResourceStatus } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { owners, sync, trouble } from "../texts.ts";
import { isIssue } from "./progress.ts";
import { nameOf } from "./resource-progress.ts";

/** Nothing for a resource without a problem; `retry` adds the button that tries it again. */
export function resourceProblem(
  name: string,
  resource: ResourceStatus,
  retry?: () => void,
): TemplateResult | typeof nothing {
  const { problem } = resource;
  if (!problem) return nothing;
  const [tone, sign] = toneOf(resource);
  return html`<div class="note resource-problem ${tone}">
    ${icon(sign)}
    <div>
      <h4 class="note-title">${nameOf(name)}</h4>
      <p>${problem.message}</p>
      <dl class="facts">
        <div><dt>${trouble.whoseMove}</dt><dd>${owners[problem.owner]}</dd></div>
        <div><dt>${trouble.whatNow}</dt><dd>${problem.nextAction}</dd></div>
      </dl>
      ${retry ? html`<button type="button" class="button is-small" aria-label=${sync.retryOf(nameOf(name))} @click=${retry}>${sync.retry}</button>` : nothing}
    </div>
  </div>`;
}

function toneOf(resource: ResourceStatus): [string, IconNode] {
  if (resource.state === "failed") return ["is-stop", CircleX];
  return isIssue(resource) ? ["is-warn", TriangleAlert] : ["is-calm", Info];
}
