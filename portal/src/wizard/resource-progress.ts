/** One resource of a sync: a row that keeps its height and place whatever happens to it. */

import { html, nothing, type TemplateResult } from "lit";
import type { ResourceStatus } from "../api/contract.ts";
import { resourceBadge } from "../elements/badges.ts";
import { formatDuration, formatNumber } from "../format.ts";
import { owners, resourceNames, sync } from "../texts.ts";
import { waitText } from "../waits.ts";
import { barOf, isEnded, ratePerSecond } from "./progress.ts";

/** A list item; belongs into `<ul class="resources">`. */
export function resourceProgress(name: string, resource: ResourceStatus): TemplateResult {
  return html`<li class="resource" data-resource=${name} data-state=${resource.state}>
    <span class="resource-name">${nameOf(name)}</span>
    <span class="resource-state">${resourceBadge(resource.state)}</span>
    <span class="resource-count number">${countText(resource)}</span>
    ${resource.state === "skipped" ? html`<span class="resource-bar no-bar"></span>` : progressBar(name, resource)}
    <span class="resource-detail small">${detailText(resource)}</span>
  </li>`;
}

export const nameOf = (name: string): string => resourceNames[name] ?? name;

function progressBar(name: string, resource: ResourceStatus): TemplateResult {
  const { share, tone } = barOf(resource);
  // without a value the element itself says that nobody knows how much there is
  return share === undefined
    ? html`<progress class="resource-bar is-${tone}" aria-label=${nameOf(name)}></progress>`
    : html`<progress class="resource-bar is-${tone}" aria-label=${nameOf(name)} value=${share}></progress>`;
}

function countText(resource: ResourceStatus): string | typeof nothing {
  const { state, processed, expected, mode } = resource;
  const isUntold = mode === "delta" && !isEnded(resource);
  if (state === "pending" || state === "skipped" || isUntold) return nothing;
  if (expected !== null && !(state === "completed" && processed >= expected))
    return sync.of(formatNumber(processed), formatNumber(expected));
  return isEnded(resource) ? formatNumber(processed) : sync.soFar(formatNumber(processed));
}

function detailText(resource: ResourceStatus): string {
  const { state, waiting, problem, plan, carriedFrom } = resource;
  if (carriedFrom) return sync.carried;
  if (waiting) return waitText(waiting);
  if (problem && state === "skipped") return sync.skipped(problem.message, owners[problem.owner]);
  if (problem) return problem.message;
  if (state === "pending") return expectedText(plan?.objects ?? 0);
  return workText(resource);
}

const expectedText = (count: number) => (count > 1 ? sync.expected(formatNumber(count)) : "");

function workText(resource: ResourceStatus): string {
  const { pages, retries, throttledSeconds, mode } = resource;
  const parts = [
    mode === "delta" ? sync.onlyChanges : "",
    pages ? sync.pages(pages, formatNumber(pages)) : "",
    rateText(ratePerSecond(resource)),
    retries ? sync.retries(retries) : "",
    throttledSeconds ? sync.slowedFor(formatDuration(throttledSeconds)) : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return "";
  return perSecond >= 1
    ? sync.aSecond(formatNumber(Math.round(perSecond)))
    : sync.aMinute(formatNumber(Math.ceil(perSecond * 60)));
}
