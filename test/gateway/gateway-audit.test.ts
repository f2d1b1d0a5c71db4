import { describe, expect, it } from 'vitest';
import { renderReply } from '../../src/adapters/telegram/outgoing/render.js';
import type { AuditEntry } from '../../src/gateway/audit/audit.js';
import { readAudit } from '../../src/gateway/audit/reading.js';
import { ana, ben, eve, type SetupOptions, setUp } from '../helpers/gateway-setup.js';
import { keyServer, oauthServer } from '../helpers/memory-auth.js';

const KEY = 'sk-live-4f9A8sd7f6A5d4f3s2d1F0';

async function scene(options: SetupOptions = {}) {
  const given = await setUp([oauthServer('linear'), keyServer('weather', 'WEATHER_KEY')], options);
  const entries = async (): Promise<readonly string[]> => {
    await given.gateway.settle();
    await given.audit.flush();
    const found: AuditEntry[] = [];
    for await (const entry of readAudit(given.store, { sinceMs: 0, order: 'oldest-first' }))
      found.push(entry);
    return found.map(
      ({ what, outcome, actor = '', server = '-' }) => `${actor} ${server} ${what} ${outcome}`,
    );
  };
  return { ...given, entries };
}

describe('what goes into the audit', () => {
  it('is a sign-in from its beginning to its end, once', async () => {
    const { say, signIns, entries } = await scene();
    await say('auth linear', ben);
    await signIns.end(signIns.idOf('linear'), { kind: 'connected', tools: 3 });
    expect(await entries()).toEqual([
      'web:ben linear sign-in-begun begun',
      'web:ben linear sign-in-ended connected',
    ]);
  });

  it('is what was refused, to strangers, to members, and to who asked too much', async () => {
    const { say, entries } = await scene();
    await say('auth linear', eve);
    await say('users', ben);
    for (let each = 0; each < 65; each += 1) await say('help', ben);
    expect(await entries()).toEqual([
      'web:eve - refused stranger',
      'web:ben - refused admins-only',
      'web:ben - refused too-many',
    ]);
  });

  it('is a limit of sign-ins that was reached, once, however often they try', async () => {
    const limits = { sign_ins: { most: 1, windowMs: 600_000 } };
    const { say, entries } = await scene({ settings: { limits } });
    for (let each = 0; each < 5; each += 1) await say('auth linear', ben);
    expect(await entries()).toEqual([
      'web:ben linear sign-in-begun begun',
      'web:ben linear sign-in-begun failed (rate-limited)',
    ]);
  });

  it('is why a sign-in failed in words of ours, and nothing of what its provider said', async () => {
    const { say, signIns, entries } = await scene();
    await say('auth linear', ben);
    const failure = {
      code: 'provider-refused',
      detail: 'their words, for 4/0AbCdEf',
      host: 'auth.example',
    } as const;
    await signIns.end(signIns.idOf('linear'), { kind: 'failed', failure });
    expect((await entries()).at(-1)).toBe('web:ben linear sign-in-ended failed (provider-refused)');
  });

  it('is what admins looked at and changed', async () => {
    const { say, entries } = await scene();
    await say('users linear');
    await say('audit');
    await say('reload');
    expect(await entries()).toEqual([
      'web:ana linear users-shown done',
      'web:ana - audit-shown done',
      'web:ana - reload no-file',
    ]);
  });

  it('is neither a key, nor a code, nor a word of anybody', async () => {
    const { say, adapter, store, audit, entries } = await scene();
    await say('auth weather', ben);
    await adapter.fill(ben, 'Add key', { WEATHER_KEY: KEY });
    await say(`auth weather ${KEY}`, ben);
    await say('confirm 482913', ben);
    await say('who is the boss here', ben);
    await say('http://127.0.0.1:8787/oauth/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj', ben);
    expect(await entries()).toEqual([
      'web:ben weather key-given refused',
      'web:ben - confirm nothing-waiting',
      'web:ben - confirm not-theirs',
    ]);
    await audit.flush();
    const kept = store.records('audit');
    const all = await Promise.all((await kept.keys()).map((key) => kept.get(key)));
    expect(JSON.stringify(all)).not.toMatch(/sk-live|482913|boss|@ben|Splxl|af0if/);
  });
});

describe('/mcp audit', () => {
  it('shows the newest eight, in people’s words, and the rest by pages', async () => {
    const { say, adapter } = await scene();
    for (let each = 0; each < 10; each += 1) await say('users', ben);
    await say('auth linear', ben);
    await say('audit', ana);
    expect(adapter.text.split('\n').slice(0, 3)).toEqual([
      'Audit, page 1',
      expect.stringMatching(/^– sign-in begun {9}web:ben {2}linear {2}just now$/),
      expect.stringMatching(/^✗ refused: admins-only {2}web:ben {10}just now$/),
    ]);
    await adapter.press(ana, 'Older');
    expect(adapter.text).toContain('Audit, page 2');
    expect(adapter.text).toContain('[Newer]');
    expect(adapter.text).not.toContain('[Older]');
  });

  it('has what was done in the place that a phone shows in bold', async () => {
    const { say, adapter } = await scene();
    await say('auth linear', ben);
    await say('audit', ana);
    const reply = adapter.last.replies.at(-1);
    expect(reply && renderReply(reply).text).toMatch(/^– <b>sign-in begun<\/b> · web:ben · linear · just now$/m);
  });

  it('says of a sign-in that ended how it ended, a cancelled one too', async () => {
    const { say, adapter, signIns } = await scene();
    await say('auth linear', ben);
    await signIns.end(signIns.idOf('linear'), { kind: 'cancelled' });
    await say('audit', ana);
    expect(adapter.text).toMatch(/^– sign-in: cancelled {2}/m);
  });

  it('of one server, or one person, by their account', async () => {
    const { say, adapter } = await scene();
    await say('auth linear', ben);
    await say('users weather', ana);
    await say('audit weather', ana);
    expect(adapter.text).toContain('Audit of weather, last 30 days');
    expect(adapter.text).not.toContain('linear');
    await say('audit web:ben', ana);
    expect(adapter.text).toContain('linear');
    expect(adapter.text).not.toContain('weather');
    await say('audit telegram:12345678901234567890', ana);
    expect(adapter.text).toContain(
      'Nothing of telegram:12345678901234567890 is in the audit of the last 30 days.',
    );
    await say('audit cli:svc-4f9A8sd7f6A5d4f3s2d1F0', ana);
    expect(adapter.text).toContain(
      'Nothing of cli:svc-4f9A8sd7f6A5d4f3s2d1F0 is in the audit of the last 30 days.',
    );
  });

  it('of one person reads no more than a month, of everybody all that is kept', async () => {
    let nowMs = Date.now();
    const { say, adapter, audit } = await scene({ now: () => nowMs });
    await say('users', ben);
    await audit.flush();
    nowMs += 31 * 86_400_000;
    await say('audit web:ben', ana);
    expect(adapter.text).toContain('Nothing of web:ben is in the audit of the last 30 days.');
    await say('audit', ana);
    expect(adapter.text).toContain('web:ben');
  });

  it('repeats no word that may be a key', async () => {
    const { say, adapter } = await scene();
    await say(`audit ${KEY}`, ana);
    expect(adapter.text).not.toContain(KEY);
    expect(adapter.text).toContain('That looks like a key.');
  });

  it('is for admins', async () => {
    const { say, adapter } = await scene();
    await say('audit', ben);
    expect(adapter.text).toContain('Only an admin of this gateway may do that.');
  });
});
