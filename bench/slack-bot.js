// A process of its own: an app that answers `/mcp`, ours or bare Bolt's with the finished payload.
import { answerWith, built, UNREACHED_LIMITS } from './measuring.js';

const BOT_TOKEN = 'xoxb-000000000000-000000000000-benchbenchbenchbenchbench';
const APP_TOKEN = 'xapp-1-A0BENCH001-000000000000-benchbenchbenchbench';

async function gateway({ root, urls, folder }) {
  const { createGateway } = await import(built('index.js'));
  const servers = urls.map((url, index) => [`server-${index}`, { url }]);
  const opened = await createGateway({
    storage: `file:${folder}`,
    access: { users: ['slack:T0BENCH001/U0BENCHANA'] },
    platforms: { slack: { bot_token: BOT_TOKEN, app_token: APP_TOKEN, api_root: root } },
    mcp_servers: Object.fromEntries(servers),
    limits: UNREACHED_LIMITS,
    log: { level: 'warn' },
  });
  await opened.start({ listeners: 'none' });
}

async function bare({ root, payload }) {
  const { App } = await import('@slack/bolt');
  const app = new App({
    token: BOT_TOKEN,
    appToken: APP_TOKEN,
    socketMode: true,
    clientOptions: { slackApiUrl: `${root}/` },
    logLevel: 'error',
  });
  app.command('/mcp', async ({ ack, respond }) => {
    await ack();
    await respond(payload);
  });
  await app.start();
}

const kinds = { gateway, bare };

answerWith(async ({ kind, ...options }) => {
  if (kind !== undefined) await kinds[kind](options);
  return process.cpuUsage();
});
