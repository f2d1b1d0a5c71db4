// Bundles entries of src into few files, split where the source imports lazily. What stands in package.json's
// `dependencies` and `peerDependencies` stays an import; everything else that the source needs becomes part of the bundle.
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

export const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src') + sep;
const require = createRequire(import.meta.url);

/** Packages ask for these and do without where they are not installed, as before. */
const OPTIONAL = ['encoding', 'supports-color', 'bufferutil', 'utf-8-validate'];

/** Installed beside the gateway where the config needs them (package.json's optional `peerDependencies`). */
const PEERS = Object.keys(readPackage().peerDependencies ?? {});

const ALIASES = {
  // The same source as the build for Node, but in ES modules: half of it falls away, and 12 ms of every start.
  yaml: join(dirname(require.resolve('yaml/package.json')), 'browser/index.js'),
  // node-fetch takes `URL` from it where Node has none. Half a megabyte of tables, and 30 ms of every start.
  'whatwg-url': fileURLToPath(new URL('./url-of-node.js', import.meta.url)),
};

/** Look for files beside themselves, but only on ways that nothing here goes: pino's transports, undici's own path in traces. */
const NEEDS_NO_FILES = /[\\/]node_modules[\\/](pino|thread-stream|undici)[\\/]/;

function readPackage() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

const isOurs = (id) => id.startsWith(source);
const placeInSource = (id) => relative(source, id).replaceAll(sep, '/').replace(/\.ts$/, '');

/**
 * Which modules share a file beyond what rolldown finds by itself: a start that loads few files is a faster one. Those
 * that read files beside them keep their folder.
 */
const GROUPS = [
  { name: 'version', test: /[\\/]src[\\/]version\.ts$/, priority: 3 },
  // What tells of a crash: the command line needs it before anything else.
  { name: 'observability/scrub', test: /[\\/]src[\\/]observability[\\/](scrub|quoted)\.ts$/, priority: 3 },
  // What every verb and `createGateway` need. The command line itself needs none of it for `--help`.
  { name: 'gateway', test: /^(?!.*[\\/](src[\\/]cli|commander)[\\/])/, tags: ['$initial'], priority: 2 },
  { name: 'http/pages/pages', test: /[\\/]src[\\/]http[\\/]/, priority: 1 },
];

function chunkName({ name, facadeModuleId }) {
  if (facadeModuleId !== null && isOurs(facadeModuleId)) return `${placeInSource(facadeModuleId)}-[hash].js`;
  return `${name.includes('/') || name === 'version' ? name : `chunks/${name}`}-[hash].js`;
}

/** `new URL('./page.css', import.meta.url)` means the same in the bundle only if the file stands where its source stood. */
function checkPlaces(chunks) {
  for (const { fileName, modules } of chunks) {
    for (const [id, { code }] of Object.entries(modules)) {
      if (!/\bimport\.meta\b|\b__(dir|file)name\b/.test(code ?? '') || id.startsWith('\0')) continue;
      const kept = isOurs(id) ? dirname(placeInSource(id)) === dirname(fileName) : NEEDS_NO_FILES.test(id);
      if (!kept)
        throw new Error(`${id} looks for files beside it, and is now in ${fileName}: see scripts/bundle.js`);
    }
  }
}

function options(input, external) {
  return {
    cwd: root,
    input,
    platform: 'node',
    external: (id) =>
      [...external, ...OPTIONAL, ...PEERS].some((name) => id === name || id.startsWith(`${name}/`)),
    resolve: { alias: ALIASES },
    onLog(level, log, report) {
      if (level === 'warn') throw new Error(log.message);
      report(level, log);
    },
  };
}

/**
 * @param entries the name of each file in `folder`, without `.js`, and its source
 * @returns {Promise<readonly string[]>} the modules that it consists of
 */
export async function bundle(entries, folder) {
  const { dependencies } = readPackage();
  const build = await rolldown(options(entries, Object.keys(dependencies ?? {})));
  try {
    const { output } = await build.write({
      dir: folder,
      format: 'esm',
      chunkFileNames: chunkName,
      codeSplitting: { groups: GROUPS },
      // Names and lines stay readable in stack traces: taking out more was measured to gain nothing.
      comments: { legal: true, annotation: false, jsdoc: false },
    });
    const chunks = output.filter(({ type }) => type === 'chunk');
    checkPlaces(chunks);
    cpSync(source, folder, { recursive: true, filter: (path) => !path.endsWith('.ts') });
    return chunks.flatMap(({ moduleIds }) => moduleIds);
  } finally {
    await build.close();
  }
}

/** One module with all that it needs, run at once. */
export async function importBundled(entry) {
  const build = await rolldown(options({ entry }, []));
  try {
    const { output } = await build.generate({ format: 'esm', codeSplitting: false });
    return await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
  } finally {
    await build.close();
  }
}
