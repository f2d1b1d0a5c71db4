// A process of its own: as much of Slack as apps in Socket Mode need to answer one person's `/mcp`, over and over.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { answerWith } from './measuring.js';
import { createPerson } from './one-person.js';

const TEAM = 'T0BENCH001';
let next = 1;
let socket;
let port;

const person = createPerson(() => {
  const id = next;
  next += 1;
  const payload = {
    token: 'legacy',
    team_id: TEAM,
    team_domain: 'bench',
    channel_id: 'C0BENCH001',
    channel_name: 'general',
    user_id: 'U0BENCHANA',
    user_name: 'ana',
    command: '/mcp',
    text: '',
    api_app_id: 'A0BENCH001',
    is_enterprise_install: 'false',
    response_url: `http://127.0.0.1:${port}/commands/${TEAM}/${id}/x`,
    trigger_id: `${id}.1.abc`,
  };
  socket.send(
    JSON.stringify({
      envelope_id: `env-${id}`,
      type: 'slash_commands',
      payload,
      accepts_response_payload: true,
    }),
  );
});

const methods = {
  'auth.test': () => ({
    url: 'https://bench.slack.example/',
    team: 'Bench',
    user: 'mcp',
    team_id: TEAM,
    user_id: 'U0BENCHBOT',
    bot_id: 'B0BENCH001',
    is_enterprise_install: false,
  }),
  'apps.connections.open': () => ({ url: `ws://127.0.0.1:${port}/link` }),
};

async function answerRequest(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.setHeader('content-type', 'application/json');
  if (request.url.startsWith('/commands/')) {
    person.answered(JSON.parse(Buffer.concat(chunks).toString()));
    return response.end('ok');
  }
  const method = methods[request.url.slice(request.url.lastIndexOf('/') + 1).split('?')[0]];
  response.setHeader('x-oauth-scopes', 'commands,chat:write,im:write,im:history,app_mentions:read');
  response.end(JSON.stringify({ ok: true, ...method?.() }));
}

const server = createServer(answerRequest);
const sockets = new WebSocketServer({ server });
const connected = new Promise((resolve) => {
  sockets.on('connection', (opened) => {
    socket = opened;
    opened.on('error', () => {});
    opened.send(
      JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0BENCH001' } }),
    );
    setTimeout(resolve, 100);
  });
});

answerWith(async ({ listen, commands }) => {
  if (listen === true) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = server.address().port;
    return { root: `http://127.0.0.1:${port}/api` };
  }
  await connected;
  return { payload: await person.says(commands) };
});
