// Whole sign-ins on a store: from `/mcp auth` to the stored credential, with a server and a provider that answer at once, in
// this process. What is left is what the gateway and the store take.
import { built } from './measuring.js';

const ORIGIN = 'https://provider.example';
const SERVER = {
  name: 'linear',
  kind: 'http',
  url: `${ORIGIN}/mcp`,
  enabled: true,
  credentials: 'personal',
  auth: 'oauth',
  timeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  tools: {},
  keys: [],
  headers: {},
  oauth: { clientId: 'bench', authorizeParameters: {} },
};
const ANSWERS = {
  '/.well-known/oauth-protected-resource/mcp': { resource: SERVER.url, authorization_servers: [ORIGIN] },
  '/.well-known/oauth-authorization-server': {
    issuer: ORIGIN,
    authorization_endpoint: `${ORIGIN}/authorize`,
    token_endpoint: `${ORIGIN}/token`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    authorization_response_iss_parameter_supported: true,
  },
  '/token': {
    access_token: 'a'.repeat(600),
    refresh_token: 'r'.repeat(200),
    token_type: 'Bearer',
    expires_in: 3600,
  },
};

async function provider(url) {
  const { pathname } = new URL(url);
  const answer = ANSWERS[pathname];
  const headers = {
    'www-authenticate': `Bearer resource_metadata="${ORIGIN}/.well-known/oauth-protected-resource/mcp"`,
  };
  if (answer === undefined) return new Response(null, { status: 401, headers });
  return Response.json(answer);
}

/** One sign-in after the other for as many people: call it with their number. */
export async function signInsOn({ store, pageSecrets, now }) {
  const [
    { createSignIns },
    { createTokenKeeper },
    { createCredentials },
    { createClientKeys },
    { createChallenges },
    { silentLog },
  ] = await Promise.all(
    [
      'auth/sign-in',
      'auth/token-keeper',
      'auth/credentials',
      'auth/client-keys',
      'auth/challenges',
      'observability/log',
    ].map((name) => import(built(`${name}.js`))),
  );
  const credentials = createCredentials(store);
  const clientKeys = createClientKeys(store, now);
  const common = { store, credentials, log: silentLog, now };
  const signIns = createSignIns({
    ...common,
    keeper: createTokenKeeper({ ...common, fetchFor: () => provider }),
    apiKeys: {},
    verify: async () => ({ kind: 'works', tools: 23, proven: true }),
    fetchFor: () => provider,
    serverByName: () => SERVER,
    publicUrl: 'https://gateway.example',
    reachable: true,
    pageSecrets,
    signInLifetimeMs: 600_000,
    clientKeys,
    challenges: createChallenges(common),
    onChange: () => undefined,
  });

  async function signIn(n) {
    const who = `telegram:${n}`;
    const account = { platform: 'Telegram', name: `@person${n}` };
    const begun = await signIns.begin({
      server: SERVER,
      subject: who,
      startedBy: who,
      account,
      origin: { chat: n },
      confirmAlways: false,
    });
    if (begun.kind !== 'link') throw new Error(JSON.stringify(begun));
    const pressed = await signIns.press(begun.id, signIns.pageToken(begun.id));
    const state = new URL(pressed.location).searchParams.get('state');
    const ended = await signIns.finish({ state, code: `code${n}`, iss: ORIGIN }, pressed.browser);
    if (ended.state?.result?.kind !== 'connected') throw new Error(JSON.stringify(ended));
  }
  return { signIn, close: () => signIns.close() };
}
