// Compiles src to dist, copies what is not TypeScript (styles, the web chat's script), writes config.schema.json.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
cpSync('src', 'dist', { recursive: true, filter: (path) => !path.endsWith('.ts') });
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755);

// The import is by URL: the module exists only now.
const { configJsonSchema } = await import(
  new URL('../dist/gateway/config/json-schema.js', import.meta.url).href
);
const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
const written = existsSync('config.schema.json') ? readFileSync('config.schema.json', 'utf8') : '';
if (schema !== written) writeFileSync('config.schema.json', schema);
