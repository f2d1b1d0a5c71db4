// A process of its own: a strict authorization server (every refresh token is good once; one used again ends the grant)
// and an MCP server of the older line, by hand, that takes its tokens alone.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answerWith } from './measuring.js';

let state;
const reset = () => {
  state = { n: 1, ended: false, live: new Set(['a1']), refreshes: 0, reuse: 0, calls: 0 };
};

const json = (response, status, body, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

function refresh(form, response) {
  state.refreshes += 1;
  if (state.ended || form.get('refresh_token') !== `r${state.n}`) {
    state.reuse += 1;
    state.ended = true;
    state.live.clear();
    return json(response, 400, { error: 'invalid_grant' });
  }
  state.n += 1;
  state.live = new Set([`a${state.n}`]);
  return json(response, 200, {
    access_token: `a${state.n}`,
    refresh_token: `r${state.n}`,
    token_type: 'Bearer',
    expires_in: 3600,
  });
}

const RESULTS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'storm', version: '1' },
  }),
  'tools/list': () => ({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
  'tools/call': () => ({ content: [{ type: 'text', text: 'heard' }] }),
};

function mcp(origin, request, message, response) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!state.live.has(token)) {
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
    return json(response, 401, {}, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` });
  }
  const { id, method, params } = message;
  if (id === undefined) return response.writeHead(202).end();
  state.calls += method === 'tools/call' ? 1 : 0;
  const result = RESULTS[method]?.(params);
  if (result === undefined)
    return json(response, 200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } });
  return json(response, 200, { jsonrpc: '2.0', id, result });
}

function metadata(origin, path, response) {
  if (path.startsWith('/.well-known/oauth-protected-resource'))
    return json(response, 200, { resource: `${origin}/mcp`, authorization_servers: [origin] });
  if (path.startsWith('/.well-known/oauth-authorization-server'))
    return json(response, 200, {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    });
  return json(response, 404, {});
}

async function serve() {
  reset();
  const server = createServer(async (request, response) => {
    const origin = `http://${request.headers.host}`;
    const path = new URL(request.url, origin).pathname;
    let body = '';
    for await (const chunk of request) body += chunk;
    if (path === '/token') return refresh(new URLSearchParams(body), response);
    if (path !== '/mcp') return metadata(origin, path, response);
    if (request.method !== 'POST') return response.writeHead(405).end();
    return mcp(origin, request, JSON.parse(body), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${server.address().port}` };
}

answerWith(async ({ ask }) => {
  if (ask === 'serve') return await serve();
  if (ask === 'reset') reset();
  if (ask === 'expire') state.live.clear();
  const { n, refreshes, reuse, calls } = state;
  return { n, refreshes, reuse, calls };
});
