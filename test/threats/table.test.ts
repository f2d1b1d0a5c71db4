import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace?: string;
}

interface Mutation extends Edit {
  readonly defence: string;
  readonly row: number;
  readonly tests: readonly string[];
  readonly only?: string;
  readonly also?: readonly Edit[];
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readYaml = (file: string): unknown => parse(read(`test/threats/${file}`));
const rows = readYaml('rows.yaml') as readonly { readonly row: number }[];
const mutations = readYaml('mutations.yaml') as readonly Mutation[];
const files = readdirSync(join(root, 'test/threats')).filter((file) => file.endsWith('.test.ts'));

describe('the table of threats', () => {
  it('has 24 rows, each with tests, and no test of an attack without a row', () => {
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    const numbers = files.flatMap((file) => /^(\d\d)-/.exec(file)?.[1] ?? []).map(Number);
    expect([...new Set(numbers)].toSorted((a, b) => a - b)).toEqual(rows.map(({ row }) => row));
  });

  it('is SECURITY.md’s, with a link to each test', async () => {
    await run(process.execPath, ['scripts/threats.js', '--check'], { cwd: root });
    const linked = [...read('SECURITY.md').matchAll(/\]\((test\/threats\/[^)]+)\)/g)].map(([, path]) => path);
    expect(linked.toSorted()).toEqual(
      files.filter((file) => /^\d\d-/.test(file)).map((file) => `test/threats/${file}`),
    );
  });

  it('each test is titled with its attack’s number, and none is skipped', () => {
    for (const file of files.filter((name) => /^\d\d-/.test(name))) {
      const text = read(`test/threats/${file}`);
      const numbers = [...text.matchAll(/'threat (\d+)/g)].map(([, number]) => Number(number));
      expect(numbers, file).toContain(Number(file.slice(0, 2)));
      expect(text, file).not.toMatch(/\b(it|describe|test)\.(skip|only|todo|fails)\b/);
    }
  });
});

describe('the mutations of the defences', () => {
  it('each row has some, and no two have one name', () => {
    expect([...new Set(mutations.map(({ row }) => row))].toSorted((a, b) => a - b)).toEqual(
      rows.map(({ row }) => row),
    );
    expect(new Set(mutations.map(({ defence }) => defence)).size).toBe(mutations.length);
  });

  it('each still stands in the source once, and its tests are there', () => {
    const stale = mutations.flatMap((mutation) => {
      const edits = [mutation, ...(mutation.also ?? [])];
      const moved = edits.filter(({ file, find, replace = '' }) => {
        return replace === find || !existsSync(join(root, file)) || read(file).split(find).length !== 2;
      });
      const missing = mutation.tests.filter((test) => !existsSync(join(root, test)));
      return [...moved.map(({ file, find }) => `${file}: ${find}`), ...missing];
    });
    expect(stale).toEqual([]);
  });
});
