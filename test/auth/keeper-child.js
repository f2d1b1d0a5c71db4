// One process of several that share a store: asks its own keeper for the same token many times at once. Or, told where
// to `stop`, it says so there and goes on no further, so that the test can kill it at that very point.
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { compiled, place, sealingKeys, origin, subject, calls, leaseMs, stop } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const never = () => {
  say('there');
  return new Promise(() => setInterval(() => {}, 1000));
};

const { rename } = fsPromises;
if (stop === 'during the write') fsPromises.rename = never;
if (stop === 'after the write')
  fsPromises.rename = async (...paths) => {
    await rename(...paths);
    await never();
  };
syncBuiltinESMExports();

const { openStore } = await import(`${compiled}/storage/open.js`);
const { createCredentials } = await import(`${compiled}/auth/credentials/credentials.js`);
const { createGuardedFetch } = await import(`${compiled}/auth/requests/guarded-fetch.js`);
const { createTokenKeeper } = await import(`${compiled}/auth/keeper/token-keeper.js`);
const { silentLog } = await import(`${compiled}/observability/log.js`);

const { store } = await openStore(place, { leaseMs, ...(sealingKeys === undefined ? {} : { sealingKeys }) });
const guard = createGuardedFetch({ allowPrivateHosts: [] });
const fetch = guard.forServer({ kind: 'http', url: `${origin}/mcp` });
const told = [];
const keeper = createTokenKeeper({
  store,
  credentials: createCredentials(store),
  fetchFor: () => async (url, init) => {
    if (stop === 'before the request') return await never();
    const answer = await fetch(url, init);
    return stop === 'between the answer and the write' ? await never() : answer;
  },
  onRefused: (_key, refusal) => told.push(refusal.code),
  log: silentLog,
});
say('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
const key = { subject, server: 'linear' };
const ask = async () => {
  try {
    return await keeper.accessToken(key);
  } catch (error) {
    return { kind: 'error', code: error.code ?? String(error) };
  }
};
const outcomes = await Promise.all(Array.from({ length: calls }, ask));
say({ outcomes, told });
await keeper.close();
await store.close();
await guard.close();
process.stdin.destroy();
