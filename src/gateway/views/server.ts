import { sectionOfError } from '../../auth/refusal-codes.js';
import type { LastFailure } from '../../auth/sign-in/types.js';
import type { AuthFailure, AuthFailureCode, ClientRegistration, CredentialView } from '../../auth/types.js';
import { command, rowAction } from '../actions.js';
import type { ServerFacts } from '../services.js';
import { authKind, authStatus, isWanting, keysToAsk } from '../status.js';
import { dated, relative } from '../times.js';
import type { Line, Reply } from '../types.js';
import { ASK_OPERATOR, failureSentence, oneLine, scopeWords, statusWords } from '../wording.js';
import { markOf, mayAct, type Viewer } from './status.js';

/** `/mcp status linear`: one server in full. No secret, ever: a view of a credential holds none. */
export function serverInFull(one: ServerFacts, viewer: Viewer, last?: LastFailure): Reply {
  const { server } = one;
  const status = authStatus(one, viewer.nowMs);
  const mark = markOf(one, viewer);
  const signIn = mayAct(one, viewer) ? rowAction(server, status, viewer.forms) : undefined;
  const held = one.credential !== undefined && one.credential.kind !== 'unreadable';
  const out = held && mayAct(one, viewer);
  return {
    title: server.name,
    lines: [
      { ...(mark === undefined ? {} : { mark }), cells: ['status', statusWords(status, viewer.nowMs)] },
      ...facts([
        ...aboutServer(one),
        ...aboutCredential(one.credential, viewer.nowMs),
        ...aboutLastSignIn(last, viewer.nowMs),
        ...aboutProbe(one, viewer.nowMs),
      ]),
      ...helpFromOthers(one, viewer),
    ],
    actions: [
      ...(signIn === undefined ? [] : [signIn]),
      ...(server.enabled ? [command('Test', 'test', server.name)] : []),
      ...(one.probe?.result.kind === 'ready' ? [command('Tools', 'tools', server.name)] : []),
      ...(out ? [command('Sign out', 'logout', server.name)] : []),
    ],
  };
}

type Fact = readonly [name: string, value: string | undefined];

function facts(rows: readonly Fact[]): readonly Line[] {
  return rows.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [{ cells: [name, oneLine(value, 200)] }],
  );
}

/** Without query or user info: either may hold a key that somebody put into the config. */
function shownUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return 'not a URL';
  }
}

function aboutServer({ server }: ServerFacts): readonly Fact[] {
  const kinds = {
    oauth: 'OAuth',
    service: 'service account (client credentials)',
    keys: 'API key',
    none: 'none',
    ask: 'what the server asks for',
  };
  const names = keysToAsk(server).map((key) => key.name);
  return [
    ['transport', server.kind],
    // A command line may hold secrets in its arguments: its first word says enough.
    ['runs', server.kind === 'stdio' ? server.command : undefined],
    ['URL', server.kind === 'stdio' ? undefined : shownUrl(server.url)],
    ['auth', kinds[authKind(server)]],
    ['needs', names.length === 0 ? undefined : names.join(', ')],
    ['credentials', server.credentials === 'shared' ? 'shared by everyone' : undefined],
  ];
}

function aboutCredential(credential: CredentialView | undefined, nowMs: number): readonly Fact[] {
  if (credential === undefined || credential.kind === 'unreadable') return [];
  const refused: readonly Fact[] =
    credential.refused === undefined
      ? []
      : [['refused', `${dated(credential.refused.sinceMs, nowMs)}, ${refusalOf(credential)}`]];
  if (credential.kind === 'keys') {
    const masked = Object.entries(credential.masked).map(([name, value]) => `${name} ${value}`);
    return [
      ['key', masked.join(', ')],
      ['added', dated(credential.issuedAtMs, nowMs)],
      ['proven', credential.unproven ? 'not yet: it is first checked when a tool is called' : undefined],
      ...refused,
    ];
  }
  const expires =
    credential.expiresAtMs === undefined ? 'the provider did not say' : dated(credential.expiresAtMs, nowMs);
  return [
    ['provider', oneLine(credential.issuer, 100)],
    ['scopes', credential.scope === undefined ? undefined : scopeWords(credential.scope.split(' '))],
    ['issued', dated(credential.issuedAtMs, nowMs)],
    ['expires', credential.refreshable ? `${expires}; refreshes by itself` : expires],
    ['registration', REGISTRATIONS[credential.registration]],
    ...refused,
  ];
}

