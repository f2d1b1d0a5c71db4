import { type Finding, failed } from '../../common/finding.js';
import { textOf } from '../../common/payload.js';
import { plainText } from '../../common/text.js';
import { call, type SlackApi } from './check-call.js';
import { BOT_SCOPES } from './scopes.js';

/** The app in one workspace, or in all of an organisation, as its bot token tells. */
export interface Installation {
  readonly kind: 'installation';
  /** Of the workspace, or (`T…`, `E…`) of the organisation. */
  readonly id: string;
  readonly name: string;
  readonly bot: string;
  readonly orgWide: boolean;
  /** `E…`, where there is one: its people are known by it. */
  readonly organisation?: string;
  /** Absent where Slack does not say. */
  readonly appId?: string;
  readonly scopes?: readonly string[];
}

const PAGE = 'api.slack.com/apps → your app → OAuth & Permissions';
const NEW_TOKEN = `Put the Bot User OAuth Token into the environment: ${PAGE} has it.`;

/** By Slack's own words for what is wrong (docs.slack.dev, "auth.test"). `@` is the token. */
const REFUSALS: Readonly<Record<string, readonly [text: string, remedy: string]>> = {
  invalid_auth: ['Slack does not know @', NEW_TOKEN],
  not_authed: ['Slack does not know @', NEW_TOKEN],
  token_revoked: ['@ was revoked', `Install the app again (Install App → Reinstall). ${NEW_TOKEN}`],
  account_inactive: [
    '@: the app was removed from its workspace, or the workspace is gone',
    `Install it again, or take the token out of the config. ${NEW_TOKEN}`,
  ],
  token_expired: [
    '@ has expired: the app rotates its tokens',
    'Make an app without token rotation, as `mcp-chat-gateway slack-manifest` does: it cannot be switched off.',
  ],
  not_allowed_token_type: ['@ is none', NEW_TOKEN],
};

/** @param which the token, in words */
export async function readInstallation(
  token: string,
  which: string,
  api: SlackApi,
): Promise<Installation | { readonly kind: 'failed'; readonly finding: Finding }> {
  const called = await call('auth.test', token, api);
  if (called.kind === 'failed') return called;
  if (called.kind === 'refused') {
    const [text, remedy] = REFUSALS[called.error] ?? ['Slack refuses @', NEW_TOKEN];
    return { kind: 'failed', finding: failed(`${text.replace('@', which)} (${called.error})`, remedy) };
  }
  const { team_id: teamId, enterprise_id: orgId, team, user, bot_id: botId, app_id: app } = called.body;
  const orgWide = called.body.is_enterprise_install === true;
  const id = orgWide ? (orgId ?? teamId) : teamId;
  if (textOf(botId) === undefined) {
    return { kind: 'failed', finding: failed(`${which} is a person's`, NEW_TOKEN) };
  }
  const appId = textOf(app);
  const scopes = called.headers.get('x-oauth-scopes');
  return {
    kind: 'installation',
    id: plainText(textOf(id) ?? '', 32),
    name: plainText(textOf(team) ?? '', 64),
    bot: plainText(textOf(user) ?? '', 64),
    orgWide,
    ...(textOf(orgId) === undefined ? {} : { organisation: plainText(textOf(orgId) ?? '', 32) }),
    ...(appId === undefined ? {} : { appId: plainText(appId, 32) }),
    ...(scopes === null ? {} : { scopes: scopes.split(/[\s,]+/).filter((scope) => scope !== '') }),
  };
}

export function placeOf({ name, id, orgWide }: Installation): string {
  return orgWide ? `the organisation ${name} (${id})` : `${name} (${id})`;
}

export function installationFindings(installation: Installation): readonly Finding[] {
  const answers: Finding = { mark: 'ok', text: `@${installation.bot} answers in ${placeOf(installation)}` };
  return [answers, ...identityFindings(installation), ...scopeFindings(installation)];
}

/** One person has one id in all workspaces of an organisation. */
function identityFindings({ organisation, name }: Installation): readonly Finding[] {
  if (organisation === undefined) return [];
  const text = `people of ${name} are slack:${organisation}/U… in \`access\` and \`people\`: they are of the organisation`;
  return [{ mark: 'neutral', text }];
}

function scopeFindings({ scopes, name }: Installation): readonly Finding[] {
  if (scopes === undefined) return [];
  const needed = Object.entries(BOT_SCOPES);
  const missing = needed.filter(([scope]) => !scopes.includes(scope));
  if (missing.length > 0) return missing.map(([scope, reason]) => missingScope(scope, reason, name));
  const more = scopes.filter((scope) => !Object.hasOwn(BOT_SCOPES, scope));
  const all: Finding = { mark: 'ok', text: `in ${name} it has all ${needed.length} scopes` };
  if (more.length === 0) return [all];
  const text = `in ${name} it has more than the gateway needs: ${plainText(more.join(', '), 160)}`;
  return [all, { mark: 'neutral', text }];
}

function missingScope(scope: string, reason: string, name: string): Finding {
  return failed(
    `in ${name} the scope ${scope} is missing: ${reason}`,
    `${PAGE} → Scopes → Bot Token Scopes → Add an OAuth Scope: ${scope}; then Install App → Reinstall to ${name}.`,
  );
}
