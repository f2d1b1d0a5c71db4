// A process of its own: as much of Discord as bots on the Gateway need to answer one person's `/mcp`, over and over.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { answerWith } from './measuring.js';
import { createPerson } from './one-person.js';

const APPLICATION = '900000000000000001';
const GUILD = '900000000000000002';
const CHANNEL = '900000000000000003';
const BOT = { id: APPLICATION, username: 'mcp', discriminator: '0000', avatar: null, bot: true };
const ANA = {
  id: '900000000000000004',
  username: 'ana',
  discriminator: '0',
  global_name: 'Ana',
  avatar: null,
};
let next = 1;
let sequence = 1;
let socket;
let port;

const dispatch = (t, d) => {
  sequence += 1;
  socket.send(JSON.stringify({ op: 0, t, s: sequence, d }));
};

/** Ids hold their time: 22 bits to the right of the milliseconds since 2015. */
function snowflake() {
  next += 1;
  return String((BigInt(Date.now() - 1_420_070_400_000) << 22n) + BigInt(next % 4_000_000));
}

const person = createPerson(() => {
  dispatch('INTERACTION_CREATE', {
    id: snowflake(),
    application_id: APPLICATION,
    type: 2,
    token: `token-${next}`,
    version: 1,
    guild_id: GUILD,
    channel_id: CHANNEL,
    channel: { id: CHANNEL, type: 0, guild_id: GUILD, name: 'general', permissions: '0' },
    guild: { id: GUILD, locale: 'en-US', features: [] },
    locale: 'en-US',
    guild_locale: 'en-US',
    app_permissions: '2147483647',
    entitlements: [],
    context: 0,
    authorizing_integration_owners: { 0: GUILD },
    attachment_size_limit: 10_485_760,
    member: {
      user: ANA,
      roles: [],
      joined_at: '2026-01-01T00:00:00Z',
      deaf: false,
      mute: false,
      flags: 0,
      permissions: '0',
    },
    data: { id: '900000000000000005', name: 'mcp', type: 1, options: [] },
  });
});

/** What `with_response=true` asks for. */
function withMessage(data) {
  const id = snowflake();
  return {
    interaction: { id, type: 2, response_message_id: id, response_message_ephemeral: true },
    resource: { type: 4, message: { id, channel_id: CHANNEL, author: BOT, ...data } },
  };
}

function routed(method, path, query, body) {
  if (path.endsWith('/gateway/bot'))
    return {
      url: `ws://127.0.0.1:${port}`,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 1000, reset_after: 1, max_concurrency: 1 },
    };
  if (path.endsWith('/users/@me')) return BOT;
  if (path.endsWith('/applications/@me'))
    return { id: APPLICATION, name: 'mcp', verify_key: '0'.repeat(64), flags: 0, bot: BOT };
  if (/\/callback$/.test(path)) {
    if (body.type === 4) person.answered(body.data);
    return query.includes('with_response=true') ? withMessage(body.data) : undefined;
  }
  if (/\/webhooks\//.test(path)) {
    if (method === 'PATCH') person.answered(body);
    return { id: snowflake(), channel_id: CHANNEL, content: '', flags: 64 };
  }
  if (path.endsWith('/commands')) return method === 'GET' ? [] : body;
  return {};
}

async function answerRequest(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const [path, query = ''] = request.url.split('?');
  const answer = routed(request.method, path, query, text === '' ? {} : JSON.parse(text));
  response.writeHead(answer === undefined ? 204 : 200, { 'content-type': 'application/json' });
  response.end(answer === undefined ? undefined : JSON.stringify(answer));
}

const server = createServer(answerRequest);
const sockets = new WebSocketServer({ server });
const connected = new Promise((resolve) => {
  sockets.on('connection', (opened) => {
    socket = opened;
    opened.on('error', () => {});
    opened.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 40_000 } }));
    opened.on('message', (data) => {
      const { op } = JSON.parse(data);
      if (op === 1) opened.send(JSON.stringify({ op: 11 }));
      if (op !== 2) return;
      dispatch('READY', {
        v: 10,
        user: BOT,
        guilds: [],
        session_id: 'session',
        resume_gateway_url: `ws://127.0.0.1:${port}`,
        shard: [0, 1],
        application: { id: APPLICATION, flags: 0 },
      });
      setTimeout(resolve, 200);
    });
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
