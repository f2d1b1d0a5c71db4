import { type Records, recordKey, type Store } from '../../storage/types.js';
import type { HttpServer } from '../types.js';
import type { JWK } from './client-assertion.js';

/** Makes a client assertion for one client and one audience (RFC 7523 §3). */
export type Sign = (clientId: string, audience: string) => Promise<string>;

/** The keys that clients prove themselves with (`private_key_jwt`). */
export interface ClientKeys {
  /** With the server's configured key, else with the gateway's own, which is made when it is first needed. */
  signFor(server: HttpServer): Sign;
  /** The public halves: of the gateway's own key, and of those in the config (RFC 7517 §5). */
  published(servers: readonly HttpServer[]): Promise<{ readonly keys: readonly JWK[] }>;
}

const OWN = recordKey('own');

/** Loaded with the first key: most gateways never need one. */
const assertions = () => import('./client-assertion.js');

/** One in the whole deployment: what one process signs, the key set that another publishes must have. */
async function ownKey(store: Store, records: Records<JWK>): Promise<JWK> {
  const known = await records.get(OWN);
  if (known !== undefined) return known;
  return await store.lock(recordKey('client-keys'), async () => {
    const meanwhile = await records.get(OWN);
    if (meanwhile !== undefined) return meanwhile;
    const made = await (await assertions()).newJwk();
    await records.set(OWN, made);
    return made;
  });
}

export function createClientKeys(store: Store, now: () => number): ClientKeys {
  const records = store.records<JWK>('client-keys');

  async function jwkFor({ oauth }: HttpServer): Promise<JWK> {
    if (oauth.privateKey === undefined) return await ownKey(store, records);
    return (await assertions()).configuredJwk(oauth);
  }

  return {
    signFor: (server) => async (clientId, audience) => {
      const { signAssertion } = await assertions();
      return await signAssertion(await jwkFor(server), clientId, audience, now());
    },
    published: async (servers) => {
      const { configuredJwk, publicHalf } = await assertions();
      const given = servers.filter(({ oauth }) => oauth.privateKey !== undefined);
      const keys = [await ownKey(store, records), ...given.map(({ oauth }) => configuredJwk(oauth))];
      // Servers may share a key; a provider that finds two which fit may take neither.
      const each = new Map(keys.map(publicHalf).map((key) => [JSON.stringify(key), key]));
      return { keys: [...each.values()] };
    },
  };
}
