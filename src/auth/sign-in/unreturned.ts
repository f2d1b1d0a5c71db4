import { recordKey } from '../../storage/types.js';
import type { SignInParts } from './deps.js';
import type { OAuthFlow, StoredSignIn } from './records.js';

/**
 * With what a browser went to the provider and has not come back so far: the page there may have said that it does not
 * know this client, or this scope. Undefined: nobody went, or the browser is back.
 */
export async function unreturned(
  { at }: SignInParts,
  id: string,
  signIn: StoredSignIn | undefined,
): Promise<OAuthFlow | undefined> {
  if (signIn?.kind !== 'pending' || signIn.record.way.kind !== 'oauth') return undefined;
  const { flow, paste } = signIn.record.way;
  // A link that leads straight to the provider is not seen to be opened.
  const went = paste === true || (await at.browser.keys(recordKey(id))).length > 0;
  return went ? flow : undefined;
}
