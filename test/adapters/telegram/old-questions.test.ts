import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeOldQuestions } from '../../../src/adapters/telegram/keys/old-questions.js';
import { keepPrompt, keepQuestion, standingQuestion } from '../../../src/adapters/telegram/keys/prompts.js';
import type { MessageRef } from '../../../src/gateway/types.js';
import { createLog } from '../../../src/observability/log.js';
import { Clock } from '../../helpers/clock.js';
import { Remembered } from '../../helpers/remembered.js';

const ana = { userId: '7' };
const ben = { userId: '8' };
const PROMPT = { words: ['auth', 'weather'], title: 'Key for weather', fields: [], given: {} };

let clock: Clock;
let memory: Remembered;
let ending: AbortController;
let tried: MessageRef[];
/** Of each message id: whether Telegram removes it; it is away where nothing is said. */
let answers: Map<unknown, boolean>;
let over: Promise<void>;

beforeEach(() => {
  clock = new Clock();
  memory = new Remembered(clock.now);
  ending = new AbortController();
  tried = [];
  answers = new Map();
  over = Promise.resolve();
});
afterEach(async () => {
  ending.abort();
  await over;
});

function look(): void {
  const remove = async (message: MessageRef): Promise<boolean> => {
    tried.push(message);
    const answer = answers.get(message.message);
    if (answer === undefined) throw new Error('Telegram is away');
    return answer;
  };
  const parts = { memory: () => memory, remove, everyMs: 2, log: createLog('silent') };
  over = removeOldQuestions(parts, ending.signal);
}

async function asked(who: typeof ana, message: number): Promise<void> {
  await keepPrompt(memory, who, PROMPT);
  await keepQuestion(memory, who, { message, secret: true });
}

it('a question is taken away once it may not be answered any more, and no sooner', async () => {
  for (const id of [70, 80]) answers.set(id, true);
  await asked(ben, 80);
  await asked(ana, 70);
  clock.advance(10 * 60_000 + 1);
  await asked(ben, 80);
  look();
  await expect.poll(() => standingQuestion(memory, ana)).toBeUndefined();
  expect(tried).toEqual([{ chat: 7, message: 70 }]);
  expect(await standingQuestion(memory, ben)).toBeDefined();
});

it('one that cannot be taken away now is tried again, beside others; one that Telegram refuses is not', async () => {
  await asked(ana, 70);
  await asked(ben, 80);
  answers.set(80, false);
  clock.advance(10 * 60_000 + 1);
  look();
  const triedOf = (id: number) => tried.filter(({ message }) => message === id).length;
  await expect.poll(() => triedOf(70)).toBeGreaterThan(3);
  expect(triedOf(80)).toBe(1);
  answers.set(70, true);
  await expect.poll(() => standingQuestion(memory, ana)).toBeUndefined();
  // Its next text is late all the same.
  expect(await standingQuestion(memory, ben)).toEqual({ message: 80, secret: true });
});

it('one that is asked in the moment in which another goes stays noted', async () => {
  await asked(ana, 70);
  clock.advance(10 * 60_000 + 1);
  const parts = {
    memory: () => memory,
    remove: async () => {
      await asked(ana, 71);
      return true;
    },
    log: createLog('silent'),
  };
  over = removeOldQuestions(parts, ending.signal);
  await expect.poll(() => standingQuestion(memory, ana)).toEqual({ message: 71, secret: true });
});
