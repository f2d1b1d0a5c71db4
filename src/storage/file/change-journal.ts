import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { appendFile, chmod, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, unlessAbsent } from '../file-failure.js';
import { makeFolders } from './durable-file.js';
import { inheritOwner } from './inherited-owner.js';
import { segmentName } from './names.js';

/** A file of the journal takes the lines of this long, and is kept for so long after its last, for late readers. */
const FILE_LASTS_MS = 600_000;
const KEEP_MS = 1_800_000;
/** Where the system's own watching misses something (network drives, limits), this finds it. */
const LOOK_EVERY_MS = 1_000;

/**
 * News between the processes that share a folder: who changes a record adds a line with its key to a journal, who
 * watches reads what was added. One small folder for each name to watch, however many records it has; and unlike
 * recursive watching it does not lose what happens in folders that were just made.
 */
export class ChangeJournal {
  /** Lines of this process are skipped: it is told directly. */
  readonly #writer = randomUUID();
  readonly #lastFile = new Map<string, string>();

  constructor(private readonly root: string) {}

  async add(name: string, key: string): Promise<void> {
    const folder = join(this.root, segmentName(name));
    const file = `${Math.floor(Date.now() / FILE_LASTS_MS)}.log`;
    const line = `${JSON.stringify([this.#writer, key])}\n`;
    const path = join(folder, file);
    try {
      await appendFile(path, line, { mode: 0o600 });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await makeFolders(this.root, folder);
      await appendFile(path, line, { mode: 0o600 });
    }
    if (this.#lastFile.get(name) !== file) await this.#begin(name, folder, file);
  }

  /** Resolves when nothing that is added from now on can be missed. */
  async follow(name: string, changed: (key: string) => void): Promise<() => void> {
    const folder = join(this.root, segmentName(name));
    await makeFolders(this.root, folder);
    const reader = new JournalReader(folder, this.#writer, changed);
    await reader.skip();
    return followFolder(folder, () => reader.read());
  }

  /** The first line in a new file: sets its owner, and its mode whatever the umask, and lets the oldest files go. */
  async #begin(name: string, folder: string, file: string): Promise<void> {
    this.#lastFile.set(name, file);
    await chmod(join(folder, file), 0o600).catch(() => {});
    await inheritOwner(join(folder, file)).catch(() => {});
    for (const name of await journalFiles(folder)) {
      const path = join(folder, name);
      const stats = await unlessAbsent(stat(path));
      if (stats && Date.now() - stats.mtimeMs > KEEP_MS) await rm(path, { force: true });
    }
  }
}

/** How far into each file of a journal somebody has read. */
class JournalReader {
  readonly #offsets = new Map<string, number>();

  constructor(
    private readonly folder: string,
    private readonly own: string,
    private readonly changed: (key: string) => void,
  ) {}

  /** What is there already is no news. */
  async skip(): Promise<void> {
    for (const file of await journalFiles(this.folder)) {
      const stats = await unlessAbsent(stat(join(this.folder, file)));
      if (stats) this.#offsets.set(file, stats.size);
    }
  }

  async read(): Promise<void> {
    for (const file of await journalFiles(this.folder)) {
      const path = join(this.folder, file);
      const from = this.#offsets.get(file) ?? 0;
      const stats = await unlessAbsent(stat(path));
      if (stats === undefined || stats.size <= from) continue;
      const added = await readFrom(path, from, stats.size - from);
      const whole = added.subarray(0, added.lastIndexOf(0x0a) + 1);
      this.#offsets.set(file, from + whole.length);
      for (const line of whole.toString('utf8').split('\n')) this.#tell(line);
    }
  }

  #tell(line: string): void {
    if (line === '') return;
    try {
      const [writer, key] = JSON.parse(line) as [unknown, unknown];
      if (writer !== this.own && typeof key === 'string') this.changed(key);
    } catch {
      // A line that a full disk cut short: its writer could not finish what it says either.
    }
  }
}

/** Calls `look` on every change of the folder, and now and then; never twice at a time. */
function followFolder(folder: string, look: () => Promise<void>): () => void {
  let looking: Promise<void> | undefined;
  let again = false;
  const wake = () => {
    if (looking) {
      again = true;
      return;
    }
    // A failed look is made up for by the next one.
    looking = look()
      .catch(() => {})
      .finally(() => {
        looking = undefined;
        if (again) {
          again = false;
          wake();
        }
      });
  };
  const watcher = watchFolder(folder, wake);
  const timer = setInterval(wake, LOOK_EVERY_MS);
  wake();
  return () => {
    watcher?.close();
    clearInterval(timer);
  };
}

function watchFolder(folder: string, wake: () => void): FSWatcher | undefined {
  try {
    return watch(folder, wake).on('error', () => {});
  } catch {
    return undefined;
  }
}

async function journalFiles(folder: string): Promise<readonly string[]> {
  const names = (await unlessAbsent(readdir(folder))) ?? [];
  return names.filter((name) => name.endsWith('.log')).sort();
}

async function readFrom(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
