// `npm run bench [name…]`: every measurement beside its baseline in the same run.
import { table } from './measuring.js';

const benches = {
  status: () => import('./status.js'),
  pages: () => import('./pages.js'),
  startup: () => import('./startup.js'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `No bench named ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.\n`,
  );
  process.exit(2);
}
for (const [name, load] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { run } = await load();
  const { title, head, rows } = await run();
  table(title, head, rows);
}
