import { describe, expect, it } from 'vitest';
import { createPeople, UnidentifiedActorError } from '../../src/gateway/access/people.js';
import type { Actor } from '../../src/gateway/types.js';

const telegram = (userId: string): Actor => ({ platform: 'telegram', userId, displayName: '@ana' });
const slack = (userId: string, tenant?: string): Actor => ({
  platform: 'slack',
  userId,
  displayName: 'Ana',
  ...(tenant === undefined ? {} : { tenant }),
});

const people = createPeople({ people: { ana: ['telegram:1', 'slack:T1/U2'], ben: [] } });

describe('whose credential it is', () => {
  it("is the account's own where nobody claims it", () => {
    expect(people.subjectOf(telegram('2'))).toBe('telegram:2');
    expect(people.subjectOf(slack('U2', 'T2'))).toBe('slack:T2/U2');
  });

  it("is the person's on all of their accounts", () => {
    expect(people.subjectOf(telegram('1'))).toBe('ana');
    expect(people.subjectOf(slack('U2', 'T1'))).toBe('ana');
  });

  it('keeps the same id on two platforms and in two workspaces apart', () => {
    const subjects = [
      telegram('1'),
      { ...telegram('1'), platform: 'discord' as const },
      slack('1', 'T1'),
      slack('1', 'T2'),
    ].map((actor) => people.subjectOf(actor));
    expect(new Set(subjects).size).toBe(4);
  });

  it.each([
    ['without an id', telegram('')],
    ['with a blank id', telegram('  ')],
    ['of Slack without a workspace', slack('U2')],
    ['of Slack whose id pretends to have one', slack('T1/U2')],
    ['of Slack whose workspace pretends to be two parts', slack('U2', 'T1/U1')],
    ['of Slack with an empty workspace', slack('U2', '')],
    ['with a workspace where there are none', { ...telegram('1'), tenant: 'T1' }],
  ])('fails closed for an actor %s', (_, actor) => {
    expect(() => people.subjectOf(actor)).toThrow(UnidentifiedActorError);
  });

  it('fails closed for an actor whose id is missing altogether', () => {
    const actor = JSON.parse('{"platform":"telegram","displayName":"x"}') as Actor;
    expect(() => people.subjectOf(actor)).toThrow(UnidentifiedActorError);
  });

  it('is no inherited member of an object', () => {
    expect(people.subjectOf({ platform: 'terminal', userId: 'constructor', displayName: 'x' })).toBe(
      'terminal:constructor',
    );
    expect(people.accountsOf('constructor')).toEqual([]);
  });
});

describe('names and accounts', () => {
  it("shows the person's name, else the display name, else the account", () => {
    expect(people.nameOf(telegram('1'))).toBe('ana');
    expect(people.nameOf(telegram('2'))).toBe('@ana');
    expect(people.nameOf({ ...telegram('2'), displayName: ' ' })).toBe('telegram:2');
  });

  it('knows the accounts behind a subject', () => {
    expect(people.accountsOf('ana')).toEqual(['telegram:1', 'slack:T1/U2']);
    expect(people.accountsOf('ben')).toEqual([]);
    expect(people.accountsOf('telegram:2')).toEqual(['telegram:2']);
    expect(people.accountsOf('shared')).toEqual([]);
  });
});
