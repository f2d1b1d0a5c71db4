import { slackManifest } from '../adapters/slack/setup/manifest.js';
import { APP_SCOPE, BOT_EVENTS, BOT_SCOPES } from '../adapters/slack/setup/scopes.js';
import { urlTroubles } from '../gateway/config/values.js';
import { unfinishedPlatform } from './configured.js';
import { VerbError } from './failure.js';

/** Prints what api.slack.com/apps takes under "From a manifest"; what is in it and what comes next goes to standard error. */
export async function printSlackManifest(options: {
  readonly config?: string;
  readonly name: string;
}): Promise<number> {
  const { file, block, publicUrl } = await unfinishedPlatform(options.config, 'slack');
  const requestUrl = block.mode === 'http' ? requestUrlAt(publicUrl, file) : undefined;
  const manifest = slackManifest({
    name: options.name,
    ...(requestUrl === undefined ? {} : { requestUrl }),
  });
  process.stdout.write(`${JSON.stringify(manifest, undefined, 2)}\n`);
  process.stderr.write(`${explanation(requestUrl).join('\n')}\n`);
  return 0;
}

function requestUrlAt(publicUrl: string | undefined, file = ''): string {
  const isHttps =
    publicUrl !== undefined && urlTroubles(publicUrl).length === 0 && /^https:/i.test(publicUrl);
  if (isHttps) return `${publicUrl}/webhooks/slack`;
  const needed = '`mode: http` needs a `public_url` with https, to which Slack sends what people do.';
  throw new VerbError(`${file}: ${needed} Add it, or write \`mode: socket\`.`, 2);
}

function explanation(requestUrl: string | undefined): readonly string[] {
  const events = requestUrl ?? 'this process, over a connection that it opens (Socket Mode)';
  return [
    '',
    `The app may:`,
    ...rows(BOT_SCOPES),
    'and is told of:',
    ...rows(BOT_EVENTS),
    `What people do goes to ${events}.`,
    '',
    'Next: https://api.slack.com/apps → Create New App → From a manifest, choose the workspace, paste all of it.',
    'Then Install App → Install to …, and take the Bot User OAuth Token (xoxb-…) as SLACK_BOT_TOKEN.',
    requestUrl === undefined
      ? `Then Basic Information → App-Level Tokens → Generate Token and Scopes → ${APP_SCOPE}: SLACK_APP_TOKEN (xapp-…).`
      : 'Then Basic Information → App Credentials → Signing Secret: SLACK_SIGNING_SECRET. Once the gateway runs: App Manifest → verify the URL.',
  ];
}

function rows(reasons: Readonly<Record<string, string>>): readonly string[] {
  const width = Math.max(...Object.keys(reasons).map(({ length }) => length));
  return Object.entries(reasons).map(([name, reason]) => `  ${name.padEnd(width)}  ${reason}`);
}
