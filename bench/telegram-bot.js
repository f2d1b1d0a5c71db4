// A process of its own: a bot that answers `/mcp`, ours or bare grammY's with the finished payload.
import { answerWith, built, UNREACHED_LIMITS } from './measuring.js';

const TOKEN = '7100000001:AAbenchbenchbenchbenchbenchbenchben';

async function gateway({ root, urls, folder }) {
  const { createGateway } = await import(built('index.js'));
  const servers = urls.map((url, index) => [`server-${index}`, { url }]);
  const opened = await createGateway({
    storage: `file:${folder}`,
    access: { users: ['telegram:5100000001'] },
    platforms: { telegram: { token: TOKEN, api_root: root } },
    mcp_servers: Object.fromEntries(servers),
    limits: UNREACHED_LIMITS,
    log: { level: 'warn' },
  });
  await opened.start({ listeners: 'none' });
}

async function bare({ root, payload }) {
  const { Bot } = await import('grammy');
  const bot = new Bot(TOKEN, { client: { apiRoot: root } });
  bot.command('mcp', async (ctx) => {
    await ctx.api.raw.sendMessage({ ...payload, chat_id: ctx.chat.id });
  });
  bot.start({ allowed_updates: ['message', 'callback_query'] });
}

const kinds = { gateway, bare };

answerWith(async ({ kind, ...options }) => {
  if (kind !== undefined) await kinds[kind](options);
  return process.cpuUsage();
});
