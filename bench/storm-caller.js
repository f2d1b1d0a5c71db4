// A process of its own that calls tools over one session, all at once: with the gateway's keeper, or with the SDK's own
// provider as its documentation has it.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { keeperOver, openKept, PERSON } from './kept.js';
import { answerWith, built } from './measuring.js';

// The SDK warns of what it does to itself, call by call.
console.warn = () => {};
process.removeAllListeners('warning');

let client;

async function connect(options, origin) {
  client = new Client({ name: 'storm', version: '1' }, { capabilities: {} });
  client.onerror = () => {};
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), options));
}

async function ours({ folder, origin }) {
  const { createGuardedFetch } = await import(built('auth/requests/guarded-fetch.js'));
  const { bearerOf, keptToken } = await import(built('mcp/bearer.js'));
  const guarded = createGuardedFetch({ allowPrivateHosts: [] });
  const server = { kind: 'http', url: `${origin}/mcp`, timeoutMs: 30_000 };
  const keeper = await keeperOver(await openKept(folder), () => guarded.forServer(server));
  const { provider, fetch } = bearerOf(keptToken(keeper, PERSON), guarded.transportFor(server));
  await connect({ authProvider: provider, fetch }, origin);
}

/** Tokens in memory, and nobody to send to a browser: what becomes of calls while they can be refreshed. */
async function sdk({ origin }) {
  let tokens = { access_token: 'a1', refresh_token: 'r1', token_type: 'Bearer', expires_in: 3600 };
  let discovery;
  const provider = {
    redirectUrl: `${origin}/callback`,
    clientMetadata: { redirect_uris: [`${origin}/callback`], client_name: 'storm' },
    clientInformation: () => ({ client_id: 'storm', issuer: origin }),
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved;
    },
    redirectToAuthorization: () => {},
    saveCodeVerifier: () => {},
    codeVerifier: () => 'x'.repeat(43),
    discoveryState: () => discovery,
    saveDiscoveryState: (found) => {
      discovery = found;
    },
    invalidateCredentials: (what) => {
      if (what === 'all' || what === 'tokens') tokens = undefined;
    },
  };
  await connect({ authProvider: provider }, origin);
}

async function call(count) {
  const beganMs = performance.now();
  const calls = Array.from({ length: count }, () => client.callTool({ name: 'echo', arguments: {} }));
  const settled = await Promise.allSettled(calls);
  const answered = settled.filter(({ status }) => status === 'fulfilled').length;
  return { answered, ms: performance.now() - beganMs };
}

answerWith(async (question) => {
  if (question.connect === 'ours') await ours(question);
  else if (question.connect === 'sdk') await sdk(question);
  else return await call(question.calls);
  return {};
});
