import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/gateway/types.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { type RunningGateway, useGateways } from '../helpers/running-gateway.js';
import { signIn } from '../helpers/sign-in-browser.js';
import type { WebVisitor } from '../helpers/web-visitor.js';
import { type SessionServer, startSessionServer } from '../mcp/session-servers.js';

const ana: Actor = { platform: 'web', userId: 'ana', displayName: 'ana' };

let provider: AuthorizationServer;
let tools: SessionServer;
let files: ProtectedServer;
/** Tokens that came with requests, in order. */
const sent: string[] = [];
const gateways = useGateways();

beforeAll(async () => {
  provider = await startAuthorizationServer();
});
afterAll(() => provider.close());
beforeEach(async () => {
  sent.length = 0;
  tools = await startSessionServer('v1');
  files = await startProtectedServer(provider, {
    upstream: tools,
    before: ({ headers }) => {
      if (headers.authorization !== undefined) sent.push(headers.authorization);
    },
  });
});
afterEach(async () => {
  tools.release();
  await files.close();
  await tools.close();
});

const wordsWith = (server: Readonly<Record<string, unknown>> = {}) => ({
  mcp_servers: { files: { url: files.url, auth: 'oauth', ...server } },
  access: { admins: ['web:ana'], users: [] },
  platforms: { web: { people: ['ana'] } },
});

async function signedIn(visitor: WebVisitor): Promise<void> {
  const asked = await visitor.say('/mcp auth files');
  await signIn(asked.link);
  await visitor.untilSays('files connected', asked);
}

const echo = ({ app }: RunningGateway) => app.mcp.callTool(ana, 'files', 'echo', { text: 'hi' });

/** Calls that do not end before `tools.release()`, and how many of them run. */
const slowCall = ({ app }: RunningGateway) => app.mcp.callTool(ana, 'files', 'slow');
const slow = () => tools.ran.filter((name) => name === 'slow').length;

/** The token of the last call, which is not the one of the call before. */
async function callsWithAnother(gateway: RunningGateway, former: string | undefined): Promise<string> {
  expect(await echo(gateway)).toMatchObject({ kind: 'done' });
  const token = sent.at(-1) ?? '';
  expect(token).not.toBe(former);
  return token;
}

describe('what an agent calls for somebody', () => {
  it('outlives their new sign-in and a reload: the next call has what is new, and the one under way ends', async () => {
    let words = wordsWith();
    const gateway = await gateways({ words, reloaded: () => words });
    const visitor = await gateway.visitor('ana');
    await signedIn(visitor);
    const first = await callsWithAnother(gateway, undefined);
    const one = slowCall(gateway);
    await expect.poll(slow).toBe(1);
    await signedIn(visitor);
    const opened = tools.opened();
    const second = await callsWithAnother(gateway, first);
    expect(tools.opened()).toBe(opened + 1);
    tools.release();
    expect(await one).toMatchObject({ kind: 'done', value: { content: [{ text: 'slow did it.' }] } });
    const other = slowCall(gateway);
    await expect.poll(slow).toBe(2);
    words = wordsWith({ tools: { exclude: ['echo'] } });
    await visitor.untilSays('files', await visitor.say('/mcp reload'));
    expect(await echo(gateway)).toMatchObject({ kind: 'not_allowed', why: 'hidden_tool' });
    expect(await gateway.app.mcp.listTools(ana, 'files')).toMatchObject({ kind: 'done' });
    expect(sent.at(-1)).toBe(second);
    expect(tools.opened()).toBe(opened + 2);
    tools.release();
    expect(await other).toMatchObject({ kind: 'done', value: { content: [{ text: 'slow did it.' }] } });
  });

  it('goes on over the same session where a new sign-in is begun and comes to nothing', async () => {
    const gateway = await gateways({ words: wordsWith() });
    const visitor = await gateway.visitor('ana');
    await signedIn(visitor);
    await callsWithAnother(gateway, undefined);
    const opened = tools.opened();
    const asked = await visitor.say('/mcp auth files');
    await visitor.say('/mcp cancel');
    await visitor.untilSays('cancelled', asked);
    expect(await echo(gateway)).toMatchObject({ kind: 'done' });
    expect(tools.opened()).toBe(opened);
  });

  it('has what they signed in to on another replica with the next call, also over a session that is open', async () => {
    const gateway = await gateways({ words: wordsWith() });
    const { platforms: _none, ...chatless } = wordsWith();
    const agents = await gateways({ words: chatless, stateFolder: gateway.stateFolder });
    expect(await echo(agents)).toMatchObject({ kind: 'needs_reauth', reason: 'never' });
    const visitor = await gateway.visitor('ana');
    await signedIn(visitor);
    const first = await callsWithAnother(agents, undefined);
    const call = slowCall(agents);
    await expect.poll(slow).toBe(1);
    await signedIn(visitor);
    await callsWithAnother(agents, first);
    tools.release();
    expect(await call).toMatchObject({ kind: 'done' });
    await visitor.untilSays('Signed out of files', await visitor.say('/mcp logout files yes'));
    expect(await echo(agents)).toMatchObject({ kind: 'needs_reauth', reason: 'never' });
  });
});
