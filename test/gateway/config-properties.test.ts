import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type ConfigMistake, formatMistakes, parseConfig } from '../../src/gateway/config.js';
import { fuzzing } from '../helpers/fuzzing.js';

const source = { file: 'config.yaml', environment: { SET: 'x', PORT: '1' } };

function isWhole({ line = 0, column = 0, found, allowed, remedy }: ConfigMistake): boolean {
  return line > 0 && column > 0 && found !== '' && allowed !== '' && remedy !== '';
}

/** Whatever goes in: an outcome comes out, each mistake has its parts, and none shows how it was made. */
function holds(text: string): void {
  const outcome = parseConfig(text, source);
  const mistakes = outcome.kind === 'ok' ? outcome.warnings : outcome.mistakes;
  if (outcome.kind === 'mistakes') expect(mistakes.length).toBeGreaterThan(0);
  expect(mistakes.filter((mistake) => !isWhole(mistake))).toEqual([]);
  const shown = formatMistakes(mistakes);
  expect(shown).not.toMatch(/undefined|\[object|NaN|Invalid input/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
}

const KEYS = [
  'mcp_servers',
  'linear',
  'url',
  'transport',
  'auth',
  'oauth',
  'client_id',
  'redirect_port',
  'scope',
  'headers',
  'command',
  'args',
  'env',
  'cwd',
  'enabled',
  'timeout',
  'tools',
  'include',
  'public_url',
  'listen',
  'local_listen',
  'address',
  'token',
  'storage',
  'access',
  'users',
  'admins',
  'people',
  'ana',
  'security',
  'sign_in_lifetime',
  'allow_private_hosts',
  'encryption_key',
  'platforms',
  'web',
  'telegram',
  'log',
  'level',
  '__proto__',
  'constructor',
]; // prettier-ignore
const TEXTS = [
  'https://a.example/mcp',
  'http://x',
  'oauth',
  'http',
  '127.0.0.1:80',
  '[::1]:1',
  'file:./s',
  'memory',
  '*',
  '10m',
  'telegram:1',
  'slack:T1/U1',
  'ana',
  '${SET}',
  '${PORT}',
  '${GONE}',
  '${GONE:-x}',
  '${',
  '$$',
  'yes',
  '',
]; // prettier-ignore

const key = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...KEYS) }, fc.string({ unit: 'binary' }));
const scalar = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((pairs) => new Map(pairs)),
  ),
}));
/** A block with the shape of a config, so that the rules behind the schema are reached too. */
const shaped = fc.record(
  {
    mcp_servers: fc.dictionary(key, fc.dictionary(key, value, { maxKeys: 5 }), { maxKeys: 3 }),
    public_url: scalar,
    listen: scalar,
    local_listen: value,
    storage: scalar,
    access: fc.record({ users: value, admins: fc.array(scalar) }, { requiredKeys: [] }),
    people: fc.dictionary(key, fc.array(scalar)),
    security: fc.dictionary(key, value),
    platforms: fc.dictionary(key, value),
  },
  { requiredKeys: [] },
);

