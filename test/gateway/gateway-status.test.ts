import { describe, expect, it } from 'vitest';
import { within } from '../../src/gateway/boards/pace.js';
import type { ProbeResult } from '../../src/mcp/types.js';
import { StoreError } from '../../src/storage/types.js';
import { ana, ben, setUp } from '../helpers/gateway-setup.js';
import {
  down,
  httpServer,
  keyServer,
  keysView,
  needsSignIn,
  oauthServer,
  oauthView,
  ready,
  stdioServer,
} from '../helpers/memory-auth.js';
import { asText, replyOf } from '../helpers/recording-adapter.js';

const NOW = Date.UTC(2026, 10, 21, 9, 23);
const now = () => NOW;

const five = [
  oauthServer('linear'),
  stdioServer('files'),
  keyServer('search', 'SEARCH_KEY'),
  oauthServer('supabase'),
  keyServer('github', 'GITHUB_TOKEN'),
];

/** A promise that the test keeps. */
function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve = (_: T): void => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function fiveServers() {
  const all = await setUp(five, { now });
  all.credentials.hold(oauthView('web:ana', 'linear'));
  all.credentials.hold(keysView('web:ana', 'search', { SEARCH_KEY: 'sk-…9f3c' }));
  all.connections.answers.set('linear', ready(23, { authenticated: true }));
  all.connections.answers.set('files', ready(11));
  all.connections.answers.set('search', ready(4, { authenticated: true }));
  all.connections.answers.set('supabase', needsSignIn);
  all.connections.answers.set('github', { kind: 'needs-key', reason: 'missing' });
  return all;
}

