// One process of several that share a store: asks its own keeper for the same token many times at once.
const { compiled, place, sealingKeys, tokenOrigin, calls } = JSON.parse(process.argv[2]);
const { openStore } = await import(`${compiled}/storage/open.js`);
const { createCredentials } = await import(`${compiled}/auth/credentials.js`);
const { createGuardedFetch } = await import(`${compiled}/auth/guarded-fetch.js`);
const { createTokenKeeper } = await import(`${compiled}/auth/token-keeper.js`);
const { silentLog } = await import(`${compiled}/observability/log.js`);

const { store } = await openStore(place, sealingKeys === undefined ? {} : { sealingKeys });
const guard = createGuardedFetch({ allowPrivateHosts: [] });
const server = { kind: 'http', url: `${tokenOrigin}/mcp` };
const keeper = createTokenKeeper({
  store,
  credentials: createCredentials(store),
  fetchFor: () => guard.forServer(server),
  log: silentLog,
});
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const key = { subject: 'telegram:1', server: 'linear' };
const ask = async () => {
  try {
    return await keeper.accessToken(key);
  } catch (error) {
    return { kind: 'error', code: error.code ?? String(error) };
  }
};
const outcomes = await Promise.all(Array.from({ length: calls }, ask));
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
await store.close();
await guard.close();
process.stdin.destroy();
