// A discord.js bot with a life of its own (it has a command, /ping) in which people also have /mcp.
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

// Your bot, as it always was. The last three are for /mcp in direct messages and for `@bot mcp`; none is privileged.
// DISCORD_API_ROOT is only for tests and proxies.
const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
  partials: [Partials.Channel],
  ...(apiRoot ? { rest: { api: apiRoot } } : {}),
});

// The gateway has the servers, the people and the sign-ins; a mistake in its config throws here, with the line it is in.
const config = process.argv[2] ?? fileURLToPath(new URL('config.yaml', import.meta.url));
const gateway = await createGateway(config);

// What is for the gateway (/mcp, its buttons and forms) does not reach your handlers. Everything else passes through as
// if it were not there. It registers /mcp beside your own commands.
gateway.discord(client);

client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isChatInputCommand() && interaction.commandName === 'ping') await interaction.reply('pong');
});
client.once(Events.ClientReady, async ({ application, user }) => {
  await application.commands.create({ name: 'ping', description: 'Says pong' });
  console.log(`${user.username} is there. Ctrl-C stops it.`);
});
client.on(Events.Error, (error) => console.error('The connection failed:', error.message));

// First the gateway, so that it is there for the first event. This also opens the pages that people sign in on; where
// you have a web server, pass { listeners: 'none' } and route /connect, /oauth, /key and /healthz to `gateway.fetch`.
await gateway.start();

// Ctrl-C, or a service manager.
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
