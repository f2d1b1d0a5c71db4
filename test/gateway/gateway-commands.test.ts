import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/storage/types.js';
import { ana, ben, eve, setUp } from '../helpers/gateway-setup.js';
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
import { actionsOf, replyOf } from '../helpers/recording-adapter.js';

const NOW = Date.UTC(2026, 10, 21, 9, 23);
const now = () => NOW;
const linear = oauthServer('linear');
const github = keyServer('github', 'GITHUB_TOKEN');
const KEY = 'sk-proj-4f9A8sd7f6A5d4f3s2d1F0';

describe('who may', () => {
  it('a stranger is told their own id and nothing else, whatever they type', async () => {
    const { adapter, gateway, connections, signIns, say } = await setUp([linear]);
    for (const line of ['', 'help', 'auth linear', 'users', `auth ${KEY}`]) await say(line, eve);
    const shown = adapter.messages.flatMap(({ replies }) => replies.map(({ exposed: _, ...reply }) => reply));
    expect(new Set(shown.map((reply) => JSON.stringify(reply)))).toHaveLength(1);
    expect(adapter.text).toBe(
      '  You may not use this gateway yet. Whoever runs it can let you in: your id is web:eve.',
    );
    expect(await gateway.complete(eve, [''])).toEqual([]);
    expect([connections.probed, signIns.requests]).toEqual([[], []]);
  });

  it('a user is refused an admin’s command', async () => {
    const { adapter, say } = await setUp([linear]);
    await say('users', ben);
    expect(adapter.text).toBe('✗ Only an admin of this gateway may do that.\n[Help]');
    await say('help', ben);
    expect(adapter.text).not.toContain('reload');
  });

  it('help shows what this person may run', async () => {
    const { adapter, say } = await setUp([linear]);
    await say('help');
    expect(adapter.text).toMatchInlineSnapshot(`
      "What you can do
        /mcp [status] [server]      Your servers and where you stand with each, or one server in full. (also: list)
        /mcp auth [server…]         Signs you in: to every server that needs it, or to the ones you name. (also: login)
        /mcp confirm 482 913        Gives the six digits that the sign-in page shows.
        /mcp cancel [server]        Ends sign-ins that are under way; their links stop working.
        /mcp logout <server>        Signs you out and deletes what is stored.
        /mcp test <server> [tool]   Connects now, calls the tool if you name one, and says how it went.
        /mcp tools <server> [page]  What a server can do.
        /mcp users [server]         Who is signed in to what.
        /mcp audit [person|server]  What was done, by whom and when.
        /mcp reload                 Reads the config again.
        /mcp help                   What you may run.
      [Status] [Sign in]"
    `);
  });

  it('completion offers commands and servers', async () => {
    const { gateway } = await setUp([linear, github]);
    expect(await gateway.complete(ana, ['re'])).toEqual(['reload']);
    expect(await gateway.complete(ben, ['re'])).toEqual([]);
    expect(await gateway.complete(ben, ['auth', 'g'])).toEqual(['github']);
  });
});

