import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What is installed beside the project, never into it. */
export interface Beside {
  /** A package.json and its lock file. */
  readonly source: string;
  /** Where `node_modules` is to be. */
  readonly folder: string;
}

async function fingerprint(source: string): Promise<string> {
  const lockFile = await readFile(join(source, 'package-lock.json'));
  return createHash('sha256').update(lockFile).digest('hex');
}

/** False where it has not been installed, or other versions have. */
export async function isInstalled({ source, folder }: Beside): Promise<boolean> {
  const installed = await readFile(join(folder, 'installed'), 'utf8').catch(() => undefined);
  return installed === (await fingerprint(source));
}

/** With the versions that the lock file names; nothing is asked of the registry where they are there. */
export async function installBeside(beside: Beside): Promise<void> {
  if (await isInstalled(beside)) return;
  const { source, folder } = beside;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(source, folder, { recursive: true });
  await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  await writeFile(join(folder, 'installed'), await fingerprint(source));
}
