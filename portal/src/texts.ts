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
