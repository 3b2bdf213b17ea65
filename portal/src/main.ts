/** Starts the portal: configuration, sign-in, then the page of the address. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { Api, ask } from "./api/client.ts";
import type { Me } from "./api/contract.ts";
import { ApiProblem, NoAnswer } from "./api/problems.ts";
import { type App, PageElement, type Role } from "./app.ts";
import { loadConfig, type PortalConfig } from "./config.ts";
import { focusHeading } from "./elements/focusing.ts";
import "./elements/trouble-note.ts";
import { findPlace, followLinks, navigate, onMoved, type Place } from "./router.ts";
import { type Route, routes } from "./routes.ts";
import { type Session, SignIn, SignInNeeded } from "./session.ts";
import { frame, notAllowedPage, notFoundPage, sessionOverDialog, welcomePage } from "./shell.ts";
import { product } from "./texts.ts";

@customElement("portal-app")
export class PortalApp extends PageElement {
  @state() private app: App | undefined;
  @state() private signIn: SignIn | undefined;
  @state() private config: PortalConfig | undefined;
  @state() private failure: unknown;
  /** Why nobody could be signed in; the welcome page and the dialog of an ended session show it. */
  @state() private signInTrouble: unknown;
  @state() private path = location.pathname;
  @state() private isOffline = !navigator.onLine;
  @state() private announced = "";
  /** Routes whose scripts are there: an element that is shown before them begins without its properties. */
  @state() private loaded: ReadonlySet<Route> = new Set();
  @query("dialog.session-over") private sessionOver!: HTMLDialogElement;

  /** What the document shows until the script runs makes way. */
  protected override createRenderRoot(): this {
    this.replaceChildren();
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    followLinks(this);
    onMoved(() => {
      this.path = location.pathname;
    });
    for (const event of ["online", "offline"])
      addEventListener(event, () => {
        this.isOffline = !navigator.onLine;
      });
    void this.open();
  }

  private async open(): Promise<void> {
    try {
      this.config = await loadConfig();
      const signIn = await SignIn.open(this.config);
      if (signIn.returnPath) navigate(signIn.returnPath, { replace: true });
      else if (isFromSigningOut(location)) navigate("/", { replace: true });
      this.app = await this.openSession(this.config, signIn);
      this.signIn = signIn;
    } catch (error) {
      this.failure = error;
    }
  }

  private async openSession(config: PortalConfig, signIn: SignIn): Promise<App | undefined> {
    const session = signIn.session();
    if (!session) return undefined;
    const api = new Api(config.api, session);
    try {
      return this.makeApp(config, session, api, await ask(api.http.GET("/api/msp-portal/me")));
    } catch (error) {
      if (error instanceof SignInNeeded) return undefined;
      if (!(error instanceof ApiProblem && REFUSED.includes(error.status))) throw error;
      this.signInTrouble = error; // another account may be let in
      return undefined;
    }
  }

  private makeApp(config: PortalConfig, session: Session, api: Api, me: Me): App {
    return {
      api,
      config,
      session,
      me,
      may: (role: Role) => me.roles.includes(`Onboarding.${role}`),
      announce: (text: string) => {
        this.announced = text;
      },
      onSessionOver: () => {
        if (!this.sessionOver.open) this.sessionOver.showModal();
      },
    };
  }

  override render(): TemplateResult {
    if (this.failure !== undefined)
      return frame({}, html`<trouble-note .error=${this.failure} .retry=${reload}></trouble-note>`);
    if (!this.signIn) return frame({}, nothing);
    return this.app ? this.renderPage(this.app, this.signIn) : this.renderWelcome(this.signIn);
  }

  private renderWelcome(signIn: SignIn): TemplateResult {
    return welcomePage({
      failure: signIn.failure,
      trouble: this.signInTrouble,
      isSimulated: this.config?.isSimulated ?? false,
      start: (options) => void this.leave(signIn, options),
    });
  }

  /** For the sign-in page; back again, the person is where he is now. */
  private async leave(signIn: SignIn, options?: { userName?: string; isAnother?: boolean }): Promise<void> {
    try {
      this.signInTrouble = undefined;
      await signIn.start(location.pathname + location.search, options);
    } catch (error) {
      this.signInTrouble = error;
    }
  }

  private renderPage(app: App, signIn: SignIn): TemplateResult {
    const place = findPlace(routes, this.path);
    const isAllowed = !place?.route.role || app.may(place.route.role);
    const page = place ? (isAllowed ? this.renderRoute(place, app) : notAllowedPage(place.route.role)) : notFoundPage();
    return html`${frame({ app, signIn, path: this.path, isOffline: this.isOffline }, page)}
      <div class="visually-hidden" role="status" aria-live="polite">${this.announced}</div>
      ${sessionOverDialog(() => void this.leave(signIn, { userName: app.session.userName }), this.signInTrouble)}`;
  }

  private renderRoute({ route, values }: Place<Route>, app: App): TemplateResult | typeof nothing {
    return this.loaded.has(route) ? route.render(app, values) : nothing;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("path") && !changed.has("app")) return;
    const place = findPlace(routes, this.path);
    document.title = place ? `${place.route.title} · ${product}` : product;
    if (this.app && place) void this.arrive(place.route, changed.get("path") !== undefined);
  }

  /** A page that was gone to begins at its heading, for the keyboard and for those who listen. */
  private async arrive(route: Route, isFromAnother: boolean): Promise<void> {
    try {
      await route.load();
    } catch {
      this.failure = new NoAnswer(!navigator.onLine);
      return;
    }
    if (!this.loaded.has(route)) this.loaded = new Set([...this.loaded, route]);
    if (!isFromAnother || findPlace(routes, this.path)?.route !== route) return;
    await this.updateComplete;
    scrollTo(0, 0);
    focusHeading(this, "main h1");
  }
}

/** The sign-in service gives MSAL's `state` back; other pages have a `state` of their own. */
const isFromSigningOut = ({ pathname, search }: Location) =>
  pathname === "/" && new URLSearchParams(search).has("state");

const REFUSED = [401, 403];

const reload = () => location.reload();