/** The provider's own code, and where the standard has it; keys know no standard. */
function refusalOf({ kind, refused }: Exclude<CredentialView, { kind: 'unreadable' }>): string {
  const code = oneLine(refused?.code ?? '', 60);
  return kind === 'oauth' ? `${code}, ${sectionOfError(code, 'refresh')}` : code;
}

const REGISTRATIONS: Readonly<Record<ClientRegistration['kind'], string>> = {
  'pre-registered': 'pre-registered (client_id in the config)',
  'metadata-document': 'by client metadata document',
  dynamic: 'dynamic',
};

/** Whose detail is ours: others may repeat what a provider or a server wrote (threat 5), or name our folders. */
const IN_OUR_WORDS: ReadonlySet<AuthFailureCode> = new Set([
  'registration-refused',
  'pkce-unsupported',
  'insecure-endpoint',
  'blocked-address',
  'too-large',
  'timeout',
]);

/** What the message had no room for: the exact code, and which rule of which standard it is about. */
function aboutLastSignIn(last: LastFailure | undefined, nowMs: number): readonly Fact[] {
  if (last === undefined) return [];
  const { code, error, host, detail } = last.failure;
  const declined = error === 'access_denied';
  return [
    [
      'last sign-in',
      `${declined ? 'declined' : 'failed'} ${relative(last.atMs, nowMs)}: ${standardOf(last.failure)}`,
    ],
    ['at', host === undefined ? undefined : oneLine(host, 100)],
    ['why', IN_OUR_WORDS.has(code) ? oneLine(detail, 200) : undefined],
  ];
}

/** The exact code, and which rule of which standard it is about. */
function standardOf({ code, error, rfc }: AuthFailure): string {
  const known = [error ?? code, rfc].filter((part) => part !== undefined);
  return known.map((part) => oneLine(part, 64)).join(', ');
}

function aboutProbe({ probe }: ServerFacts, nowMs: number): readonly Fact[] {
  if (probe === undefined) return [['last check', 'not yet']];
  const { result } = probe;
  if (result.kind === 'needs-key' && result.reason === 'missing')
    return [['last check', 'not contacted: its key is missing']];
  const rows: Fact[] = [
    ['last check', `${relative(probe.atMs, nowMs)}, took ${Math.max(0, Math.round(probe.latencyMs))} ms`],
  ];
  if (result.kind === 'ready') {
    rows.push(['tools', `${result.tools.length}`], ['protocol', oneLine(result.protocolVersion, 40)]);
    rows.push(['software', result.software === undefined ? undefined : oneLine(result.software, 80)]);
  }
  if (result.kind === 'needs-scope') rows.push(['scopes wanted', scopeWords(result.scopes)]);
  if (result.kind === 'unreachable') {
    rows.push(['last error', `${failureSentence(result.failure)} (${standardOf(result.failure)})`]);
    // Of our own storage it names folders, which are for the log.
    const ours = result.failure.code === 'store-unavailable';
    rows.push(['detail', ours ? undefined : oneLine(result.failure.detail, 200)]);
    rows.push(['since', dated(probe.sinceMs, nowMs)]);
  }
  return rows;
}

function helpFromOthers(one: ServerFacts, viewer: Viewer): readonly Line[] {
  const status = authStatus(one, viewer.nowMs);
  if (status.kind === 'waiting-for-code') {
    return [{ cells: ['Give the six digits that the page shows, like this: /mcp confirm 482 913'] }];
  }
  if (status.kind === 'misconfigured' && !isWanting(status))
    return [{ cells: [`${ASK_OPERATOR} to look at it.`] }];
  if (status.kind === 'disabled') return [{ cells: [`${ASK_OPERATOR} to enable it in the config.`] }];
  if (status.kind === 'unreachable') {
    return [{ cells: [`Test it again in a while. If it stays that way: ${ASK_OPERATOR.toLowerCase()}.`] }];
  }
  if (isWanting(status) && !mayAct(one, viewer)) {
    return [{ cells: ['It is shared by everyone: an admin has to sign in.'] }];
  }
  return [];
}
