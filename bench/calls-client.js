// A process of its own that calls a tool: through the gateway with a kept token, or by the bare SDK with a static bearer.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { answerWith, built } from './measuring.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const IN_FLIGHT = 32;
const authorization = 'Bearer bench-token';
const ana = { platform: 'web', userId: 'ana', displayName: 'Ana' };

async function keep(folder) {
  const { openStore } = await import(built('storage/open.js'));
  const { createCredentials } = await import(built('auth/credentials/credentials.js'));
  const { store } = await openStore({ kind: 'file', folder });
  await createCredentials(store).set(
    { subject: 'web:ana', server: 'bench' },
    {
      kind: 'oauth',
      accessToken: 'bench-token',
      refreshToken: 'unused',
      issuedAtMs: Date.now(),
      expiresAtMs: Date.now() + 86_400_000,
      client: { clientId: 'bench', kind: 'dynamic' },
      issuer: 'http://127.0.0.1',
      tokenEndpoint: 'http://127.0.0.1/token',
    },
  );
  await store.close();
}

const kinds = {
  async gateway({ url, folder }) {
    await keep(folder);
    const { createGateway } = await import(built('index.js'));
    const gateway = await createGateway({
      storage: `file:${folder}`,
      access: { users: ['web:ana'] },
      mcp_servers: { bench: { url, auth: 'oauth' } },
      log: { level: 'warn' },
    });
    return async (text) => {
      const outcome = await gateway.mcp.callTool(ana, 'bench', 'echo', { text });
      if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
      return outcome.value;
    };
  },
  async v1({ url }) {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import(
      '@modelcontextprotocol/sdk/client/streamableHttp.js'
    );
    const client = new Client({ name: 'bench', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization } } }),
    );
    return (text) => client.callTool({ name: 'echo', arguments: { text } });
  },
  async v2({ url }) {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization } } }),
    );
    return (text) => client.callTool({ name: 'echo', arguments: { text } });
  },
};

let call;
let warnings = 0;
process.removeAllListeners('warning');
process.on('warning', () => {
  warnings += 1;
});

async function makeCalls(count) {
  let next = 0;
  const caller = async () => {
    while (next < count) {
      next += 1;
      const text = `call ${next}`;
      const { content } = await call(text);
      if (content[0].text !== text) throw new Error('another answer');
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
}

answerWith(async ({ kind, calls, ...options }) => {
  if (kind !== undefined) call = await kinds[kind](options);
  const before = process.cpuUsage();
  await makeCalls(calls);
  const { user, system } = process.cpuUsage(before);
  if (options.memory !== true) return { us: (user + system) / calls, warnings };
  collect();
  return { us: (user + system) / calls, warnings, heap: process.memoryUsage().heapUsed };
});
