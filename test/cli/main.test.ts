import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Program } from '../helpers/program.js';

async function run(...args: readonly string[]) {
  const program = new Program(args);
  program.endInput();
  return { code: await program.ended, out: program.out, err: program.err };
}

describe('the command line', () => {
  const VERBS = ['start', 'demo', 'chat', 'mcp', 'check', 'audit', 'slack-manifest', 'discord-invite'];

  const OF_SEVERAL = ['import', 'list', 'export', 'revoke'].map((verb) => `credentials ${verb}`);

  it.each([...VERBS, 'credentials', ...OF_SEVERAL, 'keys rotate', 'storage copy'])(
    'explains %s with examples',
    async (verb) => {
      const { code, out, err } = await run(...verb.split(' '), '--help');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`Usage: mcp-chat-gateway ${verb}`);
      expect(out).toMatch(new RegExp(`Examples:\n  \\$ .*mcp-chat-gateway ${verb}`));
      // A terminal is 80 columns wide if not wider, and cuts words in two at its edge.
      expect(out.split('\n').filter((line) => line.length > 80 && !line.startsWith(' '))).toEqual([]);
      // A default is shown as it would be typed: 7d, and not the milliseconds that became of it.
      expect(out).not.toMatch(/default: \d{6,}/);
    },
  );

  it('lists every verb and the exit codes in --help', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const verb of VERBS) expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
    expect(out).toContain('0 fine, 1 failed, 2 bad usage or config');
  });

  it('knows its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each([
    [[], 'Usage:'],
    [['strat'], 'Did you mean start?'],
    [['start', 'now'], 'too many arguments'],
    [['start', '--confg', 'x'], 'Did you mean --config?'],
    [['start', '--config'], 'argument missing'],
    [['demo', '--port', '0'], 'A port from 1 to 65534'],
    [['demo', '--port', '80a'], 'A port from 1 to 65534'],
    [['chat', '--wait', '-3'], 'Seconds, from 0 up'],
    [['chat', '--wait', ''], 'Seconds, from 0 up'],
    [['chat', '--as', 'ana b'], 'without spaces'],
    [['chat', '--as', 'a\u001bb'], 'without spaces'],
    [['mcp', '--wait', 'soon'], 'Seconds, from 0 up'],
    [['slack-manifest', '--name', 'a'.repeat(36)], 'A name of up to 35 characters'],
    [['audit', '--since', 'yesterday'], 'A time such as 30m, 12h, 7d, or a date'],
    [['slack-manifest', '--name', ' '], 'A name of up to 35 characters'],
  ])(
    '%j is bad usage: exit code 2, a sentence on standard error, nothing on standard output',
    async (args, says) => {
      const { code, out, err } = await run(...args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(says);
    },
  );
});