describe('/mcp', () => {
  it('answers at once from what is known, then edits the same message', async () => {
    const { adapter, gateway, say } = await fiveServers();
    await say('');
    expect(asText(adapter.last.replies[0] ?? replyOf(adapter.last))).toMatchInlineSnapshot(`
      "MCP servers — 0 of 5 ready
        linear    checking…  connected
        files     checking…  no auth needed
        search    checking…  key …9f3c
      ● supabase  checking…  sign-in needed [Sign in]
      ● github    checking…  key needed [Add key]
      [Sign in to all (2)] [Refresh]"
    `);
    await gateway.settle();
    expect(adapter.text).toMatchInlineSnapshot(`
      "MCP servers — 3 of 5 ready
      ✓ linear    23 tools  connected
      ✓ files     11 tools  no auth needed
      ✓ search    4 tools   connected · key …9f3c
      ● supabase            sign-in needed [Sign in]
      ● github              key needed [Add key]
      [Sign in to all (2)] [Refresh]"
    `);
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.last.replies).toHaveLength(2);
  });

  it.each([
    ['says that more is to come with every edit but the last', false],
    ['what an edit that may be left out has said is said again as the last word', true],
  ])('%s', async (_title, isKnown) => {
    const slow = later<ProbeResult>();
    const { adapter, connections, gateway, say } = await setUp(
      [oauthServer('linear'), stdioServer('files')],
      { now },
    );
    // Then the last word is no other than the one before.
    if (isKnown) connections.remember('linear', 'web:ana', needsSignIn, { atMs: NOW - 3_600_000 });
    connections.answers.set('linear', slow.promise);
    connections.answers.set('files', ready(11));
    await say('');
    await expect.poll(() => adapter.last.replies.length).toBe(2);
    slow.resolve(needsSignIn);
    await gateway.settle();
    expect(adapter.last.replies.map(({ passing }) => passing)).toEqual([undefined, true, undefined]);
  });

  it('waits for the servers where its answer cannot be edited later, and says all in one message', async () => {
    const slow = later<ProbeResult>();
    const { adapter, connections, say } = await setUp([oauthServer('linear'), stdioServer('files')], {
      now,
      editable: false,
      pacing: { patienceMs: 10_000 },
    });
    connections.answers.set('linear', slow.promise);
    connections.answers.set('files', ready(11));
    const said = say('');
    await expect.poll(() => connections.probed.length).toBe(2);
    expect(adapter.messages).toHaveLength(0);
    slow.resolve(needsSignIn);
    await said;
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.last.replies).toHaveLength(1);
    expect(adapter.text).toContain('sign-in needed');
    expect(adapter.text).not.toContain('checking…');
  });

  it('waits only so long for a server that hangs, also where its answer cannot be edited', async () => {
    const { adapter, connections, say } = await setUp([oauthServer('linear'), stdioServer('files')], {
      now,
      editable: false,
    });
    connections.answers.set('linear', new Promise<ProbeResult>(() => {}));
    connections.answers.set('files', ready(11));
    await say('');
    expect(adapter.text).toContain('11 tools');
    expect(adapter.text).toMatch(/linear {2}no answer yet/);
    expect(adapter.last.replies).toHaveLength(1);
  });

  it('what was looked at a moment ago is not looked at again', async () => {
    const { adapter, connections, gateway, say } = await fiveServers();
    await say('');
    await gateway.settle();
    const before = connections.probed.length;
    await adapter.press(ana, 'Refresh');
    await gateway.settle();
    expect(connections.probed).toHaveLength(before);
    expect(adapter.messages).toHaveLength(1);
  });

  it('a server that hangs delays no other, and says so', async () => {
    const { adapter, connections, gateway, say } = await setUp([httpServer('hangs'), httpServer('quick')]);
    const hanging = later<ProbeResult>();
    connections.answers.set('hangs', hanging.promise);
    connections.answers.set('quick', ready(3));
    await say('');
    await expect.poll(() => adapter.text).toMatch(/quick {2}3 tools/);
    expect(adapter.text).toMatch(/hangs {2}checking… {2}no auth needed/);
    expect(replyOf(adapter.last).aside).toBe('1 of 2 ready');
    hanging.resolve(down);
    await gateway.settle();
    expect(adapter.text).toMatch(/✗ hangs\s+unreachable just now/);
  });

  it('a hundred servers of which twenty hang: pages of eight, all looked at, the first answer before any of them', async () => {
    const servers = Array.from({ length: 100 }, (_, at) => httpServer(`s${at}`));
    const { adapter, connections, say } = await setUp(servers);
    for (const [at, server] of servers.entries())
      if (at >= 20) connections.answers.set(server.name, ready(1));
    await say('');
    const first = adapter.last.replies[0];
    expect(first?.lines).toHaveLength(8);
    expect(first?.aside).toBe('0 of 100 ready');
    await expect.poll(() => replyOf(adapter.last).aside).toBe('80 of 100 ready');
    expect(connections.probed).toHaveLength(100);
    await adapter.press(ana, 'Next');
    await adapter.press(ana, 'Next');
    expect(replyOf(adapter.last).title).toBe('MCP servers, page 3 of 13');
    expect(replyOf(adapter.last).lines.map((line) => line.cells[0])).toContain('s16');
    await adapter.press(ana, 'Refresh');
    expect(replyOf(adapter.last).title).toContain('page 3');
    expect(adapter.messages).toHaveLength(1);
  });

  it('a message whose button was pressed belongs to the new command: the old one edits it no more', async () => {
    const { adapter, connections, gateway, say } = await setUp([httpServer('slow'), oauthServer('linear')]);
    const slow = later<ProbeResult>();
    connections.answers.set('slow', slow.promise);
    connections.answers.set('linear', needsSignIn);
    await say('');
    await adapter.press(ana, 'Sign in');
    slow.resolve(ready(1));
    await gateway.settle();
    expect(adapter.text).toContain('linear — sign in at');
  });

  it('an older edit that the platform’s client is still trying again does not come to stand over a newer answer', async () => {
    const { adapter, gateway, say } = await fiveServers();
    const lost = later<void>();
    const { update } = adapter;
    let edits = 0;
    adapter.update = async (message, reply) => {
      edits += 1;
      if (edits === 1) await lost.promise;
      return await update.call(adapter, message, reply);
    };
    await say('');
    await expect.poll(() => edits).toBe(1);
    const pressed = adapter.type(ana, 'help', { message: adapter.last.ref });
    // Long enough for an answer that waits for no older edit.
    await within(pressed, 50);
    lost.resolve();
    await pressed;
    await gateway.settle();
    expect(adapter.text).toContain('/mcp logout');
    expect(adapter.messages).toHaveLength(1);
  });

  it('edits stop when the message is gone, and nothing else is sent', async () => {
    const { adapter, gateway, say } = await fiveServers();
    await say('');
    adapter.expired.add(JSON.stringify(adapter.last.ref));
    await gateway.settle();
    expect(adapter.messages).toHaveLength(1);
  });

  it('an edit that the platform does not do now is tried again, until what was found stands there', async () => {
    const slow = later<ProbeResult>();
    const { adapter, connections, gateway, say } = await setUp([httpServer('slow')]);
    connections.answers.set('slow', slow.promise);
    await say('');
    adapter.planned.push(new Error('429 from the platform'), new Error('502 from the platform'));
    slow.resolve(ready(3));
    await gateway.settle();
    expect(adapter.text).toMatch(/✓ slow {2}3 tools/);
    expect(adapter.messages).toHaveLength(1);
  });

  it('so is one that could not be made, as the store was away', async () => {
    const slow = later<ProbeResult>();
    const { adapter, connections, credentials, gateway, say } = await setUp([httpServer('slow')]);
    connections.answers.set('slow', slow.promise);
    await say('');
    const { list } = credentials;
    credentials.list = async () => {
      credentials.list = list;
      throw new StoreError('store_unavailable', 'the store is away');
    };
    slow.resolve(ready(3));
    await gateway.settle();
    expect(adapter.text).toMatch(/✓ slow {2}3 tools/);
  });

  it('a look that came to nothing that is known says so, and does not go on checking', async () => {
    const { adapter, connections, gateway, say } = await setUp([httpServer('slow'), httpServer('quick')]);
    connections.answers.set('quick', ready(3));
    connections.answers.set('slow', Promise.reject(new Error('not remembered')));
    await say('');
    await gateway.settle();
    expect(adapter.text).toMatch(/slow {3}no answer yet/);
  });

  it('each person has their own status, and shared servers are the admins’ to sign in to', async () => {
    const { adapter, credentials, connections, gateway, say } = await setUp([
      oauthServer('linear'),
      oauthServer('wiki', { credentials: 'shared' }),
    ]);
    credentials.hold(oauthView('web:ana', 'linear'));
    connections.answers.set('linear', needsSignIn);
    connections.answers.set('wiki', needsSignIn);
    await say('', ben);
    await gateway.settle();
    const rows = replyOf(adapter.last).lines;
    expect(rows[0]).toMatchObject({ cells: ['linear', '', 'sign-in needed'], action: { label: 'Sign in' } });
    expect(rows[1]?.cells).toEqual(['wiki', '', 'sign-in needed']);
    expect(rows[1]?.action).toBeUndefined();
    await say('status wiki', ben);
    expect(adapter.text).toContain('It is shared by everyone: an admin has to sign in.');
  });

  it('no servers at all is said with what to do', async () => {
    const { adapter, say } = await setUp([]);
    await say('', ben);
    expect(adapter.text).toBe('MCP servers\n  There are none yet. Ask whoever runs this gateway to add one.');
  });
});

