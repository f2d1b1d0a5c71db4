import { randomUUID } from 'node:crypto';
import { ChangeNews } from './change-news.js';
import { RecentlyUsed } from './recently-used.js';
import type { RecordVersion } from './record-version.js';

/** Of so many records the versions are kept; one that was forgotten looks changed. */
const MOST_VERSIONS = 50_000;

/**
 * What changes among the processes that share a server, from the notices that they send one another: who watches is
 * told, and the version of what changed is another. While notices may be missed, no version is told; after that, all are
 * others.
 */
export class SharedNews {
  /** Notices of this process are skipped when they come back: it was told directly. */
  readonly #writer = randomUUID();
  readonly #news = new ChangeNews();
  #versions = new RecentlyUsed<number>(MOST_VERSIONS);
  #lastVersion = 0;
  #hearing = false;

  /**
   * The notice that tells the other processes of a change.
   *
   * @param mostBytes a key that makes it longer is left out: then every version is another for them, and who watches
   * is not told. No key of the gateway's is that long.
   */
  notice(name: string, key: string, mostBytes = Number.POSITIVE_INFINITY): string {
    const notice = JSON.stringify([this.#writer, name, key]);
    return Buffer.byteLength(notice) <= mostBytes ? notice : JSON.stringify([this.#writer, name]);
  }

  /** This process may have changed a record: the answer that would say so was lost. */
  perhaps(name: string, key: string): void {
    this.#versions.delete(idOf(name, key));
  }

  /** This process changed a record. */
  changed(name: string, key: string): void {
    this.perhaps(name, key);
    this.#news.tell(name, key);
  }

  /** A notice came. What is none of ours is passed over. */
  heard(notice: string): void {
    try {
      const [writer, name, key] = JSON.parse(notice) as readonly unknown[];
      if (writer === this.#writer || typeof name !== 'string') return;
      if (typeof key === 'string') this.changed(name, key);
      else this.#versions = new RecentlyUsed(MOST_VERSIONS);
    } catch {
      // Somebody else's use of the channel.
    }
  }

  /** From now on no notice is missed. */
  begin(): void {
    this.#versions = new RecentlyUsed(MOST_VERSIONS);
    this.#hearing = true;
  }

  /** Notices may be missed. */
  pause(): void {
    this.#hearing = false;
  }

  version(name: string, key: string): RecordVersion | undefined {
    if (!this.#hearing) return undefined;
    const id = idOf(name, key);
    const known = this.#versions.get(id);
    if (known !== undefined) return known;
    this.#lastVersion += 1;
    this.#versions.set(id, this.#lastVersion);
    return this.#lastVersion;
  }

  listen(name: string, changed: (key: string) => void): () => void {
    return this.#news.listen(name, changed);
  }

  close(): void {
    this.pause();
    this.#news.clear();
  }
}

function idOf(name: string, key: string): string {
  return `${encodeURIComponent(name)}/${key}`;
}
