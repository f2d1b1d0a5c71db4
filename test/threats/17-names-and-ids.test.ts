import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkIn } from '../helpers/program.js';
import { signIn } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import { exchange } from '../http/exchange.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();

/** Names and ids that lead elsewhere, end texts early, or are far too long. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['a folder above', '../../../../tmp/threat-17'],
  ['an absolute path', '/tmp/threat-17'],
  ['Windows’ folders', '..\\..\\threat-17'],
  ['dots alone', '..'],
  ['a device of Windows', 'con'],
  ['percent signs', '..%2f..%2fthreat-17%00'],
  ['ten kilobytes', 'x'.repeat(10_240)],
  ['emoji', '👩‍👩‍👧'.repeat(100)],
  ['a lock’s and a record’s ending', 'threat.record.lock'],
  ['half a surrogate', 'a\ud800b'],
];

/** All that is on the disk around the state folder of a gateway. */
async function paths(stateFolder: string): Promise<readonly string[]> {
  return (await readdir(join(stateFolder, '..'), { recursive: true })).toSorted();
}

describe('threat 17: servers’ names', () => {
  it.each([
    ...HOSTILE.filter(([, name]) => name !== 'con'),
    ['NUL', 'a\u0000b'] as const,
    ['a line break', 'a\nb'] as const,
    ['nothing', ''] as const,
    ['__proto__', '__proto__'] as const,
  ])('%s: a mistake of the config, and nothing starts', async (_what, name) => {
    const servers = JSON.parse(`{${JSON.stringify(name)}: {"url": "${scene.files.url}"}}`);
    await expect(scene.gateway({ mcp_servers: servers })).rejects.toThrow(/mcp_servers/);
  });

  it('that mean something to JavaScript or to Windows are names like others', async () => {
    const names = ['constructor', 'toString', 'con', 'NUL', 'hasOwnProperty'];
    const servers = Object.fromEntries(names.map((name) => [name, { url: scene.files.url, auth: 'oauth' }]));
    const gateway = await scene.gateway({ mcp_servers: servers });
    const vic = await gateway.visitor('vic');
    for (const name of names) {
      const message = await vic.say(`/mcp auth ${name}`);
      await signIn(message.link);
      await vic.untilSays(`${name} connected`, message);
    }
    const files = Object.keys(await recordFiles(gateway));
    expect(files.filter((path) => /\/(con|nul)(\.|\/)/i.test(path))).toEqual([]);
  });
});

describe('threat 17: people’s ids', () => {
  // A terminal's person is whatever the shell says: no other platform lets an id be anything at all.
  it.each([...HOSTILE, ['NUL', 'a\u0000b'] as const, ['the name of another', 'web:vic'] as const])(
    '%s: a sign-in works, belongs to that id alone, and all its files lie in the state folder',
    async (_what, id) => {
      const person = new TerminalVisitor(id);
      const gateway = await scene.gateway({}, { adapters: [person.adapter] });
      const vic = await gateway.visitor('vic');
      const before = await paths(gateway.stateFolder);
      await signIn(linkIn(await person.ask('/mcp auth files', 'sign in at')));
      await person.untilSays('files connected');
      expect((await vic.say('/mcp status files')).text).not.toMatch(/^connected/m);
      const made = (await paths(gateway.stateFolder)).filter((path) => !before.includes(path));
      expect(made.length).toBeGreaterThan(0);
      const longest = Math.max(
        ...made.flatMap((path) => path.split('/')).map((name) => Buffer.byteLength(name)),
      );
      expect(longest).toBeLessThanOrEqual(255);
      for (const path of made) expect(path).toMatch(/^state\/[\w=~%./-]+$/);
      const keys = await (await gateway.store()).records('credentials').keys();
      expect(keys).toHaveLength(1);
    },
  );
});

describe('threat 17: ids and names in addresses', () => {
  it.each([
    ...HOSTILE,
    ['NUL', '\u0000'] as const,
    ['an id cut off', 'A'.repeat(15)] as const,
    ['the path of a record', 'pending/..%2f..%2fsealing-key'] as const,
  ])('%s: the page for what is not there, and nothing is looked for on the disk', async (_what, id) => {
    const gateway = await scene.gateway();
    const before = await paths(gateway.stateFolder);
    const encoded = encodeURIComponent(id.toWellFormed());
    for (const path of [`/connect/${encoded}`, `/key/${encoded}`]) {
      for (const method of ['GET', 'POST']) {
        const { status, body } = await exchange(`${gateway.url}${path}`, { method });
        expect([400, 403, 404, 414]).toContain(status);
        expect(body).not.toMatch(/threat-17|ENOENT|\/state/);
      }
    }
    const state = new URLSearchParams({ code: 'c0de', state: id.toWellFormed() });
    expect((await exchange(`${gateway.url}/oauth/callback?${state}`)).status).toBeOneOf([400, 414]);
    expect(await paths(gateway.stateFolder)).toEqual(before);
    expect(gateway.log.join('')).not.toMatch(/could not be answered|ENAMETOOLONG|ENOENT/);
  });
});
