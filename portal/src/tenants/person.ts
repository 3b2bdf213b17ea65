/** Who did something: a person by their id, as no names are kept. */

import { html, type TemplateResult } from "lit";
import type { Me } from "../api/contract.ts";
import { people } from "../texts.ts";

const SYSTEM = "system";

/** `actor` as the API tells it; nobody is the customer's administrator, who does not sign in here. */
export function person(actor: string | null, { userId }: Me): TemplateResult | string {
  if (!actor) return people.administrator;
  if (actor === SYSTEM) return people.system;
  return actor === userId ? people.you : html`<code>${actor}</code>`;
}
