import type { SignInResult, SignInState } from '../../../src/auth/sign-in/types.js';
import type { AuthFailure, Server } from '../../../src/auth/types.js';
import type { ServerFacts } from '../../../src/gateway/services.js';
import type { Reply } from '../../../src/gateway/types.js';
import { helpView } from '../../../src/gateway/views/help.js';
import { reloadView } from '../../../src/gateway/views/reload.js';
import {
  adminsOnly,
  disabledServer,
  sentence,
  serverGone,
  storageTrouble,
  strangerView,
  surprise,
} from '../../../src/gateway/views/sentences.js';
import { serverInFull } from '../../../src/gateway/views/server.js';
import { type SignInItem, signInView } from '../../../src/gateway/views/sign-in.js';
import { slipView } from '../../../src/gateway/views/slips.js';
import { statusList } from '../../../src/gateway/views/status.js';
import { testView } from '../../../src/gateway/views/test.js';
import { toolsView } from '../../../src/gateway/views/tools.js';
import { usersView } from '../../../src/gateway/views/users.js';
import { commandsFor } from '../../../src/gateway/words/grammar.js';
import type { Probe, ProbeResult } from '../../../src/mcp/types.js';
import {
  down,
  httpServer,
  keyServer,
  needsSignIn,
  oauthServer,
  oauthView,
  ready,
  stdioServer,
} from '../../helpers/memory-auth.js';

/** Every reply that the gateway has, made by its own views, as Telegram gets them (it has no forms of its own). */

const NOW = 1_794_650_400_000;
const MINUTE = 60_000;
const viewer = { admin: false, forms: false, nowMs: NOW };
const admin = { ...viewer, admin: true };

function facts(server: Server, rest: Omit<ServerFacts, 'server' | 'subject'> = {}): ServerFacts {
  return { server, subject: server.credentials === 'shared' ? 'shared' : 'telegram:123456789', ...rest };
}

function probed(result: ProbeResult, rest: Partial<Probe> = {}): { readonly probe: Probe } {
  const atMs = NOW - 2 * MINUTE;
  return { probe: { server: 's', subject: 'p', atMs, latencyMs: 182.4, sinceMs: atMs, result, ...rest } };
}

const signedIn = (server: string, rest = {}) =>
  oauthView('telegram:123456789', server, { issuedAtMs: NOW - 180 * MINUTE, ...rest });

function open(server: string, rest: object = {}): SignInState {
  return {
    id: 'kx3v',
    server,
    subject: 'telegram:123456789',
    startedBy: 'telegram:123456789',
    account: { platform: 'Telegram', name: '@ana' },
    origin: null,
    method: 'oauth',
    kind: 'pending',
    host: `auth.${server}.example`,
    url: `https://gateway.example/connect/${server}`,
    expiresAtMs: NOW + 10 * MINUTE,
    ...rest,
  };
}

function item(server: string, rest: object = {}): SignInItem {
  return { server, kind: 'sign-in', state: open(server, rest), lifetimeMs: 10 * MINUTE };
}

const ended = (server: string, result: SignInResult, rest: object = {}) =>
  item(server, { kind: 'ended', atMs: NOW, result, ...rest });
const signIn = (...items: readonly SignInItem[]) => signInView({ items, more: 0, forms: false });
const failed = (code: AuthFailure['code'], host?: string): AuthFailure =>
  host === undefined ? { code, detail: 'as logged' } : { code, detail: 'as logged', host };

const linear = facts(oauthServer('linear'), {
  ...probed(ready(23, { authenticated: true, software: 'linear-mcp 1.9.0' })),
  credential: signedIn('linear', { scope: 'read write issues:create', expiresAtMs: NOW + 50 * MINUTE }),
});
const files = facts(stdioServer('files'), probed(ready(11)));
const search = facts(keyServer('search', 'SEARCH_KEY'), {
  ...probed(ready(4)),
  credential: {
    kind: 'keys',
    subject: 'telegram:123456789',
    server: 'search',
    masked: { SEARCH_KEY: 'sk-…9f3c' },
    issuedAtMs: NOW - 49 * 60 * MINUTE,
    unproven: false,
  },
});
const supabase = facts(oauthServer('supabase'), probed(needsSignIn));
const github = facts(keyServer('github', 'GITHUB_TOKEN'), probed({ kind: 'needs-key', reason: 'missing' }));
const unreachable = facts(oauthServer('confluence'), probed(down, { sinceMs: NOW - 95 * MINUTE }));

