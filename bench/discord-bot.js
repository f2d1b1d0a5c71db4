// A process of its own: a bot that answers `/mcp`, ours or bare discord.js's with the finished payload.
import { answerWith, built, UNREACHED_LIMITS } from './measuring.js';

/** Its first part is the application's id. */
const TOKEN = `${Buffer.from('900000000000000001').toString('base64url')}.bench1.benchbenchbenchbenchbenchbenchbenchbench`;

async function gateway({ root, urls, folder }) {
  const { createGateway } = await import(built('index.js'));
  const servers = urls.map((url, index) => [`server-${index}`, { url }]);
  const opened = await createGateway({
    storage: `file:${folder}`,
    access: { users: ['discord:900000000000000004'] },
    platforms: { discord: { token: TOKEN, api_root: root } },
    mcp_servers: Object.fromEntries(servers),
    limits: UNREACHED_LIMITS,
    log: { level: 'warn' },
  });
  await opened.start({ listeners: 'none' });
}

async function bare({ root, payload }) {
  const { Client, GatewayIntentBits } = await import('discord.js');
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: root } });
  client.on('interactionCreate', (interaction) => {
    interaction.reply(payload).catch(() => {});
  });
  await client.login(TOKEN);
}

const kinds = { gateway, bare };

answerWith(async ({ kind, ...options }) => {
  if (kind !== undefined) await kinds[kind](options);
  return process.cpuUsage();
});
