import type { RevokeOutcome } from '../auth/credential-desk.js';
import type { CredentialKey } from '../auth/types.js';
import { type OwnerOptions, ownerOf, withCredentials } from './credentials.js';
import { VerbError } from './failure.js';
import { say } from './terminal.js';

/** Signs somebody out, as their own `/mcp logout` would. */
export function revokeCredentials(options: OwnerOptions): Promise<number> {
  return withCredentials(options, async ({ desk, settings }) => {
    const { key } = ownerOf(options, settings);
    say(outcomeSentence(await desk.revoke(key), key));
    return 0;
  });
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
