import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { json } from '../helpers/http-peer.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { shown } from '../threats/pages.js';
import { useScene } from '../threats/scene.js';

/** What the token endpoint answers instead of its own, where it is set. */
let instead: { readonly status: number; readonly error: string } | undefined;
afterEach(() => {
  instead = undefined;
});

const scene = useScene({
  before: (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/token' || instead === undefined) return;
    const { status, error } = instead;
    json(response, status, { error, error_description: '<b>evil</b> words' });
  },
});

interface Refusal {
  readonly error: string;
  readonly rfc: string;
  /** In the chat, after the name of the server; HOST is the provider's. */
  readonly says: string;
  /** What to do: a button, or whom to ask. */
  readonly next: string;
}

const AUTHORIZATION: readonly Refusal[] = [
  {
    error: 'access_denied',
    rfc: 'RFC 6749 §4.1.2.1',
    says: 'you declined the request.',
    next: 'Try again',
  },
  {
    error: 'temporarily_unavailable',
    rfc: 'RFC 6749 §4.1.2.1',
    says: 'HOST takes no sign-ins at the moment.',
    next: 'Try again',
  },
  {
    error: 'invalid_scope',
    rfc: 'RFC 6749 §4.1.2.1',
    says: 'HOST does not offer the access that was asked for.',
    next: 'Ask whoever runs this gateway to look at it.',
  },
];
const TOKEN: readonly Refusal[] = [
  {
    error: 'invalid_grant',
    rfc: 'RFC 6749 §5.2',
    says: 'HOST did not accept the sign-in that it gave a moment ago.',
    next: 'Try again',
  },
  {
    error: 'invalid_target',
    rfc: 'RFC 8707 §2',
    says: 'HOST gives no access to this server.',
    next: 'Ask whoever runs this gateway to look at it.',
  },
];

/** From the chat to the provider, whose answer `change` makes another; then what chat, page, status and log say. */
async function refused({ error, rfc, says, next }: Refusal, change: (callback: URL) => void): Promise<void> {
  const gateway = await scene.gateway();
  const vic = await gateway.visitor('vic');
  const asked = await vic.say('/mcp auth files');
  const { location, cookies } = await pressConnect(asked.link);
  const callback = await consent(location, { login: 'vic' });
  change(callback);
  const page = shown((await comeBack(callback, cookies)).text);
  const { host } = new URL(scene.provider.issuer);
  await vic.untilSays(`files: ${says.replace('HOST', host)}`, asked);
  expect(asked.text).toContain(next);
  const status = await vic.untilSays(`${error}, ${rfc}`, await vic.say('/mcp status files'));
  expect(status.text).toContain(`at\n${host}`);
  const line = gateway.log.find((one) => one.includes(error) && one.includes(rfc));
  expect(line).toBeDefined();
  for (const told of [asked.text, page]) expect(told).not.toMatch(/RFC|evil/);
  expect(asked.text).not.toContain(error);
  expect(page).not.toContain(error);
}

describe('a refusal, from the provider’s answer to the chat, the page, the status and the log', () => {
  it.each(AUTHORIZATION)('of the sign-in itself: $error', async (refusal) => {
    await refused(refusal, ({ searchParams }) => {
      searchParams.delete('code');
      searchParams.set('error', refusal.error);
      searchParams.set('error_description', '<b>evil</b> words');
    });
    expect(scene.provider.counts.token).toBe(0);
  });

  it.each(TOKEN)('of the code that it gave: $error', async (refusal) => {
    instead = { status: 400, error: refusal.error };
    await refused(refusal, () => undefined);
    expect(scene.provider.counts.token).toBe(1);
  });
});
