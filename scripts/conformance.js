// Runs the official conformance suite against the gateway as it ships: `npm run conformance -- --help`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const place = join(root, '.conformance');

/** The harness is TypeScript, which not every Node that we support runs by itself. */
async function compile() {
  const bundle = await rolldown({
    cwd: root,
    input: { run: 'test/conformance/run.ts', client: 'test/conformance/client.ts' },
    platform: 'node',
    external: /^node:/,
  });
  // As deep below the root as test/helpers: what they name by their own place is found from here too.
  await bundle.write({ dir: join(place, 'built'), format: 'esm' });
  await bundle.close();
}

mkdirSync(place, { recursive: true });
await compile();
const { main } = await import(join(place, 'built/run.js'));
process.exitCode = await main(process.argv.slice(2), {
  runner: { source: join(root, 'test/conformance/runner'), folder: join(place, 'runner') },
  client: join(place, 'built/client.js'),
});
