import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { type CommandApi, registerCommands } from './command-list.js';

/** Telegram may be slow, or down, while everything else already works. */
const START_WITHIN_MS = 2_000;
const LATER_MS = 60_000;

export interface CommandLooksParts {
  readonly memory: () => AdapterMemory;
  readonly ending: AbortSignal;
  readonly log: Log;
  /** Before the last look, from the first one on. @default a minute */
  readonly pause?: () => Promise<unknown>;
}

/** Looks after `/mcp` in the lists of a bot whose own program sets them, too: mostly once, while it starts. */
export interface CommandLooks {
  /** Resolves when the lists are right: a list that the host sets after that is not written over. Never rejects. */
  first(api: CommandApi): Promise<void>;
  /** The host receives updates: what it sets at its start is mostly set. */
  receives(api: CommandApi): void;
}

export function createCommandLooks(parts: CommandLooksParts): CommandLooks {
  const { memory, ending, log } = parts;
  const { pause = () => sleep(LATER_MS, undefined, { signal: ending, ref: false }) } = parts;
  let looking = Promise.resolve();
  let received = false;
  let isLater = false;

  async function look(api: CommandApi): Promise<void> {
    try {
      await registerCommands(api, memory(), log);
    } catch (error) {
      if (ending.aborted) return;
      log.warn({ error }, 'the bot’s command list could not be brought up to date; /mcp works without it');
    }
  }

  /** One after the other: each reads what the former has set. */
  function lookNext(api: CommandApi): Promise<void> {
    looking = looking.then(() => look(api));
    return looking;
  }

  /** Once: for what the host sets after the first look, and before it receives anything. */
  function lookLater(api: CommandApi): void {
    if (isLater) return;
    isLater = true;
    pause()
      .then(() => lookNext(api))
      .catch(() => undefined);
  }

  return {
    first(api) {
      lookLater(api);
      return Promise.race([lookNext(api), sleep(START_WITHIN_MS, undefined, { ref: false })]);
    },
    receives(api) {
      if (received) return;
      received = true;
      void lookNext(api);
      lookLater(api);
    },
  };
}