describe('slips', () => {
  it.each([
    ['atuh', '  There is no command “atuh”. Did you mean auth?\n[auth] [Help]'],
    ['hello', '  There is no command “hello”. Did you mean help?\n[Help]'],
    ['linear', '  There is no command “linear”. Did you mean status linear?\n[status linear] [Help]'],
    ['auth lineer', '  There is no server “lineer”. Did you mean auth linear?\n[auth linear] [Status]'],
    ['weather', '  There is no command “weather”.\n[Help]'],
    ['test', '  Which server? Usage: /mcp test <server> [tool]\n[linear] [github]'],
    ['test linear github', '  That is more than test takes. Usage: /mcp test <server> [tool]\n[test linear]'],
    ['status page x', '  A page is a number from 1 up. Usage: /mcp [status] [server]\n[status]'],
    ['confirm 12', '  Give the six digits that the sign-in page shows: /mcp confirm 482 913\n[Enter code]'],
  ])('“%s”', async (line, text) => {
    const { adapter, say } = await setUp([linear, github]);
    await say(line);
    expect(adapter.text).toBe(text);
  });

  it('/mcp logout alone offers what there is to sign out of; of what is shared, only to admins', async () => {
    const wiki = oauthServer('wiki', { credentials: 'shared' });
    const { adapter, credentials, say } = await setUp([linear, github, wiki]);
    const none = '  You are not signed in to any server, so there is nothing to sign out of.\n[Status]';
    await say('logout');
    expect(adapter.text).toBe(none);
    credentials.hold(oauthView('web:ben', 'linear'));
    credentials.hold(keysView('web:ana', 'github', { GITHUB_TOKEN: 'ghp_…9f3c' }));
    credentials.hold(oauthView('shared', 'wiki'));
    await say('logout', ben);
    expect(adapter.text).toBe('  Which server? Usage: /mcp logout <server>\n[linear]');
    await say('logout', ana);
    expect(adapter.text).toBe('  Which server? Usage: /mcp logout <server>\n[github] [wiki]');
  });

  it('a pasted key is not used, not repeated, not logged; a private way is offered', async () => {
    const { adapter, credentials, log, say } = await setUp([linear, github]);
    await say(`auth github ${KEY}`);
    expect(adapter.text).toMatchInlineSnapshot(`
      "✗ That looks like a key. It was not used, because a chat message is not a safe place for one.
        Delete the message. Make a new key at its provider and revoke this one.
      [Add key]"
    `);
    expect(credentials.submitted).toEqual([]);
    expect(adapter.everything + JSON.stringify(log.lines)).not.toContain(KEY);
  });

  it.each([
    [true, 'The message was deleted.'],
    [false, 'The message could not be deleted; delete it yourself.'],
  ])(
    'where the platform can take the message away (%s), the person learns whether it did',
    async (remove, text) => {
      const { adapter } = await setUp([github], { remove });
      await adapter.type(ana, `auth github ${KEY}`, { typed: { chat: 'ana', id: 99 } });
      expect(adapter.removed).toEqual([{ chat: 'ana', id: 99 }]);
      expect(adapter.text).toContain(text);
    },
  );

  it('a stranger’s pasted key is taken away too, and they hear no more than any stranger', async () => {
    const { adapter } = await setUp([github], { remove: true });
    await adapter.type(eve, `auth github ${KEY}`, { typed: { chat: 'eve', id: 7 } });
    expect(adapter.removed).toEqual([{ chat: 'eve', id: 7 }]);
    expect(adapter.text).toContain('You may not use this gateway yet.');
    expect(adapter.text).not.toContain('github');
  });

  it('what answers a key is marked, whoever gave it and however it went: it may have to be warned of', async () => {
    const { adapter, say } = await setUp([github]);
    const marks = () => adapter.messages.map((message) => replyOf(message).exposed === true);
    await say(`auth github ${KEY}`);
    await say(`auth github ${KEY}`, eve);
    adapter.planned.push(new Error('The platform is away.'));
    await say(`auth github ${KEY}`);
    expect(adapter.text).toContain('went wrong');
    expect(marks()).toEqual([true, true, true]);
    await say('auth github');
    await say('auth github', eve);
    await say('http://127.0.0.1:8765/callback?code=0123456789abcdef0123456789&state=xyz', eve);
    expect(marks().slice(3)).toEqual([false, false, false]);
  });
});