describe('/mcp status with a server', () => {
  it('shows everything but secrets', async () => {
    const server = oauthServer('linear', { url: 'https://user:pass@mcp.linear.example/mcp?key=sk-secret' });
    const { adapter, credentials, connections, gateway, say } = await setUp([server], { now });
    credentials.hold(
      oauthView('web:ana', 'linear', {
        scope: 'read write',
        issuedAtMs: NOW - 3_600_000,
        expiresAtMs: NOW + 42 * 60_000,
        refreshable: false,
      }),
    );
    connections.answers.set('linear', ready(23, { authenticated: true, software: 'Linear MCP 1.2' }));
    await say('status linear');
    await gateway.settle();
    expect(adapter.text).toMatchInlineSnapshot(`
      "linear
      ✓ status        connected, expires in 42 min
        transport     http
        URL           https://mcp.linear.example/mcp
        auth          OAuth
        provider      https://auth.linear.example
        scopes        read, write
        issued        1 h ago (2026-11-21 08:23 UTC)
        expires       in 42 min (2026-11-21 10:05 UTC)
        registration  dynamic
        last check    just now, took 12 ms
        tools         23
        protocol      2025-11-25
        software      Linear MCP 1.2
      [Test] [Tools] [Sign out]"
    `);
    expect(adapter.everything).not.toMatch(/pass|sk-secret/);
  });

  it('of an unreachable one, the exact failure', async () => {
    const { adapter, connections, gateway, say } = await setUp([httpServer('down')], { now });
    connections.answers.set('down', down);
    await say('status down');
    await gateway.settle();
    expect(adapter.text).toMatchInlineSnapshot(`
      "down
      ✗ status      unreachable just now
        transport   http
        URL         https://down.example/mcp
        auth        what the server asks for
        last check  just now, took 12 ms
        last error  down.example could not be reached (unreachable)
        detail      connect ECONNREFUSED
        since       just now (2026-11-21 09:23 UTC)
        Test it again in a while. If it stays that way: ask whoever runs this gateway.
      [Test]"
    `);
  });

  it('of a key, its masked end', async () => {
    const { adapter, gateway, say } = await fiveServers();
    await say('status search');
    await gateway.settle();
    expect(adapter.text).toMatchInlineSnapshot(`
      "search
      ✓ status      connected · key …9f3c
        transport   http
        URL         https://search.example/mcp
        auth        API key
        needs       SEARCH_KEY
        key         SEARCH_KEY sk-…9f3c
        added       20778 days ago (1970-01-01 00:00 UTC)
        last check  just now, took 12 ms
        tools       4
        protocol    2025-11-25
      [Test] [Tools] [Sign out]"
    `);
  });

  it('of one whose key is missing, that it was not contacted', async () => {
    const { adapter, gateway, say } = await fiveServers();
    await say('status github');
    await gateway.settle();
    expect(adapter.text).toContain('last check  not contacted: its key is missing');
    expect(adapter.text).not.toMatch(/took/);
  });

  it('of a disabled one, who can enable it', async () => {
    const { adapter, connections, say } = await setUp([oauthServer('linear', { enabled: false })]);
    await say('status linear');
    expect(adapter.text).toContain('disabled');
    expect(adapter.text).toContain('Ask whoever runs this gateway to enable it in the config.');
    expect(connections.probed).toEqual([]);
  });
});
