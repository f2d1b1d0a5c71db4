// Copies the packages of the shared stores, as `npm ci` has installed them, and what they need, into FOLDER/node_modules.
// For the image: all else that runs is part of dist.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: node scripts/store-packages.js FOLDER');

const wanted = Object.keys(packages[''].peerDependencies);
for (const name of wanted) {
  const place = `node_modules/${name}`;
  const { dependencies = {}, optionalDependencies = {} } = packages[place];
  const needed = Object.keys(dependencies).filter((one) => !(one in optionalDependencies));
  wanted.push(...needed.filter((one) => !wanted.includes(one)));
  cpSync(join(root, place), join(folder, place), { recursive: true });
}
