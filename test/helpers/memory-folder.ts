import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 2 ** 30;

/** Linux alone has it; containers often have a small one, or one from which no program starts. */
function isRoomy(): boolean {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    const [, , kind, options = ''] =
      mounts.map((line) => line.split(' ')).find(([, at]) => at === MEMORY) ?? [];
    const { bavail, bsize } = statfsSync(MEMORY);
    return kind === 'tmpfs' && !options.split(',').includes('noexec') && bavail * bsize > ENOUGH_BYTES;
  } catch {
    return false;
  }
}

/**
 * Tests make thousands of small folders and have each record written through to the disk: a third of their CPU, and long
 * waits. In memory both cost nothing. The tests of storage itself stay on the disk (`vitest.config.ts`).
 *
 * @returns takes the folder away
 */
export default function setup(): (() => void) | undefined {
  if (process.env.TMPDIR !== undefined || !isRoomy()) return;
  const folder = mkdtempSync(`${MEMORY}/gateway-tests-`);
  // PostgreSQL, which runs as a user of its own, has its folder in it.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
