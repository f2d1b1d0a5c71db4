import { describe, expect, it } from 'vitest';
import { createAccess } from '../../src/gateway/access.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { Actor, Platform } from '../../src/gateway/types.js';

const actor = (platform: Platform, userId: string, tenant?: string): Actor => ({
  platform,
  userId,
  displayName: 'ana',
  ...(tenant === undefined ? {} : { tenant }),
});

const people: Settings['people'] = { ana: ['telegram:1', 'slack:T1/U2'], ben: ['web:ben'] };
const access = (users: Settings['access']['users'], admins: readonly string[] = []) =>
  createAccess({ access: { users, admins }, people });

describe('who may', () => {
  it('is nobody by default', () => {
    const { may } = access([]);
    expect(may(actor('telegram', '1'))).toBe('stranger');
    expect(may(actor('web', 'ben'))).toBe('stranger');
  });

  it('is the terminal, like the shell it runs in', () => {
    expect(access([]).may(actor('terminal', 'anyone'))).toBe('admin');
  });

  it('is who is listed by account', () => {
    const { may } = access(['telegram:5'], ['discord:6']);
    expect(may(actor('telegram', '5'))).toBe('user');
    expect(may(actor('discord', '6'))).toBe('admin');
    expect(may(actor('discord', '5'))).toBe('stranger');
    expect(may(actor('telegram', '55'))).toBe('stranger');
  });

  it('is who is listed by name, on all of their accounts', () => {
    const { may } = access(['ben'], ['ana']);
    expect(may(actor('telegram', '1'))).toBe('admin');
    expect(may(actor('slack', 'U2', 'T1'))).toBe('admin');
    expect(may(actor('web', 'ben'))).toBe('user');
    expect(may(actor('web', 'ana'))).toBe('stranger');
  });

  it('is the one account that is listed, not the other accounts of its person', () => {
    const { may } = access(['telegram:1']);
    expect(may(actor('telegram', '1'))).toBe('user');
    expect(may(actor('slack', 'U2', 'T1'))).toBe('stranger');
  });

  it('is everybody of a Slack workspace that is listed, and a stranger of another one is not', () => {
    const { may } = access(['slack:T1/*'], ['slack:T1/U9']);
    expect(may(actor('slack', 'U2', 'T1'))).toBe('user');
    expect(may(actor('slack', 'U3', 'T1'))).toBe('user');
    expect(may(actor('slack', 'U9', 'T1'))).toBe('admin');
    // Slack Connect: in the same channel, with a workspace of their own.
    expect(may(actor('slack', 'U2', 'T2'))).toBe('stranger');
    expect(may(actor('slack', 'U2', 'T1/*'))).toBe('stranger');
    expect(may(actor('slack', 'U2'))).toBe('stranger');
    expect(may(actor('discord', 'U2', 'T1'))).toBe('stranger');
  });

  it('is an admin for who is listed as both', () => {
    expect(access(['telegram:5'], ['telegram:5']).may(actor('telegram', '5'))).toBe('admin');
  });

  it('is anyone with "*", but an admin only who is listed', () => {
    const { may } = access('*', ['ana']);
    expect(may(actor('discord', '99'))).toBe('user');
    expect(may(actor('telegram', '1'))).toBe('admin');
  });

  it.each([
    ['a Slack user without a workspace', actor('slack', 'U2')],
    ['a Slack user whose id pretends to have one', actor('slack', 'T1/U2')],
    ['a Slack user of another workspace', actor('slack', 'U2', 'T2')],
    ['nobody on Telegram', actor('telegram', '')],
    ['nobody in the terminal', actor('terminal', ' ')],
    ['a display name', { ...actor('telegram', '7'), displayName: 'ana' }],
  ])('is never %s', (_, stranger) => {
    expect(access(['ana', 'slack:T1/U2'], ['telegram:1']).may(stranger)).toBe('stranger');
  });

  it('is nobody without ids even where anyone may', () => {
    expect(access('*').may(actor('telegram', ''))).toBe('stranger');
    expect(access('*').may(actor('slack', 'U2'))).toBe('stranger');
  });
});
