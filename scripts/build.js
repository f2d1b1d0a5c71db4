// Makes dist: the bundle, its declarations, the licences and the bill of what it contains. Writes config.schema.json. Either all of
// it is new afterwards, or nothing has changed.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, importBundled, root } from './bundle.js';
import { writeDeclarations } from './declarations.js';
import { thirdPartyNotices } from './notices.js';
import { packagesIn } from './packages.js';
import { billOfMaterials } from './sbom.js';

const ENTRIES = { 'cli/main': 'src/cli/main.ts', index: 'src/index.ts' };
const SCHEMA = 'src/gateway/config/json-schema.ts';

/** Nothing may still be writing when one of them has failed. */
async function allOf(parts) {
  const results = await Promise.allSettled(parts);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map(({ value }) => value);
}

/** @returns the text of config.schema.json */
async function make(folder) {
  const [modules, { configJsonSchema }] = await allOf([
    bundle(ENTRIES, folder),
    importBundled(SCHEMA),
    writeDeclarations(folder),
  ]);
  const packages = packagesIn(modules);
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(packages));
  writeFileSync(join(folder, 'sbom.json'), billOfMaterials(root, packages));
  chmodSync(join(folder, 'cli/main.js'), 0o755);
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

/** Another build may do the same at this moment: whoever comes last wins. */
function replace(place, made) {
  const former = `${made}-former`;
  for (let left = 10; ; left -= 1) {
    try {
      if (existsSync(place)) renameSync(place, former);
      renameSync(made, place);
      break;
    } catch (error) {
      if (left === 0) throw error;
    } finally {
      rmSync(former, { recursive: true, force: true });
    }
  }
}

function writeIfChanged(file, text) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

const made = join(root, `.dist-${process.pid}`);
mkdirSync(made);
try {
  const schema = await make(made);
  replace(join(root, 'dist'), made);
  writeIfChanged(join(root, 'config.schema.json'), schema);
} catch (error) {
  process.stderr.write(`Not built, dist is as it was: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(made, { recursive: true, force: true });
}
