/** Permissions by what the technician gets from them. */

import type { Permission } from "../api/contract.ts";

export interface PermissionGroups {
  /** Those the sync reads with. */
  readonly used: readonly Permission[];
  /** Those of a signed-in person, which no sync uses. */
  readonly unused: readonly Permission[];
}

export const groupPermissions = (permissions: readonly Permission[]): PermissionGroups => ({
  used: permissions.filter(({ kind }) => kind === "application"),
  unused: permissions.filter(({ kind }) => kind === "delegated"),
});

/** `User.Read.All` and `Mail.Read` only read; anything with Write, Manage or PrivilegedOperations does more. */
export const isReadOnly = ({ name }: Permission): boolean =>
  name
    .split(".")
    .slice(1)
    .join(".")
    .match(/^Read(\.All)?$/) !== null;
