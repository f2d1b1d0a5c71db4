import { describe, expect, it } from 'vitest';
import { createAccess } from '../../src/gateway/access/access.js';
import { createAdmission } from '../../src/gateway/access/admission.js';
import { createLimits } from '../../src/gateway/access/limits.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { Actor, Place } from '../../src/gateway/types.js';
import { silentLog } from '../../src/observability/log.js';
import { MemoryEngine } from '../../src/storage/memory.js';
import { createStore } from '../../src/storage/store.js';
import { Clock } from '../helpers/clock.js';

const ana: Actor = { platform: 'telegram', userId: '1', displayName: '@ana' };
const eve: Actor = { platform: 'telegram', userId: '666', displayName: '@eve' };
const group: Place = { kind: 'group', ids: ['telegram:-100123'] };

function admission(access: Settings['access']) {
  const clock = new Clock();
  const limits = createLimits({
    rates: () => ({ commands: { most: 3, windowMs: 60_000 } }),
    store: createStore(new MemoryEngine(), undefined),
    log: silentLog,
    now: clock.now,
  });
  return { clock, admit: createAdmission(createAccess({ access, people: {} }), limits, clock.now) };
}

describe('who is let in', () => {
  const { admit } = admission({ users: ['telegram:1'], admins: [], groups: ['telegram:-5'] });

  it('is who may, in a private chat and in a group that is open', () => {
    expect(admit(ana, undefined)).toEqual({ kind: 'in', role: 'user' });
    expect(admit(ana, { kind: 'group', ids: ['telegram:-5'] })).toEqual({ kind: 'in', role: 'user' });
  });

  it('is not who may, in a group that is closed: the answer names the group’s id, and no server', () => {
    const outcome = admit(ana, group);
    expect(outcome).toMatchObject({ kind: 'out', why: 'group' });
    expect(JSON.stringify(outcome)).toContain('telegram:-100123');
  });

  it('is no stranger, wherever they are: they learn their own id alone', () => {
    expect(admit(eve, group)).toMatchObject({ kind: 'out', why: 'stranger' });
    expect(JSON.stringify(admit(eve, group))).toContain('telegram:666');
    expect(JSON.stringify(admit(eve, group))).not.toContain('-100123');
  });
});

describe('a denial', () => {
  it('is said sixty times in ten minutes, and then not until those are over, unless the platform waits for it', () => {
    const { admit, clock } = admission({ users: [], admins: [] });
    const said = () =>
      Array.from({ length: 80 }, () => admit(eve, undefined)).filter((one) => 'reply' in one);
    expect(said()).toHaveLength(60);
    clock.advance(9 * 60_000);
    expect(said()).toHaveLength(0);
    expect(admit(eve, undefined, true)).toHaveProperty('reply');
    clock.advance(60_000);
    expect(said()).toHaveLength(60);
  });

  it('is news for the audit as often as it would be said, also where a platform waits for each', () => {
    const { admit } = admission({ users: ['telegram:1'], admins: [] });
    const flood = (actor: Actor) =>
      Array.from({ length: 80 }, () => admit(actor, undefined, true)).filter(({ kind }) => kind === 'out');
    const strange = flood(eve);
    expect(strange.filter((one) => 'reply' in one)).toHaveLength(80);
    expect(strange.filter((one) => 'news' in one)).toHaveLength(60);
    const tooMany = flood(ana);
    expect(tooMany.filter((one) => 'reply' in one)).toHaveLength(77);
    expect(tooMany.filter((one) => 'news' in one)).toHaveLength(1);
  });

  it('of one person is nothing to another', () => {
    const { admit } = admission({ users: [], admins: [] });
    for (let each = 0; each < 80; each += 1) admit(eve, undefined);
    expect(admit(ana, undefined)).toMatchObject({ reply: { lines: [expect.anything()] } });
  });
});

describe('too many commands', () => {
  const access = { users: ['telegram:1'], admins: [] };

  it('are answered with one sentence for each window, which says how long it lasts', () => {
    const { admit, clock } = admission(access);
    for (let each = 0; each < 3; each += 1) expect(admit(ana, undefined).kind).toBe('in');
    clock.advance(40_000);
    expect(JSON.stringify(admit(ana, undefined))).toMatch(
      /Too many commands; try again in (20|19) seconds\./,
    );
    for (let each = 0; each < 80; each += 1) {
      expect(admit(ana, undefined)).toEqual({ kind: 'out', why: 'too-many' });
    }
    clock.advance(20_000);
    expect(admit(ana, undefined).kind).toBe('in');
  });

  it('are none in the terminal, where one may do anything anyway', () => {
    const { admit } = admission(access);
    const me: Actor = { platform: 'terminal', userId: 'me', displayName: 'me' };
    for (let each = 0; each < 80; each += 1) expect(admit(me, undefined).kind).toBe('in');
  });
});
