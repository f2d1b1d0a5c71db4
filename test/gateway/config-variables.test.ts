import { describe, expect, it } from 'vitest';
import { mistakesIn, server, settingsOf } from './config-cases.js';

describe('variables in values', () => {
  it.each([
    ['https://${HOST}/', { HOST: 'a.example' }, 'https://a.example'],
    ['https://${HOST:-b.example}', {}, 'https://b.example'],
    ['https://${HOST:-b.example}', { HOST: '' }, 'https://b.example'],
    ['https://${HOST:-b.example}', { HOST: 'a.example' }, 'https://a.example'],
    ['https://${A}.${B:-example}', { A: 'x' }, 'https://x.example'],
    ['https://${env:HOST}', { HOST: 'a.example' }, 'https://a.example'],
    ['https://a.example${PATH_PART:-}', {}, 'https://a.example'],
    ['https://a.example/$PLAIN', {}, 'https://a.example/$PLAIN'],
    ['https://a.example/$${LITERAL}', {}, 'https://a.example/${LITERAL}'],
    ['https://a.example/$$$$', {}, 'https://a.example/$$'],
    ['${URL}', { URL: 'https://a.example/${NOT_AGAIN}' }, 'https://a.example/${NOT_AGAIN}'],
  ])('reads %s', (text, environment, url) => {
    expect(settingsOf(`public_url: "${text}"`, environment).publicUrl).toBe(url);
  });

  it('makes numbers and booleans of values that come as text', () => {
    const text = server(
      'url: https://a.example',
      'timeout: "${T}"',
      'enabled: ${E:-false}',
      'oauth: { redirect_port: "${P}" }',
    );
    const [linear] = settingsOf(text, { T: '2.5', P: '8765' }).servers;
    expect(linear).toMatchObject({ timeoutMs: 2500, enabled: false, oauth: { redirectPort: 8765 } });
  });

  it('leaves text that looks like a number as text where text is due', () => {
    const [linear] = settingsOf(server('command: x', 'args: ["${V}"]'), { V: '1.10' }).servers;
    expect(linear).toMatchObject({ args: ['1.10'] });
  });

  it('refuses a variable that is no number where a number is due, without showing it', () => {
    const [mistake] = mistakesIn(server('url: https://a.example', 'timeout: "${T}"'), { T: 'hunter2' });
    expect(mistake).toMatchObject({
      path: 'mcp_servers.linear.timeout',
      line: 4,
      found: 'the value of ${T} (not shown)',
    });
  });

  it.each([
    'public_url: "${GONE}"',
    'listen: "${GONE}"',
    'log: { level: "${GONE}" }',
    'storage: "file:${GONE}"',
  ])('reports the missing variable in %s once, and nothing that follows from it', (text) => {
    expect(mistakesIn(text)).toMatchObject([
      { line: 1, found: expect.stringContaining('${GONE}'), remedy: expect.stringContaining('Set GONE') },
    ]);
    expect(mistakesIn(text, { GONE: '' })).toHaveLength(1);
  });

  it('says where the token of a bot is found that the environment does not have', () => {
    const text = 'platforms:\n  telegram:\n    token: "${TELEGRAM_BOT_TOKEN}"';
    expect(mistakesIn(text)).toMatchObject([
      {
        path: 'platforms.telegram.token',
        line: 3,
        found: expect.stringContaining('${TELEGRAM_BOT_TOKEN}'),
        remedy: expect.stringMatching(
          /^Set TELEGRAM_BOT_TOKEN in .*@BotFather.*\/newbot.*\/mybots → API Token/,
        ),
      },
    ]);
  });

  it('does not take what objects inherit for variables', () => {
    expect(mistakesIn('public_url: "https://${constructor}.example"')).toHaveLength(1);
    expect(mistakesIn('public_url: "https://${__proto__}.example"')).toHaveLength(1);
  });

  it.each(['${', '${}', '${1A}', '${A-b}', '${A:?b}', '${A:-${B}}', '${ A }'])(
    'reports the malformed reference %s without its text',
    (reference) => {
      const [mistake, ...rest] = mistakesIn(`public_url: "https://x.example/${reference}"`, {
        A: 'a',
        B: 'b',
      });
      expect(rest).toEqual([]);
      expect(mistake).toMatchObject({ path: 'public_url', line: 1, column: 13 });
      expect(mistake?.allowed).toContain('$${');
    },
  );

  it('refuses variables in keys', () => {
    expect(mistakesIn('people:\n  "${ME}": []', { ME: 'ana' })).toMatchObject([
      { line: 2, found: expect.stringContaining('a variable in a key') },
      { line: 2 },
    ]);
  });
});

describe('variables in headers and env', () => {
  const github = (value: string, environment = {}) =>
    settingsOf(server('url: https://a.example', `headers: { Authorization: "${value}" }`), environment)
      .servers[0];

  it('leaves an unset one as a key to ask for', () => {
    expect(github('Bearer ${TOKEN}')).toMatchObject({
      headers: { Authorization: 'Bearer ${TOKEN}' },
      keys: [{ name: 'TOKEN' }],
    });
    expect(github('Bearer ${TOKEN}', { TOKEN: '' })?.keys).toEqual([{ name: 'TOKEN' }]);
  });

  it("keeps the environment's value beside the template", () => {
    expect(github('Bearer ${env:TOKEN}', { TOKEN: 'hunter2' })).toMatchObject({
      headers: { Authorization: 'Bearer ${TOKEN}' },
      keys: [{ name: 'TOKEN', value: 'hunter2' }],
    });
  });

  it('resolves defaults into the template', () => {
    expect(github('Bearer ${TOKEN:-none}')).toMatchObject({
      headers: { Authorization: 'Bearer none' },
      keys: [],
    });
    expect(github('Bearer ${TOKEN:-none}', { TOKEN: 'x' })).toMatchObject({
      headers: { Authorization: 'Bearer ${TOKEN}' },
      keys: [{ name: 'TOKEN', value: 'x' }],
    });
  });

  it('lists each key once, in the order of appearance, apart for each server', () => {
    const { servers } = settingsOf(
      'mcp_servers:\n' +
        '  a: { command: x, env: { B: "${TWO}-${ONE}", A: "${ONE}" } }\n' +
        '  b: { url: https://b.example, headers: { X: "${ONE}", Y: plain } }\n',
    );
    expect(servers.map(({ keys }) => keys)).toEqual([[{ name: 'TWO' }, { name: 'ONE' }], [{ name: 'ONE' }]]);
  });

  it('asks for no key in arguments: there a missing variable is a mistake', () => {
    expect(mistakesIn(server('command: x', 'args: ["--key=${KEY}"]'))).toMatchObject([
      { path: 'mcp_servers.linear.args[0]', remedy: expect.stringContaining('Set KEY') },
    ]);
  });

  it('refuses an escaped reference, which would look like a key', () => {
    expect(mistakesIn(server('url: https://a.example', 'headers: { X: "$${A}" }'))).toMatchObject([
      { path: 'mcp_servers.linear.headers.X', found: expect.stringContaining('escaped') },
    ]);
  });

  it('refuses a value from the environment that no header can carry', () => {
    const text = server('url: https://a.example', 'headers: { X: "${A}" }');
    const [mistake] = mistakesIn(text, { A: 'hunter2\nEvil: 1' });
    expect(mistake).toMatchObject({ path: 'mcp_servers.linear.headers.X', line: 4 });
    expect(JSON.stringify(mistake)).not.toContain('hunter2');
  });
});
