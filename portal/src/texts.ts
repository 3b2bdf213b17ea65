/** Every text people read, in one place. Sections follow the folders. */

import type { Grant, Owner, PsaProvider, Run, StatusProblem } from "./api/contract.ts";
import type { AccessKind, Group } from "./tenants/states.ts";

export const product = "OpsPilot365 Connect";

export const common = {
  loading: "Loading…",
  tryAgain: "Try again",
  cancel: "Cancel",
  back: "Back",
  next: "Continue",
  copy: "Copy",
  copied: "Copied",
  more: "Show more",
  code: (code: string) => `Code ${code}`,
  correlation: (id: string) => `Correlation id ${id}`,
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
  refusals: {
    AADSTS65004: "It was cancelled at Microsoft’s page. Sign in again when you are ready.",
    AADSTS65001: "Your organization has not accepted this service yet. An administrator of yours has to do so once.",
    AADSTS90094: "Your organization has not accepted this service yet. An administrator of yours has to do so once.",
    AADSTS50105: "You have no role here yet. An administrator of your own organization hands them out.",
    AADSTS50020: "This account belongs to an organization that does not know this service. Use another account.",
    AADSTS700016: "This account belongs to an organization that does not know this service. Use another account.",
  } as Record<string, string>,
  otherRefusal: "Try again; if it stays, give your operations team this code.",
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

// The wizard: customer, tenant, consent

export const wizard = {
  lead: "Choose a customer, find their tenant, and send their administrator one link.",
  stepsLabel: "Steps",
  steps: ["Customer", "Tenant", "Consent", "Sync", "Confirmation"],
  stepOf: (number: number, count: number) => `Step ${number} of ${count}`,
  stepDone: "done",
  startOver: "Start over",
  connectedElsewhere: {
    title: (name: string) => `The link for ${name} is made`,
    text: "It was made from this draft, perhaps in another tab. Nothing is lost, and nothing has to be done twice.",
    open: "Open it",
    again: "Connect another tenant",
  },
};

export const customerStep = {
  heading: "Which customer is it?",
  lead: "The tenant is filed under this customer. Find one of yours, or create a new one.",
  label: "Customer",
  placeholder: "Search by name, domain or PSA number",
  hint: "Use the arrow keys to move through the list and Enter to choose.",
  list: "Customers",
  create: (name: string) => `Create “${name}”`,
  createHint: "A new customer of this name",
  noneYet: "No customers yet. Type a name to create the first one.",
  none: "No customer matches.",
  found: (count: number) => (count === 1 ? "1 customer found" : `${count} customers found`),
  change: "Change",
  isNew: "New",
  isNewText: "Created together with the link.",
  inactive: "Inactive in PSA",
  noDomains: "No domains known yet",
  chosen: (name: string) => `${name} chosen`,
  missing: "Choose a customer from the list, or create one by typing its name.",
  noPsa: "Customers can also be synced from ConnectWise, Autotask or HaloPSA. An administrator connects them.",
  moreDomains: (count: number) => `and ${count} more`,
};

export const psaNames: Record<PsaProvider, string> = {
  connectwise: "ConnectWise",
  autotask: "Autotask",
  halopsa: "HaloPSA",
};

export const tenantStep = {
  heading: (customer: string) => `Which tenant does ${customer} have?`,
  lead: "Any domain the customer uses in Microsoft 365 will do. Nothing is stored or sent to the customer yet.",
  label: "Domain or tenant id",
  placeholder: "contoso.com",
  hint: "For example contoso.com, contoso.onmicrosoft.com, or the tenant’s GUID.",
  looking: "Looking it up at Microsoft…",
  held: "Many look-ups at once: this one waits its turn and goes on by itself.",
  missing: "Enter a domain of the customer, or the tenant’s GUID.",
  found: (name: string) => `Found ${name}`,
  foundTitle: "Tenant found",
  domain: "Domain",
  id: "Tenant id",
  cloud: "Cloud",
  checks: "Checked before anybody is asked",
  skipped: "Not checked",
  suggestion: (customer: string) => `This looks like ${customer}`,
  suggestionText: (chosen: string) => `You have chosen ${chosen}. The domain belongs to another of your customers.`,
  suggestionUse: (customer: string) => `Use ${customer}`,
  cloudQuestion: "Which Microsoft cloud is meant?",
  cloudAgain: "Choose another cloud",
  openTenant: (name: string) => `Open ${name}`,
};

export const clouds: Record<string, string> = {
  global: "Microsoft 365, worldwide",
  gcc: "US Government (GCC)",
  gcc_high: "US Government (GCC High)",
  dod: "US Department of Defense",
  us_government: "US Government",
  china: "China (21Vianet)",
  unknown: "not known",
};

export const checkNames: Record<string, string> = {
  cloud: "No other Microsoft cloud has a tenant of this name",
  not_connected: "Nobody has connected this tenant yet",
  credential: "Microsoft accepts our credential",
  redirect_uri: "The way back from Microsoft is registered",
  audience: "Our app may be used by other organizations",
};

export const consentStep = {
  heading: (customer: string) => `What ${customer} is asked to accept`,
  lead: "The customer’s Global Administrator sees this list at Microsoft and accepts it once.",
  used: "What we read",
  readOnly: "Read only",
  changes: "Can change",
  unused: "Asked, but not used by the sync",
  unusedText: "It works only while a person of the customer is signed in. No sync reads mail.",
  access: "How your technicians get in",
  accessLead: "The inventory works with either. You can add GDAP later.",
  recommended: "Recommended",
  direct: "Consent only",
  directText: "We read the inventory. Your technicians get no roles in the customer’s tenant.",
  gdap: "Consent and GDAP roles",
  gdapText:
    "We read the inventory, and your technicians may be given roles for a limited time. The administrator approves them with a second link.",
  gdapThere: "You have a GDAP relationship with this customer already.",
  gdapThereUntil: (time: string) => `You have GDAP with this customer already, until ${time}.`,
  gdapNotReady: "Your company has not set up GDAP for this service yet. Your operations team can do that.",
  legacy: {
    title: "You still reach this customer by DAP",
    text: "Microsoft is taking DAP away. Choose GDAP here, and take DAP away once the customer has approved.",
  },
  options: "Roles and duration",
  template: "Roles for",
  duration: "Ends after",
  autoExtend: "Lengthen it before it ends",
  autoExtendHint: "Microsoft adds 180 days each time, until somebody ends it.",
  noStanding: "Approval alone gives nobody access. Roles are handed to your security groups when they are needed.",
  ticket: "Report to a ticket",
  ticketLabel: "Ticket number",
  ticketHint: "Optional. The progress is written to this ticket in your PSA.",
  ticketHintOf: (example: string) => `Optional. You have more than one PSA: write ${example}.`,
  ticketCloses: "Close the ticket when the tenant is complete and nothing is left to do",
  next: "What happens next",
  nextSteps: [
    ["You send the link", "The customer’s Global Administrator opens it. It works once and for this tenant only."],
    ["They accept at Microsoft", "On Microsoft’s own page, with the list above."],
    ["They sign in once", "That proves it is their tenant. Nothing is read before."],
  ],
  make: "Make the consent link",
  making: "Making the link…",
  toDirect: "Go on with consent only",
  chooseCustomer: "Choose another customer",
  checkAgain: "Look at the tenant again",
};

export const durations: Record<string, string> = {
  P30D: "30 days",
  P90D: "90 days",
  P180D: "180 days",
  P1Y: "1 year",
  P2Y: "2 years",
};

export const permissionTitles: Record<string, string> = {
  "User.Read.All": "Users and guests",
  "Group.Read.All": "Groups and their members",
  "Directory.Read.All": "Organization, domains and licences",
  "DeviceManagementManagedDevices.Read.All": "Intune devices",
  "SecurityEvents.Read.All": "Secure Score",
  "Reports.Read.All": "Exchange mailboxes",
  "Mail.Read": "Mail of a person who is signed in",
};

// The list of tenants, and a tenant's page

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

// The sections of a tenant's page

export const sectionNames = {
  overview: "Overview",
  syncs: "Syncs",
  permissions: "Permissions",
  access: "Access",
  inventory: "Inventory",
  activity: "Activity",
  settings: "Settings",
};

export const people = {
  you: "You",
  system: "The service",
  administrator: "The customer’s administrator",
};

export const overviewTexts = {
  noNumbers: "No numbers yet. They come with the first sync.",
  lastWithout: "The last sync brought no numbers. What earlier ones have read is under Inventory.",
  askForMissing: "Ask for what is missing",
};

export const syncTexts = {
  resources: "What is synced",
  resourcesText: "A sync takes what has changed where Microsoft can say that, and lists the rest.",
  resource: "Resource",
  state: "State",
  objects: "Objects",
  last: "Last looked at",
  interval: "How often",
  intervalOf: (name: string) => `How often ${name} are synced`,
  retry: "Sync it alone",
  retryOf: (name: string) => `Sync ${name} now`,
  full: "List everything anew",
  started: "The sync has started.",
  saved: "Saved",
  never: "Not yet",
  earlier: "Earlier syncs",
  noRuns: "There has been no sync yet.",
  running: "under way",
  only: (names: string) => `Only ${names}`,
  kinds: { initial: "First sync", delta: "Changes", full: "Everything anew" } satisfies Record<Run["kind"], string>,
};

export const permissionTexts = {
  required: "What the inventory needs",
  checkedAt: "Asked of Microsoft",
  notChecked: "Microsoft could not be asked just now, so what is granted is not known.",
  permission: "Permission",
  state: "State",
  granted: "Granted",
  missing: "Missing",
  unknown: "Not known",
  kinds: { application: "Application", delegated: "Delegated" },
  reading: "What works with them",
  works: "Works",
  worksNot: "Does not work",
  consentNeeded:
    "What is missing takes the consent of the customer’s administrator once more. Ask for it and send them the link.",
  unexpected: "Granted beyond what the inventory asks",
  unexpectedText: "Somebody has granted these, too. The inventory does not use them.",
  askAgain: "Ask for consent again",
  operations: "What can be done beyond reading",
  operationsText:
    "Each is asked for on its own, with the fewest permissions it takes. The customer’s administrator decides.",
  services: "Additional services",
  ask: "Ask for it",
  askFor: (title: string) => `Ask for it: ${title}`,
  link: (title: string) => `Consent link: ${title}`,
  linkText: "Send it to the customer’s administrator. What they decide appears in the ledger below.",
  nothingMissing: "Nothing is missing: it works already.",
  asked: "The consent link is made.",
  readOnly: "Back to read-only",
  readOnlyText: "See what is left beyond reading, and how the customer’s administrator takes it back.",
  readOnlyAction: "Check what is left",
  isReadOnly: "This tenant is read-only. Nothing is left beyond the inventory’s permissions.",
  remaining: "These are still granted",
  howTo: "How the administrator takes them back",
  entra: "Open in Microsoft Entra",
  checked: "Checked with Microsoft.",
  ledger: "Ledger",
  ledgerText: "Who asked for what, and what came of it.",
  noLedger: "Nothing has been asked for beyond the first consent.",
  operation: "For",
  requested: "Asked",
  decided: "Decided",
  states: {
    requested: "Asked",
    declined: "Declined",
    failed: "Failed",
    consented: "Consented",
    granted: "Granted",
    revoked: "Revoked",
  } satisfies Record<Grant["state"], string>,
};

export const accessTexts = {
  heading: "GDAP relationships",
  text: "Time-limited roles for your technicians in the customer’s tenant. The inventory does not need them.",
  none: "There is no GDAP relationship with this tenant.",
  legacy: "This tenant still has legacy DAP",
  legacyText:
    "DAP gives your technicians more than they need, without an end, and Microsoft retires it. Ask for GDAP below; DAP is not needed for anything here.",
  statuses: {
    making: "Being made",
    created: "Being made",
    approval_pending: "Waiting for approval",
    approved: "Approved",
    activating: "Being activated",
    active: "Active",
    expiring: "Ends soon",
    expired: "Expired",
    termination_requested: "Being ended",
    terminating: "Being ended",
    terminated: "Ended",
    gone: "Gone at Microsoft",
    unknown_future_value: "Not known",
  } as Record<string, string>,
  until: "Ends",
  lapses: "Request lapses",
  since: "Active since",
  roles: "Roles",
  moreRoles: (count: number) => `and ${count} more`,
  autoExtend: "Extends itself",
  yes: "Yes, by 180 days each time",
  no: "No",
  extend: "Extend by itself",
  extendNot: "Let it end",
  extended: "Saved at Microsoft.",
  end: "End it",
  endHeading: "End this relationship?",
  endText:
    "Your technicians lose these roles in the customer’s tenant. A new relationship needs the customer’s approval. The inventory goes on.",
  endPending: "Microsoft cannot take a request back. It is ended as soon as the customer approves it.",
  ended: "It is being ended.",
  withdrawn: "Withdrawn: it is ended as soon as the customer approves it.",
  approval: "Approval link for the customer’s Global Administrator",
  past: (count: number) => (count === 1 ? "One that has ended" : `${count} that have ended`),
  ask: "Ask for GDAP",
  template: "Roles",
  duration: "For how long",
  durations: { P30D: "30 days", P90D: "90 days", P180D: "180 days", P1Y: "1 year", P2Y: "2 years" } as Record<
    string,
    string
  >,
  asked: "The request is made. Send the approval link to the customer.",
};

export const inventoryTexts = {
  heading: "Inventory",
  resource: "Show",
  empty: "There is nothing of this kind.",
  shown: (count: string, hasMore: boolean) => (hasMore ? `The first ${count}` : `${count} in all`),
  yes: "Yes",
  no: "No",
  parts: "several",
  columns: {
    displayName: "Name",
    countryLetterCode: "Country",
    tenantType: "Kind",
    verifiedDomains: "Domains",
    createdDateTime: "Created",
    userPrincipalName: "Sign-in name",
    userType: "Kind",
    accountEnabled: "Sign-in allowed",
    assignedLicenses: "Licences",
    department: "Department",
    mail: "Mail",
    groupTypes: "Kind",
    securityEnabled: "Security group",
    visibility: "Visibility",
    groupId: "Group",
    memberId: "Member",
    memberType: "Kind of member",
    skuPartNumber: "Product",
    capabilityStatus: "State",
    prepaidUnits: "Seats",
    consumedUnits: "Assigned",
    deviceName: "Device",
    operatingSystem: "System",
    osVersion: "Version",
    complianceState: "Compliance",
    lastSyncDateTime: "Last seen",
    recipientType: "Kind",
    storageUsedInBytes: "Size",
    itemCount: "Items",
    lastActivityDate: "Last used",
    currentScore: "Points",
    maxScore: "of",
    activeUserCount: "Active users",
    licensedUserCount: "Licensed users",
  } as Record<string, string>,
};

export const activityTexts = {
  heading: "Activity",
  text: "Who did what to this tenant. Entries are only ever added.",
  empty: "Nothing has happened yet.",
  deed: "What",
  when: "When",
  who: "Who",
  details: "Details",
  actions: {
    connection_started: "Consent link made",
    connection_refused: "Connection refused",
    administrator_signed_in: "Administrator signed in",
    consent_verified: "Consent verified",
    consent_changed: "Consent changed",
    consent_lost: "Consent withdrawn",
    sync_started: "Sync started",
    sync_finished: "Sync finished",
    sync_stuck: "Sync stood still",
    sync_terminated: "Sync ended by operations",
    syncs_paused: "Syncs of all tenants paused",
    syncs_resumed: "Syncs of all tenants resumed",
    history_purged: "History of a sync forgotten",
    cancelled: "Cancelled",
    tenant_changed: "Settings changed",
    disconnected: "Disconnected",
    inventory_removed: "Inventory removed",
    permissions_requested: "Permissions asked for",
    permissions_consented: "Permissions consented",
    permissions_refused: "Permissions refused",
    permissions_granted: "Permissions granted",
    permissions_declined: "Permissions declined",
    permissions_failed: "Permissions not granted",
    permissions_revoked: "Permissions taken back",
    read_only_checked: "Read-only checked",
    relationship_requested: "GDAP asked for",
    relationship_extended: "GDAP extension changed",
    relationship_ended: "GDAP ended",
    relationship_expiring: "GDAP about to end",
    relationship_roles_assigned: "GDAP roles assigned",
    dap_move_started: "Move from DAP started",
    transfer_offered: "Offered to another MSP",
    transfer_accepted: "Taken over by another MSP",
    transfer_cancelled: "Offer taken back",
    transfer_declined: "Offer declined",
    transfer_proven: "Transfer confirmed by the administrator",
    transfer_proof_refused: "Transfer not confirmed by the administrator",
  } as Record<string, string>,
};

export const settingTexts = {
  customer: "Customer",
  customerText: "The customer this tenant belongs to. Its data stays as it is.",
  change: "Change",
  move: "Move it there",
  stay: "Leave it",
  moved: "The tenant belongs to that customer now.",
  automation: "Automation",
  automationLabel: "Include this tenant in automation",
  automationText: "Only tenants that are included may be changed by rules that run without a person.",
  saved: "Saved",
};

export const leaving = {
  heading: "Hand over or leave",
  transfer: "Offer to another MSP",
  transferText:
    "When a customer changes providers, the inventory can go along. Nothing changes until the other MSP accepts.",
  transferHeading: "Offer this tenant to another MSP",
  transferTarget: "Tenant id of the other MSP",
  transferHint: "A GUID. Ask them for it: it is the id of their own Microsoft 365 tenant.",
  transferInvalid: "This is not a GUID. It looks like 1f0c2a3b-4d5e-4f60-8a7b-9c0d1e2f3a4b.",
  transferAction: "Offer it",
  offered: "The tenant is offered.",
  offeredTo: (mspId: string) => `Offered to ${mspId}`,
  offeredUntil: (date: string) => `They can accept until ${date}.`,
  proof: "Sign-in link for the customer’s administrator",
  proofText: "The customer’s administrator has to sign in with it before the other MSP can accept.",
  takeBack: "Take the offer back",
  takenBack: "The offer is taken back.",
  disconnect: "Disconnect",
  disconnectText: "Ends every sync and removes the inventory from this service. Nothing changes at Microsoft.",
  disconnectHeading: (name: string) => `Disconnect ${name}?`,
  disconnectWill: "This cannot be undone:",
  disconnectList: [
    "what is under way is cancelled, and open offers are taken back",
    "users, groups, licences, devices and all else that was read is deleted here",
    "settings and tags stay, so that it can be connected again",
  ],
  disconnectAfter: "The customer’s administrator removes the app itself. You get the steps next.",
  disconnected: "The tenant is disconnected.",
  disconnectedText: "Its inventory is being removed. One thing is left for the customer’s administrator:",
  applicationId: "Application id",
  entra: "Open Microsoft Entra",
};

// What the customer's administrator is sent

export const invitation = {
  subject: (tenant: string) => `Please connect ${tenant} to our Microsoft 365 management`,
  body: (tenant: string, link: string, until: string) =>
    `Hello,

we would like to connect your Microsoft 365 tenant ${tenant}, so that we can look after it: users, groups, licences, devices, mailboxes and the Secure Score. We only read these.

Please open this link as Global Administrator, accept, and sign in once when you are asked to:

${link}

The link works once, and until ${until}.

Thank you`,
  bodyOfTwo: (tenant: string, link: string, until: string, approval: string) =>
    `Hello,

we would like to connect your Microsoft 365 tenant ${tenant}, so that we can look after it. Please open two links as Global Administrator.

1. Open this link, accept, and sign in once when you are asked to. With it we only read: users, groups, licences, devices, mailboxes and the Secure Score.

${link}

2. Then open this link and approve the roles our technicians may be given for a limited time:

${approval}

The first link works once, and until ${until}.

Thank you`,
};

// After the link: waiting for the administrator, and what may come of it

export const onboarding = {
  heading: (name: string) => `Connecting ${name}`,
  tenantPage: "Tenant page",
  waitingHeading: "Send the link to the customer’s administrator",
  waitingLead: (name: string) => `A Global Administrator of ${name} opens it, accepts, and signs in once.`,
  waiting: "Waiting for the administrator",
  validUntil: (time: string) => `The link is valid until ${time}.`,
  mayClose: "You can close this page. We keep waiting, and the sync begins by itself as soon as they have accepted.",
  consentLink: "Consent link",
  approvalLink: "GDAP approval link",
  firstLink: "First: consent",
  secondLink: "Second: GDAP approval",
  openAsAdmin: "Open as administrator",
  openHint: "If you are the customer’s Global Administrator yourself. It opens in a new tab.",
  mail: "Read the message",
  copyMail: "Copy message",
  writeMail: "Open in mail program",
  takeBack: "Take the link back",
  takeBackTitle: "Take the link back?",
  takeBackText: "The administrator can no longer use it. Nothing was granted yet, so nothing else changes.",
  otherBrowser: {
    title: "The link is not in this browser",
    text: "For safety it is shown only where it was made, until you sign out there. It still works. If you cannot get at it, make a new one: the older one is then void.",
  },
  newLink: "Make a new link",
  checkingHeading: "The administrator has accepted",
  checkingLead: "We are checking the consent with Microsoft. The sync begins by itself.",
  spreading: "That usually takes less than a minute.",
  triedUntil: (time: string) => `The next check is at ${time}; it is tried for ten minutes.`,
  checking: "Checking with Microsoft",
  mayLeave: "You can close this page. It goes on without it.",
  approvalOpen: "The GDAP roles are not approved yet. The customer’s Global Administrator approves them here:",
  reached: {
    waiting: "Waiting for the administrator",
    checking: "The administrator has accepted. Checking the consent.",
    ended: "The connection has stopped. Somebody has to act.",
    sync: "Consent is proven. The sync has begun.",
    summary: "The sync has ended. The confirmation is shown.",
  },
  gone: {
    title: "This tenant is no longer here",
    text: "It was removed, or it was never connected by your company. Nothing runs for it any more.",
    connect: "Connect a tenant",
    tenants: "All tenants",
  },
  askAgain: "Ask for the permissions",
  askAgainNote: "Send this link to the customer’s Global Administrator. Everything else goes on meanwhile.",
  nothingToAsk: "Every permission is granted by now. The next sync uses it.",
  connectAnew: "Connect it again",
  connectInstead: "Connect that tenant instead",
  removal: "How the administrator removes the app from the other tenant",
  applicationId: "Application id",
  onlyConnect: "Somebody with the role Onboarding.Connect can make a new link.",
};

interface Ended {
  readonly title: string;
  readonly text: string;
}

const endedOtherwise: Ended = {
  title: "The connection has stopped",
  text: "Nothing was read after this, and nothing is lost.",
};

const endings: Record<string, Ended> = {
  declined: { title: "The administrator declined", text: "Nothing was granted, and nothing was read." },
  wrong_tenant: {
    title: "Consent came from another tenant",
    text: "The administrator signed in to a different organization than the one you entered. It was not connected.",
  },
  expired: {
    title: "The link has expired",
    text: "Nobody accepted in time. Nothing was granted, and nothing was read.",
  },
  cancelled: { title: "The link was taken back", text: "Nothing was granted, and nothing was read." },
  failed: { title: "The connection did not work", text: "Nothing was attached to your company." },
  needs_reconsent: {
    title: "New permissions are waiting for consent",
    text: "What was granted before still works. Only what is new waits for the administrator.",
  },
  revoked: {
    title: "The customer has withdrawn consent",
    text: "Nothing can be read any more. What was read before is kept.",
  },
  disconnected: { title: "This tenant is disconnected", text: "Its data is removed, and nothing is read any more." },
};

export const ending = (state: string): Ended => endings[state] ?? endedOtherwise;

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
  expected: (count: string) => `About ${count} expected`,
  pages: (count: number, text: string) => `${text} ${times(count, "page", "pages")}`,
  aSecond: (count: string) => `${count} a second`,
  aMinute: (count: string) => `${count} a minute`,
  retries: (count: number) => times(count, "retried once", `retried ${count} times`),
  slowedFor: (time: string) => `slowed down for ${time}`,
  onlyChanges: "Only what has changed",
  carried: "From an earlier sync",
  goesOn: (reason: string, time: string) => `${reason}. Goes on at ${time}.`,
  goesOnNext: (reason: string) => `${reason}. Goes on when it is its turn.`,
  milestone: (name: string, state: string, count: string) => `${name}: ${state}${count ? `, ${count}` : ""}.`,
  skipped: (message: string, owner: string) => `${message.replace(/\.?$/, ".")} Whose move it is: ${owner}.`,
  cancel: "Stop the sync",
  cancelling: {
    title: "Stop this sync?",
    text: "What has arrived stays, and the tenant stays connected. You can sync it again at any time.",
    action: "Stop the sync",
  },
  again: "Sync again",
  retryOf: (name: string) => `Try again: ${name}`,
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
    not_yet: "Known from the next sync on",
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

// Operations

export const ops = {
  about: "Syncs under way, what holds them up, and whether the service is well.",
  notAnswering: "The service does not answer. This is what was last known.",
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
  untilTurn: (reason: string) => `${reason}, until it is its turn`,
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
  stalledSince: "Last step",
  stalledTimes: (times: number) => (times === 1 ? "seen once" : `seen ${times} times`),
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
    of: (name: string) => `Read again: ${name}`,
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
