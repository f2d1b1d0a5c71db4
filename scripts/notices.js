// The licences of what a bundle contains, from the packages' own files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;
const HEAD = `mcp-chat-gateway contains code of the packages below, each under the licence that follows its name.
`;

/** The folder of the package that a module belongs to: the nearest whose package.json has a name and a version. */
function packageFolder(moduleId) {
  for (let folder = dirname(moduleId); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
    if (name !== undefined && version !== undefined) return folder;
  }
  throw new Error(`${moduleId} belongs to no package`);
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  if (files.length === 0) throw new Error(`${name} ${version} has no licence file: it cannot be bundled`);
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, text: [`${name} ${version} (${license})`, ...texts].join('\n\n') };
}

const byName = (a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1);

/**
 * @param moduleIds what the bundle consists of, ours among them
 * @returns the text of THIRD-PARTY-NOTICES.txt
 * @throws {Error} where a package brings no licence
 */
export function thirdPartyNotices(moduleIds) {
  const theirs = moduleIds.filter((id) => /[\\/]node_modules[\\/]/.test(id));
  // The bundler's own helpers are in every bundle.
  const bundler = createRequire(import.meta.url).resolve('rolldown');
  const folders = new Set([...theirs, bundler].map(packageFolder));
  const notices = [...folders].map(notice).toSorted(byName);
  const line = `\n${'-'.repeat(80)}\n\n`;
  return `${[HEAD, ...notices.map(({ text }) => `${text}\n`)].join(line)}`;
}
