/** The client: every path of the contract, and what takes more than one call. */

import createClient, { type Client, defaultPathSerializer, type MaybeOptionalInit } from "openapi-fetch";
import type { CompanySync, paths, SyncStatus } from "./contract.js";
import { NoAnswerError, secondsOf } from "./errors.js";
import { type Options, Transport, withEtag } from "./transport.js";

type Method = "get" | "put" | "post" | "patch" | "delete";
type Path<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Init<P extends keyof paths, M extends Method> = MaybeOptionalInit<paths[P], M>;
type Arguments<I> = undefined extends I ? [init?: I] : [init: I];
type Json<R> = R extends { content: { "application/json": infer Body } } ? Body : undefined;

/** The body of a call's success; undefined when it has none. */
export type Answer<P extends keyof paths, M extends Method> =
  paths[P] extends Record<M, { responses: infer R }>
    ? { [S in keyof R & (200 | 201 | 202 | 204)]: Json<R[S]> }[keyof R & (200 | 201 | 202 | 204)]
    : never;

/** The paths that answer with a page, and what is in it. */
export type Paged = {
  [P in Path<"get">]: Answer<P, "get"> extends { items: unknown[]; nextCursor: string | null } ? P : never;
}[Path<"get">];
export type Item<P extends Paged> = Answer<P, "get"> extends { items: (infer T)[] } ? T : never;

/** A row of the inventory; what it has besides its id is the resource's matter. */
export type Row = { id: string; [field: string]: unknown };

type Call<M extends Method> = <P extends Path<M>>(path: P, ...init: Arguments<Init<P, M>>) => Promise<Answer<P, M>>;
type Page = { items: unknown[]; nextCursor: string | null };
type AnyInit = { params?: { query?: object } };
/** openapi-fetch's own call, for a path that is known only when it is made. */
type Request = (method: string, path: string, init: object) => Promise<{ data?: unknown; response: Response }>;

/** OpsPilot365 Connect, as one caller may use it. Every call's promise is refused with ProblemError or NoAnswerError. */
export class Connect {
  /** The calls with their whole response: `connect.http.GET(path, init)`. */
  readonly http: Client<paths>;
  readonly get = this.caller("get");
  readonly put = this.caller("put");
  readonly post = this.caller("post");
  readonly patch = this.caller("patch");
  readonly delete = this.caller("delete");
  private readonly transport: Transport;

  /** Throws where a token could be overheard. */
  constructor(options: Options) {
    this.transport = new Transport(options);
    this.http = createClient<paths>({
      baseUrl: this.transport.origin,
      redirect: "manual",
      pathSerializer: serializePath,
      fetch: (request) => this.transport.send(request),
    });
  }

  /** Every item of a list, page by page. */
  async *every<P extends Paged>(path: P, ...init: Arguments<Init<P, "get">>): AsyncGenerator<Item<P>, void> {
    const [given] = init as [AnyInit?];
    let cursor: string | null | undefined;
    do {
      const query = { ...given?.params?.query, ...(cursor ? { cursor } : {}) };
      const page = (await this.ask("get", path, { ...given, params: { ...given?.params, query } })) as Page;
      yield* page.items as Item<P>[];
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  /** Every row of a resource. */
  inventory(tenantId: string, resource: string): AsyncGenerator<Row, void> {
    const params = { path: { tenantId, resource }, query: { top: 1000 } };
    return this.every("/api/msp-portal/tenants/{tenantId}/inventory/{resource}", { params });
  }

  /** A tenant's sync-status at once and whenever it has changed, from the consent's waiting to the sync's end. */
  follow(tenantId: string, runId?: string): AsyncGenerator<SyncStatus, void> {
    const params = { path: { tenantId }, query: runId === undefined ? {} : { runId } };
    return this.poll("/api/msp-portal/tenants/{tenantId}/sync-status", { params });
  }

  /** The status of a PSA's sync of companies at once and whenever it has changed, to the end. */
  followCompanies(provider: string): AsyncGenerator<CompanySync, void> {
    return this.poll("/api/msp-portal/psa/{provider}/sync-status", { params: { path: { provider } } });
  }

  /** A document at once and whenever it has changed, as long as the API says when to ask again. */
  private async *poll<T>(path: string, init: object): AsyncGenerator<T, void> {
    for (let etag = "", pause: number | undefined = 0; pause !== undefined; ) {
      if (pause > 0) await this.transport.sleep(pause);
      const headers = etag ? { "If-None-Match": etag } : {};
      const { response } = await this.request("get", path, { ...init, headers, parseAs: "stream" });
      pause = secondsOf(response.headers.get("retry-after"));
      if (response.status !== 200) continue;
      etag = response.headers.get("etag") ?? "";
      yield (await response.json().catch(refuseOther)) as T;
    }
  }

  private caller<M extends Method>(method: M): Call<M> {
    return ((path: string, init?: object) => this.ask(method, path, init)) as Call<M>;
  }

  private async ask(method: Method, path: string, init: object = {}): Promise<unknown> {
    const { data, response } = await this.request(method, path, init).catch(refuseOther);
    return withEtag(data, response);
  }

  private get request(): Request {
    return this.http.request as unknown as Request;
  }
}

/** Throws for what would lead to another path. */
function serializePath(path: string, parts: Record<string, unknown>): string {
  const astray = Object.entries(parts).find(([, part]) => ["", ".", ".."].includes(String(part)));
  if (astray) throw new TypeError(`${astray[0]} is "${astray[1]}".`);
  return defaultPathSerializer(path, parts);
}

/** What is not JSON is not the API's. */
function refuseOther(error: unknown): never {
  if (!(error instanceof SyntaxError)) throw error;
  throw new NoAnswerError("The answer is no JSON.", 200, undefined, { cause: error });
}
