import { createPrivateKey } from 'node:crypto';
import { type ConfigPath, type Finding, keyName, named, nearest } from './mistakes.js';
import { OAUTH_KEYS, UNUSED_OAUTH_KEYS } from './oauth-schema.js';
import { type ConfigMap, has } from './reading.js';
import { urlTroubles } from './values.js';

/**
 * Parameters of the authorization request that the gateway sets itself, or that would change what comes back to it
 * (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2, RFC 9101 §5, RFC 9126 §4, RFC 9449 §10).
 */
const RESERVED: Readonly<Record<string, string>> = {
  state: 'it ties the answer to the sign-in, and is made anew for each',
  response_type: 'it is always `code`',
  response_mode: 'the answer has to come back in the query',
  code_challenge: 'it belongs to PKCE, and is made anew for each sign-in',
  code_challenge_method: 'it is always `S256`',
  code_verifier: 'it is a secret that never goes to the browser',
  code: 'it is what the provider answers with',
  resource: "it is the server's own URL",
  request: 'it would replace all other parameters',
  request_uri: 'it would replace all other parameters',
  grant_type: 'it belongs to the token request',
  dpop_jkt: 'it would bind the code to a key that the gateway does not have',
  iss: 'it is part of the answer',
};

function reserved(path: ConfigPath, key: string, reason: string): Finding {
  return {
    path: [...path, key],
    at: 'key',
    found: `the reserved parameter ${keyName(key)}`,
    allowed: `parameters that the gateway does not set itself; as to ${keyName(key)}: ${reason}`,
    remedy: 'Take it out.',
  };
}

const UNUSED: readonly string[] = UNUSED_OAUTH_KEYS;
const MEANT_KEYS = OAUTH_KEYS.filter((key) => !UNUSED.includes(key));

function misspelt(path: ConfigPath, key: string, guess: string): Finding {
  return {
    path: [...path, key],
    at: 'key',
    found: `the key ${keyName(key)}, which would go to the authorization page as a parameter`,
    allowed: `${MEANT_KEYS.map(named).join(', ')}, and parameters with other names`,
    nearest: guess,
    remedy: `Rename it to \`${guess}\`.`,
  };
}

/** RFC 6749 Appendix A leaves names open; these characters are what providers use. */
const PARAMETER_NAME = /^[A-Za-z0-9._-]{1,64}$/;

function unnameable(path: ConfigPath, key: string): Finding {
  return {
    path: [...path, key],
    at: 'key',
    found: `the parameter name ${keyName(key)}`,
    allowed: 'letters, digits, `_`, `-` and `.`, at most 64',
    remedy: 'Check the name; YAML needs a space after the colon.',
  };
}

/** Strict, because any name may be a provider's own parameter: `user` is not `issuer`. */
const slip = (length: number) => (length >= 8 ? 2 : 1);
const exactly = () => 0;

function parameterRule(path: ConfigPath, key: string): readonly Finding[] {
  if (OAUTH_KEYS.includes(key)) return [];
  const twin = nearest(key, Object.keys(RESERVED), exactly);
  const reason = twin === undefined ? undefined : RESERVED[twin];
  if (reason !== undefined) return [reserved(path, key, reason)];
  const guess = nearest(key, OAUTH_KEYS, slip);
  if (guess !== undefined) return [misspelt(path, key, guess)];
  return PARAMETER_NAME.test(key) ? [] : [unnameable(path, key)];
}

/** RFC 6749 §3.1.2: a redirect URI has no fragment. RFC 8414 §2: an issuer has neither query nor fragment. */
function endpointRule(path: ConfigPath, key: 'redirect_uri' | 'issuer', value: unknown): readonly Finding[] {
  if (typeof value !== 'string' || value === '') return [];
  const troubles = urlTroubles(value).filter((trouble) => key === 'issuer' || trouble !== 'query');
  if (troubles.length === 0) return [];
  const without = key === 'issuer' ? 'user, password, `?` and `#`' : 'user, password and `#`';
  const example = key === 'issuer' ? 'https://login.example.com' : 'https://mcp.example.com/oauth/callback';
  return [
    {
      path: [...path, key],
      allowed: `an https URL (http only to this machine) without ${without}`,
      remedy: `Write it exactly as the provider has it, such as ${example}.`,
    },
  ];
}

/** draft-ietf-oauth-client-id-metadata-document §3: https, a path, and nothing behind it that names something else. */
function documentRule(path: ConfigPath, value: unknown): readonly Finding[] {
  if (typeof value !== 'string' || value === '') return [];
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain = url?.username === '' && url.password === '' && url.hash === '';
  if (url?.protocol === 'https:' && url.pathname !== '/' && plain) return [];
  return [
    {
      path: [...path, 'client_metadata_url'],
      allowed: 'an https URL with a path, without user, password and `#`',
      remedy: 'Write it exactly as the document names itself, such as https://mcp.example.com/client.json.',
    },
  ];
}

/** Whether it is a private key at all; which algorithm it is for is looked at when it is used. */
function isPrivateKey(text: string): boolean {
  try {
    const isJwk = text.trimStart().startsWith('{');
    createPrivateKey(isJwk ? { key: JSON.parse(text), format: 'jwk' } : text);
    return true;
  } catch {
    return false;
  }
}

function keyRule(path: ConfigPath, value: unknown): readonly Finding[] {
  if (typeof value !== 'string' || value === '' || isPrivateKey(value)) return [];
  return [
    {
      path: [...path, 'private_key'],
      found: 'text that is no private key',
      allowed: 'PKCS #8 in PEM (`-----BEGIN PRIVATE KEY-----`), or a JWK',
      remedy: 'Convert it with: openssl pkcs8 -topk8 -nocrypt -in key.pem',
    },
  ];
}

/** RFC 6749 §4.4: a service account is a client that can prove itself. */
export function serviceAccountRule(
  path: ConfigPath,
  block: Readonly<ConfigMap>,
  oauth: Readonly<ConfigMap>,
): readonly Finding[] {
  if (block.auth !== 'client_credentials' || has(oauth, 'client_id')) return [];
  return [
    {
      path: [...path, 'auth'],
      found: '`auth: client_credentials` without `oauth.client_id`',
      allowed: 'the client that the provider knows the gateway by',
      remedy: 'Add `oauth.client_id`, and `oauth.client_secret` or `oauth.private_key`.',
    },
  ];
}

export function oauthRules(path: ConfigPath, oauth: Readonly<ConfigMap>): readonly Finding[] {
  const lonelySecret = has(oauth, 'client_secret') && !has(oauth, 'client_id');
  const secretRule: Finding = {
    path: [...path, 'client_secret'],
    at: 'key',
    found: '`client_secret` without `client_id`',
    allowed: 'both, or neither',
    remedy: 'Add the `client_id` that it belongs to.',
  };
  return [
    ...Object.keys(oauth).flatMap((key) => parameterRule(path, key)),
    ...endpointRule(path, 'redirect_uri', oauth.redirect_uri),
    ...endpointRule(path, 'issuer', oauth.issuer),
    ...documentRule(path, oauth.client_metadata_url),
    ...keyRule(path, oauth.private_key),
    ...(lonelySecret ? [secretRule] : []),
  ];
}
