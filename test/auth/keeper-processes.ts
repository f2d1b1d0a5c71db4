import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import type { OAuthCredential, TokenOutcome } from '../../src/auth/types.js';
import type { StorageKind } from '../../src/storage/places.js';

export const KEY = { subject: 'telegram:1', server: 'linear' };
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The rooms that a keeper needs as JavaScript, for processes that are not vitest's. The caller removes the folder. */
export async function compileKeeper(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keeper-js-'));
  await symlink(at('../../node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const room of ['auth', 'storage', 'observability']) {
    await mkdir(join(folder, room));
    for (const name of await readdir(at(`../../src/${room}`))) {
      const { code } = await transform(await readFile(at(`../../src/${room}/${name}`), 'utf8'), {
        swcrc: false,
        module: { type: 'es6' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      });
      await writeFile(join(folder, room, name.replace(/\.ts$/, '.js')), code);
    }
  }
  return folder;
}

export interface Asking {
  readonly compiled: string;
  readonly place: StorageKind;
  readonly sealingKeys?: readonly string[];
  readonly tokenOrigin: string;
  readonly calls: number;
}

/** A process with a keeper of its own, which asks it for the same token many times at once. */
export class Asker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;

  constructor(asking: Asking) {
    this.#child = spawn(process.execPath, [at('keeper-child.js'), JSON.stringify(asking)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (this.#child.stdout === null) throw new Error('the process has no output');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#closed = once(this.#child, 'close');
  }

  async ready(): Promise<void> {
    const { value } = await this.#lines.next();
    if (value !== 'ready') throw new Error(`said ${value}`);
  }

  go(): void {
    this.#child.stdin?.write('go\n');
  }

  /** What each call came to; an error as its code. */
  async outcomes(): Promise<readonly (TokenOutcome | { readonly kind: 'error'; readonly code: string })[]> {
    const { value } = await this.#lines.next();
    await this.#closed;
    return JSON.parse(value) as TokenOutcome[];
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

/** Several together, when all are ready. */
export async function askTogether(count: number, asking: Asking): Promise<readonly Asker[]> {
  const askers = Array.from({ length: count }, () => new Asker(asking));
  await Promise.all(askers.map((asker) => asker.ready()));
  for (const asker of askers) asker.go();
  return askers;
}

/** Expired an hour ago, with the first refresh token of token-endpoint.ts. */
export function expiredCredential(origin: string): OAuthCredential {
  return {
    kind: 'oauth',
    accessToken: 'a1',
    refreshToken: 'r1',
    issuedAtMs: Date.now() - 7_200_000,
    expiresAtMs: Date.now() - 3_600_000,
    client: { clientId: 'c', kind: 'dynamic' },
    issuer: origin,
    tokenEndpoint: `${origin}/token`,
    resource: 'https://mcp.example/mcp',
  };
}
