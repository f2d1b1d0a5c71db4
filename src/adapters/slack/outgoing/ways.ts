import type { AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { membersOf } from '../../common/payload.js';

/**
 * What can edit a whisper just now: the response_url of the latest press on it, for half an hour and five uses. Nothing
 * else can (slackapi/bolt-js#2287, slackapi/bolt-python#1268): until its first press a whisper cannot be edited at all,
 * and the press of a link counts too, because Slack tells of it as of any other.
 */
export interface Ways {
  /** A press gave a new one. */
  open(id: string, owner: string, url: string): Promise<void>;
  /**
   * The URL for one more edit, which is then counted. `spare`: there is none to spare for an edit that another one will
   * follow soon. Undefined: there is none at all.
   */
  spend(id: string, owner: string, passing: boolean): Promise<string | 'spare' | undefined>;
}

export interface WaysParts {
  readonly memory: () => AdapterMemory;
  readonly now: () => number;
  readonly log: Log;
}

interface Way {
  readonly url: string;
  readonly used: number;
  readonly sinceMs: number;
}

/** Half an hour, of which the way takes some. */
const LIVES_MS = 29 * 60_000;
const USES = 5;

/** Ways that this process keeps for the time that the store is away. */
const MOST = 1_000;

export function createWays({ memory, now, log }: WaysParts): Ways {
  const known = new Map<string, Way>();
  /** What is not written yet: a form may be sent the moment it is open. */
  const writes = new Map<string, Promise<void>>();

  // Of its owner alone: whoever makes up a press of another's message gets a way of their own, to their own.
  const keyOf = (id: string, owner: string): string => `way/${owner}/${id}`;

  async function keep(key: string, way: Way): Promise<void> {
    known.delete(key);
    known.set(key, way);
    for (const oldest of known.keys()) {
      if (known.size <= MOST) break;
      known.delete(oldest);
    }
    const write = (writes.get(key) ?? Promise.resolve()).then(() => writeDown(key, way));
    writes.set(key, write);
    await write;
    if (writes.get(key) === write) writes.delete(key);
  }

  async function writeDown(key: string, way: Way): Promise<void> {
    const leftMs = Math.max(1, way.sinceMs + LIVES_MS - now());
    await memory()
      .set(key, { ...way }, leftMs)
      .catch((error: unknown) => log.warn({ error }, 'what can edit a message could not be written down'));
  }

  /** Of several processes the latest counts; while the store is away, what this one knows. */
  async function find(key: string): Promise<Way | undefined> {
    await writes.get(key);
    try {
      return readWay(await memory().get(key));
    } catch (error) {
      const here = known.get(key);
      if (here === undefined) throw error;
      return here;
    }
  }

  return {
    open: (id, owner, url) => keep(keyOf(id, owner), { url, used: 0, sinceMs: now() }),
    async spend(id, owner, passing) {
      const key = keyOf(id, owner);
      const way = await find(key);
      if (way === undefined || way.used >= USES || now() - way.sinceMs >= LIVES_MS) return undefined;
      if (passing && way.used >= USES - 1) return 'spare';
      await keep(key, { ...way, used: way.used + 1 });
      return way.url;
    },
  };
}

function readWay(value: unknown): Way | undefined {
  const { url, used, sinceMs } = membersOf(value);
  const known = typeof url === 'string' && typeof used === 'number' && typeof sinceMs === 'number';
  return known ? { url, used, sinceMs } : undefined;
}
