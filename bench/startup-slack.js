// A start with Slack alone, beside a bare Bolt app in Socket Mode.
import { startSocketApi } from './first-socket.js';
import { measureStart } from './startup-chat.js';

const BOT_TOKEN = 'xoxb-000000000000-000000000000-benchbenchbenchbenchbench';
const APP_TOKEN = 'xapp-1-A0BENCH001-000000000000-benchbenchbenchbench';

const answer = (path, port) =>
  path.endsWith('/apps.connections.open')
    ? { ok: true, url: `ws://127.0.0.1:${port}/link` }
    : {
        ok: true,
        team: 'Bench',
        team_id: 'T0BENCH001',
        user: 'mcp',
        user_id: 'U0BENCHBOT',
        bot_id: 'B0BENCH001',
      };

function greet(socket, ready) {
  socket.send(
    JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0BENCH001' } }),
  );
  ready();
}

export async function run() {
  const api = await startSocketApi(answer, greet);
  return await measureStart({
    platform: 'Slack',
    sdk: 'Bolt',
    bare: './bare-bolt.js',
    bareArgs: [BOT_TOKEN, APP_TOKEN, `${api.root}/`],
    api,
    readyBy: 'its open WebSocket',
    platforms: { slack: { bot_token: BOT_TOKEN, app_token: APP_TOKEN, api_root: api.root } },
  });
}
