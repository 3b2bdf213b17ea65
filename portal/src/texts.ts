/** Every text people read, in one place. Sections follow the folders. */

import type { Owner } from "./api/contract.ts";

export const product = "OpsPilot365 Connect";

export const common = {
  loading: "Loading…",
  tryAgain: "Try again",
  cancel: "Cancel",
  close: "Close",
  back: "Back",
  next: "Continue",
  copy: "Copy",
  copied: "Copied",
  more: "Show more",
  unknown: "not known",
  code: (code: string) => `Code ${code}`,
  correlation: (id: string) => `Correlation id ${id}`,
  trying: (seconds: string) => `Trying again in ${seconds}.`,
  required: "required",
};

export const units = {
  seconds: "s",
  minutes: "min",
  hours: "h",
  days: "d",
  fewSeconds: "a few seconds",
  about: (time: string) => `about ${time}`,
};

export const confirming = {
  type: (phrase: string) => `Type ${phrase} to confirm`,
};

export const owners: Record<Owner, string> = {
  technician: "You",
  customer_admin: "The customer’s administrator",
  msp_ops: "Your operations team",
  microsoft: "Microsoft",
};

export const trouble = {
  whoseMove: "Whose move it is",
  whatNow: "What to do",
  offline: {
    title: "You are offline",
    text: "This computer has no network at the moment. Nothing is lost: what runs goes on without this page.",
    next: "Check the connection. The page goes on by itself.",
  },
  noAnswer: {
    title: "The service does not answer",
    text: "Nothing is lost: what has been started goes on, and what you typed stays here.",
    next: "Wait a moment and try again. If it lasts, tell your operations team.",
  },
  sessionOver: {
    title: "You have been signed out",
    text: "Your session has ended. What you typed is kept, and what runs goes on.",
    next: "Sign in again to go on here.",
    action: "Sign in again",
  },
  unexpected: {
    title: "This page has failed",
    text: "Something went wrong here that nobody expected. Nothing at Microsoft has changed by it.",
    next: "Reload the page. If it comes again, tell your operations team.",
  },
};

export const shell = {
  skip: "Skip to the content",
  menu: "Main",
  tenants: "Tenants",
  connect: "Connect a tenant",
  ops: "Operations",
  signOut: "Sign out",
  signIn: "Sign in with Microsoft",
  anotherAccount: "Use another account",
  signedInAs: (name: string) => `Signed in as ${name}`,
  welcome: "Every tenant connected, every number proven",
  welcomeText:
    "Connect your customers’ Microsoft 365, watch the inventory arrive, and see for each number whether it is complete.",
  signInFailed: "The sign-in did not work",
  simulated: "Simulated Microsoft 365",
  simulatedHint: "This stack runs on your machine. No real tenant is touched.",
  offline: "Offline. The page goes on as soon as the network is back.",
  notFound: {
    title: "There is nothing here",
    text: "The address may have been cut off, or the page has moved.",
    link: "All tenants",
  },
  notAllowed: {
    title: "This is not for your role",
    text: (role: string) => `It needs the app role ${role}. An administrator of your own organization hands it out.`,
  },
};

export const pages = {
  tenants: "Tenants",
  tenant: "Tenant",
  wizard: "Connect a tenant",
  onboarding: "Onboarding",
  ops: "Operations",
  run: "Sync",
};

export const tenantStates: Record<string, string> = {
  awaiting_consent: "Waiting for consent",
  verifying: "Verifying",
  syncing: "Syncing",
  completed: "Complete",
  completed_with_issues: "Complete, with issues",
  failed: "Failed",
  cancelled: "Cancelled",
  declined: "Declined",
  wrong_tenant: "Wrong tenant",
  expired: "Link expired",
  needs_reconsent: "Consent needed again",
  revoked: "Consent withdrawn",
  disconnected: "Disconnected",
};

export const resourceNames: Record<string, string> = {
  organization: "Organization",
  users: "Users",
  groups: "Groups",
  memberships: "Group memberships",
  licenses: "Licences",
  devices: "Intune devices",
  mailboxes: "Exchange mailboxes",
  secure_score: "Secure Score",
};

