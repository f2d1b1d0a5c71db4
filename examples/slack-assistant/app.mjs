// An assistant in a Bolt app: it answers with the tools of whoever asks. Where their sign-in is missing it asks for it,
// so that only they see it, and goes on by itself once it is there.
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

const app = new App({
  token,
  appToken,
  socketMode: true,
  ...(apiRoot ? { clientOptions: { slackApiUrl: `${apiRoot}/` } } : {}),
});
const gateway = await createGateway(
  process.argv[2] ?? fileURLToPath(new URL('config.yaml', import.meta.url)),
);
gateway.slack(app);

/** Your model goes here: what it hears becomes a call. This one understands "my issues" and "issues about …". */
function pickTool(text) {
  const [, query] = /^issues about (.+?)\??$/i.exec(text) ?? [];
  if (query) return { server: 'linear', tool: 'list_issues', args: { query } };
  if (/^my issues\??$/i.test(text))
    return { server: 'linear', tool: 'list_issues', args: { assignee: 'me' } };
  return undefined;
}

/** Calls it on behalf of who asked: with their access, and nobody else's. */
async function answer({ event, body, context, say }) {
  // Undefined: a bot, an edit, a stranger of whom nothing is known. There is nobody to call for.
  const caller = await gateway.callerOf.slack({ body, context });
  if (caller === undefined) return;
  const reply = (text) => say({ text: plain(text), ...(event.thread_ts && { thread_ts: event.thread_ts }) });
  const call = pickTool(event.text.replace(/^<@\w+>\s*/, ''));
  if (call === undefined) return reply('Ask me for "my issues", or for "issues about …".');
  const { actor, conversation } = caller;
  const outcome = await gateway.mcp.callTool(actor, call.server, call.tool, call.args, {
    signIn: { conversation },
  });
  await reply(sentence(outcome));
}

/** What came of the call. For a model, `outcome.sentence` says why there is no answer, and what to tell the person. */
function sentence(outcome) {
  if (outcome.kind === 'done')
    return outcome.value.content.map((part) => part.text ?? '').join('\n') || 'Done.';
  if (outcome.kind === 'needs_reauth')
    return `I need ${outcome.server} for that: /mcp auth ${outcome.server}`;
  return outcome.sentence;
}

/** What a server says is data: nothing in it may become a link or call a whole channel (docs.slack.dev, "Escaping text"). */
function plain(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

app.event('app_mention', answer);
app.message(async (args) => {
  if (args.message.channel_type === 'im') await answer(args);
});
app.error(async (error) => console.error('A listener failed:', error.message));

await gateway.start();
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
