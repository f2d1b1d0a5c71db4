// A copy of the project in which a defence can be taken out.
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { editsOf, root } from './threat-table.js';

const LEFT_OUT = /^(node_modules|\.git|\.threats|\.conformance|\.dist-.*|coverage|state)$/;

/** @returns its folder, and what takes it away again */
export function makeScratch() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'threats-')));
  cpSync(root, folder, {
    recursive: true,
    filter: (source) => !LEFT_OUT.test(relative(root, source).split(/[\\/]/)[0]),
  });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Without the defence while `work` runs. @throws {Error} where what is to be found is not there exactly once */
export async function without(folder, mutation, work) {
  const before = new Map();
  try {
    for (const { file, find, replace } of editsOf(mutation)) {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      if (text.split(find).length !== 2) throw new Error(`${file} has it not exactly once: ${find}`);
      if (!before.has(path)) before.set(path, text);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    }
    return await work();
  } finally {
    for (const [path, text] of before) writeFileSync(path, text);
  }
}