export const resourceStates: Record<string, string> = {
  pending: "Not begun",
  running: "Reading",
  waiting: "Waiting",
  completed: "Complete",
  partial: "Incomplete",
  skipped: "Skipped",
  failed: "Failed",
};

export const waitingReasons: Record<string, string> = {
  throttled: "Microsoft has asked us to slow down",
  propagation: "Microsoft is still spreading the consent",
  queued: "Other tenants are synced first",
  paused: "Syncing is paused by operations",
};

// Wizard: sync

const times = (count: number, one: string, many: string) => (count === 1 ? one : many);

export const sync = {
  titles: {
    verifying: "Getting ready",
    syncing: "Reading the inventory",
    completed: "Everything has arrived",
    completed_with_issues: "Finished, with something left to do",
    failed: "The sync has failed",
    cancelled: "The sync was cancelled",
  } as Record<string, string>,
  deltaTitle: "Looking for what has changed",
  onlyTitle: (names: string) => `Reading again: ${names}`,
  percent: "Done",
  progress: "Sync as a whole",
  ready: (eta: string) => `Ready in ${eta}`,
  foreseen: (minutes: string) => `Foreseen to take ${minutes} min`,
  noEta: "How long it takes is not known yet",
  took: (time: string) => `It took ${time}`,
  started: "Started",
  read: "Objects read",
  finished: "Resources finished",
  finishedOf: (ended: string, all: string) => `${ended} of ${all}`,
  slowed: "Slowed down by Microsoft",
  notSlowed: "not at all",
  resources: "Resources",
  leave: "You can close this page: the sync goes on.",
  of: (processed: string, expected: string) => `${processed} of ${expected}`,
  soFar: (processed: string) => `${processed} so far`,
  expected: (count: string) => `about ${count} expected`,
  pages: (count: number, text: string) => `${text} ${times(count, "page", "pages")}`,
  aSecond: (count: string) => `${count} a second`,
  aMinute: (count: string) => `${count} a minute`,
  retries: (count: number) => times(count, "retried once", `retried ${count} times`),
  slowedFor: (time: string) => `slowed down for ${time}`,
  onlyChanges: "only what has changed",
  carried: "From an earlier sync",
  goesOn: (reason: string, time: string) => `${reason}. Goes on at ${time}.`,
  milestone: (name: string, state: string, count: string) => `${name}: ${state}, ${count}.`,
  cancel: "Cancel the sync",
  cancelling: {
    title: "Cancel this sync?",
    text: "What has arrived stays, and the tenant stays connected. You can sync it again at any time.",
    action: "Cancel the sync",
  },
  again: "Sync again",
  toTenant: "Go to the tenant",
  retry: "Try again",
  retryOf: (name: string) => `Try ${name} again`,
  advice: {
    completed_with_issues: "What has arrived can be used. For the rest it says below whose move it is.",
    failed: "What has arrived stays. Sync again once the reason below is out of the way.",
    cancelled: "What had arrived by then stays. The tenant is still connected and can be synced again.",
  } as Record<string, string>,
  attention: "What needs attention",
  remarks: "Good to know",
};

export const stalled = {
  since: (time: string) => `Nothing has moved since ${time}.`,
  told: "Operations has been told.",
  reasons: {
    instance_lost: "Its work was lost. It is started again by itself, from where it was.",
    instance_failed: "Its work failed. It is started again by itself, from where it was.",
    instance_suspended: "Operations has suspended it. It goes on when they resume it.",
    resource_lost: "A part of its work was lost. It is started again by itself, from where it was.",
    no_worker: "Nobody takes up its work at the moment. The service looks again every five minutes.",
    host_down: "The service was down for a while. It goes on by itself.",
    durable_unreachable: "The service cannot see its own work at the moment. It looks again every five minutes.",
  } as Record<string, string>,
};

// Wizard: confirmation; the tenant's page shows the same

const listed = (names: readonly string[]) => new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);

