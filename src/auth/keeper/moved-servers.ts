import type { CredentialKey, OAuthCredential } from '../types.js';

interface Judged {
  readonly url: string;
  readonly moved: boolean;
}

/** Whether a resource (RFC 8707) is another server's than the one at `url`: by origin. */
export function isElsewhere(resource: string, url: string): boolean {
  return URL.canParse(resource) && new URL(resource).origin !== new URL(url).origin;
}

/** Whether tokens were asked for another server than the one at `url`. Those of older gateways may not say whose they are. */
export function isOfAnother({ resource, serverUrl }: OAuthCredential, url: string): boolean {
  const whose = resource ?? serverUrl;
  return whose !== undefined && whose !== url && isElsewhere(whose, url);
}

/**
 * Tokens are for the server that they were asked for, and are not shown to another one that has its name in the config
 * now (RFC 8707; MCP, "Token Handling"). By origin: which paths of it belong together, its metadata said at the sign-in.
 */
export class MovedServers {
  readonly #judged = new WeakMap<OAuthCredential, Judged>();

  /** @param urlOf the address of a server by its name, as the config has it now; undefined: it has none */
  constructor(private readonly urlOf: (server: string) => string | undefined = () => undefined) {}

  hasMoved({ server }: CredentialKey, tokens: OAuthCredential): boolean {
    const url = this.urlOf(server);
    if (url === undefined || url === tokens.resource) return false;
    const known = this.#judged.get(tokens);
    if (known?.url === url) return known.moved;
    const moved = isOfAnother(tokens, url);
    this.#judged.set(tokens, { url, moved });
    return moved;
  }
}
