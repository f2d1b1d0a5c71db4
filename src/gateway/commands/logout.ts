import type { CredentialKey, CredentialView, Server, SignOutOutcome } from '../../auth/types.js';
import { command } from '../actions.js';
import { SHARED, subjectFor } from '../services.js';
import { authKind, keysToAsk } from '../status.js';
import { type Actor, actorId, type Reply } from '../types.js';
import { adminsOnly, sentence, serverGone } from '../views/sentences.js';
import { answer, type Command, type CommandContext } from './command.js';
import { serverNamed } from './servers.js';

/** Asks first; the button of the question types the same command with `yes`. */
export const logout: Command = async ({ servers, sure }, context) => {
  const { services, role } = context;
  const server = serverNamed(context, servers[0]);
  if (server === undefined) return answer(serverGone());
  if (server.credentials === 'shared' && role !== 'admin') return answer(adminsOnly());
  const key = { subject: subjectFor(server, context.subject), server: server.name };
  const held = await services.credentials.view(key);
  if (held === undefined) return answer(nothingHeld(server));
  if (held.kind === 'unreadable') return answer(unreadable(server));
  if (!sure) return answer(question(server, held, key.subject === SHARED));
  return answer(outcomeView(server, await signOut(server, held, context)));
};

async function signOut(
  server: Server,
  held: CredentialView,
  { services, actor, subject, note, events }: CommandContext,
): Promise<SignOutOutcome> {
  const key = { subject: subjectFor(server, subject), server: server.name };
  await cancelUnderWay(key, actor, services);
  const outcome =
    held.kind === 'keys' ? await services.apiKeys.signOut(key) : await services.keeper.signOut(key);
  services.connections.forget(server.name, key.subject);
  note(
    'sign-out',
    outcome.kind === 'deleted-only' ? `deleted-only (${outcome.why})` : outcome.kind,
    server.name,
  );
  if (outcome.kind !== 'nothing') await events.tell('signedOut', { ...key, reason: 'logout' });
  return outcome;
}

/** Whoever began it: another account of the same person, or another admin. Its link would sign in again. */
async function cancelUnderWay(
  key: CredentialKey,
  actor: Actor,
  { signIns }: CommandContext['services'],
): Promise<void> {
  const open = (await signIns.open(key.subject)).filter((state) => state.kind !== 'unknown');
  const begunBy = open.filter(({ server }) => server === key.server).map(({ startedBy }) => startedBy);
  for (const startedBy of new Set([actorId(actor), ...begunBy])) await signIns.cancel(startedBy, key.server);
}

function question(server: Server, held: CredentialView, shared: boolean): Reply {
  const what = held.kind === 'keys' ? `Delete your key for ${server.name}?` : `Sign out of ${server.name}?`;
  return {
    title: shared ? `${what} It is shared by everyone.` : what,
    lines: [],
    actions: [
      command(held.kind === 'keys' ? 'Delete key' : 'Sign out', 'logout', server.name, 'yes'),
      command('Keep', 'status', server.name),
    ],
  };
}

function nothingHeld(server: Server): Reply {
  const fromEnvironment = authKind(server) === 'keys' && keysToAsk(server).length === 0;
  if (fromEnvironment) {
    return sentence(
      `${server.name} uses a key of this gateway, for everyone; you have none of your own to delete.`,
    );
  }
  return sentence(`You are not signed in to ${server.name}.`, 'neutral', command('Status', 'status'));
}

function unreadable(server: Server): Reply {
  const text = `Your sign-in to ${server.name} cannot be read, so it cannot be withdrawn. A new sign-in takes its place.`;
  return sentence(text, 'failed', command('Sign in', 'auth', server.name));
}

function outcomeView(server: Server, outcome: SignOutOutcome): Reply {
  const again = command('Sign in', 'auth', server.name);
  switch (outcome.kind) {
    case 'nothing':
      return nothingHeld(server);
    case 'revoked':
      return sentence(`Signed out of ${server.name}: its provider has withdrawn the access.`, 'ok', again);
    case 'deleted-only':
      return sentence(deletedSentence(server.name, outcome.why), 'ok', {
        ...again,
        label: outcome.why === 'not-oauth' ? 'Add key' : 'Sign in',
      });
  }
}

function deletedSentence(
  server: string,
  why: Extract<SignOutOutcome, { kind: 'deleted-only' }>['why'],
): string {
  switch (why) {
    case 'unsupported':
      return `Signed out of ${server}: what was stored here is deleted. Its provider cannot withdraw access by itself; you can, in your account there.`;
    case 'failed':
      return `Signed out of ${server}: what was stored here is deleted. Its provider did not confirm; withdraw the access in your account there.`;
    case 'partly':
      return `Signed out of ${server}: what was stored here is deleted. Its provider ended the access in use; withdraw the rest in your account there.`;
    case 'not-oauth':
      return `The key for ${server} is deleted here. It still works elsewhere until you revoke it at its provider.`;
  }
}
