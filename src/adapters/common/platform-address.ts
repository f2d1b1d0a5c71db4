export interface OwnAddresses {
  /** Where the platform's API is reached. */
  readonly apiRoot: string;
  /** The platform's own domains: what stands below them is its own too. */
  readonly domains: readonly string[];
}

const PLAIN = { 'https:': 'http:', 'wss:': 'ws:' } as const;

/**
 * Whether an address that came with an answer or a payload is one to connect to: the platform's own by TLS, or the API
 * root's host at whatever port, as well protected as that one: sockets may have another. Tokens and answers go there, and
 * nobody else may say where that is (threat 8).
 */
export function isOwnAddress(
  address: string,
  secure: keyof typeof PLAIN,
  { apiRoot, domains }: OwnAddresses,
): boolean {
  if (!URL.canParse(address) || !URL.canParse(apiRoot)) return false;
  const { protocol, hostname, port, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  const isSecure = protocol === secure;
  const own = domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
  if (isSecure && port === '' && own) return true;
  const root = new URL(apiRoot);
  return (
    hostname === root.hostname && (isSecure || (protocol === PLAIN[secure] && root.protocol === 'http:'))
  );
}
