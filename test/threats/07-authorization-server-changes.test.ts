import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, type Scripted, type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { configured } from './hostile-server.js';
import { useScene } from './scene.js';

/** An authorization server that gives every client and token its own name in it, and keeps what it was sent. */
interface Provider {
  readonly server: ScriptedServer;
  /** The bodies and authorization headers of all requests to its registration and token endpoints. */
  readonly heard: string[];
  /** A refresh is refused from now on. */
  refuses: boolean;
  /** Refreshes that were. */
  refused: number;
}

async function startProvider(name: string): Promise<Provider> {
  const server = await startScriptedServer();
  const { origin } = server;
  const provider: Provider = { server, heard: [], refuses: false, refused: 0 };
  const hearing =
    (answer: (body: string) => Scripted): Scripted =>
    async (request, response) => {
      const body = await text(request);
      provider.heard.push(`${request.headers.authorization ?? ''} ${body}`);
      answer(body)(request, response);
    };
  server.on(
    '/.well-known/oauth-authorization-server',
    json({
      issuer: origin,
      authorization_endpoint: `${origin}/auth`,
      // Not where a client would guess it.
      token_endpoint: `${origin}/oauth2/v7/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    }),
  );
  server.on(
    '/register',
    hearing(() => json({ client_id: `client-of-${name}`, redirect_uris: [] }, 201)),
  );
  server.on(
    '/oauth2/v7/token',
    hearing((body) => {
      if (provider.refuses && body.includes('refresh_token')) {
        provider.refused += 1;
        return json({ error: 'invalid_grant' }, 400);
      }
      return json({
        access_token: `access-of-${name}`,
        refresh_token: `refresh-of-${name}`,
        token_type: 'Bearer',
        // Over as soon as it is there.
        expires_in: 1,
      });
    }),
  );
  return provider;
}

describe('threat 7: the authorization server of a server changes between sign-ins', () => {
  const scene = useScene();
  let first: Provider;
  let second: Provider;
  let server: ScriptedServer;
  beforeEach(async () => {
    [first, second, server] = await Promise.all([
      startProvider('first'),
      startProvider('second'),
      startScriptedServer(),
    ]);
    const where = `Bearer resource_metadata="${server.origin}/resource"`;
    // With a token it says nothing of use: what came of the exchange is kept all the same.
    server.on('/mcp', ({ headers }, response) => {
      if (headers.authorization === undefined) response.writeHead(401, { 'www-authenticate': where }).end();
      else response.writeHead(503).end();
    });
    pointTo(first);
  });
  afterEach(async () => {
    await Promise.all([server, first.server, second.server].map((one) => one.close()));
  });

  function pointTo(provider: Provider): void {
    const said = { resource: `${server.origin}/mcp`, authorization_servers: [provider.server.origin] };
    server.on('/resource', json(said));
  }

  /** Presses the link's button and comes back with a code, as after a consent. */
  async function finish(link: string | undefined, provider: Provider): Promise<void> {
    const { location, cookies } = await pressConnect(link ?? '');
    const asked = new URL(location);
    expect(asked.origin).toBe(provider.server.origin);
    const callback = new URL(asked.searchParams.get('redirect_uri') ?? '');
    callback.searchParams.set('code', 'a-code');
    callback.searchParams.set('state', asked.searchParams.get('state') ?? '');
    callback.searchParams.set('iss', provider.server.origin);
    await comeBack(callback, cookies);
  }

  it('a refresh after a restart goes to whoever gave the token, though nobody says any more where that is', async () => {
    const gateway = await scene.gateway(configured(server));
    await finish((await (await gateway.visitor('vic')).say('/mcp auth files')).link, first);
    await expect.poll(() => first.heard.some((one) => one.includes('a-code'))).toBe(true);
    const store = await gateway.store();
    await expect.poll(() => store.records('credentials').keys()).toHaveLength(1);
    await gateway.stop();

    pointTo(second);
    first.server.on('/.well-known/oauth-authorization-server', json({}, 404));
    const { stateFolder, clock } = gateway;
    const again = await scene.gateway(configured(server), { stateFolder, clock });
    const vic = await again.visitor('vic');
    // The token lives a second.
    const refreshed = () => first.heard.some((one) => one.includes('refresh-of-first'));
    await expect.poll(() => vic.say('/mcp test files').then(refreshed), { interval: 300 }).toBe(true);
    expect(first.heard.filter((one) => one.includes('refresh-of-first')).join()).toContain('client-of-first');
    expect(second.heard).toEqual([]);
  });

  it('neither the old client nor the old refresh token ever goes to the new one, and the other way round', async () => {
    const gateway = await scene.gateway(configured(server));
    const vic = await gateway.visitor('vic');
    await finish((await vic.say('/mcp auth files')).link, first);
    await expect.poll(() => first.heard.some((one) => one.includes('a-code'))).toBe(true);

    pointTo(second);
    first.refuses = true;
    // The token lives a second. On a busy machine it may have been refreshed before that was refused.
    const refused = () => first.refused > 0;
    await expect.poll(() => vic.say('/mcp test files').then(refused), { interval: 300 }).toBe(true);
    // A look that the last living token went along with may end later than it, and then says what it met: 503.
    const status = async () => {
      await vic.say('/mcp test files');
      return (await vic.say('/mcp status files')).text;
    };
    await expect.poll(status, { interval: 300 }).toContain('signed out by the provider');
    expect(second.heard).toEqual([]);

    // The notice that the grant ended may come in between.
    let link: string | undefined;
    await expect
      .poll(async () => {
        ({ link } = await vic.say('/mcp auth files'));
        return link;
      })
      .toBeDefined();
    await finish(link, second);
    await expect.poll(() => second.heard.some((one) => one.includes('a-code'))).toBe(true);
    expect(second.heard.some((one) => one.includes('client-of-second'))).toBe(true);
    expect(second.heard.join('\n')).not.toMatch(/of-first/);
    expect(first.heard.join('\n')).not.toMatch(/of-second/);
  });
});
