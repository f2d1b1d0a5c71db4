import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fuzzing, reaching } from '../helpers/fuzzing.js';
import { ana, ben, eve, setUp } from '../helpers/gateway-setup.js';
import { down, keyServer, needsSignIn, oauthServer, ready, stdioServer } from '../helpers/memory-auth.js';
import { actionsOf, replyOf } from '../helpers/recording-adapter.js';

const KEY = 'sk-proj-4f9A8sd7f6A5d4f3s2d1F0';
const servers = [oauthServer('linear'), keyServer('github', 'GITHUB_TOKEN'), stdioServer('constructor')];

const PACE = { editEveryMs: 1, patienceMs: 5 };
const ANSWERS = [
  ['linear', needsSignIn],
  ['github', ready(3)],
  ['constructor', down],
] as const;

const word = fc.oneof(
  fc.constantFrom(
    'auth',
    'status',
    'logout',
    'confirm',
    'cancel',
    'tools',
    'test',
    'users',
    'reload',
    'help',
    'list',
    'page',
    'yes',
    '2',
    '0',
    '-1',
    '482913',
    'linear',
    'github',
    'constructor',
    '__proto__',
    KEY,
    'http://127.0.0.1:8787/oauth/callback?code=c&state=s',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 200, maxLength: 3_000 }),
);

const step = fc.record({
  who: fc.constantFrom(ana, ben, eve),
  words: fc.array(word, { maxLength: 8 }),
  fields: fc.option(
    fc.dictionary(fc.constantFrom('digits', 'address', 'GITHUB_TOKEN', '__proto__', 'x'), word, {
      maxKeys: 3,
    }),
    { nil: undefined },
  ),
  /** Press this button of the newest message, if it has one, in place of the words. */
  press: fc.option(fc.nat(9), { nil: undefined }),
});

it('any words, fields and presses of anybody, one after the other: each is answered, no command fails, no key is repeated', async () => {
  const commands = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const { adapter, connections, gateway, log } = await setUp(servers, { pacing: PACE });
      for (const [name, answer] of ANSWERS) connections.answers.set(name, answer);
      for (const { who, words, fields, press } of steps) {
        const before = JSON.stringify(adapter.messages);
        const buttons = adapter.messages.length === 0 ? [] : actionsOf(replyOf(adapter.last));
        const pressed = press === undefined ? undefined : buttons[press];
        const given = pressed === undefined || pressed.kind === 'link' ? words : pressed.words;
        await adapter.type(who, '', {
          words: given,
          ...(fields === undefined ? {} : { fields }),
          ...(pressed === undefined ? {} : { message: adapter.last.ref }),
        });
        await gateway.settle();
        expect(JSON.stringify(adapter.messages)).not.toBe(before);
        commands.set(given[0] ?? '', (commands.get(given[0] ?? '') ?? 0) + 1);
      }
      const toEve = adapter.messages.filter(({ to }) => to.actor.userId === eve.userId);
      for (const message of toEve)
        expect(JSON.stringify(message.replies)).not.toMatch(/linear|github|web:ben/);
      expect(adapter.everything).not.toContain(KEY);
      expect(log.lines.filter(({ message }) => /failed|could not/.test(message))).toEqual([]);
      await gateway.stop();
    }),
    fuzzing('commands', 150),
  );
  reaching(() => expect(commands.size).toBeGreaterThan(10));
});
