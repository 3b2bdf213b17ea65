/** What is asked, by what the technician gets from it. */

import { html, nothing, type TemplateResult } from "lit";
import { Building, Eye, type IconNode, Laptop, Mail, MailX, ShieldCheck, User, Users } from "lucide";
import type { Permission } from "../api/contract.ts";
import { badge } from "../elements/badges.ts";
import { icon } from "../elements/icon.ts";
import { consentStep, permissionTitles } from "../texts.ts";
import { groupPermissions, isReadOnly } from "./permission-groups.ts";

const ICONS: Record<string, IconNode> = {
  "User.Read.All": User,
  "Group.Read.All": Users,
  "Directory.Read.All": Building,
  "DeviceManagementManagedDevices.Read.All": Laptop,
  "SecurityEvents.Read.All": ShieldCheck,
  "Reports.Read.All": Mail,
  "Mail.Read": MailX,
};

export function permissionList(permissions: readonly Permission[]): TemplateResult {
  const { used, unused } = groupPermissions(permissions);
  return html`<section class="part">
    <div class="row"><h3>${consentStep.used}</h3>${used.every(isReadOnly) ? badge("good", consentStep.readOnly) : nothing}</div>
    <ul class="permissions">${used.map(item)}</ul>
  </section>
  ${unused.length ? unusedList(unused) : nothing}`;
}

const unusedList = (permissions: readonly Permission[]) => html`<section class="part">
    <div><h3>${consentStep.unused}</h3><p class="small">${consentStep.unusedText}</p></div>
    <ul class="permissions">${permissions.map(item)}</ul>
  </section>`;

const item = (permission: Permission) =>
  html`<li>
    <span class="permission-mark">${icon(ICONS[permission.name] ?? Eye)}</span>
    <div>
      <p class="row"><strong>${permissionTitles[permission.name] ?? permission.name}</strong>
        ${isReadOnly(permission) ? nothing : badge("warn", consentStep.changes)}</p>
      <p class="quiet">${permission.why}</p>
      <p class="small"><code>${permission.name}</code></p>
    </div>
  </li>`;
