// A Bolt app with a life of its own (it has a command and says hello) in which people also have /mcp.
//
//     node app.mjs [config.yaml]
//
import { fileURLToPath } from 'node:url';
import { App } from '@slack/bolt';
import { createGateway } from 'mcp-chat-gateway';

const { SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: appToken, SLACK_API_ROOT: apiRoot } = process.env;
if (!token || !appToken) {
  console.error(
    'SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…) must be set. https://api.slack.com/apps has both: OAuth & Permissions, and Basic Information → App-Level Tokens.',
  );
  process.exit(1);
}

// Your app, as it always was. SLACK_API_ROOT is only for tests and proxies.
const app = new App({
  token,
  appToken,
  socketMode: true,
  ...(apiRoot ? { clientOptions: { slackApiUrl: `${apiRoot}/` } } : {}),
});

// The gateway has the servers, the people and the sign-ins; a mistake in its config throws here, with the line it is in.
const config = process.argv[2] ?? fileURLToPath(new URL('config.yaml', import.meta.url));
const gateway = await createGateway(config);

// Before your own listeners: what is for the gateway (/mcp, its buttons and forms) goes no further. Everything else
// passes through as if it were not there.
gateway.slack(app);

app.command('/hello', async ({ ack, command, respond }) => {
  await ack();
  await respond(`Hello <@${command.user_id}>. /mcp shows your MCP servers.`);
});
app.message(async ({ message, say }) => {
  if (message.channel_type === 'im' && !message.subtype) await say(message.text);
});
app.error(async (error) => console.error('A listener failed:', error.message));

// First the gateway, so that it is there for the first event. This also opens the pages that people sign in on; where
// you have a web server, pass { listeners: 'none' } and route /connect, /oauth, /key and /healthz to `gateway.fetch`.
await gateway.start();

// Ctrl-C, or a service manager.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await app.stop();
    await gateway.stop();
  });

try {
  await app.start();
  console.log('The app is there. Ctrl-C stops it.');
} catch (error) {
  console.error('The app could not start:', error.message);
  process.exitCode = 1;
  await gateway.stop();
}