const everyStatus: readonly ServerFacts[] = [
  facts(oauthServer('linear'), {
    ...probed(ready(23)),
    credential: signedIn('linear', { refreshable: false, expiresAtMs: NOW + 42 * MINUTE }),
  }),
  facts(oauthServer('notion'), { credential: signedIn('notion') }),
  facts(keyServer('search', 'KEY', 'from the environment'), probed(ready(1))),
  facts(oauthServer('sentry'), { ...probed(needsSignIn), open: open('sentry') }),
  facts(oauthServer('jira'), { open: open('jira', { kind: 'waiting-for-code', triesLeft: 5 }) }),
  facts(oauthServer('figma'), {
    credential: signedIn('figma', { refused: { sinceMs: NOW - 26 * 60 * MINUTE, code: 'invalid_grant' } }),
  }),
  facts(oauthServer('gmail'), {
    ...probed({ kind: 'needs-scope', scopes: ['mail.read', 'mail.send'] }),
    credential: signedIn('gmail'),
  }),
  facts(oauthServer('wiki', { credentials: 'shared' }), probed(needsSignIn)),
  unreachable,
  facts(
    httpServer('legacy'),
    probed({ kind: 'unreachable', failure: failed('insecure-endpoint', 'legacy.example') }),
  ),
  facts(oauthServer('old-tracker', { enabled: false })),
  facts(httpServer('weather')),
];

const tools = Array.from({ length: 19 }, (_, at) => ({
  name: ['create_issue', 'list_issues', 'get_issue', 'search', 'add_comment'][at % 5] ?? '',
  description:
    [
      'Creates an issue in a team and assigns it, with labels, a priority and an estimate where they are given.',
      'Lists the issues of a team.',
      'One issue with its comments and history.',
      'Full-text search over issues, projects and documents that you may see.',
      '',
    ][at % 5] ?? '',
}));

