import { afterEach, describe, expect, it } from 'vitest';
import { type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import { metadataAt, startScriptedProvider } from '../helpers/scripted-provider.js';
import { html, json, type ScriptedServer } from '../helpers/scripted-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import type { WebVisitor } from '../helpers/web-visitor.js';

const METADATA = '/.well-known/oauth-authorization-server';
const RESOURCE = '/.well-known/oauth-protected-resource/mcp';

/** In what a provider writes for people: it may stand in the log alone. */
const MARK = 'zxmarkzx';

const start = useGateways();
let peer: ScriptedServer;
afterEach(() => peer.close());

const at = (path: string): string => `${peer.origin}/${path}`;
const says = (path: string, body: unknown, status = 200) => peer.on(path, json(body, status));
const metadata = (more: object) => says(METADATA, metadataAt(peer.origin, more));
const redirect = (path: string, location: string) =>
  peer.on(path, (_request, response) => void response.writeHead(302, { location }).end());

interface Case {
  readonly what: string;
  /** Makes the server or its provider say it. */
  readonly say?: () => void;
  /** What the provider answers to the browser; absent: nobody gets that far. */
  readonly answer?: Readonly<Record<string, string>>;
  readonly oauth?: Readonly<Record<string, string>>;
  /** The sentence in the chat; HOST is the provider's. */
  readonly sentence: string;
  /** Who can do something: the button, or whoever runs the gateway. */
  readonly next: 'Try again' | 'Ask whoever runs this gateway';
  /** As `/mcp status` has it: the exact code, and the section. */
  readonly standard: string;
}

const TRY = 'Try again';
const ASK = 'Ask whoever runs this gateway';

const METADATA_CASES: readonly Case[] = [
  {
    what: 'metadata that is HTML',
    say: () => peer.on(METADATA, html()),
    sentence: '127.0.0.1 does not say how to sign in',
    next: ASK,
    standard: 'bad-metadata, RFC 8414 §3.2',
  },
  {
    what: 'metadata that is missing',
    say: () => peer.on(METADATA, html(404)),
    sentence: 'HOST does not say how to sign in',
    next: ASK,
    standard: 'bad-metadata, RFC 8414 §3',
  },
  {
    what: 'metadata that contradicts its address',
    say: () => metadata({ issuer: 'https://mallory.example' }),
    sentence: 'HOST is not the provider that was expected',
    next: ASK,
    standard: 'issuer-mismatch, RFC 8414 §3.3',
  },
  {
    what: 'metadata that contradicts itself: its resource is another’s',
    say: () => says(RESOURCE, { resource: 'https://mallory.example', authorization_servers: [peer.origin] }),
    sentence: 'HOST does not say how to sign in',
    next: ASK,
    standard: 'bad-metadata, RFC 9728 §3.3',
  },
  {
    what: 'metadata of 5 MB',
    say: () =>
      peer.on(METADATA, (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(Buffer.alloc(5 * 1024 * 1024, ' '));
      }),
    sentence: '127.0.0.1 answered with far too much data',
    next: ASK,
    standard: 'too-large',
  },
  {
    what: 'metadata that is redirected without an end',
    say: () => redirect(METADATA, METADATA),
    sentence: 'HOST does not say how to sign in',
    next: ASK,
    standard: 'bad-metadata, RFC 8414 §3',
  },
  {
    what: 'metadata that is redirected to another host',
    say: () => redirect(RESOURCE, 'https://mallory.example/resource'),
    sentence: 'HOST does not say how to sign in',
    next: ASK,
    standard: 'bad-metadata, RFC 9728 §3.3',
  },
  {
    what: 'a provider that is too busy for its metadata',
    say: () => peer.on(METADATA, html(429)),
    sentence: '127.0.0.1 answered with an error',
    next: TRY,
    standard: 'http-error',
  },
  {
    what: 'a provider without PKCE',
    say: () => metadata({ code_challenge_methods_supported: undefined }),
    sentence: 'HOST lacks a protection that every sign-in here needs',
    next: ASK,
    standard: 'pkce-unsupported, RFC 8414 §2',
  },
  {
    what: 'a token endpoint in the clear',
    say: () => metadata({ token_endpoint: 'http://mallory.example/token' }),
    sentence: 'mallory.example asks for a connection that is not secure',
    next: ASK,
    standard: 'insecure-endpoint, RFC 6749 §3.2',
  },
  {
    what: 'an authorization server in the private network',
    say: () => says(RESOURCE, { resource: at('mcp'), authorization_servers: ['https://169.254.169.254'] }),
    sentence: '169.254.169.254 leads to an address that this gateway may not contact',
    next: ASK,
    standard: 'blocked-address, RFC 9728 §7.7',
  },
];

const REGISTRATION_CASES: readonly Case[] = [
  {
    what: 'a registration that is refused',
    say: () => says('/register', { error: 'invalid_redirect_uri', error_description: MARK }, 400),
    sentence: 'HOST does not let this gateway register by itself',
    next: ASK,
    standard: 'invalid_redirect_uri, RFC 7591 §3.2.2',
  },
  {
    what: 'a registration that is closed',
    say: () => metadata({ registration_endpoint: undefined }),
    sentence: 'HOST does not let this gateway register by itself',
    next: ASK,
    standard: 'registration-refused, RFC 7591 §3.2.2',
  },
];

const refusedToTheBrowser = (
  error: string,
  sentence: string,
  next: Case['next'],
  standard: string,
): Case => ({
  what: `${error}, to the browser`,
  answer: { error, error_description: MARK, error_uri: `https://mallory.example/${MARK}` },
  sentence,
  next,
  standard: `${error}, ${standard}`,
});

const refusedToTheCode = (
  error: string,
  sentence: string,
  next: Case['next'],
  standard: string,
  oauth?: Case['oauth'],
): Case => ({
  what: `${error}, to the code${oauth === undefined ? '' : ' of a client in the config'}`,
  say: () => says('/token', { error, error_description: MARK }, 400),
  answer: { code: 'a-code' },
  sentence,
  next,
  standard: `${error}, ${standard}`,
  ...(oauth === undefined ? {} : { oauth }),
});

const NO_SUCH_ACCESS = 'HOST does not offer the access that was asked for';
const NOT_TO_THIS = 'HOST gives no access to this server';
const AUTHORIZATION = 'RFC 6749 §4.1.2.1';
const TOKEN = 'RFC 6749 §5.2';
const OURS = { client_id: 'ours', client_secret: 'wrong' };

const ANSWER_CASES: readonly Case[] = [
  refusedToTheBrowser('invalid_scope', NO_SUCH_ACCESS, ASK, AUTHORIZATION),
  refusedToTheBrowser('invalid_target', NOT_TO_THIS, ASK, 'RFC 8707 §2'),
  refusedToTheBrowser('temporarily_unavailable', 'HOST takes no sign-ins at the moment', TRY, AUTHORIZATION),
  refusedToTheCode('invalid_scope', NO_SUCH_ACCESS, ASK, TOKEN),
  refusedToTheCode('invalid_target', NOT_TO_THIS, ASK, 'RFC 8707 §2'),
  refusedToTheCode('invalid_client', 'HOST did not recognise this gateway', TRY, TOKEN),
  refusedToTheCode(
    'invalid_client',
    'HOST does not accept this gateway as it is configured',
    ASK,
    TOKEN,
    OURS,
  ),
];

async function gatewayWith(oauth: Case['oauth']): Promise<RunningGateway> {
  return start({
    words: {
      access: { users: ['web:vic'] },
      platforms: { web: { people: ['vic'] } },
      mcp_servers: { files: { url: at('mcp'), auth: 'oauth', ...(oauth === undefined ? {} : { oauth }) } },
    },
  });
}

/** The message that says how it ended. */
async function signIn(vic: WebVisitor, { answer, sentence }: Case) {
  const message = await vic.say('/mcp auth files');
  if (answer === undefined) return message;
  const { location, cookies } = await pressConnect(message.link);
  const asked = new URL(location);
  const callback = new URL(asked.searchParams.get('redirect_uri') ?? '');
  const state = asked.searchParams.get('state') ?? '';
  for (const [name, value] of Object.entries({ state, ...answer })) callback.searchParams.set(name, value);
  const page = await comeBack(callback, cookies);
  expect(page.text).toContain('files could not be connected');
  expect(page.text).not.toContain(MARK);
  return await vic.untilSays(sentence.replace('HOST', new URL(peer.origin).host), message);
}

describe('what a provider refuses, and what is refused of it: a sentence, and its code and section where one looks for them', () => {
  it.each([...METADATA_CASES, ...REGISTRATION_CASES, ...ANSWER_CASES])('$what', async (one) => {
    peer = await startScriptedProvider();
    one.say?.();
    const gateway = await gatewayWith(one.oauth);
    const vic = await gateway.visitor('vic');
    const message = await signIn(vic, one);
    const { host } = new URL(peer.origin);
    expect(message.text).toContain(`files: ${one.sentence.replace('HOST', host)}.`);
    expect(message.text).toContain(one.next);
    expect(message.links).toEqual([]);

    const status = await vic.say('/mcp status files');
    const [, said] = /last sign-in\s+failed just now: (.+)/.exec(status.text) ?? [];
    expect(said).toBe(one.standard);

    const [code = '', section] = one.standard.split(', ');
    const logged = gateway.log.filter((line) => line.includes(`"${code}"`));
    expect(logged.some((line) => line.includes(section ?? code))).toBe(true);
    expect(vic.everything).not.toContain(MARK);
  });
});
