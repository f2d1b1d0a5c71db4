import { existsSync, renameSync, statSync } from 'node:fs';
import { chown, lchown, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { workAsFolderOwner } from '../../src/cli/folder-owner.js';
import type { StorageKind } from '../../src/storage/places.js';

const isRoot = process.geteuid?.() === 0;
/** Only root can give folders away; where the tests are not root, all folders are of who runs them. */
const service = isRoot ? 4_321 : (process.getuid?.() ?? 0);
const become = vi.fn();
let root = '';

beforeEach(async () => {
  become.mockReset();
  root = await mkdtemp(join(tmpdir(), 'owners-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function folderOf(uid: number, name = 'state'): Promise<StorageKind> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  if (isRoot) await chown(folder, uid, 99);
  return { kind: 'file', folder };
}

const work = (storages: readonly StorageKind[], uid = 0) => workAsFolderOwner(storages, { uid, become });
const whoWorks = () => become.mock.calls.map(([owner]) => owner.uid);

describe('a verb that root types', () => {
  it('works in the state folder of a service as that service', async () => {
    work([await folderOf(service)]);
    expect(whoWorks()).toEqual([service]);
  });

  it('works as whoever has put a link in the folder’s place', async () => {
    await symlink('/', join(root, 'link'));
    if (isRoot) await lchown(join(root, 'link'), service, 99);
    work([{ kind: 'file', folder: join(root, 'link') }]);
    expect(whoWorks()).toEqual([service]);
  });

  it('works as the owner of what a link of root’s leads to', async () => {
    await folderOf(service, 'private');
    await symlink(join(root, 'private'), join(root, 'link'));
    work([{ kind: 'file', folder: join(root, 'link') }]);
    expect(whoWorks()).toEqual([service]);
  });

  it.runIf(existsSync('/proc/self/fd'))('works in a folder to which its owner knows no way', async () => {
    const storage = await folderOf(service);
    const { ino } = statSync(join(root, 'state'));
    // As if root alone could go there.
    become.mockImplementation(() => renameSync(join(root, 'state'), join(root, 'out of reach')));
    const [found] = work([storage]);
    expect(found?.kind === 'file' && statSync(found.folder).ino).toBe(ino);
  });

  it('copies as the owner of the folder that there is', async () => {
    work([{ kind: 'file', folder: join(root, 'new') }, await folderOf(service)]);
    expect(whoWorks()).toEqual([service]);
  });

  it('copies from no user’s folder into another’s', async () => {
    const both: readonly StorageKind[] = [{ kind: 'file', folder: '/' }, await folderOf(service)];
    expect(() => work(both)).toThrow(/different users/);
    expect(become).not.toHaveBeenCalled();
  });

  it('stays root in a folder of root’s, in one that is not there, and with a server', () => {
    work([{ kind: 'file', folder: '/' }]);
    work([{ kind: 'file', folder: join(root, 'new') }, { kind: 'memory' }]);
    expect(become).not.toHaveBeenCalled();
  });

  it('says so where it may not become that user', async () => {
    become.mockImplementation(() => {
      throw Object.assign(new Error('setuid EPERM'), { code: 'EPERM' });
    });
    const storage = await folderOf(service);
    expect(() => work([storage])).toThrow(`belongs to user ${service}: run this as that user`);
  });
});

it('a verb that anybody else types works as who typed it', async () => {
  work([await folderOf(service)], 1_000);
  expect(become).not.toHaveBeenCalled();
});