const usage = (name: string) => {
  const found = commandsFor('admin').find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no command ${name}.`);
  return found;
};
const slip = { servers: ['linear', 'files', 'search', 'supabase', 'github'], forms: false, keysOf: () => [] };

const rows = [
  {
    subject: 'ana',
    server: 'linear',
    status: { kind: 'connected' },
    expiresAtMs: NOW + 50 * MINUTE,
    refreshes: true,
  },
  { subject: 'shared', server: 'wiki', status: { kind: 'connected' }, refreshes: false },
  {
    subject: 'telegram:123456789',
    server: 'github',
    status: { kind: 'key', key: { kind: 'masked', text: 'ghp_…9f3c' } },
    refreshes: false,
  },
  {
    subject: 'telegram:987654321',
    server: 'figma',
    status: { kind: 'signed-out', sinceMs: NOW - 26 * 60 * MINUTE },
    expiresAtMs: NOW - 25 * 60 * MINUTE,
    refreshes: false,
  },
] as const;

export const SCENES: Readonly<Record<string, Reply>> = {
  'the servers': statusList([linear, files, search, supabase, github], 1, viewer),
  'the servers, before anything is known': statusList(
    [linear, files, supabase].map(({ server }) => facts(server)),
    1,
    viewer,
  ),
  'the servers, half of them known': statusList([linear, facts(files.server), supabase], 1, viewer),
  'every status there is, first page': statusList(everyStatus, 1, viewer),
  'every status there is, second page': statusList(everyStatus, 2, viewer),
  'no servers': statusList([], 1, viewer),
  'no servers, for an admin': statusList([], 1, admin),
  'one server in full, signed in': serverInFull(linear, viewer),
  'one server in full, with a key': serverInFull(search, viewer),
  'one server in full, sign-in needed': serverInFull(supabase, viewer),
  'one server in full, unreachable': serverInFull(unreachable, viewer),
  'one server in full, a program': serverInFull(files, viewer),
  'a sign-in that starts': signIn({ server: 'linear', kind: 'starting' }),
  'a sign-in': signIn(item('linear')),
  'a sign-in that finishes': signIn(item('linear', { kind: 'finishing', sinceMs: NOW })),
  'a sign-in that waits for its code': signIn(item('linear', { kind: 'waiting-for-code', triesLeft: 5 })),
  'a sign-in with a wrong code': signIn(item('linear', { kind: 'waiting-for-code', triesLeft: 3 })),
  'a sign-in that connected': signIn(ended('linear', { kind: 'connected', tools: 23 })),
  'a sign-in that was declined': signIn(ended('linear', { kind: 'declined' })),
  'a sign-in that expired': signIn(ended('linear', { kind: 'expired', lifetimeMs: 10 * MINUTE })),
  'a sign-in that was cancelled': signIn(ended('linear', { kind: 'cancelled' })),
  'a sign-in that could not start': signIn({
    server: 'linear',
    kind: 'failed',
    failure: failed('timeout', 'auth.linear.example'),
  }),
  'a sign-in that only an operator can mend': signIn({
    server: 'linear',
    kind: 'failed',
    failure: failed('registration-refused', 'auth.linear.example'),
  }),
  'several sign-ins': signIn(item('linear'), item('supabase'), item('github', { method: 'key-form' })),
  'several sign-ins, halfway': signIn(
    ended('linear', { kind: 'connected', tools: 23 }),
    ended('supabase', { kind: 'expired', lifetimeMs: 10 * MINUTE }),
    item('github', { method: 'key-form' }),
    item('jira', { kind: 'waiting-for-code', triesLeft: 5 }),
    { server: 'files', kind: 'note', note: 'no-auth' },
  ),
  'several sign-ins, over': signInView({
    items: [
      ended('linear', { kind: 'connected', tools: 23 }),
      ended('supabase', { kind: 'declined' }),
      ended('figma', { kind: 'interrupted' }),
      { server: 'jira', kind: 'failed', failure: failed('too-many-pending') },
      ended(
        'github',
        { kind: 'connected', tools: 40, masked: { GITHUB_TOKEN: 'ghp_…9f3c' } },
        { method: 'key-form' },
      ),
    ],
    more: 4,
    forms: false,
  }),
  'a key to be given in the chat': signIn({ server: 'github', kind: 'key', names: ['GITHUB_TOKEN'] }),
  'a key that was refused': signIn({
    server: 'github',
    kind: 'key',
    names: ['GITHUB_TOKEN'],
    tried: { kind: 'refused' },
  }),
  'a key that was kept': signIn({
    server: 'github',
    kind: 'key',
    names: ['GITHUB_TOKEN'],
    tried: { kind: 'kept', masked: { GITHUB_TOKEN: 'ghp_…9f3c' }, unproven: true },
  }),
  'a test that went well': testView(linear, viewer),
  'a test that failed': testView(unreachable, viewer),
  'a test without a sign-in': testView(supabase, viewer),
  'tools, first page': toolsView({ ...linear, ...probed(ready(0, { tools })) }, 1, viewer),
  'tools, last page': toolsView({ ...linear, ...probed(ready(0, { tools })) }, 3, viewer),
  'no tools': toolsView({ ...linear, ...probed(ready(0)) }, 1, viewer),
  'the users': usersView(rows, 1, NOW),
  'the users, first of three pages': usersView(
    Array.from({ length: 20 }, () => rows[0]),
    2,
    NOW,
    'linear',
  ),
  nobody: usersView([], 1, NOW),
  'help for a person': helpView('user'),
  'help for an admin': helpView('admin'),
  'a reload': reloadView({
    kind: 'reloaded',
    added: ['jira'],
    changed: ['linear', 'github'],
    removed: [],
    needRestart: ['listen'],
  }),
  'a reload of a broken config': reloadView({
    kind: 'broken',
    problems: [
      'config.yaml:12 mcp_servers.linear.url: not a URL: "https//mcp.linear.app". Write it as https://mcp.linear.app/mcp',
      'config.yaml:31 access.users: "@ana" is no id. People get theirs from the bot: telegram:123456789',
    ],
  }),
  'a stranger': strangerView({ platform: 'telegram', userId: '123456789', displayName: '@eve' }),
  'for admins only': adminsOnly(),
  'a server that is gone': serverGone(),
  'a disabled server': disabledServer('old-tracker'),
  'storage trouble': storageTrouble(),
  'a surprise': surprise('4f1c09ab'),
  'a server that takes its time': sentence('linear: connecting…'),
  'an unknown command': slipView({ kind: 'unknown', said: 'statsu', meant: ['status'] }, slip),
  'an unknown word': slipView({ kind: 'unknown', said: 'bananas' }, slip),
  'an unknown server': slipView(
    { kind: 'unknown-server', command: usage('auth'), said: 'linaer', meant: ['auth', 'linear'] },
    slip,
  ),
  'a command without its server': slipView({ kind: 'missing-server', command: usage('tools') }, slip),
  'a sign-out without its server': slipView(
    { kind: 'missing-server', command: usage('logout') },
    { ...slip, servers: ['linear', 'search'] },
  ),
  'a sign-out where nobody is signed in': slipView(
    { kind: 'missing-server', command: usage('logout') },
    { ...slip, servers: [] },
  ),
  'too many words': slipView(
    { kind: 'too-many-words', command: usage('test'), instead: ['test', 'linear'] },
    slip,
  ),
  'a page that is none': slipView(
    { kind: 'bad-page', command: usage('tools'), instead: ['tools', 'linear'] },
    slip,
  ),
  'digits that are none': slipView({ kind: 'bad-digits' }, slip),
  'a pasted secret': slipView({ kind: 'pasted-secret', server: 'github' }, { ...slip, removed: true }),
  'a pasted secret that stays': slipView({ kind: 'pasted-secret' }, { ...slip, removed: false }),
};
