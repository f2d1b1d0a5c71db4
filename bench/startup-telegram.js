// A start with Telegram alone, beside a bare grammY bot.
import { startBotApi } from './first-poll.js';
import { measureStart } from './startup-chat.js';

const TOKEN = '7100000001:AAbenchbenchbenchbenchbenchbenchben';

export async function run() {
  const api = await startBotApi();
  return await measureStart({
    platform: 'Telegram',
    sdk: 'grammY',
    bare: './bare-grammy.js',
    bareArgs: [TOKEN, api.root],
    api,
    readyBy: 'its first getUpdates',
    platforms: { telegram: { token: TOKEN, api_root: api.root } },
  });
}
