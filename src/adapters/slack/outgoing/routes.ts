import type { Actor, AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { textOf } from '../../common/payload.js';
import { createRecently } from '../../common/recently.js';
import type { Installation, Installations } from '../connection/installations.js';
import { ownerKey, userOf } from '../refs.js';
import type { Outbox } from './outbox.js';

/** By which installation a person is reached, and which channel is their DM with the bot. */
export interface Routes {
  /** Rejects where only the store can tell, and that is away. */
  of(actor: Actor): Promise<Installation | undefined>;
  /** They spoke through this one. */
  note(actor: Actor, by: Installation): Promise<void>;
  /** Whether this is the person's own DM with the bot, and not one with somebody else. */
  isOwnDm(owner: string, by: Installation, channel: string): Promise<boolean>;
}

export interface RoutesParts {
  readonly installations: Installations;
  readonly outbox: () => Outbox | undefined;
  readonly memory: () => AdapterMemory;
  readonly now: () => number;
  readonly log: Log;
}

const KEPT_MS = 90 * 86_400_000;
const DM_KNOWN_MS = 6 * 3_600_000;

export function createRoutes({ installations, outbox, memory, now, log }: RoutesParts): Routes {
  const noted = createRecently<string>(now, KEPT_MS / 3);
  const own = createRecently<string>(now, DM_KNOWN_MS);
  const others = createRecently<string>(now, DM_KNOWN_MS);

  const keyOf = (owner: string): string => `route/${owner}`;

  async function remembered(owner: string): Promise<Installation | undefined> {
    const key = textOf(await memory().get(keyOf(owner)));
    return key === undefined ? undefined : installations.named(key);
  }

  return {
    async of(actor) {
      const owner = ownerKey(actor);
      if (owner === undefined) return undefined;
      try {
        return (await remembered(owner)) ?? (await installations.ofActor(actor));
      } catch (error) {
        // Most are reached by their own workspace, without the store.
        const own = await installations.ofActor(actor);
        if (own === undefined) throw error;
        return own;
      }
    },

    /** Most people are of the workspace through which they speak: only of others it has to be remembered. */
    async note(actor, by) {
      const owner = ownerKey(actor);
      const mark = `${owner} ${by.key}`;
      if (owner === undefined || noted.has(mark)) return;
      noted.add(mark);
      if ((await installations.ofActor(actor))?.key === by.key) return;
      await memory()
        .set(keyOf(owner), by.key, KEPT_MS)
        .catch((error: unknown) => log.warn({ error }, 'how a person is reached could not be written down'));
    },

    async isOwnDm(owner, by, channel) {
      const mark = `${by.key} ${owner} ${channel}`;
      if (!channel.startsWith('D') || others.has(mark)) return false;
      if (own.has(mark)) return true;
      const opened = await outbox()
        ?.openDm(by, userOf(owner))
        .catch(() => undefined);
      if (opened?.kind !== 'dm') return false;
      const same = opened.channel === channel;
      (same ? own : others).add(mark);
      return same;
    },
  };
}
