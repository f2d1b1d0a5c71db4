import { expect, it } from 'vitest';
import { operatorOf } from '../../src/cli/operator.js';

it.each([
  ['their user name', { uid: 1000, user: 'ana', sudoUser: undefined }, 'cli:ana'],
  ['root', { uid: 0, user: 'root', sudoUser: undefined }, 'cli:root'],
  ['who called sudo', { uid: 0, user: 'root', sudoUser: 'ana' }, 'cli:ana'],
  ['nobody whom an ordinary user names', { uid: 1000, user: 'ben', sudoUser: 'ana' }, 'cli:ben'],
  ['a number, where there is no name', { uid: 1234, user: undefined, sudoUser: undefined }, 'cli:uid-1234'],
])('the audit calls an operator by %s', (_what, caller, name) => {
  expect(operatorOf(caller)).toBe(name);
});
