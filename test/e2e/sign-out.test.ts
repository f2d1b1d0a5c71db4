import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createCredentials } from '../../src/auth/credentials/credentials.js';
import type { OAuthCredential } from '../../src/auth/types.js';
import { consent } from '../helpers/consent.js';
import { json } from '../helpers/http-peer.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import type { WebVisitor } from '../helpers/web-visitor.js';
import { digitsOn, wrong } from '../threats/pages.js';
import { useScene } from '../threats/scene.js';

type Answer = (response: ServerResponse) => void;

/** Answers that never come. */
const open: ServerResponse[] = [];

/** What the provider does with the next requests to these paths, in place of what it would do. */
const instead = new Map<string, Answer>();
afterEach(() => {
  instead.clear();
  for (const response of open.splice(0)) response.destroy();
});

const before = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  instead.get(request.url ?? '')?.(response);
  // What is left open is nobody else's to answer.
  if (open.includes(response)) await new Promise((resolve) => response.once('close', resolve));
};

const KEY = { subject: 'web:vic', server: 'files' };

async function heldBy(gateway: RunningGateway): Promise<OAuthCredential | undefined> {
  const held = await createCredentials(await gateway.store()).get(KEY);
  return held?.kind === 'oauth' ? held : undefined;
}

/** Types a command, and gives its answer once it says this. */
async function ask(who: WebVisitor, line: string, text: string | RegExp) {
  return who.untilSays(text, await who.say(line));
}

async function signedIn(gateway: RunningGateway): Promise<{ vic: WebVisitor; held: OAuthCredential }> {
  const vic = await gateway.visitor('vic');
  const asked = await ask(vic, '/mcp auth files', 'sign in at');
  await signIn(asked.link, { login: 'vic' });
  await vic.untilSays('files connected', asked);
  const held = await heldBy(gateway);
  if (held === undefined) throw new Error('nothing is held');
  return { vic, held };
}

/** Whether the provider still takes what was stored here. */
async function stillRefreshes({
  tokenEndpoint,
  refreshToken = '',
  client,
}: OAuthCredential): Promise<boolean> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: client.clientId,
  });
  return (await fetch(tokenEndpoint, { method: 'POST', body })).ok;
}

