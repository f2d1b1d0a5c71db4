import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/storage/open.js';

/** A state folder of its own for each test of a file, and the stores that a test opens in it. */
export class StateFolder {
  /** A test may move it further down. */
  path = '';
  #root = '';
  readonly #opened: OpenedStore[] = [];

  constructor() {
    beforeEach(async () => {
      this.#root = await mkdtemp(join(tmpdir(), 'store-'));
      this.path = this.#root;
    });
    afterEach(async () => {
      await Promise.all(this.#opened.splice(0).map(({ store }) => store.close()));
      await rm(this.#root, { recursive: true, force: true });
    });
  }

  async openWithSecret(options?: OpenStoreOptions): Promise<OpenedStore> {
    const opened = await openStore({ kind: 'file', folder: this.path }, options);
    this.#opened.push(opened);
    return opened;
  }

  async open(options?: OpenStoreOptions): Promise<OpenedStore['store']> {
    return (await this.openWithSecret(options)).store;
  }

  record(...path: string[]): string {
    return join(this.path, 'records', ...path);
  }

  /** Every file with its content. */
  async everything(): Promise<Map<string, string>> {
    const entries = await readdir(this.path, { withFileTypes: true, recursive: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    return new Map(files.map((file, index) => [file, contents[index] ?? '']));
  }
}
