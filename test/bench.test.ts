import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('benches measure modules that are there', () => {
  const texts = readdirSync(join(root, 'bench'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(root, 'bench', name), 'utf8'));
  const measured = texts.flatMap((text) =>
    Array.from(text.matchAll(/\bbuilt\('([^']+)\.js'\)/g), ([, path = '']) => path),
  );
  expect(measured.length).toBeGreaterThan(10);
  expect(measured.filter((path) => !existsSync(join(root, 'src', `${path}.ts`)))).toEqual([]);
});
