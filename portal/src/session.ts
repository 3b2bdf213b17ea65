/** Who is signed in, by Microsoft's own library: redirects only, no pop-ups and no frames. The one import of MSAL. */

import {
  type AccountInfo,
  CacheLookupPolicy,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from "@azure/msal-browser";
import type { PortalConfig } from "./config.ts";

/** The session has ended, and only the person can renew it. */
export class SignInNeeded extends Error {}

export interface Session {
  readonly name: string;
  readonly userName: string;
  /** An access token for the API; throws SignInNeeded. */
  token(): Promise<string>;
}

export class SignIn {
  private constructor(
    private readonly client: PublicClientApplication,
    private readonly scopes: string[],
    /** Where the person was before the sign-in that has just ended; empty when there was none. */
    readonly returnPath: string,
    /** What went wrong in the sign-in that has just ended. */
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
      return new SignIn(client, [config.scope], "", error instanceof Error ? error.message : String(error));
    }
  }

  /** The session of the account that was used last, if there is one. */
  session(): Session | undefined {
    const account = this.client.getActiveAccount() ?? this.client.getAllAccounts()[0];
    return account ? this.sessionOf(account) : undefined;
  }

  /** Leaves for the sign-in page and comes back to `path`. */
  async start(path: string, options: { userName?: string; isAnother?: boolean } = {}): Promise<void> {
    await this.client.loginRedirect({
      scopes: this.scopes,
      state: path,
      ...(options.userName ? { loginHint: options.userName } : {}),
      ...(options.isAnother ? { prompt: "select_account" } : {}),
    });
  }

  async end(): Promise<void> {
    await this.client.logoutRedirect({ account: this.client.getActiveAccount() });
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
      if (isSessionOver(error)) throw new SignInNeeded();
      throw error;
    }
  }
}

function isSessionOver(error: unknown): boolean {
  const code = error instanceof Error && "errorCode" in error ? String(error.errorCode) : "";
  return error instanceof InteractionRequiredAuthError || code === "invalid_grant" || code === "no_tokens_found";
}
