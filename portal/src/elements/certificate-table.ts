/** What proves each number of a sync: Microsoft's count beside what arrived and what is stored. */

import { html, type TemplateResult } from "lit";
import type { Certificate } from "../api/contract.ts";
import { formatDay, formatNumber } from "../format.ts";
import { certificates, resourceNames } from "../texts.ts";
import { inOrder } from "../wizard/progress.ts";
import { badge } from "./badges.ts";
import { evidenceOf } from "./evidence.ts";

/** As in a sync-status, or in one of a tenant's runs. */
export interface Certified {
  readonly carriedFrom: string | null;
  readonly certificate: Certificate;
}

const TONES = { complete: "good", partial: "warn", unknown: "quiet" } as const;

export const certificateTable = (resources: Readonly<Record<string, Certified>>): TemplateResult =>
  html`<div class="scroll" role="region" tabindex="0" aria-label=${certificates.scroll}>
    <table class="certificates">
      <thead>
        <tr>
          <th scope="col">${certificates.resource}</th>
          <th scope="col" class="number">${certificates.expected}</th>
          <th scope="col" class="number">${certificates.received}</th>
          <th scope="col" class="number">${certificates.stored}</th>
          <th scope="col" class="number">${certificates.duplicates}</th>
          <th scope="col" class="number">${certificates.pages}</th>
          <th scope="col">${certificates.verdict}</th>
          <th scope="col">${certificates.evidence}</th>
        </tr>
      </thead>
      <tbody>
        ${inOrder(resources).map(([name, certified]) => row(name, certified))}
      </tbody>
    </table>
  </div>`;

function row(name: string, { certificate, carriedFrom }: Certified): TemplateResult {
  const { expected, received, stored, duplicates, pages, verdict } = certificate;
  return html`<tr>
    <th scope="row">${resourceNames[name] ?? name}</th>
    <td class="number">${expected === null ? html`<span class="quiet">${certificates.noCount}</span>` : formatNumber(expected)}</td>
    <td class="number">${formatNumber(received)}</td>
    <td class="number">${formatNumber(stored)}</td>
    <td class="number">${formatNumber(duplicates)}</td>
    <td class="number">${formatNumber(pages)}</td>
    <td>${badge(TONES[verdict], certificates.verdicts[verdict] ?? verdict)}</td>
    <td>${words(certificate, carriedFrom)}</td>
  </tr>`;
}

function words(certificate: Certificate, carriedFrom: string | null): string {
  const { asOf } = certificate;
  const more = [asOf ? certificates.asOf(formatDay(asOf)) : "", carriedFrom ? certificates.carried : ""];
  return [evidenceOf(certificate), ...more.filter(Boolean)].join(", ");
}
