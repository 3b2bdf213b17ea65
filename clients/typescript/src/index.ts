/** OpsPilot365 Connect's API: typed calls by path, and following syncs and pages. */

export { type Answer, Connect, type Item, type Paged, type Row } from "./client.js";
export type * from "./contract.js";
export { ConnectError, NoAnswerError, ProblemError } from "./errors.js";
export { etagOf, type Options } from "./transport.js";
