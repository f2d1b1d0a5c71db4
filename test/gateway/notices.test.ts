import { describe, expect, it } from 'vitest';
import type { Server } from '../../src/auth/types.js';
import type { Actor } from '../../src/gateway/types.js';
import type { ProbeResult } from '../../src/mcp/types.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { recordKey } from '../../src/storage/types.js';
import { ben, eve, setUp } from '../helpers/gateway-setup.js';
import {
  down,
  httpServer,
  keysView,
  needsSignIn,
  oauthServer,
  oauthView,
  ready,
} from '../helpers/memory-auth.js';
import { RecordingAdapter } from '../helpers/recording-adapter.js';

const linear = oauthServer('linear');
const shared: Server = { ...oauthServer('wiki'), credentials: 'shared' };
const START = 1_800_000_000_000;
const HOUR = 3_600_000;
type World = Awaited<ReturnType<typeof setUp>>;

/** The provider ends it: as the keeper marks it, and then says. */
async function end(
  { credentials, gateway }: World,
  subject: string,
  server: string,
  sinceMs = START,
): Promise<void> {
  const refused = { sinceMs, code: 'invalid_grant' };
  await gateway.onRefusing({ subject, server }, refused);
  credentials.views.splice(0, credentials.views.length, oauthView(subject, server, { refused }));
  gateway.onRefused({ subject, server }, refused);
  await gateway.settle();
}

