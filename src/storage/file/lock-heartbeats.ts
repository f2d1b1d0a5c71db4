import fs from 'node:fs';

type Done = (error: NodeJS.ErrnoException | null, stats?: fs.Stats) => void;

/** A holder gives up this much of its lease, so that it has let go before others may take over. */
const SAFE_PART = 0.8;

/**
 * The file system that proper-lockfile beats the heart with. A beat that comes too late (the event loop was blocked,
 * the machine slept) finds "no such file" instead of touching a lock that may be another's by now; proper-lockfile
 * then reports the lock as lost.
 */
export class Heartbeats {
  /** The last beat, by lock, in ms since the epoch: the clock that the others compare the lock's mtime with. */
  readonly #lastMs = new Map<string, number>();
  readonly fs: object;

  constructor(private readonly leaseMs: number) {
    this.fs = {
      mkdir: fs.mkdir,
      realpath: fs.realpath,
      // Released too late: left to the one who took over, or to whoever will.
      rmdir: (path: string, done: Done) => (this.late(path) ? done(null) : fs.rmdir(path, done)),
      rmdirSync: (path: string) => this.late(path) || fs.rmdirSync(path),
      stat: (path: string, done: Done) => this.#unlessLate(path, done, () => fs.stat(path, done)),
      utimes: (path: string, accessed: Date, modified: Date, done: Done) =>
        this.#unlessLate(path, done, () => {
          const atMs = Date.now();
          fs.utimes(path, accessed, modified, (error) => {
            if (!error && this.#lastMs.has(path)) this.#lastMs.set(path, atMs);
            done(error);
          });
        }),
    };
  }

  begin(path: string, atMs: number): void {
    this.#lastMs.set(path, atMs);
  }

  late(path: string): boolean {
    const lastMs = this.#lastMs.get(path);
    return lastMs !== undefined && Date.now() - lastMs > this.leaseMs * SAFE_PART;
  }

  end(path: string): void {
    this.#lastMs.delete(path);
  }

  #unlessLate(path: string, done: Done, act: () => void): void {
    if (!this.late(path)) act();
    else done(Object.assign(new Error('The heartbeat came too late'), { code: 'ENOENT' }));
  }
}