describe('/mcp logout', () => {
  it('asks first, then says what happened', async () => {
    const { adapter, credentials, connections, say } = await setUp([linear]);
    credentials.hold(oauthView('web:ana', 'linear'));
    await say('logout linear');
    expect(adapter.text).toBe('Sign out of linear?\n[Sign out] [Keep]');
    expect(credentials.signedOut).toEqual([]);
    await adapter.press(ana, 'Sign out');
    expect(adapter.text).toBe('✓ Signed out of linear: its provider has withdrawn the access.\n[Sign in]');
    expect(credentials.signedOut).toEqual([{ subject: 'web:ana', server: 'linear' }]);
    expect(connections.forgotten).toEqual(['linear']);
    expect(adapter.messages).toHaveLength(1);
  });

  it('says where the provider could not withdraw the access', async () => {
    const { adapter, credentials, say } = await setUp([linear, github]);
    const texts: string[] = [];
    for (const why of ['unsupported', 'failed'] as const) {
      credentials.hold(oauthView('web:ana', 'linear'));
      credentials.revocation = { kind: 'deleted-only', why };
      await say('logout linear yes');
      texts.push(adapter.text);
    }
    credentials.hold(keysView('web:ana', 'github', { GITHUB_TOKEN: '…9f3c' }));
    await say('logout github');
    texts.push(adapter.text);
    await adapter.press(ana, 'Delete key');
    texts.push(adapter.text);
    expect(texts).toMatchInlineSnapshot(`
      [
        "✓ Signed out of linear: what was stored here is deleted. Its provider cannot withdraw access by itself; you can, in your account there.
      [Sign in]",
        "✓ Signed out of linear: what was stored here is deleted. Its provider did not confirm; withdraw the access in your account there.
      [Sign in]",
        "Delete your key for github?
      [Delete key] [Keep]",
        "✓ The key for github is deleted here. It still works elsewhere until you revoke it at its provider.
      [Add key]",
      ]
    `);
  });

  it('without a sign-in there is nothing to sign out of', async () => {
    const { adapter, say } = await setUp([linear]);
    await say('logout linear yes');
    expect(adapter.text).toBe('– You are not signed in to linear.\n[Status]');
  });

  it('of a shared server is the admins’', async () => {
    const { adapter, credentials, say } = await setUp([{ ...linear, credentials: 'shared' }]);
    credentials.hold(oauthView('shared', 'linear'));
    await say('logout linear yes', ben);
    expect(adapter.text).toContain('Only an admin');
    await say('logout linear');
    expect(adapter.text).toContain('Sign out of linear? It is shared by everyone.');
    expect(credentials.signedOut).toEqual([]);
  });

  it('a sign-in under way for that server ends too', async () => {
    const { credentials, gateway, signIns, say } = await setUp([linear]);
    credentials.hold(oauthView('web:ana', 'linear'));
    await say('auth linear');
    await say('logout linear yes');
    await gateway.settle();
    expect(await signIns.open('web:ana')).toEqual([]);
  });

  it('also one that another account of the same person began, or another admin', async () => {
    const people = { ana: ['web:ana', 'web:ben'] };
    const access = { users: [], admins: ['web:ana', 'web:ben'] };
    const shared = oauthServer('shared', { credentials: 'shared' });
    const { credentials, gateway, signIns, say } = await setUp([linear, shared], {
      settings: { people, access },
    });
    for (const [subject, server] of [
      ['ana', 'linear'],
      ['shared', 'shared'],
    ] as const) {
      credentials.hold(oauthView(subject, server));
      await say(`auth ${server}`, ben);
      expect(await signIns.open(subject)).toHaveLength(1);
      await say(`logout ${server} yes`);
      await gateway.settle();
      expect(await signIns.open(subject)).toEqual([]);
    }
  });
});

