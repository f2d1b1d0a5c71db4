import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { json } from '../helpers/http-peer.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { startV1Server, type V1Server } from '../mcp/v1-servers.js';
import { useScene } from '../threats/scene.js';

/** A server that lists its tools to anybody; that it refuses to run them without a token, only a call would show. */
let open: V1Server;
/** Since then it asks everybody for a token. */
let closed: boolean;
const scene = useScene();

function before(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = new URL(open.url);
  if (request.url === '/.well-known/oauth-protected-resource/mcp') {
    json(response, 200, {
      resource: open.url,
      authorization_servers: [scene.provider.issuer],
      scopes_supported: ['tools'],
    });
    return true;
  }
  if (!closed || request.headers.authorization !== undefined) return false;
  const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
  response.writeHead(401, { 'www-authenticate': challenge }).end();
  return true;
}

beforeEach(async () => {
  closed = false;
  open = await startV1Server({ before });
  scene.provider.resources.add(open.url);
});
afterEach(() => open.close());

const visitorOf = async (entry: object) => {
  const gateway = await scene.gateway({ mcp_servers: { open: { url: open.url, ...entry } } });
  return gateway.visitor('vic');
};

it('gets a sign-in where the config says so, although it lists its tools without one', async () => {
  const vic = await visitorOf({ auth: 'oauth' });
  const tested = await vic.say('/mcp test open');
  await vic.untilSays('open works · 1 tool', tested);
  expect(tested.text).toContain('sign-in needed');
  const asked = await vic.say('/mcp auth');
  await signIn(asked.link, { login: 'vic' });
  await vic.untilSays('open connected · 1 tool', asked);
  expect(open.headers.some(({ authorization }) => authorization?.startsWith('Bearer '))).toBe(true);
  await vic.untilSays('connected', await vic.say('/mcp test open'));
});

it('gets none where nothing says so, until it answers 401', async () => {
  const vic = await visitorOf({});
  await vic.untilSays('no auth needed', await vic.say('/mcp test open'));
  expect((await vic.say('/mcp auth open')).text).toContain('open needs no sign-in.');
  closed = true;
  await vic.untilSays('sign-in needed', await vic.say('/mcp test open'));
  const asked = await vic.say('/mcp auth open');
  await signIn(asked.link, { login: 'vic' });
  await vic.untilSays('open connected · 1 tool', asked);
});
