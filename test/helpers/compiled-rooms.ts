import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Rooms of `src` as JavaScript, for processes that are not vitest's. The caller removes the folder. */
export async function compileRooms(...rooms: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rooms-js-'));
  await symlink(at('../../node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const room of rooms) {
    const source = at(`../../src/${room}`);
    const files = await readdir(source, { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const { code } = await transform(await readFile(join(source, file), 'utf8'), {
        swcrc: false,
        module: { type: 'es6' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      });
      const compiled = join(folder, room, file.replace(/\.ts$/, '.js'));
      await mkdir(dirname(compiled), { recursive: true });
      await writeFile(compiled, code);
    }
  }
  return folder;
}