describe('/mcp test and tools', () => {
  it('a server that works: protocol, latency, tools', async () => {
    const { adapter, connections, say } = await setUp([httpServer('open')]);
    connections.answers.set('open', ready(3, { software: 'everything 1.0' }));
    await say('test open');
    expect(adapter.text).toMatchInlineSnapshot(`
      "✓ open works · 3 tools
        auth         no auth needed
        answered in  12 ms
        protocol     2025-11-25
        software     everything 1.0
      [Tools] [Test again]"
    `);
  });

  it('a stored sign-in that cannot be read: no path of ours in the chat, and a new sign-in as the way out', async () => {
    const { adapter, connections, credentials, say } = await setUp([linear]);
    const detail = 'The file /var/lib/gateway/state/linear.record is damaged.';
    const failure = { code: 'store-unavailable', detail } as const;
    connections.answers.set('linear', { kind: 'unreachable', failure });
    await say('test linear');
    expect(adapter.text).toContain('cannot reach its storage right now');
    credentials.hold({ kind: 'unreadable', subject: 'web:ana', server: 'linear' });
    await say('test linear');
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear: misconfigured: the stored sign-in cannot be read.
      [Sign in] [Test again]"
    `);
    await say('status linear');
    expect(adapter.text).not.toContain('Sign out');
    expect(adapter.everything).not.toContain('/var/lib');
  });

  it('one that does not: exactly what failed and the next step', async () => {
    const { adapter, connections, say } = await setUp([httpServer('open'), linear, github]);
    connections.answers.set('open', down);
    connections.answers.set('linear', needsSignIn);
    connections.answers.set('github', { kind: 'needs-key', reason: 'missing' });
    const texts: string[] = [];
    for (const server of ['open', 'linear', 'github']) {
      await say(`test ${server}`);
      texts.push(adapter.text);
    }
    expect(texts).toMatchInlineSnapshot(`
      [
        "✗ open: down.example could not be reached.
        detail  unreachable: connect ECONNREFUSED
      [Test again]",
        "● linear: sign-in needed.
      [Sign in] [Test again]",
        "● github: key needed.
      [Add key] [Test again]",
      ]
    `);
  });

  it('one that takes its time is answered in the same message', async () => {
    const { adapter, connections, gateway, say } = await setUp([httpServer('slow')]);
    let answer = (): void => undefined;
    connections.answers.set(
      'slow',
      new Promise((resolve) => {
        answer = () => resolve(ready(1));
      }),
    );
    await say('test slow');
    expect(adapter.text).toBe('  slow: connecting…');
    answer();
    await gateway.settle();
    expect(adapter.text).toContain('✓ slow works · 1 tool');
    expect(adapter.messages).toHaveLength(1);
  });

  /** A "connecting…" that nothing can edit would say so for ever (threat 24). */
  it('one that takes its time is waited for where the answer cannot be edited later', async () => {
    const { adapter, connections, say } = await setUp([httpServer('slow')], { editable: false });
    let answer = (): void => undefined;
    connections.answers.set(
      'slow',
      new Promise((resolve) => {
        answer = () => resolve(ready(1));
      }),
    );
    const said = say('test slow');
    await expect.poll(() => connections.probed.length).toBe(1);
    expect(adapter.messages).toHaveLength(0);
    answer();
    await said;
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.text).toContain('✓ slow works · 1 tool');
  });

  it('one that does not answer is given up on where the answer cannot be edited later, and can be tried again', async () => {
    const pacing = { lastPatienceMs: 50 };
    const { adapter, connections, say } = await setUp([httpServer('slow')], { editable: false, pacing });
    connections.answers.set('slow', new Promise(() => {}));
    await say('test slow');
    expect(adapter.text).toBe('✗ slow has not answered yet.\n[Try again]');
  });

  it('tools come eight a page, as plain text', async () => {
    const { adapter, connections, say } = await setUp([httpServer('open')]);
    const hostile = { name: 'evil\u001b[31m', description: `@everyone\n<b>${'x'.repeat(500)}` };
    const many = ready(17);
    if (many.kind !== 'ready') throw new Error('not ready');
    connections.answers.set('open', { ...many, tools: [hostile, ...many.tools] });
    await say('tools open');
    expect(replyOf(adapter.last)).toMatchObject({ title: 'Tools of open', aside: 'page 1 of 3' });
    expect(replyOf(adapter.last).lines).toHaveLength(8);
    expect(replyOf(adapter.last).lines[0]?.cells[1]).toMatch(/^@everyone <b>x+…$/);
    await adapter.press(ana, 'Next');
    expect(replyOf(adapter.last).aside).toBe('page 2 of 3');
    expect(connections.probed).toHaveLength(1);
    await say('tools open 99');
    expect(replyOf(adapter.last).aside).toBe('page 3 of 3');
    expect(actionsOf(replyOf(adapter.last)).map((action) => action.label)).toEqual(['Previous']);
  });
});

describe('for admins', () => {
  it('users: people by server with status and expiry', async () => {
    const { adapter, credentials, say } = await setUp([linear, github], { now });
    credentials.hold(oauthView('web:ben', 'linear', { refreshable: false, expiresAtMs: NOW + 42 * 60_000 }));
    credentials.hold(oauthView('web:ana', 'linear', { expiresAtMs: NOW + 42 * 60_000 }));
    credentials.hold(keysView('web:ana', 'github', { GITHUB_TOKEN: '…9f3c' }));
    credentials.hold(oauthView('web:ben', 'former'));
    await say('users');
    expect(adapter.text).toMatchInlineSnapshot(`
      "Signed in — 2 people
      ✓ web:ana  github  key …9f3c
      ✓ web:ana  linear  connected                               refreshes by itself in 42 min
      ✗ web:ben  former  misconfigured: no longer in the config
      ✓ web:ben  linear  connected, expires in 42 min"
    `);
    await say('users github');
    expect(replyOf(adapter.last).lines).toHaveLength(1);
  });

  it('reload says what is different, or every mistake', async () => {
    const { adapter, say } = await setUp([linear], {
      reload: async () => ({ kind: 'reloaded', added: ['a', 'b'], removed: [], changed: ['linear'] }),
    });
    await say('reload');
    expect(adapter.text).toMatchInlineSnapshot(`
      "✓ The config was read again.
        added: a and b
        changed: linear
      [Status]"
    `);
    const problems = ['config.yaml:3:5 mcp_servers.linear.url: found “x”, allowed: a URL.'];
    const broken = await setUp([linear], { reload: async () => ({ kind: 'broken', problems }) });
    await broken.say('reload');
    expect(broken.adapter.text).toMatchInlineSnapshot(`
      "The config has 1 mistake; nothing was changed.
        config.yaml:3:5 mcp_servers.linear.url: found “x”, allowed: a URL.
      [Reload again]"
    `);
  });
});

describe('when things go wrong', () => {
  it('a store that throws: “try again”, the cause in the log, and a process that lives', async () => {
    const { adapter, credentials, log, say } = await setUp([linear]);
    credentials.list = async () => {
      throw new StoreError('store_unavailable', 'ENOSPC: disk full');
    };
    await say('');
    expect(adapter.text).toBe(
      '✗ The gateway cannot reach its storage right now; nothing was changed. Try again in a moment.',
    );
    expect(log.lines.at(-1)).toMatchObject({
      message: 'storage failed',
      facts: { error: { code: 'store_unavailable' } },
    });
  });

  it('a surprise: one sentence with an id that stands in the log', async () => {
    const { adapter, credentials, log, say } = await setUp([linear]);
    credentials.list = async () => {
      throw new TypeError("Cannot read properties of undefined (reading 'x')");
    };
    await say('');
    const id = /tell whoever runs this gateway: ([0-9a-f]{8})\.$/.exec(adapter.text)?.[1];
    expect(log.lines.at(-1)).toMatchObject({ message: 'a command failed', facts: { id } });
  });

  it('an adapter that throws at everything makes no command reject', async () => {
    const { adapter, log, say } = await setUp([linear]);
    adapter.planned.push(new Error('502'), new Error('502'));
    await say('help');
    expect(adapter.messages).toEqual([]);
    expect(log.lines.map((line) => line.message)).toEqual([
      'a command failed',
      'an apology could not be delivered',
    ]);
  });

  it('a delivery that the platform repeats is run once', async () => {
    const { adapter, gateway } = await setUp([linear]);
    const invocation = { deliveryId: 'd1', actor: ana, words: ['help'], conversation: {} };
    await Promise.all([gateway.handle(invocation), gateway.handle(invocation)]);
    await gateway.handle({ ...invocation, actor: ben });
    expect(adapter.messages).toHaveLength(2);
  });

  it('a server that a reload took away in between', async () => {
    const { adapter, use, say } = await setUp([linear, stdioServer('files')]);
    await say('tools');
    use([stdioServer('files')]);
    await adapter.press(ana, 'linear');
    expect(adapter.text).toContain('There is no server “linear”');
  });
});
