import { describe, expect, it } from 'vitest';
import type { SignInRequest, SignInWait } from '../../src/gateway/agents/call-types.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { ana, ben, eve, setUp } from '../helpers/gateway-setup.js';
import { keyServer, MemorySignIns, oauthServer, oauthView } from '../helpers/memory-auth.js';

const linear = oauthServer('linear');
const done = { kind: 'connected', tools: 23 } as const;
const ASKED: SignInRequest = {
  actor: ana,
  server: 'linear',
  reason: 'never',
  conversation: { private: 'ana' },
};
type World = Awaited<ReturnType<typeof setUp>>;

const ask = ({ gateway }: World, more: Partial<SignInRequest> = {}) =>
  gateway.signInRequests.request({ ...ASKED, ...more });
const wait = ({ gateway }: World, more: Partial<SignInWait> = {}) =>
  gateway.signInRequests.wait(ana, 'linear', { timeoutMs: 30_000, ...more });
/** What a sign-in that ended leaves behind, as the keeper would. */
function kept({ credentials }: World, atMs = Date.now()): void {
  credentials.views.splice(
    0,
    credentials.views.length,
    oauthView('web:ana', 'linear', { grantedAtMs: atMs }),
  );
}

describe('a request', () => {
  it('is one private message with the reason and the link, which then says what came of it', async () => {
    const world = await setUp([linear]);
    expect(await ask(world)).toBe('sent');
    expect(world.adapter.last.to).toEqual({ actor: ana, conversation: { private: 'ana' } });
    expect(world.adapter.text).toBe(
      [
        '  To answer you I need linear. Sign in once, and I go on by myself.',
        '● linear — sign in at auth.linear.example [Sign in]',
        '  The link works for 10 minutes. It opens a page of this gateway.',
        '[Cancel]',
      ].join('\n'),
    );
    await world.signIns.end('sign-in-1', done);
    await world.gateway.settle();
    expect(world.adapter.messages).toHaveLength(1);
    expect(world.adapter.text).toBe('✓ linear connected · 23 tools');
  });

  it('goes to the private chat where nobody says where the agent was asked', async () => {
    const world = await setUp([linear]);
    const { conversation: _, ...asked } = ASKED;
    expect(await world.gateway.signInRequests.request(asked)).toBe('sent');
    expect(world.adapter.last.to).toEqual({ actor: ana });
    await world.signIns.end('sign-in-1', { kind: 'expired', lifetimeMs: 600_000 });
    await world.gateway.settle();
    expect(world.adapter.text).toContain('the link expired after 10 minutes');
  });

  it('is one message for as many as ask at the same time, in several processes too', async () => {
    const shared = { store: createStore(new MemoryEngine(), undefined), signIns: new MemorySignIns() };
    const worlds = [await setUp([linear], shared), await setUp([linear], shared)];
    const asked = await Promise.all(worlds.flatMap((world) => Array.from({ length: 20 }, () => ask(world))));
    expect(asked.filter((outcome) => outcome === 'sent')).toHaveLength(1);
    expect(asked.filter((outcome) => outcome === 'already-asked')).toHaveLength(39);
    expect(worlds.flatMap(({ adapter }) => adapter.messages)).toHaveLength(1);
  });

  it('leaves a link alone that the person just asked for themselves', async () => {
    const world = await setUp([linear]);
    await world.say('auth linear');
    expect(await ask(world)).toBe('already-asked');
    const waiting = wait(world);
    await world.signIns.end('sign-in-1', { kind: 'declined' });
    expect(await waiting).toBe('declined');
    expect(world.adapter.messages).toHaveLength(1);
  });

  it('is made again once the former has ended', async () => {
    const world = await setUp([linear]);
    await ask(world);
    await world.signIns.end('sign-in-1', { kind: 'expired', lifetimeMs: 600_000 });
    expect(await ask(world)).toBe('sent');
    expect(world.adapter.messages).toHaveLength(2);
  });

  it('asks for a key by its form, once', async () => {
    const world = await setUp([keyServer('linear', 'LINEAR_KEY')]);
    expect(await ask(world, { reason: 'key_missing' })).toBe('sent');
    expect(world.adapter.text).toContain(
      'To answer you I need linear. Give its key once, and I go on by myself.',
    );
    expect(await ask(world, { reason: 'key_missing' })).toBe('already-asked');
    const waiting = wait(world);
    world.credentials.submission = { kind: 'kept', masked: { LINEAR_KEY: '…1' }, tools: 2, unproven: false };
    await world.adapter.fill(ana, 'Add key', { LINEAR_KEY: 'k' });
    expect(await waiting).toBe('signed-in');
    expect(world.adapter.text).toBe('✓ linear connected · key …1 · 2 tools');
  });

  it('names the access that is missing', async () => {
    const world = await setUp([linear]);
    kept(world, 1);
    await ask(world, { reason: 'scope' });
    expect(world.adapter.text).toContain('To answer you I need more access to linear. Give it once');
  });

  it('reaches nobody where there is no private way, and leaves no sign-in behind', async () => {
    const world = await setUp([linear]);
    world.adapter.planned.push('no-private-way');
    expect(await ask(world)).toBe('no-private-way');
    expect(await world.signIns.open('web:ana')).toEqual([]);
  });

  it('is not made to strangers, for servers that are not there, or for what only an admin can mend', async () => {
    const wiki = { ...oauthServer('wiki'), credentials: 'shared' as const };
    const world = await setUp([linear, wiki, { ...oauthServer('off'), enabled: false }]);
    expect(await ask(world, { actor: eve })).toBe('no-private-way');
    expect(await ask(world, { server: 'nothing' })).toBe('no-private-way');
    expect(await ask(world, { server: 'off' })).toBe('no-private-way');
    expect(await ask(world, { server: 'wiki', actor: ben })).toBe('no-private-way');
    expect(await ask(world, { actor: { ...ana, platform: 'telegram' } })).toBe('no-private-way');
    expect(world.adapter.messages).toEqual([]);
  });

  it('says nothing where a sign-in cannot even begin: /mcp auth explains that', async () => {
    const world = await setUp([linear]);
    world.signIns.failures.set('linear', { code: 'registration-refused', detail: 'no' });
    expect(await ask(world)).toBe('no-private-way');
    expect(world.adapter.messages).toEqual([]);
  });
});

