// A program that makes what benches measure: modules of src bundled just as dist is, but with entries that dist does not have.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../scripts/bundle.js';
import { builtFolder, root } from './measuring.js';

const MODULES = [
  'app',
  'auth/browser-binding',
  'auth/challenges',
  'auth/client-keys',
  'auth/credentials',
  'auth/guarded-fetch',
  'auth/service-accounts',
  'auth/sign-in',
  'auth/sign-in-records',
  'auth/token-keeper',
  'gateway/config',
  'http/listening',
  'index',
  'mcp/bearer',
  'observability/log',
  'storage/file-names',
  'storage/open',
  'storage/record-file',
  'storage/types',
];

rmSync(builtFolder, { recursive: true, force: true });
mkdirSync(builtFolder, { recursive: true });
// Where the code expects it, for its version.
cpSync(join(root, 'package.json'), join(builtFolder, '../package.json'));
await bundle(Object.fromEntries(MODULES.map((name) => [name, `src/${name}.ts`])), builtFolder);
