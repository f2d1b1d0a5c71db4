import { describe, expect, it } from 'vitest';
import type { Board } from '../../src/gateway/boards/boards.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { ana, setUp } from '../helpers/gateway-setup.js';
import { MemorySignIns, oauthServer } from '../helpers/memory-auth.js';
import { replyOf } from '../helpers/recording-adapter.js';

const linear = oauthServer('linear');
const done = { kind: 'connected', tools: 23 } as const;

function twoProcesses() {
  return { store: createStore(new MemoryEngine(), undefined), signIns: new MemorySignIns() };
}

describe('an outcome always finds its person', () => {
  it('when the platform no longer lets the message be edited: one new private message', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth linear');
    adapter.expired.add(JSON.stringify(adapter.last.ref));
    await signIns.end('sign-in-1', done);
    await gateway.settle();
    expect(adapter.messages).toHaveLength(2);
    expect(adapter.last.to).toEqual({ actor: ana });
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
    await gateway.sweep();
    expect(adapter.messages).toHaveLength(2);
  });

  it('but not what they did themselves, and were answered: a message that cannot be edited any more is left to itself', async () => {
    const { adapter, gateway, signIns, say, store } = await setUp([linear]);
    await say('auth linear');
    adapter.expired.add(JSON.stringify(adapter.last.ref));
    await signIns.end('sign-in-1', { kind: 'replaced' });
    await gateway.settle();
    expect(adapter.messages).toHaveLength(1);
    expect(await store.records<Board>('boards').keys()).toEqual([]);
    await say('auth linear');
    adapter.expired.add(JSON.stringify(adapter.last.ref));
    await signIns.end('sign-in-2', { kind: 'cancelled' });
    await gateway.settle();
    await gateway.sweep();
    expect(adapter.messages).toHaveLength(2);
  });

  it('when it is another admin who took the place of their link, and it cannot be edited any more', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth linear');
    adapter.expired.add(JSON.stringify(adapter.last.ref));
    await signIns.end('sign-in-1', { kind: 'replaced', by: 'Ben' });
    await gateway.settle();
    expect(adapter.last.to).toEqual({ actor: ana });
    expect(adapter.text).toContain('linear: Ben started a newer sign-in for everyone');
    await gateway.sweep();
    expect(adapter.messages).toHaveLength(2);
  });

  it('when it comes while the message is still being sent', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    const send = adapter.send.bind(adapter);
    adapter.send = async (to, reply) => {
      await signIns.end('sign-in-1', done);
      return send(to, reply);
    };
    await say('auth linear');
    await gateway.settle();
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
  });

  it('after a restart: by the sweep, and only once', async () => {
    const shared = twoProcesses();
    const before = await setUp([linear], shared);
    await before.say('auth linear');
    await before.gateway.stop();
    shared.signIns.onChange = () => undefined;
    await shared.signIns.end('sign-in-1', { kind: 'expired', lifetimeMs: 600_000 });
    const after = await setUp([linear], { ...shared, deaf: true });
    // The new process's adapter does not know the old message: it is told anew, privately.
    expect(after.adapter.text).toBe('✗ linear: the link expired after 10 minutes. [Try again]');
    await after.gateway.sweep();
    expect(after.adapter.messages).toHaveLength(1);
    expect(await shared.store.records<Board>('boards').keys()).toEqual([]);
  });

  it('when another process ended it: by the store’s news, without a sweep', async () => {
    const shared = twoProcesses();
    const { adapter, gateway, say } = await setUp([linear], { ...shared, deaf: true });
    await say('auth linear');
    await shared.signIns.end('sign-in-1', done);
    await shared.store.records('ended').set('sign-in-1', { kind: 'ended' }, 60_000);
    await gateway.settle();
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
  });

  it('a process without the platform leaves it to the one that has it', async () => {
    const shared = twoProcesses();
    const web = await setUp([linear], { ...shared, deaf: true });
    await web.say('auth linear');
    const terminal = await setUp([linear], { ...shared, platform: 'terminal' });
    await shared.signIns.end('sign-in-1', done);
    await terminal.gateway.sweep();
    await terminal.gateway.settle();
    expect(terminal.adapter.messages).toEqual([]);
    expect(web.adapter.text).toContain('sign in at');
    await web.gateway.sweep();
    expect(web.adapter.text).toBe('✓ linear connected · 23 tools');
  });

  it('when the platform failed at first: later, with growing pauses', async () => {
    let nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    const { adapter, gateway, signIns, say } = await setUp([linear], { now });
    await say('auth linear');
    adapter.planned.push(new Error('502 from the platform'));
    await signIns.end('sign-in-1', done);
    await gateway.settle();
    expect(adapter.text).toContain('sign in at');
    adapter.planned.push('gone', 'gone');
    await gateway.sweep();
    await gateway.sweep();
    expect(adapter.text).toContain('sign in at');
    nowMs += 15_001;
    await gateway.sweep();
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
    expect(adapter.messages).toHaveLength(1);
  });

  it('when the process died between storing and sending: once it has ended', async () => {
    let nowMs = 1_800_000_000_000;
    const now = () => nowMs;
    const { adapter, gateway, signIns, store, say } = await setUp([linear], { now });
    await say('auth linear');
    const boards = store.records<Board>('boards');
    const [id = ''] = await boards.keys();
    const { message: _lost, shown: _too, ...unsent } = (await boards.get(id)) ?? ({} as Board);
    await boards.set(id, unsent);
    signIns.onChange = () => undefined;
    await signIns.end('sign-in-1', { kind: 'expired', lifetimeMs: 600_000 });
    await gateway.sweep();
    expect(adapter.messages).toHaveLength(1);
    nowMs += 61_000;
    await gateway.sweep();
    expect(adapter.messages).toHaveLength(2);
    expect(adapter.text).toContain('the link expired after 10 minutes');
  });

  it('many outcomes at once are few edits, and the last one is right', async () => {
    const servers = Array.from({ length: 8 }, (_, at) => oauthServer(`s${at}`));
    const { adapter, gateway, signIns, say } = await setUp(servers, { pacing: { editEveryMs: 60_000 } });
    await say('auth');
    for (const server of servers)
      await signIns.end(signIns.idOf(server.name), { kind: 'connected', tools: 1 });
    await gateway.settle();
    expect(replyOf(adapter.last).aside).toBe('8 of 8 connected');
    expect(adapter.last.replies.length).toBeLessThanOrEqual(3);
  });

  it('counts what is open, and what the chat has not heard of', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear, oauthServer('supabase')]);
    expect(await gateway.openSignIns(ana)).toBe(0);
    await say('auth');
    expect(await gateway.openSignIns(ana)).toBe(2);
    await signIns.end(signIns.idOf('supabase'), done);
    await gateway.settle();
    expect(await gateway.openSignIns(ana)).toBe(1);
    adapter.planned.push(new Error('down'));
    await signIns.end(signIns.idOf('linear'), done);
    await gateway.settle();
    expect(await gateway.openSignIns(ana)).toBe(1);
    await gateway.sweep();
    expect(await gateway.openSignIns(ana)).toBe(0);
  });
});

describe('where nobody but the person may read', () => {
  it('no private way: no link is ever sent, and what it would start is ended', async () => {
    const { adapter, signIns, say } = await setUp([linear]);
    adapter.planned.push('no-private-way');
    await say('auth linear');
    expect(adapter.messages).toEqual([]);
    expect(await signIns.open('web:ana')).toEqual([]);
  });

  it('a message that is not edited privately is not sent in its place', async () => {
    const { adapter, say } = await setUp([linear]);
    await say('');
    adapter.planned.push('no-private-way');
    await adapter.press(ana, 'Sign in');
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.everything).not.toContain('/connect/');
  });
});