/** Only what is allowed, in any combination. */
const seconds = fc.double({ min: 0.001, max: 86_400, noNaN: true });
const names = fc.array(fc.stringMatching(/^[A-Za-z_]{1,10}$/), { maxLength: 3 });
const common = {
  enabled: fc.boolean(),
  timeout: seconds,
  credentials: fc.constantFrom('personal', 'shared'),
};
const optional = { requiredKeys: [] };
const httpServer = fc.record(
  {
    url: fc.webUrl({ withQueryParameters: true }),
    ...common,
    transport: fc.constantFrom('http', 'sse', 'streamable-http'),
    oauth: fc.record({ client_id: fc.integer(), scope: fc.constant('a b'), prompt: fc.boolean() }, optional),
    headers: fc.dictionary(
      fc.stringMatching(/^x-[a-z]{1,8}$/),
      fc.constantFrom('Bearer ${GONE}', '${SET}', 5),
    ),
    tools: fc.record({ include: names, exclude: fc.constant('a*') }, optional),
  },
  { requiredKeys: ['url'] },
);
const stdioServer = fc.record(
  {
    command: fc.stringMatching(/^[a-z]{1,8}$/),
    ...common,
    args: names,
    env: fc.dictionary(fc.stringMatching(/^[A-Z]{1,8}$/), fc.boolean()),
  },
  { requiredKeys: ['command'] },
);
const valid = fc.record(
  {
    mcp_servers: fc.dictionary(
      fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/),
      fc.oneof(httpServer, stdioServer),
    ),
    listen: fc.integer({ min: 10_000, max: 20_000 }).map((port) => `127.0.0.1:${port}`),
    local_listen: fc.integer({ min: 20_001, max: 65_535 }).map((port) => `[::1]:${port}`),
    access: fc.record(
      { users: fc.constantFrom('*', ['telegram:1', 'slack:T1/U1']), admins: fc.constant(['discord:5']) },
      optional,
    ),
    people: fc
      .uniqueArray(fc.stringMatching(/^[a-z]{1,10}$/).filter((name) => name !== 'shared'))
      .map((list) => Object.fromEntries(list.map((name, index) => [name, [`telegram:${index}`]]))),
    security: fc.record({ sign_in_lifetime: fc.integer({ min: 1, max: 86_400 }) }, optional),
  },
  optional,
);

/** YAML's own punctuation, thrown about. */
const yamlNoise = fc
  .array(
    fc.constantFrom(
      ...[
        '\n',
        '  ',
        ' ',
        '\t',
        ':',
        ': ',
        '- ',
        '? ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '&a ',
        '*a',
        '*',
        '!',
        '!!int ',
        '|',
        '>',
      ],
      ...[
        '"',
        "'",
        '#',
        '%',
        '---',
        '...',
        '<<: ',
        '\\',
        '${',
        '}',
        '\0',
        '\r',
        '\ufeff',
        '\u2028',
        'mcp_servers',
        'a',
        '1',
      ],
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('any text at all', () => {
  it('yields an outcome and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), holds),
      fuzzing('config: any text', 300),
    );
  });

  it('yields an outcome when it is made of what YAML is made of', () => {
    fc.assert(fc.property(yamlNoise, holds), fuzzing('config: nearly YAML', 1000));
  });

  it('yields an outcome for any YAML', () => {
    fc.assert(
      fc.property(value, (tree) => holds(stringify(tree))),
      fuzzing('config: any YAML', 300),
    );
  });

  it('yields an outcome for what is nearly a config', () => {
    fc.assert(
      fc.property(shaped, (tree) => holds(stringify(tree))),
      fuzzing('config: nearly a config', 250),
    );
  });

  it('yields settings for what is a config, with every server in them', () => {
    const settled = (tree: { mcp_servers?: object }) => {
      const text = `log: {}\n${Object.keys(tree).length === 0 ? '' : stringify(tree)}`;
      const outcome = parseConfig(text, source);
      expect(outcome.kind === 'ok' ? '' : formatMistakes(outcome.mistakes)).toBe('');
      const servers = outcome.kind === 'ok' ? outcome.settings.servers.map(({ name }) => name) : [];
      expect(servers.sort()).toEqual(Object.keys(tree.mcp_servers ?? {}).sort());
    };
    fc.assert(fc.property(valid, settled), fuzzing('config: a config', 150));
  });

  it.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', '{a: '.repeat(50_000)],
    ['dashes', '- '.repeat(50_000)],
    ['question marks', '? '.repeat(50_000)],
    ['colons', 'a: '.repeat(50_000)],
    ['steps', Array.from({ length: 900 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['letters', 'x'.repeat(2_000_000)],
    [
      'aliases',
      `a: &a [x]\n${Array.from({ length: 40 }, (_, n) => `k${n}: &k${n} [${`*k${n - 1},`.repeat(9)}]`).join('\n')}`.replaceAll(
        '*k-1',
        '*a',
      ),
    ],
    ['an alias of itself', 'a: &a [*a, *a]'],
  ])('ends soon, and in a mistake, for a great many %s', (_, text) => {
    const startedMs = performance.now();
    expect(parseConfig(text, source).kind).toBe('mistakes');
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    holds(text);
  });
});
