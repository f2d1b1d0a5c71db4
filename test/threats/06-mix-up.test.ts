import { afterEach, describe, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { ScriptedServer } from '../helpers/scripted-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { configured, startHostileServer } from './hostile-server.js';
import { useScene } from './scene.js';

const CONNECTED = /files connected · 1 tool/;

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

async function returning(gateway: RunningGateway, answer: 'accept' | 'decline' = 'accept') {
  const vic = await gateway.visitor('vic');
  const message = await vic.say('/mcp auth files');
  const { location, cookies } = await pressConnect(message.link);
  return { vic, message, cookies, callback: await consent(location, { login: 'vic', answer }) };
}

function withIssuer(callback: URL, ...issuers: readonly string[]): URL {
  const changed = new URL(callback);
  changed.searchParams.delete('iss');
  for (const issuer of issuers) changed.searchParams.append('iss', issuer);
  return changed;
}

describe('threat 6: the answer names another issuer (RFC 9207)', () => {
  const scene = useScene();

  it('or none where one was promised: 400 before the code goes anywhere; the right answer still counts', async () => {
    const { vic, message, cookies, callback } = await returning(await scene.gateway());
    const { issuer } = scene.provider;
    expect(callback.searchParams.get('iss')).toBe(issuer);
    const wrong = [
      ['https://mallory.example'],
      [`${issuer}/`],
      [issuer.toUpperCase()],
      [`${issuer}.mallory.example`],
      [''],
      [],
      [issuer, 'https://mallory.example'],
      ['https://mallory.example', issuer],
    ];
    for (const issuers of wrong)
      expect([issuers, (await comeBack(withIssuer(callback, ...issuers), cookies)).status]).toEqual([
        issuers,
        400,
      ]);
    expect(scene.provider.counts.token).toBe(0);
    expect(message.edits).toBe(0);
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
    await vic.untilSays(CONNECTED, message);
  });

  it('on an error answer: nobody has declined anything', async () => {
    const { vic, message, cookies, callback } = await returning(await scene.gateway(), 'decline');
    expect(callback.searchParams.get('error')).toBe('access_denied');
    for (const issuers of [['https://mallory.example'], []])
      expect((await comeBack(withIssuer(callback, ...issuers), cookies)).status).toBe(400);
    expect(message.edits).toBe(0);
    expect(message.links).toHaveLength(1);
    expect((await comeBack(callback, cookies)).text).toContain('You declined');
    await vic.untilSays('you declined the request', message);
  });

  it('that of another server’s provider, with its code: 400, and the code goes to neither', async () => {
    const other = await startAuthorizationServer();
    closing.push(other);
    const { cookies, callback } = await returning(await scene.gateway());
    const foreign = withIssuer(callback, other.issuer);
    foreign.searchParams.set('code', 'a-code-of-the-other-provider');
    expect((await comeBack(foreign, cookies)).status).toBe(400);
    expect([scene.provider.counts.token, other.counts.token]).toEqual([0, 0]);
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
  });
});

describe('threat 6: the provider never promised to name itself', () => {
  const scene = useScene({ iss: false });

  it('so it need not, but another name is refused', async () => {
    const { cookies, callback } = await returning(await scene.gateway());
    expect(callback.searchParams.has('iss')).toBe(false);
    expect((await comeBack(withIssuer(callback, 'https://mallory.example'), cookies)).status).toBe(400);
    expect(scene.provider.counts.token).toBe(0);
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
  });
});

describe('threat 6: Mallory runs an MCP server and an authorization server of her own', () => {
  const scene = useScene();

  async function herServer(
    metadata: (origin: string, honest: AuthorizationServer) => Readonly<Record<string, unknown>>,
  ): Promise<ScriptedServer> {
    const server = await startHostileServer({ metadata: (origin) => metadata(origin, scene.provider) });
    closing.push(server);
    // Vic has an account at the honest provider, which knows of her server.
    scene.provider.resources.add(`${server.origin}/mcp`);
    return server;
  }

  it.each([
    ['the honest issuer', (_origin: string, honest: AuthorizationServer) => ({ issuer: honest.issuer })],
    ['its own with another path', (origin: string) => ({ issuer: `${origin}/other` })],
    ['its own in another spelling', (origin: string) => ({ issuer: origin.replace('http:', 'HTTP:') })],
  ])('metadata that calls itself %s is refused, in the chat (RFC 8414 §3.3)', async (_name, metadata) => {
    const hers = await herServer(metadata);
    const gateway = await scene.gateway(configured(hers));
    const vic = await gateway.visitor('vic');
    const answer = await vic.say('/mcp auth files');
    expect(answer.text).toMatch(/is not the provider that was expected/);
    expect(answer.links).toEqual([]);
    expect(hers.requests).not.toContain('POST /register');
    expect(hers.requests).not.toContain('POST /token');
    expect(scene.provider.counts).toMatchObject({ registration: 0, token: 0, authorization: 0 });
    const store = await gateway.store();
    for (const name of ['pending', 'open', 'started', 'registrations', 'discovery', 'credentials'])
      expect([name, await store.records(name).keys()]).toEqual([name, []]);
  });

  it('the honest provider’s code for her flow never reaches her token endpoint (the mix-up attack)', async () => {
    const hers = await herServer((_origin, honest) => ({
      authorization_endpoint: `${honest.issuer}/auth`,
      registration_endpoint: `${honest.issuer}/reg`,
    }));
    const gateway = await scene.gateway(configured(hers));
    const { vic, message, cookies, callback } = await returning(gateway);
    expect(callback.searchParams.get('iss')).toBe(scene.provider.issuer);
    expect(callback.searchParams.get('code')).not.toBeNull();
    expect((await comeBack(callback, cookies)).status).toBe(400);
    expect(hers.requests).not.toContain('POST /token');
    expect(scene.provider.counts.token).toBe(0);
    gateway.clock.advance(600_001);
    await vic.untilSays('the link expired', message);
  });
});
