import { type Finding, failed } from '../../common/finding.js';
import { call, type SlackApi } from './check-call.js';
import { APP_SCOPE } from './scopes.js';

const PLACE = 'api.slack.com/apps → your app → Basic Information → App-Level Tokens';
const NEW_TOKEN = `${PLACE} → Generate Token and Scopes → ${APP_SCOPE}; put it into the environment.`;

/** Opens no connection: Slack only gives an address for one. */
export async function appTokenFindings(token: string, api: SlackApi): Promise<readonly Finding[]> {
  const called = await call('apps.connections.open', token, api);
  switch (called.kind) {
    case 'ok':
      return [{ mark: 'ok', text: 'Socket Mode: Slack gives an address to connect to' }];
    case 'failed':
      return [called.finding];
    case 'refused':
      return [refused(called.error)];
  }
}

function refused(error: string): Finding {
  if (error === 'missing_scope')
    return failed(`the app-level token lacks ${APP_SCOPE} (${error})`, NEW_TOKEN);
  if (error === 'not_allowed_token_type')
    return failed(`the app-level token is of another kind (${error})`, NEW_TOKEN);
  return failed(`Slack refuses the app-level token (${error})`, NEW_TOKEN);
}
