// Installs the newer Nodes on which `test/newer-nodes` runs the program into .conformance, beside the project: Node 22 is the
// conformance runner's own.
import { join } from 'node:path';
import { importBundled, root } from './bundle.js';

const { installBeside } = await importBundled('test/helpers/installed-beside.ts');
const place = join(root, '.conformance');
await installBeside({ source: join(root, 'test/conformance/runner'), folder: join(place, 'runner') });
await installBeside({ source: join(root, 'test/newer-nodes/24'), folder: join(place, 'node-24') });
