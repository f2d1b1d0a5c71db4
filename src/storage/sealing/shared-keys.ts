import type { Engine } from '../engine.js';
import { StoreError } from '../types.js';
import { keyId } from './key-ring.js';

/** Records of the store itself, which hold no secret and are not sealed. */
export const OWN_RECORDS = 'storage';
const SEALED_BY = 'sealed-by';

/**
 * Refuses keys of which none is the one that the records were sealed with last: better one clear sentence at the start
 * than every credential unreadable. A new first key is noted, for those who start after us.
 *
 * @throws {StoreError} `wrong_key`
 */
export async function checkSharedKeys(engine: Engine, keys: readonly string[], where: string): Promise<void> {
  const ids = keys.map(keyId);
  const [first] = ids;
  if (first === undefined || (await sealedBy(engine)) === first) return;
  await engine.lock(`${OWN_RECORDS}/${SEALED_BY}`, async () => {
    const noted = await sealedBy(engine);
    if (noted !== undefined && !ids.includes(noted)) throw otherKey(where);
    if (first !== noted) await noteSealedBy(engine, first);
  });
}

/** The id of the key that was first in the config of who started last. */
export async function sealedBy(engine: Engine): Promise<string | undefined> {
  return (await engine.read(OWN_RECORDS, SEALED_BY))?.text;
}

export function noteSealedBy(engine: Engine, id: string): Promise<void> {
  return engine.write(OWN_RECORDS, SEALED_BY, { text: id });
}

function otherKey(where: string): StoreError {
  return new StoreError(
    'wrong_key',
    `The records in ${where} were sealed with another key. Write that one into security.encryption_key; to change keys, list both, the new one first. Nothing was deleted.`,
  );
}
