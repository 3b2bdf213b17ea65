// Tells a built portal where it is deployed: writes dist/config.json and the origins it may reach into the headers.
// Run after the build, with the deployment's settings in the environment.

import { readFile, writeFile } from "node:fs/promises";

const missing = [];
const optional = (name, otherwise) => process.env[name] || otherwise;
const needed = (name) => optional(name) ?? missing.push(name);

const api = needed("API_URL");
const clientId = needed("PORTAL_CLIENT_ID");
const audience = needed("API_AUDIENCE");
const login = optional("LOGIN_ENDPOINT", "https://login.microsoftonline.com");
if (missing.length) {
  console.error(`The portal cannot be configured without ${missing.join(", ")}.`);
  process.exit(1);
}

const dist = optional("PORTAL_DIST", "dist");
const identifier = optional("API_IDENTIFIER", audience.includes("://") ? audience : `api://${audience}`);
await writeFile(
  `${dist}/config.json`,
  JSON.stringify({
    api: new URL(api).origin,
    clientId,
    authority: `${login}/organizations`,
    knownAuthorities: [new URL(login).host],
    scope: `${identifier}/access_as_user`,
  }),
);
const headers = `${dist}/staticwebapp.config.json`;
const origins = [new URL(api).origin, new URL(login).origin].join(" ");
await writeFile(headers, (await readFile(headers, "utf8")).replace("{connect-src}", origins));
