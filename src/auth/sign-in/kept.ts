import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { type CredentialRecords, maskAll } from '../credentials/credentials.js';
import type { SignInFacts } from './records.js';
import type { Connected } from './types.js';

/**
 * What a sign-in of which no outcome was written has kept all the same: its process may have died, or the store failed,
 * between the one and the other. Undefined: nothing, or a later sign-in has replaced it. A credential that cannot be read
 * is nobody's.
 */
export async function keptBy(
  { id, subject, server }: Pick<SignInFacts, 'id' | 'subject' | 'server'>,
  credentials: Pick<CredentialRecords, 'get'>,
): Promise<Connected | undefined> {
  const held = await unlessUnreadable(credentials.get({ subject, server }));
  if (held?.signIn !== id) return undefined;
  const connected = { kind: 'connected', interrupted: true } as const;
  if (held.kind === 'oauth') return connected;
  return { ...connected, unproven: held.unproven === true, masked: maskAll(held.values) };
}
