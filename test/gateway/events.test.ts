import { describe, expect, it } from 'vitest';
import type { GatewayEvents } from '../../src/gateway/notices/events.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { ana, setUp } from '../helpers/gateway-setup.js';
import { keyServer, oauthServer, oauthView } from '../helpers/memory-auth.js';

const linear = oauthServer('linear');
type World = Awaited<ReturnType<typeof setUp>>;

function heardBy({ gateway }: World): object[] {
  const heard: object[] = [];
  const keep = (name: keyof GatewayEvents) =>
    gateway.events.on(name, (event) => void heard.push({ name, ...event }));
  for (const name of ['signedIn', 'signedOut', 'needsReauth', 'toolsChanged'] as const) keep(name);
  return heard;
}

describe('a host hears', () => {
  it('who signed in, and with which account they were seen', async () => {
    const world = await setUp([linear], { now: () => 1_800_000_000_000 });
    const heard = heardBy(world);
    await world.say('auth linear');
    await world.signIns.end('sign-in-1', { kind: 'connected', tools: 23 });
    await world.gateway.settle();
    expect(heard).toEqual([
      {
        name: 'signedIn',
        subject: 'web:ana',
        actors: [ana],
        server: 'linear',
        atMs: 1_800_000_000_000,
        reason: 'sign-in',
      },
    ]);
  });

  it('nothing of a sign-in that came to nothing', async () => {
    const world = await setUp([linear]);
    const heard = heardBy(world);
    await world.say('auth linear');
    await world.signIns.end('sign-in-1', { kind: 'declined' });
    await world.gateway.settle();
    expect(heard).toEqual([]);
  });

  it('of a key that was given, and nothing of the key', async () => {
    const world = await setUp([keyServer('github', 'GITHUB_TOKEN')]);
    const heard = heardBy(world);
    world.credentials.submission = { kind: 'kept', masked: {}, tools: 1, unproven: false };
    await world.say('auth github');
    await world.adapter.fill(ana, 'Add key', { GITHUB_TOKEN: 'sk-canary-1' });
    expect(heard).toMatchObject([{ name: 'signedIn', server: 'github', reason: 'key' }]);
    expect(JSON.stringify(heard)).not.toContain('canary');
  });

  it('who signed out, and whose access ended', async () => {
    const world = await setUp([linear]);
    const heard = heardBy(world);
    world.credentials.hold(oauthView('web:ana', 'linear'));
    await world.say('logout linear yes');
    const refused = { sinceMs: 5, code: 'invalid_grant' };
    world.credentials.hold(oauthView('web:ana', 'linear', { refused }));
    world.gateway.onRefused({ subject: 'web:ana', server: 'linear' }, refused);
    await world.gateway.settle();
    expect(heard).toMatchObject([
      { name: 'signedOut', subject: 'web:ana', reason: 'logout' },
      { name: 'needsReauth', subject: 'web:ana', server: 'linear', reason: 'ended-by-provider' },
    ]);
  });

  it('of tools that came and went', async () => {
    const world = await setUp([linear]);
    const heard = heardBy(world);
    world.gateway.onTools(
      { subject: 'web:ana', server: 'linear' },
      { reason: 'looked', added: ['search'], removed: [] },
    );
    await world.gateway.settle();
    expect(heard).toMatchObject([{ name: 'toolsChanged', added: ['search'], removed: [] }]);
  });
});

describe('a listener', () => {
  it('that throws or rejects is logged and harms nobody', async () => {
    const world = await setUp([linear]);
    world.gateway.events.on('signedIn', () => {
      throw new Error('host bug 1');
    });
    world.gateway.events.on('signedIn', async () => {
      throw new Error('host bug 2');
    });
    const heard = heardBy(world);
    await world.gateway.onOperator({ subject: 'web:ana', server: 'linear' }, 'imported');
    await expect.poll(() => world.log.lines.map(({ message }) => message)).toHaveLength(2);
    expect(heard).toMatchObject([{ name: 'signedIn', reason: 'imported' }]);
  });

  it('hears nothing more once it stopped, and stops nobody else', async () => {
    const world = await setUp([linear]);
    const heard: string[] = [];
    const listener = () => void heard.push('twice');
    const stop = world.gateway.events.on('signedOut', listener);
    world.gateway.events.on('signedOut', listener);
    stop();
    await world.gateway.onOperator({ subject: 'web:ana', server: 'linear' }, 'revoked');
    expect(heard).toEqual(['twice']);
  });
});

it('every process hears once, wherever it happened, and forgets what it knew of that server', async () => {
  const store = createStore(new MemoryEngine(), undefined);
  const [here, there] = [await setUp([linear], { store }), await setUp([linear], { store })];
  const [heardHere, heardThere] = [heardBy(here), heardBy(there)];
  await here.gateway.onOperator({ subject: 'web:ana', server: 'linear' }, 'imported');
  await expect.poll(() => heardThere).toHaveLength(1);
  expect(heardHere).toHaveLength(1);
  expect(heardThere).toEqual(heardHere);
  expect(there.connections.forgotten).toEqual(['linear']);
});
