/** Who is signed in, by Microsoft's own library: redirects only, no pop-ups and no frames. The one import of MSAL. */

import {
  type AccountInfo,
  CacheLookupPolicy,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from "@azure/msal-browser";
import { NoAnswer } from "./api/problems.ts";
import type { PortalConfig } from "./config.ts";
import { forgetAll } from "./keeping.ts";

/** The session has ended, and only the person can renew it. */
export class SignInNeeded extends Error {}

export interface Session {
  readonly name: string;
  readonly userName: string;
  /** An access token for the API; throws SignInNeeded, NoAnswer. */
  token(): Promise<string>;
}

export class SignIn {
  private constructor(
    private readonly client: PublicClientApplication,
    private readonly scopes: string[],
    /** Where the person was before the sign-in that has just ended; empty when there was none. */
    readonly returnPath: string,
    /** Microsoft's code of what went wrong in the sign-in that has just ended; empty when nothing did. */
    readonly failure: string,
  ) {}

  static async open(config: PortalConfig): Promise<SignIn> {
    const client = new PublicClientApplication({
      auth: {
        clientId: config.clientId,
        authority: config.authority,
        knownAuthorities: [...config.knownAuthorities],
        ...(config.authorityMetadata ? { authorityMetadata: config.authorityMetadata } : {}),
        redirectUri: `${location.origin}/`,
        postLogoutRedirectUri: `${location.origin}/`,
      },
      cache: { cacheLocation: "localStorage" },
    });
    await client.initialize();
    try {
      const result = await client.handleRedirectPromise({ navigateToLoginRequestUrl: false });
      if (result) client.setActiveAccount(result.account);
      return new SignIn(client, [config.scope], result?.state ?? "", "");
    } catch (error) {
      return new SignIn(client, [config.scope], "", refusalOf(error));
    }
  }

  /** The session of the account that was used last, if there is one. */
  session(): Session | undefined {
    const account = this.client.getActiveAccount() ?? this.client.getAllAccounts()[0];
    return account ? this.sessionOf(account) : undefined;
  }

  /** Leaves for the sign-in page and comes back to `path`; throws NoAnswer. */
  async start(path: string, options: { userName?: string; isAnother?: boolean } = {}): Promise<void> {
    const request = {
      scopes: this.scopes,
      state: path,
      ...(options.userName ? { loginHint: options.userName } : {}),
      ...(options.isAnother ? { prompt: "select_account" } : {}),
    };
    try {
      await this.client.loginRedirect(request);
    } catch (error) {
      if (codeOf(error) !== "interaction_in_progress") throw troubleOf(error); // of a second press
    }
  }

  /** Signs everybody out of this browser and leaves nothing of theirs: others may use it next. */
  async end(): Promise<void> {
    forgetAll();
    const logoutHint = this.client.getActiveAccount()?.username;
    try {
      await this.client.logoutRedirect({ ...(logoutHint ? { logoutHint } : {}) });
    } catch {
      location.assign("/"); // the sign-in service is away; in this browser nobody is signed in any more
    }
  }

  private sessionOf(account: AccountInfo): Session {
    this.client.setActiveAccount(account);
    return {
      name: account.name ?? account.username,
      userName: account.username,
      token: () => this.tokenOf(account),
    };
  }

  private async tokenOf(account: AccountInfo): Promise<string> {
    try {
      const { accessToken } = await this.client.acquireTokenSilent({
        scopes: this.scopes,
        account,
        cacheLookupPolicy: CacheLookupPolicy.AccessTokenAndRefreshToken,
      });
      return accessToken;
    } catch (error) {
      throw troubleOf(error);
    }
  }
}

const SESSION_OVER = ["invalid_grant", "no_tokens_found"];
const NO_ANSWER = [
  "network_error",
  "no_network_connectivity",
  "post_request_failed",
  "get_request_failed",
  "endpoints_resolution_error",
  "openid_config_error",
];

const codeOf = (error: unknown) => (error instanceof Error && "errorCode" in error ? String(error.errorCode) : "");

/** Microsoft's own code if it gave one: people search for it, and MSAL's words are for developers. */
function refusalOf(error: unknown): string {
  const [code] = /AADSTS\d+/.exec(error instanceof Error ? error.message : "") ?? [];
  return code ?? (codeOf(error) || "unknown");
}

/** MSAL's error as the portal knows it. */
function troubleOf(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof InteractionRequiredAuthError || SESSION_OVER.includes(code)) return new SignInNeeded();
  return NO_ANSWER.includes(code) ? new NoAnswer(!navigator.onLine) : error;
}
