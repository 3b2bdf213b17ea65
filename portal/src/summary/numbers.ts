/** A tenant's numbers as tiles; one that is not proven says why instead of being zero. */

import { html, type TemplateResult } from "lit";
import { BadgeCheck } from "lucide";
import type { ResourceStatus, Summary } from "../api/contract.ts";
import { icon } from "../elements/icon.ts";
import { formatDay, formatNumber } from "../format.ts";
import { summary as texts } from "../texts.ts";
import { whyMissing } from "./verdict.ts";

const LONGEST_LARGE = 7;

interface Tile {
  readonly name: string;
  readonly resource: string;
  readonly value: number | null;
  readonly detail?: string;
}

export function numberTiles(summary: Summary, resources: Readonly<Record<string, ResourceStatus>>): TemplateResult {
  return html`<ul class="tiles">
    ${tilesOf(summary, resources.mailboxes?.certificate.asOf).map((tile) => tileItem(tile, resources[tile.resource]))}
  </ul>`;
}

function tilesOf(summary: Summary, mailboxDay: string | null | undefined): Tile[] {
  const { users, guests, groups, memberships, devices, mailboxes, licenses } = summary;
  return [
    {
      name: texts.users,
      resource: "users",
      value: users,
      detail: guests === null ? "" : texts.guests(formatNumber(guests)),
    },
    { name: texts.groups, resource: "groups", value: groups },
    { name: texts.memberships, resource: "memberships", value: memberships },
    { name: texts.devices, resource: "devices", value: devices },
    {
      name: texts.mailboxes,
      resource: "mailboxes",
      value: mailboxes,
      detail: mailboxDay ? texts.asOf(formatDay(mailboxDay)) : "",
    },
    { name: texts.subscriptions, resource: "licenses", value: licenses.subscriptions, detail: seatsText(licenses) },
  ];
}

const seatsText = ({ assigned, seats }: Summary["licenses"]) =>
  assigned === null || seats === null ? "" : texts.seats(formatNumber(assigned), formatNumber(seats));

/** Why there is no number. */
export const missingText = (resource: ResourceStatus | undefined): string => texts.missing[whyMissing(resource)] ?? "";

function tileItem({ name, value, detail }: Tile, resource: ResourceStatus | undefined): TemplateResult {
  if (value === null) {
    return html`<li class="card tile is-missing">
      <span class="tile-name">${name}</span>
      <span class="tile-value" aria-hidden="true">–</span>
      <span class="small">${missingText(resource)}</span>
    </li>`;
  }
  const figure = formatNumber(value);
  return html`<li class="card tile">
    <span class="tile-name">${name} ${icon(BadgeCheck, 16)}<span class="visually-hidden">${texts.isProven}</span></span>
    <span class="tile-value ${figure.length > LONGEST_LARGE ? "is-long" : ""}">${figure}</span>
    <span class="small">${detail}</span>
  </li>`;
}
