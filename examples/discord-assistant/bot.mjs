// An assistant in a discord.js bot: it answers with the tools of whoever asks. Where their sign-in is missing it asks
// for it, in private, and goes on by itself once it is there.
//
//     node bot.mjs [config.yaml]
//
import { fileURLToPath } from 'node:url';
import { Client, Events, GatewayIntentBits, Partials } from 'discord.js';
import { createGateway } from 'mcp-chat-gateway';

const { DISCORD_BOT_TOKEN: token, DISCORD_API_ROOT: apiRoot } = process.env;
if (!token) {
  console.error(
    'DISCORD_BOT_TOKEN is not set. https://discord.com/developers/applications has it: your application → Bot → Reset Token.',
  );
  process.exit(1);
}

// None of these is privileged: Discord gives a bot the text of direct messages, and of messages that mention it.
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
  partials: [Partials.Channel],
  // What a server says is data: nobody is to be called by it.
  allowedMentions: { parse: [] },
  ...(apiRoot ? { rest: { api: apiRoot } } : {}),
});
const gateway = await createGateway(
  process.argv[2] ?? fileURLToPath(new URL('config.yaml', import.meta.url)),
);
gateway.discord(client);

/** Your model goes here: what it hears becomes a call. This one understands "my issues" and "issues about …". */
function pickTool(text) {
  const [, query] = /^issues about (.+?)\??$/i.exec(text) ?? [];
  if (query) return { server: 'linear', tool: 'list_issues', args: { query } };
  if (/^my issues\??$/i.test(text))
    return { server: 'linear', tool: 'list_issues', args: { assignee: 'me' } };
  return undefined;
}

/** Calls it on behalf of who asked: with their access, and nobody else's. */
async function answer(message) {
  // Undefined: a bot, a webhook, a forwarded message. There is nobody to call for.
  const caller = await gateway.callerOf.discord(message);
  if (caller === undefined) return;
  const call = pickTool(message.content.replace(/^<@!?\d+>\s*/, ''));
  if (call === undefined) return message.reply('Ask me for "my issues", or for "issues about …".');
  const { actor, conversation } = caller;
  const outcome = await gateway.mcp.callTool(actor, call.server, call.tool, call.args, {
    signIn: { conversation },
  });
  await message.reply(sentence(outcome).slice(0, 2000));
}

/** What came of the call. For a model, `outcome.sentence` says why there is no answer, and what to tell the person. */
function sentence(outcome) {
  if (outcome.kind === 'done')
    return outcome.value.content.map((part) => part.text ?? '').join('\n') || 'Done.';
  if (outcome.kind === 'needs_reauth')
    return `I need ${outcome.server} for that: /mcp auth ${outcome.server}`;
  return outcome.sentence;
}

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot || (message.guild && !message.mentions.has(client.user))) return;
  await answer(message).catch((error) => console.error('An answer failed:', error.message));
});
client.once(Events.ClientReady, ({ user }) => console.log(`${user.username} is there. Ctrl-C stops it.`));
client.on(Events.Error, (error) => console.error('The connection failed:', error.message));

await gateway.start();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await gateway.stop();
    await client.destroy();
  });

try {
  await client.login(token);
} catch (error) {
  console.error('The bot could not log in:', error.message);
  process.exitCode = 1;
  await gateway.stop();
  await client.destroy();
}
