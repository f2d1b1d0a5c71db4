import { createHash, randomUUID } from 'node:crypto';
import type { ChatGateway, Json } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';

/** What a press comes to: it may run; it is the second half of a double click; another button's command is under way. */
export type Pressed = 'first' | 'again' | 'another';

/** Messages whose command is under way: one at a time on a message, and a double click is one press. */
export interface AtWork {
  /** In this process: for a press that nothing may be asked about first. */
  isAt(message: string): boolean;
  /**
   * From `first` on, the message is at work, until `end`. Of several presses at once one is the first: in this process,
   * and where the store is shared in all of them. Never rejects: while the store is down it knows this process alone.
   */
  begin(message: string, button: string): Promise<Pressed>;
  /** Its command is over: the next press may run, on whichever replica. Never rejects. */
  end(message: string): Promise<void>;
}

/** What a killed replica left at work can be pressed again by then, and other replicas say that it was interrupted. */
const LONGEST_WORK_MS = 60_000;

export function createAtWork(
  { memory, inTurn }: Pick<ChatGateway, 'memory' | 'inTurn'>,
  now: () => number,
  log: Log,
): AtWork {
  const ours = randomUUID();
  const underWay = new Map<string, string>();
  /** Marks of ours among all replicas', each with when it is over. */
  const marks = new Map<string, number>();
  /** Those of which it is not known whether the store has them: its answer was lost. */
  const doubted = new Set<string>();
  /** Marks that are being taken away: the next press here must not take one for another replica's. */
  const leaving = new Map<string, Promise<void>>();
  const failed = (error: unknown): void =>
    log.warn({ error }, 'whether a message is at work on another replica could not be known');

  async function mark(message: string, button: string): Promise<Pressed> {
    const key = keyOf(message);
    await leaving.get(message);
    const untilMs = now() + LONGEST_WORK_MS;
    const isFirst = await memory.first(key, LONGEST_WORK_MS, [button, ours]).catch((error: unknown) => {
      doubted.add(message);
      marks.set(message, untilMs);
      throw error;
    });
    if (isFirst) {
      marks.set(message, untilMs);
      return 'first';
    }
    return membersOf(await memory.get(key))[0] === button ? 'again' : 'another';
  }

  async function unmark(message: string): Promise<void> {
    const key = keyOf(message);
    const untilMs = marks.get(message) ?? 0;
    marks.delete(message);
    const isDoubted = doubted.delete(message);
    // What took too long may be another press's by now, and what is doubted another replica's.
    if (untilMs <= now() || (isDoubted && membersOf(await memory.get(key))[1] !== ours)) return;
    await memory.take(key);
  }

  return {
    isAt: (message) => underWay.has(message),
    async begin(message, button) {
      const before = underWay.get(message);
      if (before !== undefined) return before === button ? 'again' : 'another';
      // Nothing is waited for in between: of two presses in this process, one is the first.
      underWay.set(message, button);
      if (inTurn === undefined) return 'first';
      try {
        const pressed = await mark(message, button);
        if (pressed !== 'first') underWay.delete(message);
        return pressed;
      } catch (error) {
        failed(error);
        return 'first';
      }
    },
    async end(message) {
      underWay.delete(message);
      if (!marks.has(message)) return;
      const left = unmark(message)
        .catch(failed)
        .finally(() => leaving.delete(message));
      leaving.set(message, left);
      await left;
    },
  };
}

/** A mark: the button, and the process that set it. */
function membersOf(mark: Json | undefined): readonly Json[] {
  return Array.isArray(mark) ? mark : [];
}

function keyOf(message: string): string {
  return `pressed/${createHash('sha256').update(message).digest('base64url').slice(0, 22)}`;
}
