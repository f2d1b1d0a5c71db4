import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/gateway/types.js';
import { type AuthorizationServer, startAuthorizationServer } from '../helpers/authorization-server.js';
import { Clock } from '../helpers/clock.js';
import { json } from '../helpers/http-peer.js';
import { type ProtectedServer, startProtectedServer } from '../helpers/protected-server.js';
import { useGateways } from '../helpers/running-gateway.js';
import { signIn } from '../helpers/sign-in-browser.js';
import type { WebVisitor } from '../helpers/web-visitor.js';

const HOURS_2 = 7_200_000;
const ana: Actor = { platform: 'web', userId: 'ana', displayName: 'ana' };

describe('a grant that its provider ends', () => {
  let provider: AuthorizationServer;
  let files: ProtectedServer;
  let ended = false;
  const gateways = useGateways();
  beforeAll(async () => {
    provider = await startAuthorizationServer({
      before: (request, response) => {
        if (ended && request.url === '/token') json(response, 400, { error: 'invalid_grant' });
      },
    });
    files = await startProtectedServer(provider);
  });
  afterAll(async () => {
    await files.close();
    await provider.close();
  });
  beforeEach(() => {
    ended = false;
  });

  const words = () => ({
    mcp_servers: { files: { url: files.url, auth: 'oauth' } },
    access: { users: ['web:ana'] },
    platforms: { web: { people: ['ana'] } },
  });

  async function signedIn(visitor: WebVisitor): Promise<void> {
    const asked = await visitor.untilSays('sign in at', await visitor.say('/mcp auth files'));
    await signIn(asked.link);
    await visitor.untilSays('files connected', asked);
  }

  const NOTICE = 'files: its provider ended your sign-in. Sign in again to go on.';
  const notices = ({ messages }: WebVisitor) => messages.filter(({ text }) => text.includes(NOTICE));

  it('is told once when agents on two replicas run into it, and to none of them is it an error', async () => {
    const clock = new Clock();
    const first = await gateways({ words: words(), clock });
    // This one has no chat: what it finds out is told by the other.
    const { platforms: _none, ...chatless } = words();
    const second = await gateways({ words: chatless, clock, stateFolder: first.stateFolder });
    const visitor = await first.visitor('ana');
    await signedIn(visitor);
    ended = true;
    clock.advance(HOURS_2);
    const outcomes = await Promise.all(
      [first, second].flatMap(({ app }) => Array.from({ length: 10 }, () => app.mcp.listTools(ana, 'files'))),
    );
    expect(outcomes).toHaveLength(20);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ kind: 'needs_reauth', reason: 'refused' });
    const notice = await visitor.untilSays(NOTICE);
    expect(notice.text).toContain('Sign in');
    await first.app.gateway.sweep();
    await second.app.gateway.sweep();
    expect(notices(visitor)).toHaveLength(1);
    // Its button is the command: what it brings works.
    ended = false;
    await signedIn(visitor);
    expect(await first.app.mcp.listTools(ana, 'files')).toMatchObject({ kind: 'done' });
    expect(await second.app.mcp.listTools(ana, 'files')).toMatchObject({ kind: 'done' });
  });

  it('is told by another replica where the one that marked it was killed before it could say so', async () => {
    const clock = new Clock();
    const first = await gateways({ words: words(), clock });
    const { platforms: _none, ...chatless } = words();
    const killed = await gateways({ words: chatless, clock, stateFolder: first.stateFolder });
    Object.assign(killed.app.gateway, { onRefused: () => {} });
    const visitor = await first.visitor('ana');
    await signedIn(visitor);
    ended = true;
    clock.advance(HOURS_2);
    expect(await killed.app.mcp.listTools(ana, 'files')).toMatchObject({ kind: 'needs_reauth' });
    expect(notices(visitor)).toEqual([]);
    clock.advance(61_000);
    await first.app.gateway.sweep();
    await visitor.untilSays(NOTICE);
  });

  it('is not told by a message to who finds it out themselves', async () => {
    const clock = new Clock();
    const gateway = await gateways({ words: words(), clock });
    const visitor = await gateway.visitor('ana');
    await signedIn(visitor);
    ended = true;
    clock.advance(HOURS_2);
    await visitor.untilSays('signed out by the provider', await visitor.say('/mcp'));
    await gateway.app.gateway.sweep();
    expect(notices(visitor)).toEqual([]);
  });
});