describe('who waits', () => {
  it('goes on when the sign-in is done', async () => {
    const world = await setUp([linear]);
    await ask(world);
    const waiting = wait(world);
    kept(world);
    await world.signIns.end('sign-in-1', done);
    expect(await waiting).toBe('signed-in');
  });

  it('goes on at once when it was done before', async () => {
    const world = await setUp([linear]);
    await ask(world);
    kept(world);
    await world.signIns.end('sign-in-1', done);
    expect(await wait(world)).toBe('signed-in');
  });

  it('for more access waits for a newer consent than the one that is there', async () => {
    const world = await setUp([linear]);
    kept(world, Date.now() - 60_000);
    await ask(world, { reason: 'scope' });
    const waiting = wait(world);
    expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe(
      'waits',
    );
    await world.signIns.end('sign-in-1', done);
    expect(await waiting).toBe('signed-in');
  });

  it.each([
    ['declined', { kind: 'declined' }],
    ['declined', { kind: 'cancelled' }],
    ['expired', { kind: 'expired', lifetimeMs: 600_000 }],
  ] as const)('hears that it was %s (%o), now and later', async (expected, result) => {
    const world = await setUp([linear]);
    await ask(world);
    const waiting = wait(world);
    await world.signIns.end('sign-in-1', result);
    expect(await waiting).toBe(expected);
    expect(await wait(world)).toBe(expected);
  });

  it('goes on waiting where one sign-in failed and another may work', async () => {
    const world = await setUp([linear]);
    await ask(world);
    const waiting = wait(world);
    await world.signIns.end('sign-in-1', { kind: 'wrong-code' });
    await world.gateway.settle();
    await world.adapter.press(ana, 'Try again');
    await world.signIns.end('sign-in-2', done);
    expect(await waiting).toBe('signed-in');
  });

  it('hears of what another process finished', async () => {
    const shared = { store: createStore(new MemoryEngine(), undefined), signIns: new MemorySignIns() };
    const here = await setUp([linear], { ...shared, deaf: true });
    const there = await setUp([linear], shared);
    await ask(here);
    const waiting = wait(here);
    await there.signIns.end('sign-in-1', done);
    expect(await waiting).toBe('signed-in');
  });

  it('hears of tokens that an operator imported', async () => {
    const world = await setUp([linear]);
    const waiting = wait(world);
    await world.gateway.onOperator({ subject: 'web:ana', server: 'linear' }, 'imported');
    expect(await waiting).toBe('signed-in');
  });

  it('stops when told to, when the time is over, and when the gateway stops', async () => {
    const world = await setUp([linear]);
    const leaving = new AbortController();
    const waits = [wait(world, { signal: leaving.signal }), wait(world, { timeoutMs: 20 }), wait(world)];
    leaving.abort();
    expect(await waits[0]).toBe('aborted');
    expect(await waits[1]).toBe('timeout');
    await world.gateway.stop();
    expect(await waits[2]).toBe('aborted');
    // A message that was still on its way: nobody is left to go on by itself.
    expect(await wait(world, { timeoutMs: 1_000 })).toBe('aborted');
    expect(await wait(world, { signal: leaving.signal })).toBe('aborted');
  });

  it('goes on where another admin gives up on a sign-in of their own to what everyone shares', async () => {
    const wiki = { ...oauthServer('wiki'), credentials: 'shared' as const };
    const access = { users: [], admins: ['web:ana', 'web:ben'] };
    const world = await setUp([wiki], { settings: { access } });
    await ask(world, { server: 'wiki' });
    const waiting = world.gateway.signInRequests.wait(ana, 'wiki', { timeoutMs: 30_000 });
    await world.say('auth wiki', ben);
    await world.signIns.end('sign-in-2', { kind: 'cancelled' });
    await world.gateway.settle();
    await world.signIns.end('sign-in-1', { kind: 'expired', lifetimeMs: 600_000 });
    expect(await waiting).toBe('expired');
  });

  it('is nobody else', async () => {
    const world = await setUp([linear]);
    const theirs = world.gateway.signInRequests.wait(ben, 'linear', { timeoutMs: 100 });
    await ask(world);
    await world.signIns.end('sign-in-1', done);
    expect(await theirs).toBe('timeout');
  });
});
