/** What surrounds the pages: header, navigation, sign-in, and what is shown instead of a page. */

import { html, nothing, type TemplateResult } from "lit";
import { FlaskConical, LogOut, WifiOff } from "lucide";
import type { App, Role } from "./app.ts";
import { icon } from "./elements/icon.ts";
import type { SignIn } from "./session.ts";
import { product, shell, trouble as troubles } from "./texts.ts";

interface Frame {
  readonly app?: App;
  readonly signIn?: SignIn;
  readonly path?: string;
  readonly isOffline?: boolean;
}

export function frame(around: Frame, page: TemplateResult | typeof nothing): TemplateResult {
  return html`<a class="skip" href="#content">${shell.skip}</a>
    <header class="top">
      <a class="brand" href="/">${mark()} <span>${product}</span></a>
      ${around.app ? navigation(around.app, around.path ?? "") : nothing}
      ${around.app && around.signIn ? account(around.app, around.signIn) : nothing}
    </header>
    ${around.isOffline ? html`<p class="banner" role="status">${icon(WifiOff, 18)} ${shell.offline}</p>` : nothing}
    <main id="content" tabindex="-1">${page}</main>
    ${around.app?.config.isSimulated ? simulated() : nothing}`;
}

function navigation(app: App, path: string): TemplateResult {
  const links: [string, string, Role][] = [
    ["/", shell.tenants, "Read"],
    ["/tenants/new", shell.connect, "Connect"],
    ["/ops", shell.ops, "Ops"],
  ];
  const place = path === "/tenants" ? "/" : path;
  const isHere = (target: string) => (target === "/ops" ? place.startsWith("/ops") : place === target);
  return html`<nav aria-label=${shell.menu}>
    ${links.map(([target, name, role]) =>
      app.may(role) ? html`<a href=${target} aria-current=${isHere(target) ? "page" : "false"}>${name}</a>` : nothing,
    )}
  </nav>`;
}

function account(app: App, signIn: SignIn): TemplateResult {
  return html`<div class="account">
    <span class="account-name" title=${shell.signedInAs(app.session.userName)}>${app.session.name}</span>
    <button type="button" class="button is-quiet" @click=${() => void signIn.end()}>
      ${icon(LogOut, 18)} <span>${shell.signOut}</span>
    </button>
  </div>`;
}

interface Welcome {
  /** Microsoft's code of what went wrong in the sign-in that has just ended; empty when nothing did. */
  readonly failure: string;
  /** Why the sign-in page cannot be gone to. */
  readonly trouble: unknown;
  readonly isSimulated: boolean;
  start(options?: { isAnother?: boolean }): void;
}

export function welcomePage({ failure, trouble, isSimulated, start }: Welcome): TemplateResult {
  return html`<main id="content" class="welcome">
    <div class="card">
      <p class="brand">${mark()} <span>${product}</span></p>
      <h1>${shell.welcome}</h1>
      <p>${shell.welcomeText}</p>
      ${failure ? html`<p class="note is-stop" role="alert">${shell.signInFailed}. ${shell.refusals[failure] ?? shell.otherRefusal} (${failure})</p>` : nothing}
      <trouble-note .error=${trouble}></trouble-note>
      <div class="actions">
        <button type="button" class="button is-main" @click=${() => start()}>${shell.signIn}</button>
        <button type="button" class="button" @click=${() => start({ isAnother: true })}>
          ${shell.anotherAccount}
        </button>
      </div>
    </div>
    ${isSimulated ? simulated() : nothing}
  </main>`;
}

export const notFoundPage = (): TemplateResult =>
  html`<div class="page card">
    <h1 tabindex="-1">${shell.notFound.title}</h1>
    <p>${shell.notFound.text}</p>
    <p><a href="/">${shell.notFound.link}</a></p>
  </div>`;

export const notAllowedPage = (role: Role | undefined): TemplateResult =>
  html`<div class="page card">
    <h1 tabindex="-1">${shell.notAllowed.title}</h1>
    <p>${shell.notAllowed.text(`Onboarding.${role}`)}</p>
  </div>`;

export const sessionOverDialog = (signInAgain: () => void, trouble: unknown): TemplateResult =>
  html`<dialog class="session-over" aria-labelledby="session-over">
    <h2 id="session-over">${sessionOver.title}</h2>
    <p>${sessionOver.text}</p>
    <trouble-note .error=${trouble}></trouble-note>
    <div class="actions">
      <button type="button" class="button is-main" @click=${signInAgain}>${sessionOver.action}</button>
    </div>
  </dialog>`;

const { sessionOver } = troubles;

const simulated = () =>
  html`<p class="simulated" title=${shell.simulatedHint}>${icon(FlaskConical, 16)} ${shell.simulated}</p>`;

const mark = () =>
  html`<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
    <rect width="32" height="32" rx="8"></rect>
    <circle class="open" cx="11" cy="16" r="4"></circle>
    <circle class="full" cx="21" cy="16" r="4"></circle>
    <path d="M13 16h6"></path>
  </svg>`;
