import type { CredentialView } from '../../auth/types.js';
import type { Services } from '../services.js';
import { type AuthStatus, authStatus } from '../status.js';
import { type UserRow, usersView } from '../views/users.js';
import { answer, type Command } from './command.js';
import { serverNamed } from './servers.js';

/** Who is signed in to what: what is stored, and what the last look showed. Contacts no server. */
export const users: Command = async ({ servers, page }, { services, note }) => {
  const [only] = servers;
  note('users-shown', 'done', only);
  const held = await services.credentials.list();
  const rows = held
    .filter((credential) => only === undefined || credential.server === only)
    .map((credential) => rowOf(credential, services))
    .sort((a, b) => a.subject.localeCompare(b.subject) || a.server.localeCompare(b.server));
  return answer(usersView(rows, page, services.now(), only));
};

interface Known extends Pick<Services, 'settings' | 'now'> {
  readonly connections: Pick<Services['connections'], 'known'>;
}

/** How a stored credential stands, by what is known without asking anybody. */
export function rowOf(credential: CredentialView, services: Known): UserRow {
  const { subject, server } = credential;
  const expires = credential.kind === 'oauth' ? credential.expiresAtMs : undefined;
  return {
    subject,
    server,
    status: statusOf(credential, services),
    refreshes: credential.kind === 'oauth' && credential.refreshable,
    ...(expires === undefined ? {} : { expiresAtMs: expires }),
  };
}

function statusOf(credential: CredentialView, services: Known): AuthStatus {
  const server = serverNamed(services.settings(), credential.server);
  if (server === undefined) return { kind: 'misconfigured', why: { kind: 'not-in-config' } };
  const probe = services.connections.known(server, credential.subject);
  return authStatus({ server, credential, ...(probe === undefined ? {} : { probe }) }, services.now());
}
