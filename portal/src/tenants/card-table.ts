/** Tables whose rows become cards on narrow screens; the roles keep them tables for screen readers. */

import { html, nothing, type TemplateResult } from "lit";

interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
  /** Only for those who listen. */
  readonly isHidden?: boolean;
}

export const headRow = (columns: readonly (string | Column)[]): TemplateResult =>
  html`<thead role="rowgroup"><tr role="row">
    ${columns.map((column) => columnHead(typeof column === "string" ? { name: column } : column))}
  </tr></thead>`;

const columnHead = ({ name, isNumber = false, isHidden = false }: Column) =>
  html`<th scope="col" role="columnheader" class=${isNumber ? "number" : ""}>
    <span class=${isHidden ? "visually-hidden" : ""}>${name}</span>
  </th>`;

export const headCell = (content: unknown): TemplateResult => html`<th scope="row" role="rowheader">${content}</th>`;

/** `name` is the column's, shown beside the content where there is no room for columns. */
export const cell = (name: string, content: unknown, kind = ""): TemplateResult =>
  html`<td role="cell" class=${kind} data-label=${name || nothing}>${content}</td>`;
