// Compiles src to dist, copies what is not TypeScript (styles, the web chat's script), writes config.schema.json.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
cpSync('src', 'dist', { recursive: true, filter: (path) => !path.endsWith('.ts') });
if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755);
