import type { WorkspaceOptions } from './face.js';
import type { Platform } from './platform.js';
import type { Installation, Team } from './shapes.js';

const SCOPES = ['app_mentions:read', 'chat:write', 'commands', 'im:history', 'im:write', 'users:read'];

/** The app's installation for a workspace: its own, or the one of the whole org. */
export function installationFor(platform: Platform, team: Team, options: WorkspaceOptions): Installation {
  const { enterpriseId, orgInstall: orgWide = false, scopes = SCOPES } = options;
  const shared = [...platform.tokens.values()].find(
    (one) => orgWide && one.orgWide && one.enterpriseId === enterpriseId && one.state === 'active',
  );
  if (shared !== undefined) {
    shared.teams.add(team);
    return shared;
  }
  const { ids, settings } = platform;
  const installation: Installation = {
    bot: { userId: ids.next('U'), botId: ids.next('B'), name: settings.botName },
    token: `xoxb-${ids.secret(8)}-${ids.secret(16)}`,
    orgWide,
    enterpriseId,
    teams: new Set([team]),
    scopes,
    state: 'active',
  };
  if (options.installed !== false) platform.tokens.set(installation.token, installation);
  return installation;
}
