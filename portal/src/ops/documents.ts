/** Parts of what the operations API answers, by name. */

import type { OpsHealth, OpsHistory, OpsRunDetails, OpsThrottling } from "../api/contract.ts";

export type HealthPart = OpsHealth["parts"][number];
export type HistoryEvent = OpsHistory["events"][number];
/** A stretch of time of a resource, or of the run itself; it goes on while it has no end. */
export type Segment = OpsRunDetails["timeline"][number];
export type Orchestration = NonNullable<OpsRunDetails["orchestration"]>;
export type ChildInstance = Orchestration["children"][number];
export type Throttled = OpsThrottling["items"][number];
