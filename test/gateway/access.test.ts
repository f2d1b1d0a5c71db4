import { describe, expect, it } from 'vitest';
import { createAccess, currentAccess, isOpen, mayHold } from '../../src/gateway/access/access.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { Actor, Platform } from '../../src/gateway/types.js';
import { httpServer } from '../helpers/configured-server.js';

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

describe('a whole platform', () => {
  it('lets in whoever reaches the bot there, and nobody elsewhere', () => {
    const { may } = access(['telegram:*']);
    expect(may(actor('telegram', '99'))).toBe('user');
    expect(may(actor('discord', '99'))).toBe('stranger');
    expect(may(actor('telegram', ''))).toBe('stranger');
  });

  it('counts as open, like "*", so that each sign-in is confirmed; a workspace does not', () => {
    expect([isOpen('*'), isOpen(['ana', 'discord:*'])]).toEqual([true, true]);
    expect([isOpen([]), isOpen(['ana', 'slack:T1/*'])]).toEqual([false, false]);
  });
});

describe('for whom a server is there', () => {
  const rules = (servers: Settings['access']['servers'], users: Settings['access']['users'] = '*') =>
    createAccess({ access: { users, admins: ['telegram:9'], ...(servers && { servers }) }, people });

  it('is everybody who may, where its config does not say', () => {
    const { mayUse } = rules({ linear: ['ana'] }, ['web:ben']);
    expect(mayUse(actor('web', 'ben'), 'github')).toBe(true);
    expect(mayUse(actor('web', 'eve'), 'github')).toBe(false);
  });

  it('is who its list names: accounts, people on all of their accounts, workspaces, platforms', () => {
    const { mayUse } = rules({ linear: ['ana', 'web:eve', 'slack:T2/*', 'discord:*'] });
    const may = (one: Actor) => mayUse(one, 'linear');
    expect(may(actor('telegram', '1'))).toBe(true);
    expect(may(actor('slack', 'U2', 'T1'))).toBe(true);
    expect(may(actor('web', 'eve'))).toBe(true);
    expect(may(actor('slack', 'U7', 'T2'))).toBe(true);
    expect(may(actor('discord', '4'))).toBe(true);
    expect(may(actor('web', 'ben'))).toBe(false);
    expect(may(actor('slack', 'U7', 'T1'))).toBe(false);
    expect(may(actor('telegram', '2'))).toBe(false);
  });

  it('is admins and the terminal always, also with a list of nobody', () => {
    const { mayUse } = rules({ linear: [] });
    expect(mayUse(actor('telegram', '9'), 'linear')).toBe(true);
    expect(mayUse(actor('terminal', 'me'), 'linear')).toBe(true);
    expect(mayUse(actor('telegram', '1'), 'linear')).toBe(false);
  });

  it('is nobody who may not use the gateway at all, whatever a list says', () => {
    const { mayUse } = rules({ linear: ['web:eve', 'telegram:*'] }, ['web:ben']);
    expect(mayUse(actor('web', 'eve'), 'linear')).toBe(false);
    expect(mayUse(actor('telegram', ''), 'linear')).toBe(false);
  });
});

describe('where groups are answered', () => {
  const inGroup = (groups: Settings['access']['groups'], ...ids: [string, ...string[]]) =>
    createAccess({
      access: { users: '*', admins: [], ...(groups === undefined ? {} : { groups }) },
      people: {},
    }).answersIn({
      kind: 'group',
      ids,
    });

  it('is everywhere by default, nowhere with false, and in those that a list names', () => {
    expect(inGroup(undefined, 'telegram:-1')).toBe(true);
    expect(inGroup(false, 'telegram:-1')).toBe(false);
    expect(inGroup(['telegram:-1'], 'telegram:-1')).toBe(true);
    expect(inGroup(['telegram:-1'], 'telegram:-12')).toBe(false);
  });

  it('is also in what a list names as a whole: a workspace, a guild, the channel of a thread', () => {
    expect(inGroup(['slack:T1/*'], 'slack:T1/C2', 'slack:T1/*')).toBe(true);
    expect(inGroup(['discord:5/7'], 'discord:5/8', 'discord:5/7', 'discord:5/*')).toBe(true);
    expect(inGroup(['discord:5/*'], 'discord:6/8', 'discord:6/*')).toBe(false);
  });

  it('is always in private chats', () => {
    const { answersIn } = createAccess({ access: { users: [], admins: [], groups: false }, people: {} });
    expect(answersIn({ kind: 'private' })).toBe(true);
  });
});

it('the rules follow the config: a reload counts for the next question', () => {
  let settings: Pick<Settings, 'access' | 'people'> = { access: { users: [], admins: [] }, people: {} };
  const { may } = currentAccess(() => settings);
  expect(may(actor('web', 'ben'))).toBe('stranger');
  settings = { access: { users: ['web:ben'], admins: [] }, people: {} };
  expect(may(actor('web', 'ben'))).toBe('user');
});

describe('who may have a credential', () => {
  const server = httpServer('https://x.example/mcp');
  const shared = httpServer('https://x.example/mcp', { credentials: 'shared' });
  const rules = access(['slack:T1/*'], ['ana']);

  it('is who may use the server, by the account that began the sign-in', () => {
    expect(mayHold(rules, 'slack:T1/U9', server)).toBe(true);
    expect(mayHold(rules, 'slack:T2/U9', server)).toBe(false);
    expect(mayHold(rules, 'telegram:1', server)).toBe(true);
    expect(mayHold(rules, 'telegram:2', server)).toBe(false);
    expect(mayHold(rules, 'nobody', server)).toBe(false);
  });

  it('is an admin where it is for everybody', () => {
    expect(mayHold(rules, 'slack:T1/U9', shared)).toBe(false);
    expect(mayHold(rules, 'slack:T1/U2', shared)).toBe(true);
    expect(mayHold(rules, 'terminal:root', shared)).toBe(true);
  });
});
