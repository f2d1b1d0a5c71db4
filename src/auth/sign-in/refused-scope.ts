import type { CredentialKey } from '../types.js';
import type { SignInParts } from './deps.js';

/** A device endpoint, or a poll, was answered with this code (RFC 6749 §5.2). */
export const REFUSED_SCOPE = 'invalid_scope';

/** The provider does not have what was asked for: the next sign-in looks anew, and asks for nothing that the server named since. */
export async function askForLess(
  { discoveries, challenges }: SignInParts,
  { subject, server }: CredentialKey,
): Promise<void> {
  await discoveries.drop(server);
  await challenges.forget({ subject, server });
}