export const summary = {
  proven: "Every number is proven",
  but: (names: readonly string[]) => `Complete but for ${listed(names)}`,
  nothing: "No number is proven yet",
  provenText: (count: number) =>
    `All ${count} resources were read to their end and, where Microsoft counts, compared with its count.`,
  butText: (proven: number, all: number) =>
    `${proven} of ${all} resources were read to their end. The rest says below what is missing and whose move it is.`,
  unlicensed: (names: readonly string[]) => `Not licensed in this tenant: ${listed(names)}.`,
  read: (time: string, duration: string) => `${time}, read in ${duration}`,
  done: "Done",
  numbers: "What was found",
  users: "Users",
  guests: (count: string) => `${count} of them guests`,
  groups: "Groups",
  memberships: "Memberships",
  devices: "Devices",
  mailboxes: "Mailboxes",
  subscriptions: "Subscriptions",
  seats: (assigned: string, seats: string) => `${assigned} of ${seats} seats assigned`,
  isProven: "Proven",
  asOf: (day: string) => `as of ${day}`,
  missing: {
    switched_off: "Switched off for this tenant",
    not_licensed: "Not licensed in this tenant",
    not_proven: "Not proven",
    not_read: "Not read",
  } as Record<string, string>,
};

export const licences = {
  title: "Licences",
  assigned: (consumed: string, enabled: string) => `${consumed} of ${enabled} assigned`,
  over: (count: string) => `${count} more than there are`,
  more: (count: number) => `${count} more`,
  product: "Product",
  consumed: "Assigned",
  enabled: "Seats",
  none: "The tenant has no subscription.",
};

export const score = {
  title: "Secure Score",
  points: (current: string, max: string) => `${current} of ${max} points`,
  bases: {
    TotalSeats: "Tenants of a similar size",
    IndustryTypes: "Tenants of the same industry",
    AllTenants: "All tenants",
  } as Record<string, string>,
  average: (basis: string, share: string) => `${basis}: ${share} on average`,
  above: (points: number) => `This tenant is ${points} ${times(points, "point", "points")} above`,
  below: (points: number) => `This tenant is ${points} ${times(points, "point", "points")} below`,
  equal: "This tenant has just the same",
  label: (share: string, points: string, average: string) => `Secure Score ${share}, ${points}. ${average}`,
  noAverage: "Microsoft tells no average of similar tenants yet.",
  none: "Microsoft has no Secure Score for this tenant yet. New tenants get their first one within a day or two.",
};

export const devices = {
  platforms: "Devices by platform",
  compliance: "Devices by compliance",
  name: "devices",
  others: "Others",
  states: {
    compliant: "Compliant",
    noncompliant: "Not compliant",
    inGracePeriod: "In grace period",
    conflict: "In conflict",
    error: "Error",
    configManager: "Managed by Configuration Manager",
    unknown: "Not known",
  } as Record<string, string>,
  unknownPlatform: "Not known",
  none: "The tenant has no devices in Intune.",
};

export const charts = {
  lessThanOne: "< 1%",
};

export const certificates = {
  title: "Certificates: what proves each number",
  resource: "Resource",
  expected: "Microsoft counts",
  received: "Received",
  stored: "Stored",
  duplicates: "Twice",
  pages: "Pages",
  verdict: "Verdict",
  evidence: "Evidence",
  verdicts: { complete: "Proven", partial: "Not proven", unknown: "Open" } as Record<string, string>,
  noCount: "no count",
  reasons: {
    counted: "Microsoft’s count equals our rows",
    delta_link_reached: "Read to the end that Microsoft marks, with nothing left over",
    whole_report_read: "The whole report was read",
    answered: "Microsoft’s answer was whole; there is no count to compare with",
    count_mismatch: "Fewer arrived than Microsoft counts",
    objects_unusable: "Some objects could not be stored",
    empty_answer: "Microsoft sent nothing where there was something before",
    not_licensed: "No licence for this service",
    permission_missing: "A permission is missing",
    cancelled: "The sync was cancelled before",
  } as Record<string, string>,
  more: (count: string) => `Microsoft counts ${count} fewer: they were deleted while we read`,
  noVerdict: "Not read to its end",
  other: (code: string) => `Not proven: ${code}`,
  asOf: (day: string) => `as of ${day}`,
  carried: "from an earlier sync",
  scroll: "Certificates, can be scrolled sideways",
};

