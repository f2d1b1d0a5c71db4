import type { Store } from '../storage/types.js';
import { dropDiscovery } from './discovery-records.js';
import { forgetClient } from './registration-records.js';
import type { OAuthCredential } from './types.js';

/** RFC 6749 §5.2: it is the client that is refused, and not what it came with. */
const OF_THE_CLIENT = new Set(['invalid_client', 'unauthorized_client']);

/** A credential has ended: the next sign-in looks anew where to go, and as whom. */
export async function afterRefusal(
  store: Store,
  server: string,
  { client }: OAuthCredential,
  code: string,
): Promise<void> {
  await dropDiscovery(store, server);
  if (client.kind === 'dynamic' && OF_THE_CLIENT.has(code))
    await forgetClient(store, server, client.clientId);
}
