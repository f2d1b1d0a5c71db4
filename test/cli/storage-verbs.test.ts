import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operator } from '../../src/cli/operator.js';
import type { AuditEntry } from '../../src/gateway/audit/audit.js';
import { readAudit } from '../../src/gateway/audit/reading.js';
import { openStore } from '../../src/storage/open.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { Program } from '../helpers/program.js';

const [one, two] = ['the first key '.repeat(4).trim(), 'the second key '.repeat(4).trim()];
let home: GatewayFolder;

beforeEach(async () => {
  home = await gatewayFolder({ mcp_servers: {} });
});
afterEach(() => home.remove());

async function run(...args: readonly string[]) {
  const program = new Program(args, { cwd: home.folder, env: { STATE: './state' } });
  return { code: await program.ended, out: program.out, err: program.err };
}

async function write(folder: string, key: string, sealingKeys: readonly string[] = []): Promise<void> {
  const { store } = await openStore({ kind: 'file', folder: join(home.folder, folder) }, { sealingKeys });
  await store.records('things').set(key, 1);
  await store.close();
}

/** What the audit of a folder holds of its operators, oldest first. */
async function audited(folder: string, sealingKeys: readonly string[] = []) {
  const { store } = await openStore({ kind: 'file', folder: join(home.folder, folder) }, { sealingKeys });
  const entries: Omit<AuditEntry, 'atMs'>[] = [];
  for await (const { atMs: _, ...entry } of readAudit(store, { sinceMs: 0, order: 'oldest-first' }))
    entries.push(entry);
  await store.close();
  return entries;
}

const by = operator();

async function remove(folder: string, key: string): Promise<void> {
  const { store } = await openStore({ kind: 'file', folder: join(home.folder, folder) });
  await store.records('things').delete(key);
  await store.close();
}

describe('keys rotate', () => {
  it('gives the state folder a new key, says so, and the records open with it', async () => {
    await write('state', 'a');
    const before = await readFile(join(home.folder, 'state/sealing.key'), 'utf8');
    const { code, out } = await run('keys', 'rotate');
    expect(code).toBe(0);
    expect(out).toContain('Records with the new seal: 1; sealed anew just now: 1.');
    expect(out).toContain('sealing.key.old');
    expect(await readFile(join(home.folder, 'state/sealing.key'), 'utf8')).not.toBe(before);
    await write('state', 'b');
    const outcome = '1 of 1 records sealed anew';
    expect(await audited('state')).toEqual([{ what: 'keys-rotated', outcome, actor: by }]);
  });

  it('names what a missing key keeps as it is: exit code 1', async () => {
    await write('state', 'a', [one]);
    await write('state', 'b', [two, one]);
    await home.rewrite({ security: { encryption_key: [two] } });
    const { code, out } = await run('keys', 'rotate');
    expect(code).toBe(1);
    expect(out).toMatch(/stay as they are:\n {2}things\/a\nKeep the older keys/);
    expect(out).not.toContain(two);
    const outcome = '0 of 1 records sealed anew, 1 unreadable, not done';
    expect(await audited('state', [two])).toEqual([{ what: 'keys-rotated', outcome, actor: by }]);
  });
});

it('a link that the owner of the state folder puts there leads root to no file of root’s', async () => {
  const secret = 'what only root may read, one line of it';
  const [state, foreign] = [join(home.folder, 'state'), join(home.folder, 'foreign')];
  await mkdir(state);
  await writeFile(foreign, `${secret}\n`, { mode: 0o600 });
  await symlink(foreign, join(state, 'sealing.key'));
  await chmod(home.folder, 0o755);
  // Where the tests are not root, nobody may read it.
  await (process.geteuid?.() === 0 ? chown(state, 4_321, 4_321) : chmod(foreign, 0o000));
  const { code, err } = await run('keys', 'rotate');
  expect(code, err).toBe(1);
  expect(await readdir(state)).not.toContain('sealing.key.old');
});

describe('storage copy', () => {
  it('copies from one folder into another, and says what key is needed there', async () => {
    await write('state', 'a');
    const { code, out, err } = await run('storage', 'copy', 'file:${STATE}', 'file:./moved');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Records copied to .*moved: 1; there already: 0\.\nAll records are there\.\n/);
    expect(out).toContain('sealing.key');
    const key = await readFile(join(home.folder, 'state/sealing.key'), 'utf8');
    await writeFile(join(home.folder, 'moved/sealing.key'), key, { mode: 0o600 });
    await write('moved', 'b');
    expect((await run('storage', 'copy', 'file:./state', 'file:./moved')).out).toContain(
      'There and not here: 1.',
    );
    const exact = await run('storage', 'copy', 'file:./state', 'file:./moved', '--exact');
    expect(exact.out).toMatch(/There and not here, and removed there: 1\.\nAll records are there\./);
    const entries = await audited('moved');
    expect(entries).toEqual(await audited('state'));
    expect(entries).toHaveLength(3);
    expect(entries[0]).toEqual({
      what: 'storage-copied',
      outcome: '1 records copied, 0 there already',
      actor: by,
    });
    expect(entries[2]?.outcome).toContain(', 1 removed');
  });

  it('says where its audit could not be written, for want of the key, and has copied all the same', async () => {
    await write('state', 'a', [one]);
    const { code, out, err } = await run('storage', 'copy', 'file:./state', 'file:./moved');
    expect(code).toBe(0);
    expect(out).toContain('Records copied to');
    expect(err).toContain('This is not in the audit.');
    await home.rewrite({ security: { encryption_key: [one] } });
    expect((await run('storage', 'copy', 'file:./state', 'file:./moved')).err).toBe('');
    expect(await audited('moved', [one])).toHaveLength(1);
  });

  it('leaves an empty storage empty: copied from it by mistake, --exact takes nothing away', async () => {
    await write('full', 'a');
    await write('state', 'gone');
    await remove('state', 'gone');
    for (const exact of [[], ['--exact']]) {
      const { out } = await run('storage', 'copy', 'file:./state', 'file:./full', ...exact);
      expect(out).toContain('There and not here: 1.');
    }
  });

  it.each([
    ['redis://ana:hunter2@127.0.0.1/0/1', 2, 'an address that cannot be read (not shown)'],
    ['memory', 2, 'cannot be copied'],
  ])('refuses %s, and shows no password', async (to, expected, words) => {
    await write('state', 'a');
    const { code, out, err } = await run('storage', 'copy', 'file:./state', to);
    expect(code).toBe(expected);
    expect(err).toContain(words);
    expect(out + err).not.toContain('hunter2');
  });
});
