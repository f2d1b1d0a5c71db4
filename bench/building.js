// A program that makes what benches measure: modules of src bundled just as dist is, but with entries that dist does not have.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../scripts/bundle.js';
import { builtFolder, root } from './measuring.js';
import { measuredModules } from './modules.js';

rmSync(builtFolder, { recursive: true, force: true });
mkdirSync(builtFolder, { recursive: true });
// Where the code expects it, for its version.
cpSync(join(root, 'package.json'), join(builtFolder, '../package.json'));
await bundle(Object.fromEntries(measuredModules().map((name) => [name, `src/${name}.ts`])), builtFolder);
