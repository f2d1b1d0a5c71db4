import { describe, expect, it } from 'vitest';
import { setUp } from '../helpers/gateway-setup.js';
import { httpServer, oauthServer, oauthView, ready } from '../helpers/memory-auth.js';

const linear = oauthServer('linear');

async function signedIn() {
  const all = await setUp([linear], { now: () => Date.UTC(2026, 10, 21, 9, 23) });
  all.credentials.hold(oauthView('web:ana', 'linear'));
  return all;
}

describe('a server that wants more access', () => {
  it('says which, with a button that gives it', async () => {
    const { adapter, connections, say } = await signedIn();
    connections.answers.set('linear', { kind: 'needs-scope', scopes: ['issues:write', 'files:read'] });
    await say('test linear');
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear: more access needed: issues:write, files:read.
      [Give access] [Test again]"
    `);
    await say('status');
    expect(adapter.text).toContain('more access needed: issues:write, files:read [Give access]');
  });

  it('and still wants it after two sign-ins: no button more, and who can help', async () => {
    const { adapter, connections, say } = await signedIn();
    connections.answers.set('linear', { kind: 'needs-scope', scopes: ['issues:write'], exhausted: true });
    await say('test linear');
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear: more access needed: issues:write. Ask whoever runs this gateway to look at it.
      [Test again]"
    `);
    await say('status');
    expect(adapter.text).not.toMatch(/Give access|Sign in/);
  });

  it('right after a sign-in is said where the link was', async () => {
    const { adapter, signIns, say } = await signedIn();
    await say('auth linear');
    const ends = (exhausted: boolean) =>
      signIns.end(signIns.idOf('linear'), {
        kind: 'connected',
        wants: { scopes: ['issues:write'], exhausted },
      });
    await ends(false);
    await expect.poll(() => adapter.text).toBe('● linear asks for more access: issues:write [Give access]');
    await say('auth linear');
    await ends(true);
    await expect
      .poll(() => adapter.text)
      .toBe(
        '● linear still asks for more access than its provider gives: issues:write. Ask whoever runs this gateway to look at it.',
      );
  });
});

describe('/mcp test linear get_me', () => {
  it.each([
    [
      { kind: 'answered', failed: false, text: 'You are ana.' },
      /✓ open works · get_me answered[\s\S]*it said +You are ana\./,
    ],
    [{ kind: 'answered', failed: true, text: 'no' }, /● open works, and get_me answered with an error\./],
    [{ kind: 'refused' }, /● open works, and refuses get_me with this access\./],
    [{ kind: 'no-such-tool' }, /● open has no tool get_me\.[\s\S]*\[Tools\]/],
    [
      { kind: 'needs-arguments', names: ['id', 'name'] },
      /get_me was not called: it needs id and name\. open itself works\./,
    ],
    [{ kind: 'destructive' }, /get_me was not called: it says that it destroys something/],
  ] as const)('%o', async (trial, said) => {
    const { adapter, connections, say } = await setUp([httpServer('open')]);
    connections.answers.set('open', ready(3));
    connections.trials.set('get_me', trial);
    await say('test open get_me');
    expect(adapter.text).toMatch(said);
  });

  it('where the server refuses more than listing: what the call needs', async () => {
    const { adapter, connections, say } = await signedIn();
    connections.answers.set('linear', { kind: 'needs-scope', scopes: ['issues:write'] });
    await say('test linear create_issue');
    expect(adapter.text).toContain('more access needed: issues:write');
  });

  it('a key in place of a tool is not repeated', async () => {
    const { adapter, say } = await setUp([httpServer('open')]);
    await say('test open ghp_16C7e42F292c6912E7710c838347Ae178B4a');
    expect(adapter.text).not.toContain('ghp_');
    expect(adapter.text).toMatch(/secret|key/);
  });
});

describe('/mcp status linear, after a sign-in that failed', () => {
  it('has the exact code and the section of the standard, which the message had no room for', async () => {
    const { adapter, connections, signIns, say } = await signedIn();
    connections.answers.set('linear', ready(3, { authenticated: true }));
    const failure = {
      code: 'provider-refused',
      error: 'invalid_target',
      rfc: 'RFC 8707 §2',
      host: 'auth.linear.app',
      detail: 'the provider answered invalid_target',
    } as const;
    signIns.lastFailures.set('linear', { atMs: Date.UTC(2026, 10, 21, 9, 21), failure });
    await say('status linear');
    expect(adapter.text).toMatch(/last sign-in +failed 2 min ago: invalid_target, RFC 8707 §2/);
    expect(adapter.text).toMatch(/at +auth\.linear\.app/);
  });
});

describe('/mcp status linear, after its provider ended the sign-in', () => {
  it.each([
    ['invalid_grant', 'RFC 6749 §5.2'],
    ['invalid_token', 'RFC 6750 §3.1'],
    ['invalid_target', 'RFC 8707 §2'],
  ])('has the exact code and the section of the standard: %s', async (code, rfc) => {
    const { adapter, credentials, say } = await setUp([linear], { now: () => Date.UTC(2026, 10, 21, 9, 23) });
    const refused = { sinceMs: Date.UTC(2026, 10, 21, 9, 21), code };
    credentials.hold(oauthView('web:ana', 'linear', { refused }));
    await say('status linear');
    expect(adapter.text).toContain('signed out by the provider, 2 min ago');
    expect(adapter.text).toContain(`, ${code}, ${rfc}`);
  });
});

describe('a service account', () => {
  const robot = httpServer('robot', { auth: 'client_credentials', credentials: 'shared' });

  it('needs nobody’s sign-in, and says so', async () => {
    const { adapter, connections, say } = await setUp([robot]);
    connections.answers.set('robot', ready(3, { authenticated: true }));
    await say('auth robot');
    expect(adapter.text).toBe('✓ robot is signed in to by this gateway itself, for everyone.');
    await say('auth');
    expect(adapter.text).toContain('There is nothing to sign in to');
    await say('status robot');
    expect(adapter.text).toMatch(/auth +service account \(client credentials\)/);
    await say('');
    expect(adapter.text).toMatch(/✓ robot +3 tools +connected/);
  });
});
