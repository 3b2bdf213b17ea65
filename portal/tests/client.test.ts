import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, ask } from "../src/api/client.ts";
import type { Session } from "../src/session.ts";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test("every request brings an id of its own, by which what comes of it is found", async (context) => {
  const ids: string[] = [];
  context.mock.method(globalThis, "fetch", async (request: Request) => {
    ids.push(request.headers.get("x-correlation-id") ?? "");
    return Response.json({});
  });
  const api = new Api("https://api.test", { token: async () => "token" } as unknown as Session);
  await api.poll("/api/msp-portal/me", "", new AbortController().signal);
  await ask(api.http.GET("/api/msp-portal/me"));
  assert.equal(new Set(ids).size, 2);
  assert.ok(ids.every((id) => GUID.test(id)));
});
