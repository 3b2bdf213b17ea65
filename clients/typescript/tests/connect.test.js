// Waiting, following, refusals, and what is never sent twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Connect, etagOf, NoAnswerError, ProblemError } from "../dist/index.js";

const LOST = new TypeError("fetch failed");

/** A client on answers that come one after the other; an answer that is an error is one that never came. */
function client(answers, options = {}) {
  const requests = [];
  const waited = [];
  const connect = new Connect({
    origin: "https://connect.test",
    token: () => "t",
    fetch: async (request) => {
      requests.push(request);
      const answer = answers[requests.length - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    sleep: async (seconds) => waited.push(seconds),
    ...options,
  });
  return { connect, requests, waited };
}

function told(body, status = 200, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

function busy(status = 429, headers = {}) {
  const texts = { type: "about:blank", title: "Busy", detail: "d", instance: "/x", nextAction: "Wait." };
  const document = { ...texts, status, code: "rate_limited", owner: "technician", correlationId: "c" };
  return told(document, status, { "Content-Type": "application/problem+json", ...headers });
}

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

const BATCH = "/api/msp-portal/tenants/connect-batches";
const body = { items: [{ tenant: "contoso.com" }] };

test("a limit is waited for, and told when patience does not reach so far", async () => {
  const wait = { "Retry-After": "8" };
  const { connect, requests, waited } = client([busy(429, wait), busy(429, wait)], { patience: 10 });
  const request = { tenant: "contoso.com", customer: { name: "Contoso" } };
  await assert.rejects(connect.post("/api/msp-portal/tenants/connect", { body: request }), (error) => {
    assert(error instanceof ProblemError);
    assert.deepEqual([error.status, error.code, error.retryAfter], [429, "rate_limited", 8]);
    assert.equal(String(error), "ProblemError: Busy [rate_limited] Wait.");
    return true;
  });
  assert.deepEqual(waited, [8]);
  assert.deepEqual(await requests[1].json(), request);
});

test("following asks when told, and only for what is new", async () => {
  const { connect, requests, waited } = client([
    told({ state: "syncing" }, 200, { ETag: '"1"', "Retry-After": "2" }),
    new Response(null, { status: 304, headers: { "Retry-After": "5" } }),
    told({ state: "completed" }, 200, { ETag: '"2"' }),
  ]);
  assert.deepEqual(await all(connect.follow("t/1", "r")), [{ state: "syncing" }, { state: "completed" }]);
  assert.deepEqual(waited, [2, 5]);
  const tags = requests.map((request) => request.headers.get("If-None-Match"));
  assert.deepEqual(tags, [null, '"1"', '"1"']);
  assert.equal(requests[0].url, "https://connect.test/api/msp-portal/tenants/t%2F1/sync-status?runId=r");
});

test("every item of a list is given, and the question stays the same", async () => {
  const pages = [told({ items: [1, 2], nextCursor: "n" }), told({ items: [3], nextCursor: null })];
  const { connect, requests } = client(pages);
  const items = connect.every("/api/msp-portal/tenants", { params: { query: { tag: "vip" } } });
  assert.deepEqual(await all(items), [1, 2, 3]);
  const asked = requests.map((request) => new URL(request.url).search);
  assert.deepEqual(asked, ["?tag=vip", "?tag=vip&cursor=n"]);
});

test("reading is repeated while the service is away, with a fresh token each time", async () => {
  const tokens = ["a", "b", "c"];
  const options = { token: async () => tokens.shift() };
  const { connect, requests, waited } = client([LOST, busy(503), told({ status: "ready" })], options);
  assert.deepEqual(await connect.get("/api/health"), { status: "ready" });
  assert.deepEqual(waited, [1, 2]);
  const sent = requests.map((request) => request.headers.get("Authorization"));
  assert.deepEqual(sent, ["Bearer a", "Bearer b", "Bearer c"]);
});

for (const trouble of [() => LOST, () => busy(503), () => new Response(null, { status: 502 })]) {
  test("what could be done twice is sent once, and with a key again", async () => {
    const once = client([trouble()]);
    await assert.rejects(once.connect.post(BATCH, { body }), (error) => error.isPassing);
    assert.deepEqual(once.waited, []);
    const { connect } = client([trouble(), told({ batchId: "b" }, 202)]);
    const params = { header: { "Idempotency-Key": "k" } };
    assert.equal((await connect.post(BATCH, { body, params })).batchId, "b");
  });
}

for (const status of [200, 404]) {
  test(`a page of somebody else with ${status} is no answer, and not waited for`, async () => {
    const { connect, waited } = client([new Response("<html>", { status })]);
    const isIt = (error) => error instanceof NoAnswerError && error.status === status && !error.isPassing;
    await assert.rejects(connect.get("/api/msp-portal/me"), isIt);
    assert.deepEqual(waited, []);
  });
}

for (const text of ['{"title": "Bad gateway"}', "[]", "<html>"]) {
  test(`a gateway's problem ${text} is no answer`, async () => {
    const headers = { "Content-Type": "application/problem+json" };
    const { connect } = client([new Response(text, { status: 400, headers })]);
    const isIt = (error) => error instanceof NoAnswerError && error.status === 400;
    await assert.rejects(connect.get("/api/msp-portal/me"), isIt);
  });
}

test("an answer that is cut off is no answer", async () => {
  const cut = () => new Response('{"a":', { headers: { "Content-Type": "application/json" } });
  const { connect } = client([cut(), cut()]);
  await assert.rejects(connect.get("/api/msp-portal/me"), NoAnswerError);
  await assert.rejects(all(connect.follow("t")), NoAnswerError);
});

for (const token of ["", "can ary\n1", "canary\u2192"]) {
  test("what is no token is not sent and not told", async () => {
    const { connect, requests } = client([], { token: () => token });
    const isIt = (error) => /no access token/.test(error) && !/ary/.test(error);
    await assert.rejects(connect.get("/api/msp-portal/me"), isIt);
    assert.equal(requests.length, 0);
  });
}

for (const tenantId of ["", ".", ".."]) {
  test(`a part of a path that is "${tenantId}" does not lead elsewhere`, async () => {
    const { connect, requests } = client([]);
    const path = "/api/msp-portal/tenants/{tenantId}";
    await assert.rejects(async () => connect.get(path, { params: { path: { tenantId } } }), /tenantId is/);
    assert.equal(requests.length, 0);
  });
}

test("an answer has its ETag, and an empty one is undefined", async () => {
  const { connect } = client([told({ name: "Contoso" }, 200, { ETag: '"7"' }), new Response(null, { status: 204 })]);
  const params = { path: { customerId: "c" } };
  assert.equal(etagOf(await connect.get("/api/msp-portal/customers/{customerId}", { params })), '"7"');
  assert.equal(await connect.delete("/api/msp-portal/customers/{customerId}", { params }), undefined);
});

test("a redirect is not followed with the token", async () => {
  const { connect, requests } = client([new Response(null, { status: 303, headers: { Location: "https://l.test/" } })]);
  const { response } = await connect.http.GET("/api/msp-portal/invitations", {});
  assert.equal(response.headers.get("Location"), "https://l.test/");
  assert.equal(requests[0].redirect, "manual");
});

test("a caller who stops is not asked to wait", async () => {
  const stopped = AbortSignal.abort();
  const { connect, waited } = client([LOST, LOST]);
  await assert.rejects(connect.get("/api/health", { signal: stopped }));
  assert.deepEqual(waited, []);
});

test("the token never goes over an open line", () => {
  assert.throws(() => new Connect({ origin: "http://connect.example", token: () => "t" }), /not https/);
  assert(new Connect({ origin: "http://127.0.0.1:7071", token: () => "t" }));
});