describe('a grant that dies', () => {
  it('tells its owner once, in private, with a button that is a command', async () => {
    const world = await setUp([linear]);
    await world.say('help', ben);
    await end(world, 'web:ben', 'linear');
    expect(world.adapter.last.to).toEqual({ actor: ben });
    expect(world.adapter.text).toBe(
      '● linear: its provider ended your sign-in. Sign in again to go on.\n[Sign in]',
    );
    world.gateway.onRefused({ subject: 'web:ben', server: 'linear' }, { sinceMs: START });
    await world.gateway.settle();
    await world.gateway.sweep();
    expect(world.adapter.messages).toHaveLength(2);
    await world.adapter.press(ben, 'Sign in');
    expect(world.adapter.text).toContain('linear — sign in at');
  });

  it('tells it once on all replicas, and after a restart', async () => {
    const store = createStore(new MemoryEngine(), undefined);
    const worlds = await Promise.all([1, 2, 3].map(() => setUp([linear], { store })));
    await worlds[0]?.say('help', ben);
    await Promise.all(worlds.map((world) => end(world, 'web:ben', 'linear')));
    const later = await setUp([linear], { store });
    await end(later, 'web:ben', 'linear');
    await later.gateway.sweep();
    const notices = [...worlds, later].flatMap(({ adapter }) => adapter.messages).length - 1;
    expect(notices).toBe(1);
  });

  it('tells it again when a new sign-in dies in its turn', async () => {
    const world = await setUp([linear]);
    await end(world, 'web:ben', 'linear');
    await end(world, 'web:ben', 'linear', START + HOUR);
    expect(world.adapter.messages).toHaveLength(2);
  });

  it('goes to the platform that its person used last', async () => {
    const telegram = new RecordingAdapter({ platform: 'telegram' });
    const benThere: Actor = { platform: 'telegram', userId: '42', displayName: 'Ben' };
    const world = await setUp([linear], {
      settings: { access: { users: ['ben'], admins: [] }, people: { ben: ['web:ben', 'telegram:42'] } },
    });
    world.gateway.addAdapter(telegram);
    await telegram.start({ ...world.gateway, memory: undefined as never });
    await world.say('help', ben);
    await telegram.type(benThere, 'help');
    await world.gateway.settle();
    await end(world, 'ben', 'linear');
    expect(telegram.last.to).toMatchObject({ actor: benThere });
    expect(telegram.text).toContain('ended your sign-in');
    await world.say('help', ben);
    await end(world, 'ben', 'linear', START + HOUR);
    expect(world.adapter.text).toContain('ended your sign-in');
  });

  it('tells somebody who never spoke by their account, and nobody who may not use the gateway any more', async () => {
    const world = await setUp([linear]);
    await end(world, 'web:ben', 'linear');
    expect(world.adapter.last.to.actor).toMatchObject({ platform: 'web', userId: 'ben' });
    await world.say('help', eve);
    await end(world, 'web:eve', 'linear');
    expect(world.adapter.messages).toHaveLength(2);
  });

  it('of everyone tells the admins, each once, whichever of them can be reached first', async () => {
    let nowMs = START;
    const access = { users: ['web:ben'], admins: ['web:ana', 'web:cleo'] };
    const world = await setUp([shared], { settings: { access }, now: () => nowMs });
    world.adapter.planned.push('delivered', new Error('502'));
    await end(world, 'shared', 'wiki');
    world.gateway.onRefused({ subject: 'shared', server: 'wiki' }, { sinceMs: START });
    await world.gateway.settle();
    nowMs += 16_000;
    await world.gateway.sweep();
    nowMs += HOUR;
    await world.gateway.sweep();
    expect(world.adapter.messages.map(({ to }) => to.actor.userId)).toEqual(['ana', 'cleo']);
    expect(world.adapter.text).toContain(
      'its provider ended the sign-in. Sign in again to go on, for everyone.',
    );
  });

  it('is not told by a message to who is being shown it just now', async () => {
    const world = await setUp([linear]);
    world.connections.answers.set(
      'linear',
      new Promise((resolve) => setTimeout(() => resolve(needsSignIn), 60)),
    );
    world.credentials.hold(oauthView('web:ben', 'linear'));
    await world.say('', ben);
    await end(world, 'web:ben', 'linear');
    await world.gateway.sweep();
    expect(world.adapter.messages).toHaveLength(1);
    expect(world.adapter.text).toContain('signed out by the provider');
  });

  it.each(['status linear', 'test linear', 'tools linear'])('nor to who gave /mcp %s', async (line) => {
    const world = await setUp([linear]);
    let answered = (): void => undefined;
    const answer = new Promise<ProbeResult>((resolve) => {
      answered = () => resolve(needsSignIn);
    });
    world.connections.answers.set('linear', answer);
    world.credentials.hold(oauthView('web:ben', 'linear'));
    await world.say(line, ben);
    const ended = end(world, 'web:ben', 'linear');
    answered();
    await ended;
    expect(world.adapter.messages).toHaveLength(1);
    expect(world.adapter.text).toContain('signed out by the provider');
  });

  describe('while its person looks at how servers stand', () => {
    const others = Array.from({ length: 8 }, (_, at) => oauthServer(`s${at}`));

    /** Ben looks at everything; `files` answers when the test says so. */
    async function looking(servers: readonly Server[]): Promise<World & { readonly answered: () => void }> {
      const world = await setUp(servers);
      let answered = (): void => undefined;
      const waits = new Promise<ProbeResult>((resolve) => {
        answered = () => resolve(ready(3));
      });
      for (const { name } of servers) world.connections.answers.set(name, needsSignIn);
      world.connections.answers.set('files', waits);
      world.credentials.hold(oauthView('web:ben', 'linear'));
      await world.say('', ben);
      return { ...world, answered };
    }

    it('is told by a message where they look at another page', async () => {
      const world = await looking([httpServer('files'), ...others, linear]);
      const ended = end(world, 'web:ben', 'linear');
      world.answered();
      await ended;
      expect(world.adapter.messages).toHaveLength(2);
      expect(world.adapter.text).toContain('linear: its provider ended');
    });

    it('is told by a message where the list could not be brought up to date', async () => {
      const world = await looking([httpServer('files'), linear]);
      world.adapter.expired.add(JSON.stringify(world.adapter.last.ref));
      const ended = end(world, 'web:ben', 'linear');
      world.answered();
      await ended;
      expect(world.adapter.text).toContain('linear: its provider ended');
    });

    it('is told by a message where they went on to something else meanwhile', async () => {
      const world = await looking([httpServer('files'), linear]);
      const ended = end(world, 'web:ben', 'linear');
      await world.adapter.type(ben, 'help', { message: world.adapter.last.ref });
      await ended;
      expect(world.adapter.text).toContain('linear: its provider ended');
    });

    it('but not where they press the very button that mends it', async () => {
      const world = await looking([httpServer('files'), linear]);
      const ended = end(world, 'web:ben', 'linear');
      await expect.poll(() => world.adapter.text).toMatch(/linear .*signed out by the provider/);
      await world.adapter.press(ben, 'Sign in');
      await ended;
      expect(world.adapter.messages).toHaveLength(1);
      expect(world.adapter.text).toContain('linear — sign in at');
    });

    it('is told by a message where the list says something else of that server', async () => {
      const world = await looking([httpServer('files'), linear]);
      world.connections.remember('linear', 'web:ben', down);
      const ended = end(world, 'web:ben', 'linear', HOUR);
      world.answered();
      await ended;
      expect(world.adapter.messages).toHaveLength(2);
    });

    it('is told by a message where their list was made before it, and came after it', async () => {
      const world = await setUp([linear]);
      world.connections.remember('linear', 'web:ben', ready(3));
      world.credentials.hold(oauthView('web:ben', 'linear'));
      const { send } = world.adapter;
      world.adapter.send = async (to, reply) => {
        world.adapter.send = send;
        void end(world, 'web:ben', 'linear');
        // The end is being told by then.
        await expect.poll(() => world.credentials.views[0]).toHaveProperty('refused');
        return await send.call(world.adapter, to, reply);
      };
      await world.say('', ben);
      await world.gateway.settle();
      expect(world.adapter.messages).toHaveLength(2);
      expect(world.adapter.text).toContain('linear: its provider ended');
    });
  });

  it('is told to who is being shown something else', async () => {
    const world = await setUp([linear, oauthServer('files')]);
    world.connections.answers.set('files', new Promise((resolve) => setTimeout(() => resolve(ready(3)), 60)));
    await world.say('status files', ben);
    await end(world, 'web:ben', 'linear');
    expect(world.adapter.text).toContain('linear: its provider ended');
  });
});

