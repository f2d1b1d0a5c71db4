import type { RevokeOutcome } from '../auth/credentials/credential-desk.js';
import type { CredentialKey } from '../auth/types.js';
import { credentialOwner } from '../gateway/access/credential-owner.js';
import { type OpenCredentials, type OwnerOptions, ownerOf, withCredentials } from './credentials.js';
import { VerbError } from './failure.js';
import { say } from './terminal.js';

/** Signs somebody out, as their own `/mcp logout` would. */
export function revokeCredentials(options: OwnerOptions): Promise<number> {
  return withCredentials(options, async (open) => {
    const { desk } = open;
    const key = await keyMeant(options, open);
    say(outcomeSentence(await desk.revoke(key), key));
    return 0;
  });
}

/**
 * Also what is left of a server, or of somebody's account, that the config has no longer: as `credentials list` names it.
 *
 * @throws {VerbError} where there is neither
 */
async function keyMeant(options: OwnerOptions, { desk, settings }: OpenCredentials): Promise<CredentialKey> {
  const { subject, server } = options;
  const owner = credentialOwner(subject, server, settings);
  const meant = [...(owner.kind === 'owner' ? [owner.key] : []), { subject, server }];
  for (const key of meant) {
    const held = await desk.list(key.subject);
    if (held.some((one) => one.server === key.server)) return key;
  }
  return ownerOf(options, settings).key;
}

/** @throws {VerbError} where nothing was revoked */
function outcomeSentence(outcome: RevokeOutcome, { subject, server }: CredentialKey): string {
  const done = `Signed ${subject} out of ${server}`;
  if (outcome.kind === 'revoked') return `${done}: its provider has withdrawn the access.`;
  if (outcome.kind === 'nothing') throw new VerbError(`${subject} holds nothing for ${server}.`, 1);
  if (outcome.kind === 'unreadable')
    throw new VerbError(`What ${subject} holds for ${server} cannot be read, so it cannot be withdrawn.`, 1);
  switch (outcome.why) {
    case 'unsupported':
      return `${done}: what was stored here is deleted. Its provider cannot withdraw access by itself.`;
    case 'failed':
      return `${done}: what was stored here is deleted. Its provider did not confirm; withdraw the access there.`;
    case 'partly':
      return `${done}: what was stored here is deleted. Its provider ended the access in use, and not all of it.`;
    case 'not-oauth':
      return `The key of ${subject} for ${server} is deleted here. It still works elsewhere until it is revoked at its provider.`;
  }
}
