import { describe, expect, it } from 'vitest';
import type { SignInResult } from '../../src/auth/sign-in/types.js';
import type { Recipient } from '../../src/gateway/types.js';
import { ana, ben, setUp } from '../helpers/gateway-setup.js';
import {
  httpServer,
  keyServer,
  needsSignIn,
  oauthServer,
  oauthView,
  ready,
  stdioServer,
} from '../helpers/memory-auth.js';
import { actionsOf, replyOf } from '../helpers/recording-adapter.js';

const linear = oauthServer('linear');
const supabase = oauthServer('supabase');
const github = keyServer('github', 'GITHUB_TOKEN');

describe('/mcp auth with a server', () => {
  it('gives a link that names the provider, in one message, and edits it when the sign-in ends', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth linear');
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear — sign in at auth.linear.example [Sign in]
        The link works for 10 minutes. It opens a page of this gateway.
      [Cancel]"
    `);
    const [link] = actionsOf(replyOf(adapter.last));
    expect(link).toMatchObject({ kind: 'link', url: 'https://gateway.example/connect/sign-in-1' });
    await signIns.end('sign-in-1', { kind: 'connected', tools: 23 });
    await gateway.settle();
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.last.replies).toHaveLength(2);
  });

  it.each<[SignInResult, string]>([
    [{ kind: 'declined' }, '✗ linear: you declined the request. [Try again]'],
    [{ kind: 'expired', lifetimeMs: 600_000 }, '✗ linear: the link expired after 10 minutes. [Try again]'],
    [{ kind: 'cancelled' }, '– linear: cancelled'],
    [{ kind: 'replaced' }, '– linear: a newer link took the place of this one'],
    [
      { kind: 'replaced', by: 'Ben' },
      '– linear: Ben started a newer sign-in for everyone; this link no longer works',
    ],
    [{ kind: 'wrong-code' }, '✗ linear: the code was wrong five times; nothing was kept. [Try again]'],
    [{ kind: 'interrupted' }, '✗ linear: the gateway was interrupted; nothing was kept. [Try again]'],
    [
      {
        kind: 'failed',
        failure: { code: 'provider-refused', detail: 'invalid_grant: <b>no</b>', host: 'as.example' },
      },
      '✗ linear: as.example refused the sign-in. [Try again]',
    ],
    [
      { kind: 'failed', failure: { code: 'issuer-mismatch', detail: 'x' } },
      '✗ linear: its server is not the provider that was expected. Ask whoever runs this gateway to look at it.',
    ],
    [{ kind: 'connected' }, '✓ linear connected · not checked yet, it did not answer'],
    [
      { kind: 'connected', interrupted: true },
      '✓ linear connected · the gateway was interrupted before it could say so',
    ],
    [{ kind: 'connected', tools: 1 }, '✓ linear connected · 1 tool'],
  ])('%j reads “%s”', async (result, text) => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth linear');
    await signIns.end('sign-in-1', result);
    await gateway.settle();
    expect(adapter.text).toBe(text);
  });

  it('“Try again” starts anew in the same message', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth linear');
    await signIns.end('sign-in-1', { kind: 'declined' });
    await gateway.settle();
    await adapter.press(ana, 'Try again');
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.text).toContain('linear — sign in at auth.linear.example');
    await signIns.end('sign-in-2', { kind: 'connected', tools: 2 });
    await gateway.settle();
    expect(adapter.text).toBe('✓ linear connected · 2 tools');
  });

  it('names the chat account, and asks for digits always where anyone may use the gateway', async () => {
    const some = await setUp([linear]);
    await some.say('auth linear');
    expect(some.signIns.requests[0]).toMatchObject({
      account: { platform: 'Web chat', name: '@ana' },
      startedBy: 'web:ana',
      subject: 'web:ana',
      confirmAlways: false,
    });
    const anyone = await setUp([linear], { settings: { access: { users: '*', admins: [] } } });
    await anyone.say('auth linear');
    expect(anyone.signIns.requests[0]?.confirmAlways).toBe(true);
  });

  it('tells the pages the way back to the chat, and the one that gives a code there with one tap', async () => {
    const plain = await setUp([linear]);
    await plain.say('auth linear');
    expect(plain.signIns.requests[0]?.account).toEqual({ platform: 'Web chat', name: '@ana' });
    const { adapter, signIns, say } = await setUp([linear]);
    Object.assign(adapter, {
      chatUrl: () => 'https://chat.example',
      confirmUrl: ({ actor }: Recipient) => `https://chat.example/${actor.userId}/{digits}`,
    });
    await say('auth linear');
    expect(signIns.requests[0]?.account).toMatchObject({
      backUrl: 'https://chat.example',
      confirmUrl: 'https://chat.example/ana/{digits}',
    });
  });

  it('also signs in again who is signed in already', async () => {
    const { adapter, credentials, say } = await setUp([linear]);
    credentials.hold(oauthView('web:ana', 'linear'));
    await say('auth linear');
    expect(adapter.text).toContain('sign in at auth.linear.example');
  });

  it('says of servers that need none why, and asks those that must be asked', async () => {
    const servers = [
      stdioServer('files'),
      httpServer('open'),
      keyServer('search', 'KEY', 'environment-value'),
      { ...linear, name: 'off', enabled: false },
      httpServer('asks'),
    ];
    const { adapter, connections, say } = await setUp(servers);
    connections.answers.set('open', ready(3));
    connections.answers.set('asks', needsSignIn);
    await say('auth files open search off asks');
    expect(adapter.text).toMatchInlineSnapshot(`
      "✓ files needs no sign-in.
      ✓ open needs no sign-in.
      ✓ search uses a key of this gateway, for everyone. There is nothing to give.
      – off is disabled. Ask whoever runs this gateway to enable it.
      ● asks — sign in at auth.asks.example [Sign in]
        The link works for 10 minutes. It opens a page of this gateway.
      [Cancel]"
    `);
  });

  it('a server that does not answer whether it needs a sign-in delays the others only for so long', async () => {
    const { adapter, say } = await setUp([httpServer('hangs'), linear], { pacing: { patienceMs: 30 } });
    await say('auth hangs linear');
    expect(adapter.text).toMatchInlineSnapshot(`
      "✗ hangs has not answered yet. [Try again]
      ● linear — sign in at auth.linear.example [Sign in]
        The link works for 10 minutes. It opens a page of this gateway.
      [Cancel]"
    `);
  });

  it('a provider that is slow gets its link into the same message when it has answered', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear, supabase], {
      pacing: { patienceMs: 30 },
    });
    let answer = (): void => undefined;
    signIns.delays.set(
      'supabase',
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    await say('auth linear supabase');
    expect(adapter.text).toMatchInlineSnapshot(`
      "Sign in — 0 of 2 connected
      ● linear — sign in at auth.linear.example [Sign in]
      ● supabase: asking its provider…
        The link works for 10 minutes. It opens a page of this gateway.
      [Cancel all]"
    `);
    answer();
    await gateway.settle();
    expect(adapter.text).toContain('supabase — sign in at auth.supabase.example');
    expect(adapter.messages).toHaveLength(1);
  });

  it('a provider that is slow is waited for where the message cannot be edited: its link is in it', async () => {
    const { adapter, signIns, say } = await setUp([linear, supabase], {
      editable: false,
      pacing: { patienceMs: 30, lastPatienceMs: 10_000 },
    });
    let answer = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    signIns.delays.set('supabase', slow);
    const said = say('auth linear supabase');
    setTimeout(answer, 100);
    await said;
    expect(adapter.text).toContain('supabase — sign in at auth.supabase.example');
    expect(adapter.last.replies).toHaveLength(1);
  });

  it('a link that comes after that is a new private message, once', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear], {
      editable: false,
      pacing: { lastPatienceMs: 20 },
    });
    let answer = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    signIns.delays.set('linear', slow);
    await say('auth linear');
    expect(adapter.text).toContain('linear: asking its provider…');
    answer();
    await gateway.settle();
    await gateway.sweep();
    await gateway.settle();
    expect(adapter.text).toContain('linear — sign in at auth.linear.example');
    expect(adapter.messages).toHaveLength(2);
    expect(adapter.last.to.conversation).toBeUndefined();
  });

  it('what came of a sign-in is a new private message where the old one cannot be edited, once', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear], { editable: false });
    await say('auth linear');
    await signIns.end('sign-in-1', { kind: 'connected', tools: 23 });
    await gateway.settle();
    await gateway.sweep();
    await gateway.settle();
    expect(adapter.messages).toHaveLength(2);
    expect(adapter.text).toContain('linear connected · 23 tools');
    expect(adapter.last.to.conversation).toBeUndefined();
  });

  it('a sign-in that cannot begin is a sentence with a next step; the rest goes on', async () => {
    const { adapter, signIns, log, say } = await setUp([linear, supabase, oauthServer('third')]);
    signIns.failures.set('linear', {
      code: 'blocked-address',
      detail: '169.254.169.254',
      host: 'as.example',
    });
    signIns.failures.set('supabase', new Error('boom with sk-secret-value'));
    await say('auth linear supabase third');
    expect(adapter.text).toMatchInlineSnapshot(`
      "Sign in — 0 of 3 connected
      ✗ linear: as.example leads to an address that this gateway may not contact. Ask whoever runs this gateway to look at it.
      ✗ supabase: something went wrong in this gateway. [Try again]
      ● third — sign in at auth.third.example [Sign in]
        The link works for 10 minutes. It opens a page of this gateway.
      [Cancel]"
    `);
    expect(log.lines.map((line) => line.message)).toContain('a sign-in could not begin');
    expect(adapter.everything).not.toContain('boom');
  });

  it('shared servers are the admins’', async () => {
    const shared = { ...linear, credentials: 'shared' as const };
    const { adapter, signIns, say } = await setUp([shared]);
    await say('auth linear', ben);
    expect(adapter.text).toBe('● linear is shared by everyone: an admin has to sign in.');
    expect(signIns.requests).toEqual([]);
    await say('auth linear', ana);
    expect(signIns.requests[0]?.subject).toBe('shared');
  });
});

