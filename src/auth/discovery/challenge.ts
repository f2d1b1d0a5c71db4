/** What a Bearer challenge tells (RFC 6750 §3, RFC 9728 §5.1): the server's words, cut. */
export interface Challenge {
  readonly resourceMetadataUrl?: URL;
  readonly scope?: string;
  readonly error?: string;
}

const LONGEST_HEADER = 8_192;
const LONGEST_SCOPE = 2_000;

/** RFC 9110 §11.6.1 and §5.6.2: a scheme, or a parameter whose value is a token or quoted. Sticky: nothing is skipped. */
const SCHEME = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]+(?=[^\s,=])|(?=[ \t]*(?:,|$)))/y;
const PARAMETER = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))/y;
const TOKEN68 = /[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y;
const SEPARATOR = /[\s,]+/y;

interface Cursor {
  readonly text: string;
  at: number;
}

function take(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text) ?? undefined;
  if (match !== undefined) cursor.at = pattern.lastIndex;
  return match;
}

type Parameters = Map<string, string>;

/**
 * The parameters of each Bearer challenge, then those of each DPoP challenge. What cannot be read ends the reading; what
 * came before it counts.
 */
function tokenChallenges(header: string): readonly Parameters[] {
  const cursor: Cursor = { text: header.slice(0, LONGEST_HEADER), at: 0 };
  const bearer: Parameters[] = [];
  const dpop: Parameters[] = [];
  let current: Parameters | undefined;
  while (cursor.at < cursor.text.length) {
    take(cursor, SEPARATOR);
    const parameter = take(cursor, PARAMETER);
    if (parameter !== undefined) {
      const [, name = '', quoted, token] = parameter;
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? '';
      // RFC 6750 §3: no parameter more than once; the first one counts.
      if (current?.has(name.toLowerCase()) === false) current.set(name.toLowerCase(), value);
      continue;
    }
    const scheme = take(cursor, SCHEME)?.[1]?.toLowerCase();
    if (scheme === undefined) break;
    current = scheme === 'bearer' || scheme === 'dpop' ? new Map() : undefined;
    if (current === undefined) take(cursor, TOKEN68);
    else (scheme === 'bearer' ? bearer : dpop).push(current);
  }
  return [...bearer, ...dpop];
}

/** RFC 6749 §3.3: scopes are tokens between spaces; anything else is no scope. */
function scopeOf(value: string | undefined): string | undefined {
  if (value === undefined || value.length > LONGEST_SCOPE) return undefined;
  const scopes = value.split(/\s+/).filter((scope) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope));
  return scopes.length === 0 ? undefined : scopes.join(' ');
}

function challengeIn(parameters: Parameters): Challenge {
  const url = parameters.get('resource_metadata') ?? '';
  const scope = scopeOf(parameters.get('scope'));
  const error = parameters.get('error');
  return {
    ...(URL.canParse(url) ? { resourceMetadataUrl: new URL(url) } : {}),
    ...(scope === undefined ? {} : { scope }),
    ...(error !== undefined && /^[\w.-]{1,64}$/.test(error) ? { error } : {}),
  };
}

/**
 * Reads a `WWW-Authenticate` header: the first Bearer challenge in it that tells anything, wherever it stands among
 * others; where none does, the first such DPoP challenge. Ours and not the SDK's, which looks at the first scheme alone
 * and finds `scope=` inside other parameters.
 */
export function parseChallenge(header: string | null): Challenge {
  const challenges = tokenChallenges(header ?? '').map(challengeIn);
  return challenges.find((challenge) => Object.keys(challenge).length > 0) ?? {};
}
