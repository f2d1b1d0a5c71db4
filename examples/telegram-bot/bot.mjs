// A grammY bot with a life of its own (it says back what it hears) in which people also have /mcp.
//
//     node bot.mjs [config.yaml]
//
import { fileURLToPath } from 'node:url';
import { Bot } from 'grammy';
import { createGateway } from 'mcp-chat-gateway';

const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: apiRoot } = process.env;
if (!token) {
  console.error(
    'TELEGRAM_BOT_TOKEN is not set. @BotFather in Telegram has it: /newbot, or /mybots → API Token.',
  );
  process.exit(1);
}

// Your bot, as it always was. TELEGRAM_API_ROOT is only for a Bot API server of your own.
const bot = new Bot(token, apiRoot ? { client: { apiRoot } } : {});

// The gateway has the servers, the people and the sign-ins; a mistake in its config throws here, with the line it is in.
const config = process.argv[2] ?? fileURLToPath(new URL('config.yaml', import.meta.url));
const gateway = await createGateway(config);

// Before sessions and before your own handlers: what is for the gateway (/mcp, its buttons, a key that it asked for)
// goes no further. Everything else passes through as if it were not there. With `bot` it can tell people how a sign-in
// ended without waiting for the bot's next update.
bot.use(gateway.telegram(bot));

bot.command('start', (ctx) => ctx.reply('Say something, and I say it back. /mcp shows your MCP servers.'));
bot.on('message:text', (ctx) => ctx.reply(ctx.message.text));

// grammY wraps what a handler throws in a BotError, which holds the token: log what is in it, never the whole.
bot.catch(({ error }) => console.error('A handler failed:', error));

// Ctrl-C, or a service manager: `bot.start` below then returns.
process.once('SIGINT', () => bot.stop());
process.once('SIGTERM', () => bot.stop());

// First the gateway, so that it is there for the first update. This also opens the pages that people sign in on; where
// you have a web server, pass { listeners: 'none' } and route /connect, /oauth, /key and /healthz to `gateway.fetch`.
await gateway.start();
try {
  await bot.start({ onStart: ({ username }) => console.log(`@${username} is there. Ctrl-C stops it.`) });
} finally {
  await gateway.stop();
}
