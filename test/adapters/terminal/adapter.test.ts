import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createTerminalAdapter,
  type TerminalAdapter,
  type TerminalOptions,
} from '../../../src/adapters/terminal/adapter.js';
import type { Action, ChatGateway } from '../../../src/gateway/types.js';
import {
  chatAdapterContract,
  type Person,
  reply,
  type ScriptedGateway,
  scriptedGateway,
} from '../../contracts/chat-adapter.js';
import { fakeTerminal } from './fake-terminal.js';

/** The number in front of the newest button with this label. */
function numberOf(label: string, text: string): string {
  const found = [...text.matchAll(/\[(\d+)\] ([^[\n]*)/g)].findLast(([, , after]) =>
    after?.startsWith(label),
  );
  if (found?.[1] === undefined) throw new Error(`No button "${label}" in:\n${text}`);
  return found[1];
}

function collected(output: PassThrough): () => string {
  let text = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

chatAdapterContract(
  'the piped terminal',
  async (gateway) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const sees = collected(output);
    const adapter = createTerminalAdapter({ input, output, as: 'ana' });
    await adapter.start(gateway);
    const ana: Person = {
      actor: adapter.actor,
      type: async (line) => void input.write(`${line}\n`),
      press: async (label) => void input.write(`${numberOf(label, sees())}\n`),
      sees,
    };
    return { adapter, ana, replaces: false, close: () => adapter.stop() };
  },
  { secondPerson: true, forms: true },
);

chatAdapterContract(
  'the terminal with a keyboard',
  async (gateway) => {
    const terminal = fakeTerminal(100, 60);
    const { keyboard, output } = terminal;
    const adapter = createTerminalAdapter({ input: keyboard, output, as: 'ana', colour: true });
    await adapter.start(gateway);
    const ana: Person = {
      actor: adapter.actor,
      type: async (line) => void keyboard.write(`${line}\r`),
      press: async (label) => void keyboard.write(`${numberOf(label, terminal.visible())}\r`),
      async fill(label, values) {
        keyboard.write(`${numberOf(label, terminal.visible())}\r`);
        for (const [name, value] of Object.entries(values)) {
          await expect.poll(() => terminal.visible()).toContain(`${name}, typed unseen:`);
          keyboard.write(`${value}\r`);
        }
      },
      sees: () => terminal.visible(),
    };
    return { adapter, ana, close: () => adapter.stop() };
  },
  { secondPerson: true },
);

const addKey: Action = {
  kind: 'form',
  label: 'Add key',
  title: 'Key for weather',
  words: ['auth', 'weather'],
  fields: [
    { name: 'REGION', label: 'REGION', secret: false },
    { name: 'WEATHER_KEY', label: 'WEATHER_KEY', secret: true, hint: 'from your account' },
  ],
};
const signIn: Action = { kind: 'link', label: 'Sign in', url: 'http://127.0.0.1:8787/connect/kx3v' };

/** A person at a keyboard, and the adapter in front of them. */
async function seated(
  options: Partial<TerminalOptions> & { columns?: number; rows?: number } = {},
  gateway: ChatGateway = scriptedGateway(),
) {
  const terminal = fakeTerminal(options.columns ?? 60, options.rows ?? 20);
  const adapter = createTerminalAdapter({
    input: terminal.keyboard,
    output: terminal.output,
    as: 'ana',
    ...options,
  });
  onTestFinished(() => adapter.stop());
  await adapter.start(gateway);
  const sees = () => expect.poll(() => terminal.visible());
  const keys = (text: string) => void terminal.keyboard.write(text);
  return { terminal, adapter, sees, keys };
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const UP = '\u001b[A';

describe('a person at a keyboard', () => {
  it('sees a message change in its place, with the line that they are typing left as it is', async () => {
    const { terminal, adapter, sees, keys } = await seated();
    keys('/mcp\r');
    await sees().toBe('> /mcp\n>');
    const delivery = await adapter.send(
      { actor: adapter.actor },
      reply('servers', { lines: [{ cells: ['one'] }] }),
    );
    keys('mcp au');
    await sees().toBe('> /mcp\nservers\none\n> mcp au');
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    await adapter.update(
      delivery.message,
      reply('servers', { lines: [{ cells: ['one'] }, { cells: ['two'] }] }),
    );
    expect(terminal.visible()).toBe('> /mcp\nservers\none\ntwo\n> mcp au');
    keys('th');
    await sees().toBe('> /mcp\nservers\none\ntwo\n> mcp auth');
  });

  it('keeps a pasted line that takes several rows below what arrives (readline loses count of it)', async () => {
    const { terminal, adapter, sees, keys } = await seated({ columns: 20 });
    const pasted = 'mcp auth one two three four five six seven';
    keys(pasted);
    await sees().toBe('> mcp auth one two t\nhree four five six s\neven');
    const delivery = await adapter.send({ actor: adapter.actor }, reply('first'));
    expect(terminal.visible()).toBe('first\n> mcp auth one two t\nhree four five six s\neven');
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    await adapter.update(delivery.message, reply('second'));
    expect(terminal.visible()).toBe('second\n> mcp auth one two t\nhree four five six s\neven');
  });

  it('sees a message that has scrolled away anew at the end', async () => {
    const { terminal, adapter } = await seated({ rows: 6 });
    const delivery = await adapter.send({ actor: adapter.actor }, reply('linear: waiting'));
    for (let row = 1; row <= 8; row += 1) await adapter.send({ actor: adapter.actor }, reply(`row ${row}`));
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    await adapter.update(delivery.message, reply('linear connected'));
    expect(terminal.visible()).toBe('row 5\nrow 6\nrow 7\nrow 8\nlinear connected\n>');
    expect(terminal.everything()).toContain('linear: waiting');
  });

  it('types the number of a button that is gone, and nothing else is pressed', async () => {
    const gateway = scriptedGateway();
    const { adapter, sees, keys } = await seated({}, gateway);
    const retry: Action = { kind: 'command', label: 'Try again', words: ['auth'] };
    const delivery = await adapter.send({ actor: adapter.actor }, reply('declined', { actions: [retry] }));
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    await adapter.update(delivery.message, reply('connected'));
    keys('1\r');
    await sees().toContain('There is no button 1 any more.');
    expect(gateway.invocations).toEqual([]);
  });

  it('has the only link of a message opened in the browser, and one of several when pressed', async () => {
    const opened: string[] = [];
    const { adapter, keys } = await seated({ openLink: (url) => opened.push(url) });
    await adapter.send({ actor: adapter.actor }, reply('Sign in', { actions: [signIn] }));
    expect(opened).toEqual([signIn.kind === 'link' ? signIn.url : '']);
    const two = ['a', 'b'].map(
      (id): Action => ({ kind: 'link', label: id, url: `http://127.0.0.1/connect/${id}` }),
    );
    await adapter.send({ actor: adapter.actor }, reply('Sign in', { actions: two }));
    expect(opened).toHaveLength(1);
    keys('3\r');
    await expect.poll(() => opened.at(-1)).toBe('http://127.0.0.1/connect/b');
  });

  it('types a secret unseen, and no key brings it back', async () => {
    const gateway = scriptedGateway();
    const { terminal, adapter, sees, keys } = await seated({}, gateway);
    await adapter.send({ actor: adapter.actor }, reply('weather', { actions: [addKey] }));
    keys('1\r');
    await sees().toContain('REGION:');
    keys('north\r');
    await sees().toContain('WEATHER_KEY (from your account), typed unseen:');
    keys('sk-hushh\u007f-4711');
    const delivery = await adapter.send({ actor: adapter.actor }, reply('news while typing'));
    expect(delivery.kind).toBe('delivered');
    expect(terminal.visible()).toMatch(
      /news while typing\nWEATHER_KEY \(from your account\), typed unseen:$/,
    );
    keys('\r');
    const { words, fields, message } = await gateway.invocation(1);
    expect({ words, fields }).toEqual({
      words: ['auth', 'weather'],
      fields: { REGION: 'north', WEATHER_KEY: 'sk-hush-4711' },
    });
    expect(message).toBeDefined();
    await sees().toMatch(/>$/);
    keys(`${UP}${UP}${UP}\u0019\u001f`);
    await sees().toMatch(/> 1$/);
    expect(terminal.written()).not.toContain('hush');
  });

  it.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
    ['Enter on an empty line', '\r'],
  ])('cancels a secret with %s, and is back at the prompt', async (_name, key) => {
    const gateway = scriptedGateway();
    const { adapter, sees, keys } = await seated({}, gateway);
    await adapter.send({ actor: adapter.actor }, reply('weather', { actions: [addKey] }));
    keys('1\r');
    await sees().toContain('REGION:');
    keys('north\r');
    await sees().toContain('typed unseen:');
    keys(key);
    await sees().toContain('Cancelled: nothing was sent.');
    keys('/mcp\r');
    expect((await gateway.invocation(1)).words).toEqual([]);
    expect(gateway.invocations).toHaveLength(1);
  });

  it('takes the address of a page that did not open as a line, and does not bring it back', async () => {
    const gateway = scriptedGateway();
    const { sees, keys } = await seated({}, gateway);
    keys('/mcp\r');
    await gateway.invocation(1);
    keys('http://127.0.0.1:1/callback?code=hush-4711&state=s\r');
    expect((await gateway.invocation(2)).words).toEqual([
      'http://127.0.0.1:1/callback?code=hush-4711&state=s',
    ]);
    keys(UP);
    await sees().toMatch(/> \/mcp$/);
  });

  it('brings back what was typed before, also after a form', async () => {
    const { adapter, sees, keys } = await seated();
    keys('/mcp test linear\r');
    await adapter.send({ actor: adapter.actor }, reply('weather', { actions: [addKey] }));
    keys('1\r');
    await sees().toContain('REGION:');
    keys(CTRL_C);
    await sees().toMatch(/>$/);
    keys(UP + UP);
    await sees().toMatch(/> \/mcp test linear$/);
  });

  it('completes with Tab, and sees the candidates above the prompt', async () => {
    const gateway: ChatGateway = {
      ...scriptedGateway(),
      complete: async (_actor, words) => (words.length === 1 ? ['auth', 'audit'] : ['linear']),
    };
    const { sees, keys } = await seated({}, gateway);
    keys('/mcp au');
    await sees().toBe('> /mcp au');
    keys('\t');
    await sees().toBe('auth   audit\n> /mcp au');
    keys('t');
    keys('\t');
    await sees().toBe('auth   audit\n> /mcp auth');
    keys('l');
    await sees().toBe('auth   audit\n> /mcp auth l');
    keys('\t');
    await sees().toBe('auth   audit\n> /mcp auth linear');
  });

  it.each([
    ['Ctrl-D', CTRL_D],
    ['Ctrl-C', CTRL_C],
    ['exit', 'exit\r'],
    ['the end of the terminal', undefined],
  ])('leaves with %s', async (_name, key) => {
    const { terminal, adapter, keys } = await seated();
    if (key === undefined) terminal.keyboard.end();
    else keys(key);
    await adapter.ended;
    expect(terminal.keyboard.raw).toBe(false);
  });

  it('takes back what is on the line with Ctrl-C, and stays', async () => {
    const { adapter, sees, keys } = await seated();
    keys('/mcp logout');
    await sees().toBe('> /mcp logout');
    keys(CTRL_C);
    await sees().toBe('>');
    expect(await Promise.race([adapter.ended.then(() => 'left'), Promise.resolve('here')])).toBe('here');
  });

  it('gets lines like a pipe where the terminal cannot move its cursor', async () => {
    const { terminal, adapter } = await seated({ dumb: true });
    await adapter.send({ actor: adapter.actor }, reply('servers'));
    expect(terminal.written()).toBe('servers\n');
    expect(adapter.forms).toBe(false);
  });
});

