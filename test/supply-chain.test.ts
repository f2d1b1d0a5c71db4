import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
  readonly hashes: readonly { readonly content: string }[];
}

const manifest = JSON.parse(text('package.json')) as Manifest;
const lock = JSON.parse(text('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> };
const bill = text('dist/sbom.json');
const { components } = JSON.parse(bill) as { readonly components: readonly Component[] };
const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
const fullName = ({ group, name }: Component): string => (group === undefined ? name : `${group}/${name}`);

describe('the bill of materials', () => {
  it('is CycloneDX 1.6 to the letter', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(bill)).toBeNull();
  });

  it('lists what the notices list, each with its licence and its hash in the lockfile', () => {
    const notices = text('dist/THIRD-PARTY-NOTICES.txt');
    const named = Array.from(notices.matchAll(/^(\S+ \d\S*) \(\S+\)$/gm), ([, name]) => name);
    expect(components.map((one) => `${fullName(one)} ${one.version}`)).toEqual(named);
    expect(components.length).toBeGreaterThan(50);
    const hashes = new Set(
      Object.values(lock.packages).map(({ integrity = '' }) =>
        Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
      ),
    );
    for (const one of components) expect(hashes, one.purl).toContain(one.hashes[0]?.content);
  });

  it('has no licence that asks more of a user than to keep its notice', () => {
    const found = components.flatMap(({ licenses }) =>
      licenses.map(({ license, expression }) => license?.id ?? expression ?? 'none'),
    );
    expect(
      [...new Set(found)].filter(
        (id) => !/^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0)$/.test(id),
      ),
    ).toEqual([]);
  });
});

describe('the lockfile', () => {
  it('is in step with package.json, where every version is exact', () => {
    const [own] = [lock.packages['']];
    expect({ ...own?.dependencies, ...own?.devDependencies }).toEqual(wanted);
    for (const [name, version] of Object.entries(wanted)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  it('knows each package by its hash, and by no place', () => {
    for (const [place, { integrity, resolved }] of Object.entries(lock.packages)) {
      if (place === '') continue;
      expect(integrity, place).toMatch(/^sha512-/);
      expect(resolved, place).toBeUndefined();
    }
  });
});

describe('installing', () => {
  it('runs no script of the package itself', () => {
    const onInstall = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
    expect(onInstall.filter((name) => name in manifest.scripts)).toEqual([]);
  });

  it('needs no script of what ships, and for building runs none either', () => {
    const scripted = Object.entries(lock.packages).flatMap(([place, { hasInstallScript }]) =>
      hasInstallScript === true ? [place] : [],
    );
    const shipped = new Set(components.map((one) => `node_modules/${fullName(one)}`));
    expect(scripted.filter((place) => shipped.has(place))).toEqual([]);
    expect(Object.keys(manifest.dependencies ?? {})).toEqual([]);
    // Its script looks for a platform's binary that came as a package of its own.
    expect(scripted).toEqual(['node_modules/@swc/core']);
    expect(text('package.json')).toContain('"@swc/core": false');
  });
});

describe('ARCHITECTURE.md', () => {
  it('says of each dependency what it is for, and names no other', () => {
    const section = /^## Dependencies, and what each is for$([\s\S]*?)^## /m.exec(
      text('ARCHITECTURE.md'),
    )?.[1];
    const rows = (section ?? '').split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) =>
      Array.from((row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g), ([, name]) => name),
    );
    expect(named.toSorted()).toEqual(Object.keys(wanted).toSorted());
    for (const row of rows) expect((row.split('|')[2] ?? '').trim(), row).not.toBe('');
  });
});

/** `npm run audit`, without its build, where `npm audit --json` prints this. */
async function audited(printed: object): Promise<{ readonly code: number; readonly said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'npm'), `#!/bin/sh\ncat <<'END'\n${JSON.stringify(printed)}\nEND\n`, {
    mode: 0o755,
  });
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/audit.js'], { cwd: root, env }, (error, said) =>
      resolve({ code: error === null ? 0 : 1, said }),
    );
  });
}

const weak = (name: string) => ({
  name,
  severity: 'high',
  nodes: [`node_modules/${name}`],
  via: [{ title: 'It leaks' }],
});

describe('npm run audit', () => {
  it('says plainly that nothing is known where no audit server answers', async () => {
    const { code, said } = await audited({ message: '405 Method Not Allowed', method: 'POST' });
    expect({ code, said }).toEqual({
      code: 0,
      said: 'Not audited: no audit server answers here. Nothing is known, good or bad.\n',
    });
  });

  it('fails for a weakness of what ships, and only tells one of the tools', async () => {
    const tool = await audited({ vulnerabilities: { vitest: weak('vitest') } });
    expect(tool).toMatchObject({ code: 0, said: expect.stringContaining('tools high vitest: It leaks') });
    const part = await audited({ vulnerabilities: { vitest: weak('vitest'), hono: weak('hono') } });
    expect(part).toMatchObject({ code: 1, said: expect.stringContaining('SHIPS high hono: It leaks') });
    expect(part.said).toContain('Audited: 2 packages have known weaknesses, 1 of them in what ships.');
  });
});
