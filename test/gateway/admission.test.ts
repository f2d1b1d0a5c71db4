import { describe, expect, it } from 'vitest';
import { createAccess } from '../../src/gateway/access.js';
import { createAdmission } from '../../src/gateway/admission.js';
import type { Settings } from '../../src/gateway/settings.js';
import type { Actor, Place } from '../../src/gateway/types.js';
import { Clock } from '../helpers/clock.js';

const ana: Actor = { platform: 'telegram', userId: '1', displayName: '@ana' };
const eve: Actor = { platform: 'telegram', userId: '666', displayName: '@eve' };
const group: Place = { kind: 'group', ids: ['telegram:-100123'] };

function admission(access: Settings['access']) {
  const clock = new Clock();
  return { clock, admit: createAdmission(createAccess({ access, people: {} }), clock.now) };
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
  it('is said ten times in ten minutes, and then not until those are over', () => {
    const { admit, clock } = admission({ users: [], admins: [] });
    const said = () =>
      Array.from({ length: 30 }, () => admit(eve, undefined)).filter((one) => 'reply' in one);
    expect(said()).toHaveLength(10);
    clock.advance(9 * 60_000);
    expect(said()).toHaveLength(0);
    clock.advance(60_000);
    expect(said()).toHaveLength(10);
  });

  it('of one person is nothing to another', () => {
    const { admit } = admission({ users: [], admins: [] });
    for (let each = 0; each < 50; each += 1) admit(eve, undefined);
    expect(admit(ana, undefined)).toMatchObject({ reply: { lines: [expect.anything()] } });
  });
});
