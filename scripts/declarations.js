// The types of the public API, as TypeScript writes them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.js';

/** The declarations that `entry` leads to. The same file declares what its import of `./x.js` means. */
function reachable(folder, entry) {
  const found = new Set([entry]);
  for (const file of found) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*["'](\.[^"']+)\.js["']/g))
      found.add(join(file, '..', `${specifier}.d.ts`));
  }
  return found;
}

/**
 * Checks all of src, and leaves in `folder` the declarations that index.d.ts leads to: the other modules are no longer there.
 * @throws {Error} where the types are wrong; the compiler has said what by then
 */
export async function writeDeclarations(folder) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', folder];
  const [code] = await once(spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }), 'close');
  if (code !== 0) throw new Error('the types are wrong');
  const needed = reachable(folder, 'index.d.ts');
  for (const file of readdirSync(folder, { recursive: true })) {
    if (file.endsWith('.d.ts') && !needed.has(file)) rmSync(join(folder, file));
  }
}
