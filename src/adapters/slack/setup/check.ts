import type { Finding } from '../../common/finding.js';
import { appTokenFindings } from './check-app-token.js';
import { WITHIN_MS } from './check-call.js';
import { type Installation, installationFindings, readInstallation } from './check-installation.js';
import { tokensTogether, workspaceFindings } from './check-workspaces.js';

export interface SlackCheck {
  readonly botTokens: readonly string[];
  readonly mode: 'socket' | 'http';
  readonly appToken?: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  readonly workspaces?: readonly string[];
  /** Without a trailing slash. */
  readonly publicUrl?: string;
  readonly withinMs?: number;
}

/** Asks Slack about each token; changes nothing, takes no event away. Never rejects, and never holds a token. */
export async function checkSlack(options: SlackCheck): Promise<readonly Finding[]> {
  const { botTokens, mode, appToken, workspaces, publicUrl } = options;
  const api = { apiRoot: options.apiRoot, withinMs: options.withinMs ?? WITHIN_MS };
  const [installations, socket] = await Promise.all([
    Promise.all(botTokens.map((token, index) => readInstallation(token, nameOf(index, botTokens), api))),
    mode === 'socket' && appToken !== undefined ? appTokenFindings(appToken, api) : [],
  ]);
  const found = installations.filter((one): one is Installation => one.kind === 'installation');
  const findings = installations.flatMap((one) =>
    one.kind === 'failed' ? [one.finding] : installationFindings(one),
  );
  return onlyOnce([
    ...findings,
    ...tokensTogether(found, appToken),
    ...workspaceFindings(found, workspaces),
    ...socket,
    ...(mode === 'http' ? [httpFinding(publicUrl)] : []),
  ]);
}

function nameOf(index: number, { length }: readonly string[]): string {
  return length === 1 ? 'the bot token' : `bot token ${index + 1} of ${length}`;
}

/** What keeps Slack from being asked keeps it from being asked about every token. */
function onlyOnce(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ text }, index) => findings.findIndex((other) => other.text === text) === index);
}

/** Slack tells nobody where it sends. */
function httpFinding(publicUrl = ''): Finding {
  return {
    mark: 'neutral',
    text: `Slack has to send to ${publicUrl}/webhooks/slack`,
    remedy:
      'api.slack.com/apps → your app → App Manifest has to say what `mcp-chat-gateway slack-manifest` prints, and its URL be verified.',
  };
}
