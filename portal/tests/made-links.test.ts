import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetAll } from "../src/keeping.ts";
import { keptDraft } from "../src/wizard/draft.ts";
import { MadeLinks } from "../src/wizard/links.ts";
import { mailBody, mailLink } from "../src/wizard/mail.ts";
import { fakeStorage } from "./fake-storage.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

const made = (connectionId: string, expiresAt: string) => ({
  connectionId,
  authUrl: `https://login.example/${connectionId}`,
  expiresAt,
  access: null,
});

test("a link is found again, in another tab too, until it is forgotten", () => {
  const shared = fakeStorage();
  new MadeLinks(shared, () => NOW).keep(made("one", "2026-12-05T12:00:00Z"));
  const other = new MadeLinks(shared, () => NOW);
  assert.equal(other.find("one")?.authUrl, "https://login.example/one");
  other.forget("one");
  assert.equal(other.find("one"), undefined);
});

test("a link that has expired is not shown, and leaves the browser with the next one", () => {
  const shared = fakeStorage();
  const links = new MadeLinks(shared, () => NOW);
  links.keep(made("old", "2026-11-28T11:59:59Z"));
  assert.equal(links.find("old"), undefined);
  links.keep(made("new", "2026-12-05T12:00:00Z"));
  assert.deepEqual(Object.keys(JSON.parse(shared.getItem(links.key) ?? "").links), ["new"]);
});

test("who signs out leaves neither links nor drafts, and nothing of others is touched", () => {
  const shared = fakeStorage();
  shared.setItem("msal.version", "5");
  new MadeLinks(shared, () => NOW).keep(made("one", "2026-12-05T12:00:00Z"));
  keptDraft("tech@msp.example", shared).change({ tenant: "contoso.com" });
  forgetAll([shared]);
  assert.deepEqual([shared.length, shared.key(0)], [1, "msal.version"]);
});

test("the message survives a mail address line: nothing of the link is lost", () => {
  const authUrl = "https://login.example/x?client_id=1&state=a%2Bb&redirect_uri=https%3A%2F%2Fp";
  const link = { authUrl, expiresAt: "2026-12-05T12:00:00Z", approvalUrl: "" };
  const url = new URL(mailLink("contoso.com", link));
  assert.ok(url.searchParams.get("body")?.includes(`\r\n${authUrl}\r\n`));
  assert.ok(url.searchParams.get("subject")?.includes("contoso.com"));
});

test("the message names the zone of its time: the customer may be in another one", () => {
  const expiresAt = "2026-12-05T12:00:00Z";
  const parts = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" }).formatToParts(Date.parse(expiresAt));
  const zone = parts.find(({ type }) => type === "timeZoneName")?.value ?? "none";
  assert.match(
    mailBody("contoso.com", { authUrl: "", expiresAt, approvalUrl: "" }),
    new RegExp(`until .*2026.* ${zone}`),
  );
});
