// An assistant in a grammY bot: it answers with the tools of whoever asks. Where their sign-in is missing it asks for
// it, in private, and goes on by itself once it is there.
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

const bot = new Bot(token, apiRoot ? { client: { apiRoot } } : {});
const gateway = await createGateway(
  process.argv[2] ?? fileURLToPath(new URL('config.yaml', import.meta.url)),
);
bot.use(gateway.telegram(bot));

/** Your model goes here: what it hears becomes a call. This one understands "my issues" and "issues about …". */
function pickTool(text) {
  const [, query] = /^issues about (.+?)\??$/i.exec(text) ?? [];
  if (query) return { server: 'linear', tool: 'list_issues', args: { query } };
  if (/^my issues\??$/i.test(text))
    return { server: 'linear', tool: 'list_issues', args: { assignee: 'me' } };
  return undefined;
}

/** Calls it on behalf of who asked: with their access, and nobody else's. */
async function answer(ctx, { server, tool, args }) {
  // Undefined: a bot, a channel, a forwarded message. There is nobody to call for.
  const caller = await gateway.callerOf.telegram(ctx);
  if (caller === undefined) return;
  const { actor, conversation } = caller;
  const outcome = await gateway.mcp.callTool(actor, server, tool, args, { signIn: { conversation } });
  await ctx.reply(sentence(outcome));
}

/** What came of the call. For a model, `outcome.sentence` says why there is no answer, and what to tell the person. */
function sentence(outcome) {
  if (outcome.kind === 'done')
    return outcome.value.content.map((part) => part.text ?? '').join('\n') || 'Done.';
  if (outcome.kind === 'needs_reauth')
    return `I need ${outcome.server} for that: /mcp auth ${outcome.server}`;
  return outcome.sentence;
}

bot.on('message:text', async (ctx) => {
  const call = pickTool(ctx.message.text);
  if (call === undefined) return ctx.reply('Ask me for "my issues", or for "issues about …".');
  // Not awaited: a sign-in takes minutes, and grammY brings no other update while a handler runs.
  answer(ctx, call).catch((error) => console.error('An answer failed:', error.message));
});

bot.catch(({ error }) => console.error('A handler failed:', error));
process.once('SIGINT', () => bot.stop());
process.once('SIGTERM', () => bot.stop());

await gateway.start();
try {
  await bot.start({ onStart: ({ username }) => console.log(`@${username} is there. Ctrl-C stops it.`) });
} finally {
  await gateway.stop();
}
