import { membersOf } from '../../common/payload.js';
import { wordsIn } from '../../common/words.js';
import type { Typing } from '../types.js';

/** Of `/mcp`. Registered by other means, the words may also be subcommands. */
export const OPTIONS = { command: 'command', server: 'server' } as const;
/** Application Command Option Type. */
const SUBCOMMAND = 1;
const GROUP = 2;
const DEEPEST = 2;
/** What a server alone means: how it is. */
const ALONE = 'status';

interface Filled {
  readonly name: string;
  readonly text: string;
  readonly focused: boolean;
}

/** What the options say, as if it had been typed: Discord gives them in the order in which they were filled in. */
export function wordsOfOptions(options: unknown): readonly string[] {
  return joined(read(options).map(({ name, text }) => [name, wordsIn(text)] as const));
}

/** What stands before the cursor. */
export function readTyping(options: unknown): Typing {
  const filled = read(options);
  const focused = filled.find((option) => option.focused);
  if (focused === undefined) return { words: [''], before: '' };
  const typed = wordsIn(focused.text);
  const begun = focused.text === '' || /\s$/u.test(focused.text) ? undefined : typed.at(-1);
  const before = begun === undefined ? typed : typed.slice(0, -1);
  const others = filled.filter((option) => option !== focused);
  const isServer = focused.name === OPTIONS.server;
  const earlier = others.filter(({ name }) => isServer && name !== OPTIONS.server);
  const given = [...earlier, focused].map((option) =>
    option === focused ? ([option.name, before] as const) : ([option.name, wordsIn(option.text)] as const),
  );
  return { words: [...joined(given, isServer), begun ?? ''], before: before.join(' ') };
}

function joined(
  given: readonly (readonly [name: string, words: readonly string[]])[],
  server = false,
): readonly string[] {
  const command = given.flatMap(([name, words]) => (name === OPTIONS.server ? [] : words));
  const servers = given.flatMap(([name, words]) => (name === OPTIONS.server ? words : []));
  return command.length === 0 && (server || servers.length > 0)
    ? [ALONE, ...servers]
    : [...command, ...servers];
}

function read(options: unknown, depth = 0): readonly Filled[] {
  if (!Array.isArray(options) || depth > DEEPEST) return [];
  return options.slice(0, 25).flatMap((given: unknown): readonly Filled[] => {
    const { name, type, value, focused, options: inside } = membersOf(given);
    if (typeof name !== 'string') return [];
    if (type === SUBCOMMAND || type === GROUP)
      return [{ name: 'subcommand', text: name, focused: false }, ...read(inside, depth + 1)];
    return [{ name, text: textOfValue(value), focused: focused === true }];
  });
}

function textOfValue(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