export const organization = {
  title: "Organization",
  name: "Name",
  domains: "Verified domains",
  isDefault: "default",
  more: (count: number) => `and ${count} more`,
  country: "Country",
  created: "Since",
  directory: "Directory",
  synced: "Synced from the customer’s own Active Directory",
  cloudOnly: "In the cloud only",
  tenantId: "Tenant id",
  none: "The organization has not been read yet.",
};

// A tenant's settings

export const settings = {
  title: "Settings",
  hint: "Changes are saved as you make them.",
  readOnly: "Changing them needs the app role Onboarding.Connect.",
  saving: "Saving…",
  saved: "Saved",
  failed: "Not saved",
  tags: "Tags",
  tagsHint: "For finding and filtering, such as “gold” or “berlin”.",
  newTag: "New tag",
  add: "Add",
  remove: (tag: string) => `Remove the tag ${tag}`,
  tagTooLong: "A tag has at most 50 characters.",
  tooManyTags: "A tenant has at most 20 tags.",
  tagThere: (tag: string) => `${tag} is there already.`,
  notifications: "Notify us when",
  noWebhook: "Your company has no webhook yet, so nothing is sent. What you choose counts from the day it has one.",
  events: {
    ready: "the tenant is ready",
    failed: "a sync fails",
    stuck: "a sync stands still",
    consent_lost: "consent is withdrawn",
    access_expiring: "GDAP access is about to end",
    access_ended: "GDAP access has ended",
  } as Record<string, string>,
  services: "Additional services",
  servicesHint: "What you want to manage for this customer later. Nothing is granted by choosing.",
  serviceNames: {
    exchange_online: "Exchange Online",
    sharepoint: "SharePoint",
    teams: "Microsoft Teams",
    defender: "Microsoft Defender",
  } as Record<string, string>,
  interval: "Sync this tenant",
  never: "only when somebody asks",
  hourly: "every hour",
  every: (time: string) => `every ${time}`,
  hours: (count: number) => `${count} hours`,
  days: (count: number) => times(count, "day", `${count} days`),
};

// What the customer's administrator reads after Microsoft's pages

export interface Landing {
  readonly isGood: boolean;
  readonly title: string;
  readonly happened: string;
  readonly next: string;
}

const landingError: Landing = {
  isGood: false,
  title: "That did not work",
  happened: "Microsoft or our service reported an error. Nothing has changed.",
  next: "Ask your service provider: they see the reason and what helps, and can send you a new link.",
};

const landingResults: Record<string, Landing> = {
  verifying: {
    isGood: true,
    title: "Thank you, that is all we needed",
    happened: "Your consent has arrived and you are signed in. We are now checking it with Microsoft.",
    next: "You can close this window. Your service provider sees how it goes on.",
  },
  declined: {
    isGood: false,
    title: "You declined",
    happened: "Nothing was granted, and nothing was read.",
    next: "If that was not what you meant, ask your service provider for a new link.",
  },
  wrong_tenant: {
    isGood: false,
    title: "This is another organization",
    happened:
      "You signed in to a different organization than the one your service provider entered. It was not connected.",
    next:
      "Ask your service provider which organization is meant. If you accepted by mistake, remove the app in the " +
      "Microsoft Entra admin center under Enterprise applications.",
  },
  expired: {
    isGood: false,
    title: "This link is no longer valid",
    happened: "It has expired, was used already, or a newer one has replaced it.",
    next: "Ask your service provider for a new link.",
  },
  cancelled: {
    isGood: false,
    title: "This was called off",
    happened: "Your service provider has taken this invitation back. Nothing was granted, and nothing was read.",
    next: "Ask your service provider for a new link if that was not meant.",
  },
  connected: {
    isGood: true,
    title: "Your organization is connected",
    happened: "Somebody has accepted this invitation already.",
    next: "There is nothing left to do for you.",
  },
  invalid_link: {
    isGood: false,
    title: "We do not know this link",
    happened: "It may have been cut off when it was copied.",
    next: "Open the whole link again, or ask your service provider for a new one.",
  },
};

/** For the `result` of the address the administrator is sent to. */
export const landing = (result: string | null): Landing =>
  (result !== null && Object.hasOwn(landingResults, result) && landingResults[result]) || landingError;
