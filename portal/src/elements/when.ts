/** A time as people say it ("3 minutes ago"), with the exact one in the viewer's zone on hovering. */

import "@github/relative-time-element";
import { html, type TemplateResult } from "lit";
import { formatDateTime } from "../format.ts";

/** `time` is RFC 3339. */
export const when = (time: string): TemplateResult =>
  html`<relative-time datetime=${time} title=${formatDateTime(time)} no-title>${formatDateTime(time)}</relative-time>`;
