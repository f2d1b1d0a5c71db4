import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What benches measure: each module of src that one of them loads with `built('…')`, as a path below src, without its ending. */
export function measuredModules(folder = import.meta.dirname) {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const found = texts.flatMap((text) =>
    Array.from(text.matchAll(/\bbuilt\('([\w/-]+)\.js'\)/g), ([, path]) => path),
  );
  return [...new Set(found)].sort();
}