describe('a key that the server refuses', () => {
  it('tells its owner', async () => {
    const world = await setUp([linear]);
    const refused = { sinceMs: START, code: 'refused' };
    world.credentials.hold({ ...keysView('web:ben', 'linear', { KEY: '…9f3c' }), refused } as never);
    world.gateway.onRefused({ subject: 'web:ben', server: 'linear' }, refused);
    await world.gateway.settle();
    expect(world.adapter.text).toBe(
      '● linear: the server does not accept your key any more. Give a new one to go on.\n[Add key]',
    );
  });
});

describe('a notice that cannot be brought', () => {
  async function failing() {
    let nowMs = START;
    const world = await setUp([linear], { now: () => nowMs });
    const pass = async (ms: number) => {
      nowMs += ms;
      await world.gateway.sweep();
    };
    return { ...world, pass };
  }

  it('is tried again with growing pauses, and then once', async () => {
    const world = await failing();
    world.adapter.planned.push(new Error('502 from the platform'), 'gone');
    await end(world, 'web:ben', 'linear');
    await world.pass(14_000);
    expect(world.adapter.planned).toHaveLength(1);
    await world.pass(2_000);
    await world.pass(16_000);
    expect(world.adapter.messages).toHaveLength(0);
    await world.pass(16_000);
    await world.pass(HOUR);
    expect(world.adapter.messages).toHaveLength(1);
  });

  it('takes no lock while it only waits for its time, nor does a message that shows what it should', async () => {
    const store = createStore(new MemoryEngine(), undefined);
    const locked: string[] = [];
    const watched: typeof store = {
      ...store,
      lock: (name, work) => {
        locked.push(name);
        return store.lock(name, work);
      },
    };
    const world = await setUp([linear], { store: watched, now: () => START });
    world.adapter.planned.push('gone');
    await end(world, 'web:ben', 'linear');
    await world.say('auth linear');
    await world.gateway.settle();
    const before = locked.length;
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await world.gateway.sweep();
    expect(locked.slice(before)).toEqual([]);
  });

  it('is given up after a day, and where there is no private way at once', async () => {
    const world = await failing();
    world.adapter.absent = true;
    await end(world, 'web:ben', 'linear');
    await world.pass(25 * HOUR);
    world.adapter.absent = false;
    await world.pass(HOUR);
    world.adapter.planned.push('no-private-way');
    await end(world, 'web:ben', 'linear', START + 1);
    await world.pass(HOUR);
    expect(world.adapter.messages).toHaveLength(0);
    expect(await world.store.records('notices').keys()).toEqual([]);
  });

  it('is not brought any more once its person has signed in anew', async () => {
    const world = await failing();
    world.adapter.planned.push('gone');
    await end(world, 'web:ben', 'linear');
    world.credentials.views.splice(0, 1, oauthView('web:ben', 'linear'));
    await world.pass(HOUR);
    expect(world.adapter.messages).toHaveLength(0);
    expect(await world.store.records('notices').keys()).toEqual([]);
  });

  it('is brought by another process where the one that brought it was killed, and by nobody as long as it may live', async () => {
    let nowMs = START;
    const now = () => nowMs;
    const store = createStore(new MemoryEngine(), undefined);
    const access = { users: [], admins: ['web:ana', 'web:cleo'] };
    // A killed process's lock is over with its lease; what it wrote stays.
    const unlocked: typeof store = { ...store, lock: (_name, work) => work(new AbortController().signal) };
    const killed = await setUp([shared], { store: unlocked, settings: { access }, now });
    const other = await setUp([shared], { store, settings: { access }, now });
    const refused = { sinceMs: START, code: 'invalid_grant' };
    for (const { credentials } of [killed, other]) credentials.hold(oauthView('shared', 'wiki', { refused }));
    const send = killed.adapter.send.bind(killed.adapter);
    killed.adapter.send = (...given) =>
      killed.adapter.messages.length === 0 ? send(...given) : new Promise(() => undefined);
    killed.gateway.onRefused({ subject: 'shared', server: 'wiki' }, refused);
    await expect
      .poll(async () => store.records('notices').get((await store.records('notices').keys())[0] ?? ''))
      .toMatchObject({ told: ['web:ana'] });
    await other.gateway.sweep();
    expect(other.adapter.messages).toHaveLength(0);
    nowMs += 61_000;
    await other.gateway.sweep();
    expect(other.adapter.messages.map(({ to }) => to.actor.userId)).toEqual(['cleo']);
    nowMs += HOUR;
    await other.gateway.sweep();
    expect(other.adapter.messages).toHaveLength(1);
    expect(await store.records('notices').keys()).toEqual([]);
  });

  it('is brought a minute later, once, where the process that marked it was killed before it said so', async () => {
    const world = await failing();
    const refused = { sinceMs: START, code: 'invalid_grant' };
    world.credentials.hold(oauthView('web:ben', 'linear', { refused }));
    await world.gateway.onRefusing({ subject: 'web:ben', server: 'linear' }, refused);
    await world.pass(0);
    expect(world.adapter.messages).toHaveLength(0);
    await world.pass(61_000);
    await world.pass(HOUR);
    expect(world.adapter.messages.map(({ to }) => to.actor.userId)).toEqual(['ben']);
    expect(await world.store.records('notices-expected').keys()).toEqual([]);
  });

  it('of an end that was expected and did not come is nobody’s', async () => {
    const world = await failing();
    world.credentials.hold(oauthView('web:ben', 'linear'));
    await world.gateway.onRefusing({ subject: 'web:ben', server: 'linear' }, { sinceMs: START });
    await world.pass(61_000);
    expect(world.adapter.messages).toHaveLength(0);
    expect(await world.store.records('notices-expected').keys()).toEqual([]);
  });

  it('of one that cannot be looked at does not hold up the others', async () => {
    const world = await failing();
    const refused = { sinceMs: START, code: 'invalid_grant' };
    world.credentials.hold(oauthView('web:ben', 'linear', { refused }));
    for (const subject of ['web:eve', 'web:ben'])
      await world.gateway.onRefusing({ subject, server: 'linear' }, refused);
    const view = world.credentials.view.bind(world.credentials);
    world.credentials.view = async (key) => {
      if (key.subject === 'web:eve') throw new Error('its lock is held');
      return view(key);
    };
    await world.pass(61_000);
    expect(world.adapter.messages.map(({ to }) => to.actor.userId)).toEqual(['ben']);
  });

  it('is left, untouched, to the process that has the platform', async () => {
    const store = createStore(new MemoryEngine(), undefined);
    const web = await setUp([linear], { store });
    const refused = { sinceMs: START, code: 'invalid_grant' };
    web.credentials.hold(oauthView('web:ben', 'linear', { refused }));
    const terminal = await setUp([linear], { store, platform: 'terminal' });
    await end(terminal, 'web:ben', 'linear');
    await terminal.gateway.sweep();
    expect(terminal.adapter.messages).toHaveLength(0);
    await web.gateway.sweep();
    expect(web.adapter.messages).toHaveLength(1);
  });

  it('waits behind none that are left to another process, however many those are', async () => {
    const store = createStore(new MemoryEngine(), undefined);
    const notices = store.records('notices');
    const settings = { access: { users: '*', admins: [] } } as const;
    const web = await setUp([linear], { store, settings, now: () => START });
    const refused = { sinceMs: START, code: 'invalid_grant' };
    const slack = Array.from({ length: 120 }, (_each, at) => `slack:T1/U${at}`);
    for (const subject of [...slack, 'web:ben']) {
      web.credentials.hold(oauthView(subject, 'linear', { refused }));
      const notice = { sinceMs: START, createdAtMs: START, told: [], failures: 0, retryAtMs: 0 };
      await notices.set(recordKey(subject, 'linear'), notice);
    }
    await web.gateway.sweep();
    expect(web.adapter.messages.map(({ to }) => to.actor.userId)).toEqual(['ben']);
    expect(await notices.keys()).toHaveLength(slack.length);
  });
});
