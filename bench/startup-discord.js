// A start with Discord alone, beside a bare discord.js client on the Gateway.
import { startSocketApi } from './first-socket.js';
import { measureStart } from './startup-chat.js';

const APPLICATION = '900000000000000001';
const TOKEN = `${Buffer.from(APPLICATION).toString('base64url')}.bench1.benchbenchbenchbenchbenchbenchbenchbench`;
const BOT = { id: APPLICATION, username: 'mcp', discriminator: '0000', avatar: null, bot: true };

function answer(path, port) {
  if (path.endsWith('/gateway/bot'))
    return {
      url: `ws://127.0.0.1:${port}`,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 1000, reset_after: 1, max_concurrency: 1 },
    };
  if (path.endsWith('/applications/@me'))
    return { id: APPLICATION, verify_key: '0'.repeat(64), flags: 0, bot: BOT };
  return path.endsWith('/commands') ? [] : BOT;
}

function greet(socket, ready) {
  socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 40_000 } }));
  socket.on('message', (data) => {
    if (JSON.parse(data).op === 2) ready();
  });
}

export async function run() {
  const api = await startSocketApi(answer, greet);
  return await measureStart({
    platform: 'Discord',
    sdk: 'discord.js',
    bare: './bare-discord.js',
    bareArgs: [TOKEN, api.root],
    api,
    readyBy: 'its identify on the Gateway',
    platforms: { discord: { token: TOKEN, api_root: api.root } },
  });
}