describe('/mcp auth for everything', () => {
  it('one message with a link or key each, edited as each completes', async () => {
    const { adapter, gateway, signIns, credentials, connections, say } = await setUp([
      linear,
      supabase,
      github,
      stdioServer('files'),
      httpServer('asks'),
    ]);
    connections.answers.set('files', ready(11));
    connections.answers.set('asks', needsSignIn);
    await say('auth');
    expect(adapter.text).toMatchInlineSnapshot(`
      "Sign in — 0 of 4 connected
      ● linear — sign in at auth.linear.example [Sign in]
      ● supabase — sign in at auth.supabase.example [Sign in]
      ● github — give its key; only you see it [Add key]
      ● asks — sign in at auth.asks.example [Sign in]
        The links work for 10 minutes. They open pages of this gateway.
      [Cancel all]"
    `);
    await signIns.end(signIns.idOf('linear'), { kind: 'connected', tools: 23 });
    await gateway.settle();
    credentials.submission = {
      kind: 'kept',
      masked: { GITHUB_TOKEN: 'ghp_…9f3c' },
      tools: 26,
      unproven: false,
    };
    await adapter.fill(ana, 'Add key', { GITHUB_TOKEN: 'ghp_0123456789abcdef9f3c' });
    expect(adapter.text).toMatchInlineSnapshot(`
      "Sign in — 2 of 4 connected
      ✓ linear connected · 23 tools
      ● supabase — sign in at auth.supabase.example [Sign in]
      ✓ github connected · key ghp_…9f3c · 26 tools
      ● asks — sign in at auth.asks.example [Sign in]
        The links work for 10 minutes. They open pages of this gateway.
      [Cancel all]"
    `);
    await signIns.end(signIns.idOf('supabase'), { kind: 'declined' });
    await signIns.end(signIns.idOf('asks'), { kind: 'expired', lifetimeMs: 600_000 });
    await gateway.settle();
    expect(adapter.text).toMatchInlineSnapshot(`
      "Sign in — 2 of 4 connected
      ✓ linear connected · 23 tools
      ✗ supabase: you declined the request. [Try again]
      ✓ github connected · key ghp_…9f3c · 26 tools
      ✗ asks: the link expired after 10 minutes. [Try again]"
    `);
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.everything).not.toContain('ghp_0123456789abcdef9f3c');
    await adapter.press(ana, 'Try again');
    expect(adapter.text).toContain('supabase — sign in at');
    expect(adapter.text).toContain('✗ asks: the link expired after 10 minutes. [Try again]');
  });

  it('“Try again” on one line keeps the other links of the message', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear, supabase]);
    await say('auth');
    await signIns.end(signIns.idOf('linear'), { kind: 'declined' });
    await gateway.settle();
    await adapter.press(ana, 'Try again');
    expect(adapter.text).toMatchInlineSnapshot(`
      "Sign in — 0 of 2 connected
      ● linear — sign in at auth.linear.example [Sign in]
      ● supabase — sign in at auth.supabase.example [Sign in]
        The links work for 10 minutes. They open pages of this gateway.
      [Cancel all]"
    `);
    await signIns.end(signIns.idOf('supabase'), { kind: 'connected', tools: 5 });
    await signIns.end(signIns.idOf('linear'), { kind: 'connected', tools: 23 });
    await gateway.settle();
    expect(adapter.text).toBe(
      'Sign in — 2 of 2 connected\n✓ linear connected · 23 tools\n✓ supabase connected · 5 tools',
    );
  });

  it('nothing to do: says so', async () => {
    const { adapter, connections, say } = await setUp([httpServer('open')]);
    connections.answers.set('open', ready(3));
    await say('auth');
    expect(adapter.text).toBe(
      '✓ There is nothing to sign in to: everything that needs it is connected.\n[Status]',
    );
  });

  it('what stands in the way of the rest is said', async () => {
    const { adapter, say } = await setUp([httpServer('hangs'), { ...linear, credentials: 'shared' }], {
      pacing: { patienceMs: 20 },
    });
    await say('auth', ben);
    expect(adapter.text).toMatchInlineSnapshot(`
      "  There is nothing that you can sign in to now.
        hangs did not answer. Try again later, or ask whoever runs this gateway.
        An admin has to sign in to linear, for everyone.
      [Status]"
    `);
  });

  it('eight on a message; the rest when these have ended', async () => {
    const servers = Array.from({ length: 10 }, (_, at) => oauthServer(`s${at}`));
    const { adapter, gateway, signIns, credentials, say } = await setUp(servers);
    await say('auth');
    expect(replyOf(adapter.last).aside).toBe('0 of 8 connected');
    expect(adapter.text).toContain('2 more servers need a sign-in.');
    for (const server of servers.slice(0, 8)) {
      credentials.hold(oauthView('web:ana', server.name));
      await signIns.end(signIns.idOf(server.name), { kind: 'connected', tools: 1 });
    }
    await gateway.settle();
    await adapter.press(ana, 'Sign in to the rest (2)');
    expect(adapter.text).toContain('s8 — sign in at');
    expect(adapter.text).toContain('s9 — sign in at');
  });

  it('a sign-in that waits for its digits is not started anew', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth');
    await signIns.waitForCode('sign-in-1', '482913');
    await gateway.settle();
    await say('auth');
    expect(signIns.requests).toHaveLength(1);
    expect(adapter.text).toContain('one step left');
  });
});