describe('/mcp logout', () => {
  const scene = useScene({ before });

  it('ends the grant at the provider, deletes, and says that it did both', async () => {
    const gateway = await scene.gateway();
    const { vic, held } = await signedIn(gateway);
    await ask(vic, '/mcp logout files', 'Sign out of files?');
    expect(scene.provider.counts.revocation).toBe(0);
    await ask(vic, '/mcp logout files yes', 'its provider has withdrawn the access.');
    expect(scene.provider.counts.revocation).toBe(2);
    expect(await heldBy(gateway)).toBeUndefined();
    expect(await stillRefreshes(held)).toBe(false);
    await ask(vic, '/mcp', 'sign-in needed');
  });

  const refusals: readonly (readonly [string, Answer])[] = [
    ['refuses', (response) => json(response, 401, { error: 'invalid_client' })],
    ['is down', (response) => void response.writeHead(503, { 'retry-after': '120' }).end('<p>down</p>')],
    ['hangs up', (response) => void response.destroy()],
    ['redirects', (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ];
  it.each(refusals)(
    'deletes where the provider %s, and says who can withdraw the rest',
    async (_how, answer) => {
      const gateway = await scene.gateway();
      const { vic, held } = await signedIn(gateway);
      instead.set('/token/revocation', answer);
      const said = await ask(vic, '/mcp logout files yes', 'what was stored here is deleted.');
      expect(said.text).toContain('Its provider did not confirm; withdraw the access in your account there.');
      expect(await heldBy(gateway)).toBeUndefined();
      const log = gateway.log.join('\n');
      expect(log).toContain('revocation failed; the credential is deleted');
      for (const secret of [held.refreshToken, held.accessToken]) expect(log).not.toContain(secret);
    },
  );

  it('deletes at once where the provider is slow, and waits for it no longer than ten seconds', async () => {
    const gateway = await scene.gateway();
    const { vic } = await signedIn(gateway);
    instead.set('/token/revocation', (response) => void open.push(response));
    const answered = ask(vic, '/mcp logout files yes', 'Its provider did not confirm');
    await expect.poll(() => heldBy(gateway)).toBeUndefined();
    await answered;
    instead.clear();
    await ask(vic, '/mcp', 'sign-in needed');
  }, 40_000);

  it('ends a sign-in that is under way as well: who comes back from it, however late, connects nothing', async () => {
    const gateway = await scene.gateway();
    const { vic } = await signedIn(gateway);
    const again = await ask(vic, '/mcp auth files', 'sign in at');
    const { location, cookies } = await pressConnect(again.link);
    const callback = await consent(location, { login: 'vic' });
    const { token } = scene.provider.counts;
    await ask(vic, '/mcp logout files yes', 'its provider has withdrawn the access.');
    await vic.untilSays('files: cancelled', again);
    expect((await comeBack(callback, cookies)).text).not.toContain('is connected');
    expect(scene.provider.counts.token).toBe(token);
    expect(await heldBy(gateway)).toBeUndefined();
  });

  it('says where the provider ends only the access in use', async () => {
    const gateway = await scene.gateway();
    const { vic } = await signedIn(gateway);
    instead.set('/token/revocation', (response) => {
      instead.set('/token/revocation', (next) => void next.writeHead(200).end());
      json(response, 400, { error: 'unsupported_token_type' });
    });
    await ask(vic, '/mcp logout files yes', 'Its provider ended the access in use; withdraw the rest');
    const line = gateway.log.find((one) => one.includes('unsupported_token_type'));
    expect(line).toContain('RFC 7009 §2.2.1');
  });
});

describe('/mcp logout at a provider without revocation', () => {
  const scene = useScene({ revocation: false });

  it('deletes, and says that the provider cannot', async () => {
    const gateway = await scene.gateway();
    const { vic } = await signedIn(gateway);
    const said = await ask(vic, '/mcp logout files yes', 'what was stored here is deleted.');
    expect(said.text).toContain('Its provider cannot withdraw access by itself');
    expect(scene.provider.counts.revocation).toBe(0);
    expect(await heldBy(gateway)).toBeUndefined();
  });
});

describe('nothing else revokes, and the old sign-in works until a new one does', () => {
  const scene = useScene({ before });
  const works = (vic: WebVisitor) => ask(vic, '/mcp test files', /files.*1 tool|1 tool/);

  it('through a decline, a broken exchange, a cancelled and a replaced link, and wrong codes', async () => {
    const gateway = await scene.gateway();
    const { vic, held } = await signedIn(gateway);
    const again = async () => (await ask(vic, '/mcp auth files', 'sign in at')).link;

    await consentAndReturn(await again(), 'decline');
    await again();
    await ask(vic, '/mcp cancel', 'files: cancelled');
    await again();
    instead.set('/token', (response) => json(response, 503, {}));
    await consentAndReturn(await again());
    instead.clear();
    const quarantined = await comeBack(await consent((await pressConnect(await again())).location));
    for (let tries = 1; tries <= 5; tries += 1) {
      const said = tries < 5 ? 'That is not the code' : 'the code was wrong five times';
      await ask(vic, `/mcp confirm ${wrong(digitsOn(quarantined.text), tries)}`, said);
    }

    expect(await heldBy(gateway)).toEqual(held);
    await works(vic);
    await consentAndReturn(await again());
    await expect.poll(async () => (await heldBy(gateway))?.accessToken).not.toBe(held.accessToken);
    await works(vic);
    expect(scene.provider.counts.revocation).toBe(0);
  });
});

async function consentAndReturn(link: string, answer: 'accept' | 'decline' = 'accept'): Promise<void> {
  await signIn(link, { login: 'vic', answer });
}
