import type { Log } from '../../observability/log.js';
import type { Edited, LiveMessage } from '../commands/command.js';
import type { ChatAdapter, MessageRef, Reply } from '../types.js';
import { canonical } from './boards.js';
import { pause } from './pace.js';

/** Messages that a command still edits. A message belongs to the command that was last run on it. */
export interface LiveMessages {
  /** `first`: what it says so far. */
  open(adapter: ChatAdapter, message: MessageRef, first: Reply): LiveMessage & { close(): void };
  /** A button of this message was pressed: whoever edited it stops. */
  take(message: MessageRef): void;
  /** The gateway stops: each message gets its last word now. */
  closeAll(): void;
}

export interface LiveMessagesParts {
  /** Before an edit that the platform did not do is tried again; ever longer, up to half a minute. */
  readonly againMs: number;
  readonly log: Log;
}

interface Live {
  readonly over: AbortController;
  taken: boolean;
}

const AGAIN_AT_MOST_MS = 30_000;
/** More than ten minutes: a platform that is away for longer is asked again by the person. */
const MOST_TRIES = 25;

export function createLiveMessages({ againMs, log }: LiveMessagesParts): LiveMessages {
  const lives = new Map<string, Live>();
  let closed = false;

  function take(key: string): void {
    const live = lives.get(key);
    if (live === undefined) return;
    live.taken = true;
    live.over.abort();
  }

  async function finish(
    edit: LiveMessage['edit'],
    render: () => Promise<Reply>,
    over: AbortSignal,
  ): Promise<Edited> {
    for (let tries = 1; ; tries += 1) {
      const isLast = over.aborted || tries === MOST_TRIES;
      const edited = await edit(render);
      if (edited !== 'not-now' || isLast) return edited;
      await pause(Math.min(AGAIN_AT_MOST_MS, againMs * 2 ** (tries - 1)), over);
    }
  }

  return {
    open(adapter, message, first) {
      const key = canonical(message);
      take(key);
      const live: Live = { over: new AbortController(), taken: false };
      if (closed) live.over.abort();
      lives.set(key, live);
      let shown = first;

      async function edit(render: () => Promise<Reply>): Promise<Edited> {
        if (live.taken) return 'over';
        try {
          const reply = await render();
          if (says(shown, reply)) return 'shown';
          if (live.taken || (await adapter.update(message, reply)).kind !== 'delivered') return 'over';
          shown = reply;
          return 'shown';
        } catch (error) {
          log.info(
            { error, platform: adapter.platform },
            'a message could not be brought up to date just now',
          );
          return 'not-now';
        }
      }

      return {
        signal: live.over.signal,
        edit,
        finish: (render) => finish(edit, render, live.over.signal),
        close() {
          if (lives.get(key) === live) lives.delete(key);
        },
      };
    },
    take: (message) => take(canonical(message)),
    closeAll() {
      closed = true;
      for (const { over } of lives.values()) over.abort();
    },
  };
}

/** An edit that more was to follow may have been left out: as the last word it is said again. */
function says({ passing, ...shown }: Reply, { passing: wanted, ...reply }: Reply): boolean {
  return JSON.stringify(shown) === JSON.stringify(reply) && (wanted === true || passing !== true);
}