describe('/mcp confirm and cancel', () => {
  it('the line says where to give the code; a right one in its form connects in the same message', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('auth linear');
    await signIns.waitForCode('sign-in-1', '482913');
    await gateway.settle();
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear: one step left. Give the six digits that the page shows, for example /mcp confirm 482 913 [Enter code]
      [Cancel]"
    `);
    await adapter.fill(ana, 'Enter code', { digits: '482 914' });
    expect(adapter.text).toContain('that was not the code');
    await adapter.fill(ana, 'Enter code', { digits: '482 913' });
    await gateway.settle();
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.last.replies.length).toBeLessThanOrEqual(5);
  });

  it('typed codes are answered, with the tries that are left', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear]);
    await say('confirm 482913');
    expect(adapter.text).toBe('  No sign-in of yours waits for a code. Start one with /mcp auth.\n[Sign in]');
    await say('auth linear');
    await signIns.waitForCode('sign-in-1', '482913');
    await say('confirm 111 111');
    expect(adapter.text).toBe(
      '✗ That is not the code; 4 tries left. Give the six digits that the page shows.\n[Enter code]',
    );
    await say('confirm 482 913', ben);
    expect(adapter.text).toContain('No sign-in of yours waits for a code');
    await say('confirm 482 913');
    await gateway.settle();
    expect(adapter.text).toBe('✓ linear connected · 23 tools');
    expect(adapter.messages.map((one) => one.replies.at(-1)?.lines[0]?.cells[0])).toContain(
      'linear connected · 23 tools',
    );
  });

  it('cancel ends this person’s sign-ins, and their messages say so', async () => {
    const { adapter, gateway, signIns, say } = await setUp([linear, supabase]);
    await say('auth', ben);
    await say('auth');
    await say('cancel linear');
    await gateway.settle();
    expect(adapter.text).toBe('– linear: cancelled');
    expect(replyOf(adapter.messages[1] ?? adapter.last).lines[0]?.cells).toEqual(['linear: cancelled']);
    await adapter.press(ana, 'Cancel', adapter.messages[1]);
    await gateway.settle();
    expect(replyOf(adapter.messages[1] ?? adapter.last).lines.map((line) => line.cells[0])).toEqual([
      'linear: cancelled',
      'supabase: cancelled',
    ]);
    expect(await signIns.open('web:ben')).toHaveLength(2);
    await say('cancel');
    expect(adapter.text).toContain('so there is nothing to cancel');
  });
});

describe('keys', () => {
  it('a platform without private forms gets a link to the gateway’s own form', async () => {
    const { adapter, gateway, signIns, say } = await setUp([github], { forms: false });
    await say('auth github');
    expect(adapter.text).toMatchInlineSnapshot(`
      "● github — give its key [Add key]
        The link works for 10 minutes. It opens a page of this gateway.
      [Cancel]"
    `);
    const masked = { GITHUB_TOKEN: 'ghp_…9f3c' };
    await signIns.end('sign-in-1', { kind: 'connected', tools: 26, masked });
    await gateway.settle();
    expect(adapter.text).toBe('✓ github connected · key ghp_…9f3c · 26 tools');
  });

  it('a form answers in its own message whatever becomes of the key', async () => {
    const { adapter, credentials, say } = await setUp([github]);
    await say('auth github');
    const texts: string[] = [];
    const submit = async (label: string): Promise<void> => {
      await adapter.fill(ana, label, { GITHUB_TOKEN: 'ghp_wrongwrongwrong' });
      texts.push(adapter.text);
    };
    await submit('Add key');
    credentials.submission = { kind: 'malformed', name: 'GITHUB_TOKEN', why: 'it is empty' };
    await submit('Try again');
    credentials.submission = {
      kind: 'not-checked',
      failure: { code: 'timeout', detail: 'x', host: 'api.example' },
    };
    await submit('Try again');
    credentials.submission = { kind: 'kept', masked: { GITHUB_TOKEN: '…9f3c' }, unproven: true };
    await submit('Try again');
    expect(texts).toMatchInlineSnapshot(`
      [
        "✗ github: the server did not accept this key; nothing was changed. [Try again]",
        "✗ github: GITHUB_TOKEN was not saved: it is empty. [Try again]",
        "✗ github: api.example did not answer in time, so the key was not saved. [Try again]",
        "✓ github: saved · key …9f3c; it is first checked when a tool is called",
      ]
    `);
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.everything).not.toContain('wrongwrong');
    expect(credentials.submitted[0]).toEqual({
      server: 'github',
      subject: 'web:ana',
      values: { GITHUB_TOKEN: 'ghp_wrongwrongwrong' },
    });
  });

  it('a form on the list of servers replaces the list by what came of the key', async () => {
    const { adapter, credentials, say } = await setUp([github]);
    await say('');
    credentials.submission = {
      kind: 'kept',
      masked: { GITHUB_TOKEN: 'ghp_…9f3c' },
      tools: 2,
      unproven: false,
    };
    await adapter.fill(ana, 'Add key', { GITHUB_TOKEN: 'ghp_0123456789abcdef9f3c' });
    expect(adapter.text).toBe('✓ github connected · key ghp_…9f3c · 2 tools');
  });

  it('only fields that the server asks for are taken', async () => {
    const { adapter, credentials } = await setUp([github]);
    await adapter.type(ana, 'auth github', { fields: { GITHUB_TOKEN: 'a', constructor: 'b', OTHER: 'c' } });
    expect(credentials.submitted[0]?.values).toEqual({ GITHUB_TOKEN: 'a' });
  });

  it('keys of shared servers are the admins’', async () => {
    const { adapter, credentials } = await setUp([{ ...github, credentials: 'shared' }]);
    await adapter.type(ben, 'auth github', { fields: { GITHUB_TOKEN: 'a' } });
    expect(adapter.text).toContain('Only an admin');
    expect(credentials.submitted).toEqual([]);
  });
});
