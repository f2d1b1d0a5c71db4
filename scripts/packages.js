// Which packages a bundle contains.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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

const byName = (a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1);

/**
 * @param moduleIds what the bundle consists of, ours among them
 * @returns each package of others in it, in the order of their names: what its package.json says, and where it lies
 */
export function packagesIn(moduleIds) {
  const theirs = moduleIds.filter((id) => /[\\/]node_modules[\\/]/.test(id));
  // The bundler's own helpers are in every bundle.
  const bundler = createRequire(import.meta.url).resolve('rolldown');
  const folders = new Set([...theirs, bundler].map(packageFolder));
  const packages = [...folders].map((folder) => ({
    ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    folder,
  }));
  // One version can be installed in several places.
  return [
    ...new Map(packages.toReversed().map((one) => [`${one.name}@${one.version}`, one])).values(),
  ].toSorted(byName);
}
