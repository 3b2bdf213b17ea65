/** Which columns of the inventory are shown, and how their values read. */

import { formatDay, formatNumber } from "../format.ts";
import { inventoryTexts as texts } from "../texts.ts";

export type Row = Readonly<Record<string, unknown>>;

/** By resource; the first one names the row. */
export const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  organization: ["displayName", "countryLetterCode", "tenantType", "verifiedDomains", "createdDateTime"],
  users: ["displayName", "userPrincipalName", "userType", "accountEnabled", "assignedLicenses", "department"],
  groups: ["displayName", "mail", "groupTypes", "securityEnabled", "visibility", "createdDateTime"],
  memberships: ["groupId", "memberId", "memberType"],
  licenses: ["skuPartNumber", "capabilityStatus", "prepaidUnits", "consumedUnits"],
  devices: ["deviceName", "operatingSystem", "osVersion", "complianceState", "userPrincipalName", "lastSyncDateTime"],
  mailboxes: [
    "displayName",
    "userPrincipalName",
    "recipientType",
    "storageUsedInBytes",
    "itemCount",
    "lastActivityDate",
  ],
  secure_score: ["createdDateTime", "currentScore", "maxScore", "activeUserCount", "licensedUserCount"],
};

const TIME = /^\d{4}-\d\d-\d\d(T|$)/;
const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** A value as people read it; lists of things without a name are counted. */
export function show(column: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (typeof value === "number") return column.endsWith("InBytes") ? showBytes(value) : formatNumber(value);
  if (Array.isArray(value)) return showList(value);
  if (typeof value === "object") return "enabled" in value ? formatNumber(Number(value.enabled)) : texts.parts;
  return TIME.test(String(value)) ? formatDay(String(value)) : String(value);
}

function showList(values: readonly unknown[]): string {
  const names = values.map(nameOf);
  return names.every((name) => name !== "") ? names.join(", ") || "–" : formatNumber(values.length);
}

function nameOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value && typeof value === "object" && "name" in value ? String(value.name) : "";
}

function showBytes(bytes: number): string {
  const step = bytes ? Math.min(Math.floor(Math.log(bytes) / Math.log(1024)), UNITS.length - 1) : 0;
  return `${formatNumber(Math.round(bytes / 1024 ** step))} ${UNITS[step]}`;
}

export const isNumeric = (value: unknown): boolean => typeof value === "number";
