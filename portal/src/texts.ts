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

// Operations

export const ops = {
  about: "Syncs under way, what holds them up, and whether the service is well.",
  updated: "Live",
  notAnswering: "Shown as it was last known.",
  health: {
    title: "Health",
    checked: "Checked",
    pending: { runs: (count: string) => `${count} under way` } as Record<string, (count: string) => string>,
    waiting: (count: string) => `${count} waiting`,
    oldest: (time: string) => `oldest ${time}`,
    ago: (time: string) => `${time} ago`,
    milliseconds: (count: string) => `${count} ms`,
    states: { ok: "well", slow: "slow", failing: "failing" },
    unwell: (name: string, state: string) => `${name}: ${state}`,
    allWell: "Everything answers",
    isSlow: "Something is slow",
    isFailing: "Something fails",
  },
  parts: {
    data_tables: {
      name: "Data store",
      slow: "It answers late: pages and syncs are slower than usual.",
      failing: "Nothing can be read or written: pages and syncs wait until it is back.",
    },
    durable: {
      name: "Orchestrations",
      slow: "Work is taken up late. Check that an instance of the Durable group runs.",
      failing: "Durable does not answer: no sync begins, and none can be ended.",
    },
    runs: {
      name: "Syncs under way",
      slow: "Which syncs are under way is read late.",
      failing: "Which syncs are under way cannot be read.",
    },
    watchdog: {
      name: "Watchdog",
      slow: "It has not looked for longer than it should. Check that the timers run.",
      failing: "Nobody looks after syncs that stand still. Check that the timers run.",
    },
    admission: {
      name: "Queue of syncs",
      slow: "Syncs wait for their turn longer than usual. They go on by themselves.",
      failing: "Which syncs wait for their turn cannot be read.",
    },
    notifications: {
      name: "Notifications",
      slow: "Webhooks are told late. They are tried again by themselves.",
      failing: "What is still to be told cannot be read.",
    },
    ticket_notes: {
      name: "Ticket notes",
      slow: "Notes reach tickets late. They are tried again by themselves.",
      failing: "What is still to be noted cannot be read.",
    },
    vault: {
      name: "Key vault",
      slow: "It answers late: companies and tickets are slower than usual.",
      failing: "PSA credentials cannot be read: companies and tickets wait.",
    },
  } as Record<string, { name: string; slow: string; failing: string }>,
  runs: {
    title: "Syncs",
    filters: { all: "All", active: "Under way", stuck: "Stuck", ended: "Ended" } as Record<string, string>,
    filterBy: "Which syncs",
    tenant: "Tenant",
    tenantHint: "Domain, customer or tenant id",
    find: "Filter",
    notShown: "No sync shown here is of that name. Enter the tenant’s id.",
    onlyTenant: (name: string) => `Only ${name}`,
    allTenants: "Show all tenants",
    columns: {
      tenant: "Tenant",
      kind: "Kind",
      state: "State",
      percent: "Progress",
      started: "Started",
      throttled: "Throttled",
    },
    none: {
      all: "No syncs yet. They appear here as soon as a tenant is connected.",
      active: "No sync is under way.",
      stuck: "No sync stands still.",
      ended: "No sync has ended yet.",
    } as Record<string, string>,
    percentOf: (name: string) => `Progress of ${name}`,
    isStuck: "Stuck",
    allStuck: "Show all that stand still",
    stuckTitle: (count: number) => (count === 1 ? "One sync stands still" : `${count} syncs stand still`),
    took: (time: string) => `took ${time}`,
    msp: (id: string) => `MSP ${id}`,
  },
  kinds: { initial: "First sync", delta: "Changes", full: "Full sync" } as Record<string, string>,
  onlyResources: (names: string) => `${names} only`,
  until: (reason: string, time: string) => `${reason}, until ${time}`,
  stalls: {
    instance_lost: {
      title: "Its orchestration is gone",
      next: "It is started again from its last checkpoint by itself. If it comes back, read its history.",
    },
    instance_failed: {
      title: "Its orchestration has failed",
      next: "It is started again from its last checkpoint by itself. The history says what failed.",
    },
    instance_suspended: {
      title: "Somebody has suspended its orchestration",
      next: "Resume it through Durable’s management API, or end the sync here.",
    },
    resource_lost: {
      title: "It waits for resources that nobody is reading",
      next: "The third time it is ended and begun anew by itself. Was the task hub purged?",
    },
    no_worker: {
      title: "Nobody takes up its work",
      next: "Check that an instance of the Durable group runs, and whether a newer version was rolled back.",
    },
    host_down: {
      title: "The service itself did not run",
      next: "It goes on by itself. Find out why the service was down.",
    },
    durable_unreachable: {
      title: "Durable could not be asked",
      next: "Check the host’s log and its storage account.",
    },
  } as Record<string, { title: string; next: string }>,
  stallUnknown: { title: "It makes no step", next: "Read its history, or end the sync and start a new one." },
  stalledSince: "Its last step was",
  stalledTimes: (times: number) => (times === 1 ? "found once" : `found ${times} times`),
  throttling: {
    title: "Throttling",
    none: "Microsoft is slowing nobody down.",
    caption: "Tenants whose requests Microsoft slows down or is about to.",
    columns: {
      tenant: "Tenant",
      workload: "Service",
      scope: "Scope",
      until: "Waits until",
      seconds: "Waited",
      share: "Share of limit",
    },
    shareOf: (name: string) => `Share of the limit of ${name}`,
    notNow: "not waiting",
    workloads: {
      directory: "Directory",
      intune: "Intune",
      reports: "Usage reports",
      security: "Security",
    } as Record<string, string>,
  },
};

