/** What a deployment tells the portal: `/config.json`, beside its files. */

export interface PortalConfig {
  /** The API's origin; empty when it is the portal's own. */
  readonly api: string;
  readonly clientId: string;
  readonly authority: string;
  readonly knownAuthorities: readonly string[];
  /** The authority's metadata document as text, where it cannot be fetched before the first sign-in. */
  readonly authorityMetadata?: string;
  /** The API's scope, which access tokens are asked for. */
  readonly scope: string;
  /** Microsoft is simulated: the development stack. */
  readonly isSimulated?: boolean;
}

export async function loadConfig(): Promise<PortalConfig> {
  const answer = await fetch("/config.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`config.json answered ${answer.status}`);
  return answer.json();
}
