import { isId } from '../refs.js';
import type { Home } from '../types.js';

/** An organisation's id may stand where a workspace's is expected. Slash commands say `'true'`, everything else `true`. */
export function homeOf(team: unknown, enterprise: unknown, orgWide: unknown): Home {
  const organisation = [enterprise, team].find(isOrganisation);
  return {
    ...(isId(team) && !isOrganisation(team) ? { team } : {}),
    ...(organisation === undefined ? {} : { enterprise: organisation }),
    orgWide: orgWide === true || orgWide === 'true',
  };
}

function isOrganisation(id: unknown): id is string {
  return isId(id) && id.startsWith('E');
}