type Answering = (adapter: () => TerminalAdapter) => ScriptedGateway;

/** A table with a link, and then what came of it. */
const answering: Answering = (adapter) =>
  scriptedGateway(async ({ actor, conversation }) => {
    const refresh: Action = { kind: 'command', label: 'Refresh', words: [] };
    const line = { mark: 'attention', cells: ['linear', 'sign-in needed'], action: signIn } as const;
    const delivery = await adapter().send(
      { actor, conversation },
      reply('', { lines: [line], actions: [refresh] }),
    );
    if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
    await adapter().update(delivery.message, reply('linear connected', { aside: 'just now' }));
  });

/** Runs piped lines to their end. */
async function piped(lines: string, options: Partial<TerminalOptions>, answer: Answering) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const text = collected(output);
  const adapter: TerminalAdapter = createTerminalAdapter({ input, output, as: 'ana', ...options });
  onTestFinished(() => adapter.stop());
  await adapter.start(answer(() => adapter));
  input.end(lines);
  await adapter.ended;
  return { adapter, text };
}

describe('piped input', () => {
  it('is dealt with line by line: the next command starts when the one before was handled', async () => {
    const steps: string[] = [];
    const gateway = scriptedGateway(async ({ words }) => {
      steps.push(`begin ${words[0]}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      steps.push(`end ${words[0]}`);
    });
    await piped('/mcp one\n/mcp two\r\n\n/mcp three', {}, () => gateway);
    expect(steps).toEqual(['begin one', 'end one', 'begin two', 'end two', 'begin three', 'end three']);
  });

  it('gets each reply and each update as text, one below the other', async () => {
    const { adapter, text } = await piped('/mcp\n', {}, answering);
    expect(adapter.forms).toBe(false);
    expect(text()).toBe(
      '● linear   sign-in needed   [1] Sign in  http://127.0.0.1:8787/connect/kx3v\n' +
        '[2] Refresh\n' +
        'linear connected   just now\n',
    );
  });

  it('is told what it can say when it is no command', async () => {
    const { text } = await piped('hello\n', {}, answering);
    expect(text()).toBe('Type /mcp to see your MCP servers, /mcp help for all commands.\n');
  });

  it('survives a reader that goes away', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const adapter = createTerminalAdapter({ input, output, as: 'ana' });
    await adapter.start(scriptedGateway());
    output.destroy(new Error('EPIPE'));
    await adapter.ended;
    expect(await adapter.send({ actor: adapter.actor }, reply('late'))).toEqual({ kind: 'gone' });
  });
});

describe('--json', () => {
  it('prints each reply and update as one line, a button of a line in it and in actions', async () => {
    const { text } = await piped('/mcp\n', { json: true }, answering);
    const [first, second, ...rest] = text().split('\n');
    const ref = { process: expect.any(String), message: 1 };
    const url = 'http://127.0.0.1:8787/connect/kx3v';
    const link = { kind: 'link', label: 'Sign in', url };
    expect(JSON.parse(first ?? '')).toEqual({
      type: 'reply',
      ref,
      title: '',
      lines: [{ mark: 'attention', cells: ['linear', 'sign-in needed'], action: link }],
      actions: [link, { kind: 'command', label: 'Refresh', words: [] }],
    });
    expect(JSON.parse(second ?? '')).toEqual({
      type: 'update',
      ref,
      title: 'linear connected',
      aside: 'just now',
      lines: [],
      actions: [],
    });
    expect(rest).toEqual(['']);
  });

  it('leaves no control character bare, and every value as it was', async () => {
    const hostile = 'a\u009b2J\u202e\u2028\u0000b';
    const { text } = await piped('/mcp\n', { json: true }, (adapter) =>
      scriptedGateway(async ({ actor }) => void (await adapter().send({ actor }, reply(hostile)))),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(JSON.parse(text())).toMatchObject({ title: hostile });
  });
});

describe('one command from the shell', () => {
  it('has only its last state printed into a pipe, but its link at once', async () => {
    const output = new PassThrough();
    const text = collected(output);
    const adapter = createTerminalAdapter({ input: { words: ['auth', 'linear'] }, output, as: 'ana' });
    onTestFinished(() => adapter.stop());
    const gateway = scriptedGateway(async ({ actor }) => {
      const delivery = await adapter.send({ actor }, reply('one moment'));
      if (delivery.kind !== 'delivered') throw new Error(delivery.kind);
      await adapter.update(delivery.message, reply('Sign in', { actions: [signIn] }));
      expect(text()).toBe('Sign in\n→ Sign in  http://127.0.0.1:8787/connect/kx3v\n');
      await adapter.update(delivery.message, reply('finishing'));
      await adapter.update(delivery.message, reply('linear connected'));
    });
    await adapter.start(gateway);
    await adapter.ended;
    expect((await gateway.invocation(1)).words).toEqual(['auth', 'linear']);
    adapter.flush();
    await expect
      .poll(text)
      .toBe('Sign in\n→ Sign in  http://127.0.0.1:8787/connect/kx3v\nlinear connected\n');
    expect(adapter.said().map(({ title }) => title)).toEqual(['linear connected']);
  });
});
