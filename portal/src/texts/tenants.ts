/** What people read on the list of tenants and on a tenant's page. */

import type { StatusProblem } from "../api/contract.ts";
import type { AccessKind, Group } from "../tenants/states.ts";

/** Told by the portal itself: the API only says when the last sync was. */
export const staleProblem: StatusProblem = {
  code: "stale",
  message: "The last sync is overdue",
  owner: "msp_ops",
  nextAction: "Sync the tenant now. If that does not start, ask your operations team to look at the queue.",
};

export const tenantGroups: Record<Group | "all", string> = {
  all: "All",
  attention: "Needs attention",
  syncing: "Syncing",
  waiting: "Waiting for consent",
  ok: "Complete",
  ended: "Ended",
};

export const accessKinds: Record<AccessKind, string> = {
  direct: "Direct",
  legacy: "Legacy DAP",
  gdap: "GDAP",
  gdap_pending: "GDAP, not approved yet",
  gdap_ended: "GDAP ended",
};

export const tenantList = {
  intro: "Your customers’ Microsoft 365 tenants, and what each of them needs.",
  connect: "Connect a tenant",
  filter: "Filter by state",
  search: "Search",
  searchHint: "Customer, domain or tag",
  caption: "Tenants",
  customer: "Customer",
  state: "State",
  synced: "Last sync",
  problem: "Needs",
  access: "Access",
  never: "Not yet",
  stale: "Overdue",
  until: "until",
  noCustomer: "Customer not known",
  shown: (shown: string, loaded: string) => `${shown} of ${loaded} tenants`,
  shownOfLoaded: (shown: string, loaded: string) =>
    `${shown} of the ${loaded} tenants loaded so far. Filter and search look at these only.`,
  none: "No tenant fits",
  noneText: "Try another word or another state.",
  noneLoaded: "Nothing fits among the tenants loaded so far. Show more to look further.",
  showAll: "Show all tenants",
  empty: "No tenants yet",
  emptyText:
    "Connect a customer’s Microsoft 365, and its users, groups, licences, devices and mailboxes appear here, each number proven.",
  connectFirst: "Connect your first tenant",
};

export const transfers = {
  heading: (count: number) =>
    count === 1 ? "Another MSP offers you a tenant" : `Other MSPs offer you ${count} tenants`,
  from: "From MSP",
  tenant: "Tenant",
  expires: "Offer ends",
  accept: "Accept",
  decline: "Decline",
  unproven: "The tenant’s administrator has to sign in first, by the link the offering MSP has.",
  acceptHeading: "Whose tenant is this?",
  acceptText: "Nothing is synced again: the inventory comes along, and only its owner changes.",
  acceptNow: "Accept tenant",
  declineHeading: "Decline this tenant?",
  declineText: "The offering MSP keeps it. They can offer it again.",
  accepted: "The tenant is yours now.",
  declined: "The offer is declined.",
};

export const tenantPage = {
  title: "Tenant",
  back: "All tenants",
  sections: "Sections",
  gone: "This tenant is not here any more",
  goneText:
    "It may have been disconnected or handed over to another MSP in the meantime, or the address is not quite right.",
  goneLink: "Go to all tenants",
  tenantId: "Tenant id",
  cloud: "Cloud",
  synced: "Last sync",
  interval: "Synced",
  access: "Access",
  tags: "Tags",
  actions: {
    resync: "Sync now",
    cancel: "Cancel sync",
    cancelLink: "Take the link back",
    reconnect: "Connect again",
    onboarding: "Go to onboarding",
  },
  cancelHeading: "Cancel what is under way?",
  cancelText: "What has been read stays. Numbers that were not finished are not proven.",
  cancelLinkText: "The consent link stops working at once. You can make a new one at any time.",
  cancelAction: "Cancel it",
  syncStarted: "The sync has started.",
  cancelled: "It is cancelled.",
  syncing: (percent: string) => `Syncing, ${percent} done`,
  left: (time: string) => `${time} left`,
  follow: "Follow it live",
  verifying: "The consent is being checked with Microsoft.",
};

export const wishTexts = {
  asTenant: (interval: string) => `As the tenant (${interval})`,
  off: "Not synced",
};
