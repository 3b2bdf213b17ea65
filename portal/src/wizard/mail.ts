/** The message a technician sends to the customer's administrator. */

import { formatDateTimeWithZone } from "../format.ts";
import { invitation } from "../texts.ts";
import type { MadeLink } from "./links.ts";

export const mailBody = (tenantName: string, link: MadeLink): string =>
  (link.approvalUrl ? invitation.bodyOfTwo : invitation.body)(
    tenantName,
    link.authUrl,
    formatDateTimeWithZone(link.expiresAt),
    link.approvalUrl,
  );

/** `mailto:` without a recipient: who the administrator is, the technician knows. */
export const mailLink = (tenantName: string, link: MadeLink): string =>
  `mailto:?subject=${encodeURIComponent(invitation.subject(tenantName))}&body=${encodeURIComponent(mailBody(tenantName, link).replaceAll("\n", "\r\n"))}`;
