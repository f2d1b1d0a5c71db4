import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { json } from '../helpers/http-peer.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { WebVisitor } from '../helpers/web-visitor.js';
import { useScene } from '../threats/scene.js';

const SECRET = 'a secret: 100% & more';
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(privateKey)), kid: 'robot', alg: 'ES256' };

/** Takes the place of the token endpoint, where it is set. */
let instead: ((response: ServerResponse) => void) | undefined;
afterEach(() => {
  instead = undefined;
});

const robot = (more: object) => ({
  client_id: 'robot',
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  ...more,
});
const scene = useScene({
  registration: false,
  before: (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/token') instead?.(response);
  },
  clients: [
    robot({
      client_id: 'by-secret',
      client_secret: SECRET,
      token_endpoint_auth_method: 'client_secret_basic',
    }),
    robot({
      client_id: 'by-key',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'robot', alg: 'ES256', use: 'sig' }] },
    }),
  ],
});

async function gatewayWith(oauth: object): Promise<{ gateway: RunningGateway; vic: WebVisitor }> {
  const files = { url: scene.files.url, auth: 'client_credentials', oauth };
  const gateway = await scene.gateway({ mcp_servers: { files } });
  return { gateway, vic: await gateway.visitor('vic') };
}

/** Types a command, and gives what its answer says once it says this. */
async function ask(who: WebVisitor, line: string, text: string | RegExp): Promise<string> {
  return (await who.untilSays(text, await who.say(line))).text;
}

describe('a service account, in the chat', () => {
  it.each([
    ['its secret', { client_id: 'by-secret', client_secret: SECRET }, 'by-secret'],
    ['its key', { client_id: 'by-key', private_key: JSON.stringify(jwk) }, 'by-key'],
  ])('proves itself by %s, is everybody’s, and nobody signs in to it', async (_by, oauth, client) => {
    const { gateway, vic } = await gatewayWith(oauth);
    expect(await ask(vic, '/mcp auth files', 'for everyone')).toContain(
      'signed in to by this gateway itself',
    );
    const full = await ask(vic, '/mcp status files', /tools\s1/);
    expect(full).toMatch(/status\sconnected/);
    expect(full).toMatch(/auth\sservice account \(client credentials\)/);
    expect(full).toMatch(/credentials\sshared by everyone/);
    expect(full).toContain(scene.provider.issuer);
    await ask(vic, '/mcp', /files\s1 tool\sconnected/);
    const mallory = await gateway.visitor('mallory');
    await ask(mallory, '/mcp test files', '1 tool');
    expect(new Set(scene.files.callers)).toEqual(new Set([client]));
    expect(scene.provider.counts.token).toBe(1);
    const told = vic.everything + mallory.everything + gateway.log.join('');
    for (const secret of [SECRET, jwk.d ?? '']) expect(told).not.toContain(secret);
  });

  it('that its provider does not know says so, with the code and the section, and not that it cannot be reached', async () => {
    const { gateway, vic } = await gatewayWith({ client_id: 'by-secret', client_secret: 'another' });
    const full = await ask(vic, '/mcp status files', 'last error');
    const { host } = new URL(scene.provider.issuer);
    expect(full).toContain(`status\nmisconfigured: ${host} did not recognise this gateway`);
    expect(full).toContain('(invalid_client, RFC 6749 §5.2)');
    const line = gateway.log.find((one) => one.includes('the service account got no token'));
    for (const part of ['invalid_client', 'RFC 6749 §5.2']) expect(line).toContain(part);
  });

  it('whose provider is busy is asked again when it said, and not before', async () => {
    const { gateway, vic } = await gatewayWith({ client_id: 'by-secret', client_secret: SECRET });
    instead = (response) => {
      response.setHeader('retry-after', '120');
      json(response, 429, { error: 'temporarily_unavailable' });
    };
    await ask(
      vic,
      '/mcp test files',
      `${new URL(scene.provider.issuer).host} takes no sign-ins at the moment`,
    );
    instead = undefined;
    gateway.clock.advance(110_000);
    await ask(vic, '/mcp test files', 'takes no sign-ins');
    expect(scene.provider.counts.token).toBe(1);
    gateway.clock.advance(15_000);
    await ask(vic, '/mcp test files', '1 tool');
    expect(scene.provider.counts.token).toBe(2);
  });
});