export const runPage = {
  title: (name: string) => `Sync of ${name}`,
  back: "All syncs",
  openTenant: "Open the tenant",
  overview: "Overview",
  isStuck: (why: string) => `This sync stands still. ${why}.`,
  facts: {
    customer: "Customer",
    kind: "Kind",
    started: "Started",
    finished: "Ended",
    took: "Took",
    takes: "Has taken",
    throttled: "Throttled",
    msp: "MSP",
    runId: "Run id",
  },
  progress: "Progress",
  end: {
    action: "End the sync",
    title: "End this sync?",
    text: "The sync ends as cancelled. What has been read stays, and the tenant can be synced again at any time.",
    done: "The sync has been ended.",
  },
  purge: {
    action: "Forget the history",
    title: "Forget the history of this orchestration?",
    text: "Durable forgets the orchestration and its children. The sync’s result, its numbers and the audit trail stay.",
    done: "The history has been forgotten.",
  },
  retry: {
    action: "Read again",
    of: (name: string) => `Read ${name} again`,
    title: (name: string) => `Read ${name} again?`,
    text: "A new sync of this resource alone begins. The others keep what was proven.",
    done: (name: string) => `A new sync of ${name} has begun.`,
  },
  timeline: {
    title: "Timeline",
    none: "Nothing is known of its steps yet.",
    whole: "The sync itself",
    tones: { working: "Working", throttled: "Throttled", waiting: "Waiting" },
    ended: "Ended",
    endedAs: (state: string, time: string) => `${state} at ${time}`,
    steps: {
      working: "Reads",
      waiting: "Waits",
      verifying: "Looks for the consent",
      planning: "Plans",
      queueing: "Asks for its turn",
      finishing: "Closes the sync",
    } as Record<string, string>,
    reasons: {
      throttled: "Microsoft throttles",
      propagation: "the consent is still spreading",
      queued: "other tenants come first",
      paused: "syncing is paused",
      retry: "until it is tried again",
      conflict: "another worker was on it",
      catch_up: "until it looks at what changed meanwhile",
      rest: "smaller tenants get their turn",
    } as Record<string, string>,
    because: (step: string, reason: string) => `${step}: ${reason}`,
    zone: (zone: string) => `Times in ${zone}`,
    lane: (name: string, parts: string) => `${name}: ${parts}`,
    part: (tone: string, time: string) => `${tone} ${time}`,
    table: "The timeline as a table",
    columns: { resource: "Resource", what: "What", from: "From", until: "Until", lasted: "Lasted" },
    now: "goes on",
  },
  resources: {
    title: "Resources",
    columns: {
      resource: "Resource",
      state: "State",
      objects: "Objects",
      pages: "Pages",
      requests: "Requests",
      units: "Units",
      throttled: "Throttled",
      retries: "Retries",
      share: "Share of limit",
      action: "Action",
    },
    of: (processed: string, expected: string) => `${processed} of ${expected}`,
    carried: "From an earlier sync",
  },
  orchestration: {
    title: "Orchestration",
    gone: "Durable does not know it any more: it was forgotten, or it never began.",
    instance: "Instance id",
    status: "Runtime status",
    created: "Created",
    updated: "Last step",
    children: (count: number) => (count === 1 ? "One child" : `${count} children`),
    requests: {
      statusUrl: "Its status",
      historyUrl: "Its whole history",
      suspendUrl: "Suspend it",
      resumeUrl: "Resume it",
      terminateUrl: "Terminate it (the watchdog begins it anew)",
      purgeUrl: "Purge it",
    },
    management: "Durable’s management API",
    managementNote:
      "These requests need the operator’s own key of the Functions app, as the parameter code. This page has none and hands none out.",
    statuses: {
      Running: "Running",
      Completed: "Completed",
      Failed: "Failed",
      Terminated: "Terminated",
      Canceled: "Cancelled",
      Pending: "Not taken up",
      Suspended: "Suspended",
      ContinuedAsNew: "Goes on anew",
    } as Record<string, string>,
  },
  history: {
    title: "History",
    instance: "Orchestration",
    parent: "The sync itself",
    child: (name: string, status: string) => `${name} (${status})`,
    show: "Show the history",
    reload: "Read it again",
    none: "Nothing has happened yet.",
    truncated: "The oldest events are left out.",
    failed: "Failed",
    lasted: (time: string) => `after ${time}`,
    loaded: (count: number) => (count === 1 ? "One event" : `${count} events`),
  },
};
